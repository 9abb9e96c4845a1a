"""What a picture marks as a mask: every way to draw the same strokes gives the same hole, or a word."""

import numpy as np
import pytest
import torch
from conftest import make_hole, make_photo
from monochromic.core import InputError, UnknownNameError, load_hole, load_mask, restore, save_image
from monochromic.core.io.images import read_mask
from monochromic.core.io.mask_picture import CHANNELS
from PIL import Image

STROKES = make_hole()[0, 0].numpy() > 0
COLORS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "maroon": (128, 0, 0), "navy": (0, 0, 64)}


def painted(ink, ground=(0, 0, 0), strokes=STROKES):
    """Strokes of one color on another, uint8 (H, W, C)."""
    return np.where(strokes[..., None], np.array(ink, np.uint8), np.array(ground, np.uint8))


def palette(ink, index=1):
    picture = Image.fromarray(STROKES.astype(np.uint8) * index, "P")
    colors = np.zeros((256, 3), np.uint8)
    colors[index] = ink
    picture.putpalette(colors.tobytes())
    return picture


def levels(value, dtype, mode=None):
    return Image.fromarray((STROKES * value).astype(dtype), mode)


def erased_photo(ink=None):
    """8 bits of a photo (H, W, 4): the strokes are transparent, or of a color."""
    photo = (make_photo()[0].permute(1, 2, 0) * 255).round().byte().numpy()
    opacity = np.where(STROKES & (ink is None), 0, 255).astype(np.uint8)
    colors = photo if ink is None else np.where(STROKES[..., None], np.array(ink, np.uint8), photo)
    return np.concatenate([colors, opacity[..., None]], -1)


def clear_strokes(ink, opacity=255):
    return np.concatenate(
        [np.full((*STROKES.shape, 3), ink, np.uint8), (STROKES * opacity)[..., None]],
        -1,
        dtype=np.uint8,
        casting="unsafe",
    )


PLAIN = {
    "white": Image.fromarray(STROKES),
    "gray": levels(255, np.uint8),
    "16 bits": levels(65535, np.uint16),
    "8 bits in 16": levels(255, np.uint16),
    "white palette": palette((255, 255, 255)),
    "green on black": Image.fromarray(painted(COLORS["green"])),  # bright enough for white
    "white on clear": Image.fromarray(clear_strokes(255)),
}
SAID = {
    **{f"{name} on black": Image.fromarray(painted(ink)) for name, ink in COLORS.items() if name != "green"},
    **{f"{name} palette": palette(ink) for name, ink in COLORS.items() if name != "green"},
    "palette of another index": palette((0, 0, 128), 15),
    "labels": levels(1, np.uint8),
    "dark gray": levels(100, np.uint8),
    "labels of 16 bits": levels(1, np.uint16),
    "labels of 32 bits": levels(2, np.int32),
    "black on clear": Image.fromarray(clear_strokes(0)),
    "gray on clear": Image.fromarray(clear_strokes(60)),
    "clear in black": Image.fromarray(np.concatenate([painted((0, 0, 0)), (~STROKES * np.uint8(255))[..., None]], -1)),
    "erased photo": Image.fromarray(erased_photo()),
}


@pytest.mark.parametrize("name", PLAIN)
def test_white_in_any_mode_is_filled_without_a_word(name, caplog):
    assert np.array_equal(load_hole(PLAIN[name])[0, 0].numpy() > 0, STROKES)
    assert not caplog.text


@pytest.mark.parametrize("name", SAID)
def test_what_is_not_white_is_understood_and_said(name, caplog, tmp_path):
    assert np.array_equal(load_hole(SAID[name])[0, 0].numpy() > 0, STROKES)
    assert len(caplog.messages) == 1
    assert caplog.messages[0].endswith("is filled")
    if SAID[name].mode != "I;16":  # of which Pillow writes no PNG in every version
        path = tmp_path / ("x.tif" if SAID[name].mode == "I" else "x.png")
        SAID[name].save(path)
        assert torch.equal(load_hole(path), load_hole(SAID[name]))
        assert torch.equal(read_mask(path).soft, load_mask(path, "auto"))
        assert read_mask(path).words


@pytest.mark.parametrize("dtype", [np.bool_, np.int8, np.int16, np.int32, np.int64, np.uint16, np.uint32, np.uint64])
def test_arrays_of_labels(dtype):
    assert np.array_equal(load_hole(STROKES.astype(dtype))[0, 0].numpy() > 0, STROKES)


@pytest.mark.parametrize(
    ("dtype", "top"), [(np.int32, 255), (np.int32, 65535), (np.uint32, 2**32 - 1), (np.int64, 255)]
)
def test_arrays_of_integers_have_the_scale_of_their_values(dtype, top):
    soft = (np.linspace(0, 1, 37 * 53).reshape(37, 53) ** 9 * top).astype(dtype)
    assert np.array_equal(load_hole(soft)[0, 0].numpy() > 0, soft > top * 0.5)


def test_a_negative_label():
    with pytest.raises(InputError, match="mask must not be negative, got -1; give 0"):
        load_hole(STROKES.astype(np.int32) - 1)


@pytest.mark.parametrize("quality", [95, 60])
def test_strokes_with_soft_edges_and_from_jpeg(quality, tmp_path):
    """The brightest channel counts: whatever compression does to the edges, nothing else is lost or won."""
    strokes = np.zeros((96, 128), bool)
    strokes[20:60, 30:90] = True
    for name, ink in {**COLORS, "white": (255, 255, 255), "gray": (200, 200, 200)}.items():
        path = tmp_path / f"{name}.jpg"
        Image.fromarray(painted(ink, strokes=strokes)).save(path, quality=quality)
        found = load_hole(path)[0, 0].numpy() > 0
        assert (found != strokes).mean() < 0.02, name


@pytest.mark.parametrize("ink", [(255, 255, 255), (255, 0, 0), (0, 0, 0)])
def test_a_copy_of_the_photo_is_its_own_mask(ink, caplog):
    """What was painted over is found by the difference; a photo is not needed for what was made transparent."""
    photo = make_photo()
    copy = Image.fromarray(erased_photo(ink)[..., :3])
    found = load_hole(copy, photo)[0, 0].numpy() > 0
    assert caplog.messages == ["the mask is a copy of the photo: what differs is filled"]
    unlike = np.abs(np.asarray(copy) / 255 - photo[0].permute(1, 2, 0).numpy()).max(-1) > 0.5
    assert found[unlike].all()
    near = torch.nn.functional.max_pool2d(torch.from_numpy(STROKES)[None].float(), 3, 1, 1)[0].numpy() > 0
    assert not (found & ~near).any()


def test_a_compressed_copy_differs_only_where_it_was_painted(tmp_path):
    photo = make_photo(1, 200, 260)
    copy = photo.clone()
    copy[..., 50:90, 60:140] = 1
    save_image(copy, tmp_path / "copy.jpg")
    found = load_hole(tmp_path / "copy.jpg", photo)
    assert found[..., 50:90, 60:140].mean() > 0.9
    found[..., 48:92, 58:142] = 0
    assert found.mean() < 0.001


def test_the_photo_itself_is_no_mask():
    photo = make_photo()
    array = (photo[0].permute(1, 2, 0) * 255).round().byte().numpy()
    with pytest.raises(InputError, match="the mask is the photo itself, nothing in it differs"):
        load_hole(array, photo)


@pytest.mark.parametrize("scale", [1, 4])
@pytest.mark.parametrize("gray", [False, True])
def test_another_photo_is_no_mask(gray, scale, tmp_path):
    """At any size, in color and in gray; also a copy of the photo at another size, which is said."""
    other = make_photo(4, 90 * scale, 120 * scale)
    other = (other + torch.randn(other.shape, generator=torch.Generator().manual_seed(0)) * 0.04).clamp(0, 1)
    other = other.mean(1, keepdim=True) if gray else other
    save_image(other, tmp_path / "other.jpg")
    photo = make_photo(5, *other.shape[-2:])
    for channel, like, words in (
        ("auto", photo, "looks like a photo, not a mask, and is no copy of the photo; give"),
        ("auto", None, "with that part made transparent"),
        ("auto", make_photo(4, 45, 60), f"is {120 * scale} x {90 * scale} where the photo is 60 x 45"),
    ):
        with pytest.raises(InputError, match=words):
            load_hole(tmp_path / "other.jpg", like, channel=channel)
    for channel in ("luminance", "red", "alpha"):
        load_hole(tmp_path / "other.jpg", photo, channel=channel)


def test_a_soft_mask_is_no_photo(tmp_path, caplog):
    """Wide gradients have as many tones as a photo, and are taken with a word."""
    y, x = torch.meshgrid(torch.arange(150.0), torch.arange(200.0), indexing="ij")
    distance = torch.hypot(x - 100, y - 75)
    for name, soft in {
        "linear": x / 199,
        "cone": (1.2 - distance / 75).clamp(0, 1),
        "blob": torch.exp(-(distance**2) / 4000),
    }.items():
        for ending in ("png", "jpg"):
            save_image(soft[None, None], tmp_path / f"{name}.{ending}")
            found = load_hole(tmp_path / f"{name}.{ending}", make_photo(1, 150, 200))[0, 0]
            assert (found != (soft > 0.5)).float().mean() < 0.01, name
    assert "looks like a photo" in caplog.text


def test_a_mask_of_a_black_photo_is_no_copy_of_it(caplog):
    assert np.array_equal(load_hole(levels(255, np.uint8), torch.zeros(1, 3, 37, 53))[0, 0].numpy() > 0, STROKES)
    assert not caplog.text


def test_a_mask_of_white_damage_on_a_black_page_is_no_copy_of_it(caplog):
    """What is black in both, and white in both, is most of the photo."""
    photo, tear = torch.zeros(1, 3, 60, 80), torch.zeros(1, 1, 60, 80)
    photo[..., 10:40, 10:60] = make_photo(2, 30, 50).clamp(0.2, 0.8)
    tear[..., 20:24, 10:60] = 1
    photo = torch.where(tear > 0, tear, photo)
    assert torch.equal(load_hole((255 * tear[0, 0]).byte().numpy(), photo), tear)
    assert not caplog.text


def test_a_mask_of_a_photo_in_black_and_white_is_no_copy_of_it(caplog):
    photo = (torch.rand(1, 1, 60, 80, generator=torch.Generator().manual_seed(0)) > 0.5).float()
    box = torch.zeros(1, 1, 60, 80)
    box[..., 5:25, 10:40] = 1
    assert torch.equal(load_hole((255 * box[0, 0]).byte().numpy(), photo), box)
    assert not caplog.text


@pytest.mark.parametrize(
    ("picture", "options", "words"),
    [
        (
            np.zeros((9, 9), np.uint8),
            {},
            "marks nothing to fill: its largest value is 0 of 255, and only what is brighter",
        ),
        (
            levels(200, np.uint8),
            {"threshold": 0.9},
            "largest value is 200 of 255, and only what is brighter than 230 of 255",
        ),
        (painted((255, 0, 0)), {"channel": "luminance"}, "largest value is 76 of 255"),
        (painted((255, 0, 0)), {"channel": "blue"}, "largest value is 0 of 255"),
        (levels(255, np.uint8), {"channel": "alpha"}, "largest value is 0 of 255"),
        (np.full((9, 9), 255, np.uint8), {"invert": True}, "smallest value is 255 of 255, and only what is darker"),
        (levels(9, np.uint16), {"channel": "luminance"}, "largest value is 9 of 65535"),
        (np.where(STROKES, 0, 255).astype(np.uint8), {}, "marks 85 % of the picture; white means fill: is it inverted"),
        (np.zeros((9, 9, 4), np.uint8), {}, "marks nothing to fill"),
    ],
)
def test_a_mask_that_marks_nothing_or_nearly_all_is_said(picture, options, words, caplog):
    load_hole(picture, **options)
    assert words in caplog.text


@pytest.mark.parametrize("channel", CHANNELS)
def test_channels_of_a_white_mask(channel):
    expected = np.zeros_like(STROKES) if channel == "alpha" else STROKES
    assert np.array_equal(load_hole(painted((255, 255, 255)), channel=channel)[0, 0].numpy() > 0, expected)


def test_another_channel():
    with pytest.raises(UnknownNameError, match="no mask channel 'rad'; did you mean 'red'"):
        load_hole(painted((255, 0, 0)), channel="rad")


@pytest.mark.parametrize("name", SAID)
def test_restore_fills_what_was_understood_and_nothing_else(name):
    """The invariant: known pixels bit for bit, whatever the mask was drawn in."""
    photo = make_photo()
    restored = restore(photo, SAID[name], backbone="telea")
    assert torch.equal(restored, restore(photo, make_hole(), backbone="telea"))
    assert torch.equal(restored * (1 - make_hole()), photo * (1 - make_hole()))


def test_an_empty_hole_is_said(caplog):
    assert torch.equal(restore(make_photo(), torch.zeros(1, 1, 37, 53)), make_photo())
    assert "the hole is empty: nothing is filled" in caplog.text


def test_a_faint_retouch_is_found_and_noise_is_not():
    photo = make_photo(2, 120, 160)
    noise = torch.rand(photo.shape, generator=torch.Generator().manual_seed(0)) * 0.04
    copy = (photo * 0.8 + 0.05 + noise).clamp(0, 1)
    photo = photo * 0.8 + 0.07
    copy[..., 30:60, 40:90] += 0.12
    found = load_hole(copy[0].permute(1, 2, 0).numpy(), photo)
    assert found[..., 31:59, 41:89].all()
    found[..., 29:61, 39:91] = 0
    assert not found.any()
