"""What people have, as our tensors."""

import re

import numpy as np
import pytest
import torch
from conftest import make_hole, make_photo
from monochromic.core import InputError, load_alpha, load_hole, load_image, save_image
from monochromic.core.io.convert import to_alpha, to_hole, to_image
from PIL import Image


@pytest.fixture
def array():
    return np.random.default_rng(0).integers(0, 256, (37, 53, 4), np.uint8)


def test_arrays(array):
    expected = torch.from_numpy(array / np.float32(255)).permute(2, 0, 1)[None]
    assert torch.equal(to_image(array), expected[:, :3])
    assert torch.equal(to_image(array[..., :3]), expected[:, :3])
    assert torch.equal(to_image(array[..., 0]), expected[:, :1])
    assert torch.equal(to_image(array[..., :1]), expected[:, :1])
    assert torch.equal(to_image(array[..., 2::-1]), expected[:, [2, 1, 0]])
    assert torch.equal(to_image(array / 255.0), expected[:, :3])
    assert torch.equal(to_image(np.full((2, 3), 65535, np.uint16)), torch.ones(1, 1, 2, 3))
    assert torch.equal(to_alpha(array), expected[:, 3:])
    assert to_alpha(array[..., :3]) is to_alpha(array[..., 0]) is None
    before = array.copy()
    to_image(array).zero_()
    assert np.array_equal(array, before)


def test_pillow_images_are_read_as_their_files(array, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned
    path = tmp_path / "x.png"
    Image.fromarray(array).save(path, exif=exif)
    with Image.open(path) as picture:
        assert torch.equal(to_image(picture), load_image(path))
        assert torch.equal(to_alpha(picture), load_alpha(path))
    assert to_image(path).shape == (1, 3, 53, 37)
    palette = Image.fromarray(array[..., :3]).convert("P")
    assert torch.equal(to_image(palette), to_image(palette.convert("RGB")))
    assert to_alpha(palette) is None
    assert torch.equal(to_image(Image.fromarray(array[..., 0])), to_image(array[..., 0]))


def test_a_tensor_stays_as_it_is():
    photo = make_photo().double()
    assert to_image(photo) is photo
    assert to_alpha(photo) is None
    hole = make_hole()
    assert to_hole(hole) is hole


def test_load_hole_takes_what_people_have(tmp_path):
    save_image(make_photo(), tmp_path / "photo.png")
    save_image(make_hole(), tmp_path / "mask.png")
    for like in (None, tmp_path / "photo.png", Image.open(tmp_path / "photo.png"), make_photo(), np.zeros((37, 53))):
        assert torch.equal(load_hole(tmp_path / "mask.png", like), make_hole())
    turned = load_hole(Image.open(tmp_path / "mask.png"), np.zeros((74, 106, 3)), invert=True)
    assert torch.equal(turned, torch.nn.functional.interpolate(1 - make_hole(), (74, 106)))
    with pytest.raises(InputError, match="image must be a float tensor .*, got int"):
        load_hole(tmp_path / "mask.png", 3)
    with pytest.raises(InputError, match="mask must be a float tensor .*, got NoneType"):
        load_hole(None)


def test_what_is_transparent_is_not_filled():
    mask = np.full((4, 6, 4), 255, np.uint8)
    mask[:2, :, 3] = 0
    assert to_hole(mask)[0, 0].sum(1).tolist() == [0, 0, 6, 6]
    assert to_hole(Image.fromarray(mask))[0, 0].sum(1).tolist() == [0, 0, 6, 6]


def test_a_photo_for_a_mask_is_refused(tmp_path, caplog):
    save_image(make_photo() * 0.6 + 0.2, tmp_path / "photo.png")
    name = re.escape(str(tmp_path / "photo.png"))
    with pytest.raises(InputError, match=f"^the mask {name} looks like a photo, not a mask; give a picture that is"):
        load_hole(tmp_path / "photo.png")
    with pytest.raises(InputError, match="^the mask looks like a photo"):
        to_hole(make_photo()[0].permute(1, 2, 0).numpy() * 0.6 + 0.2)
    assert load_hole(tmp_path / "photo.png", channel="luminance").any()
    caplog.clear()
    soft = torch.nn.functional.avg_pool2d(make_hole(), 5, 1, 2)
    save_image(soft, tmp_path / "soft.jpg")
    load_hole(tmp_path / "soft.jpg")
    assert not caplog.messages
