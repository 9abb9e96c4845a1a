"""The whole restoration: every source of the hole, every pipeline, one progress; what people have as photos."""

import inspect
from dataclasses import fields

import numpy as np
import pytest
import torch
from conftest import make_hole, make_photo
from monochromic.core import (
    BACKBONES,
    Detection,
    InputError,
    PictureError,
    Restoration,
    Search,
    Settings,
    UnknownNameError,
    colorize,
    degrade,
    dilate,
    fill,
    fill_rgb,
    find_hole,
    load_image,
    luminance,
    resize,
    restore,
    restore_photo,
    save_image,
)
from monochromic.core.backbones.autoencoder import AUTOENCODER
from monochromic.core.backbones.loaded import Model
from monochromic.core.host.cancel import reporting
from monochromic.core.pipeline import PIPELINES
from PIL import Image


def eight_bits(image):
    """(1, C, H, W) as the array (H, W, C) of its file."""
    return (image[0].permute(1, 2, 0) * 255).round().byte().numpy()


@pytest.fixture
def photo():
    """As a file holds it."""
    return (make_photo() * 255).round() / 255


@pytest.fixture
def scratched():
    return degrade(make_photo(2, 96, 130), "scratch", 0, seed=4).image


@pytest.fixture
def rgb_model():
    variant = AUTOENCODER.variants[0]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Model(AUTOENCODER, variant, variant.fresh((3, 3), 4).eval())


def test_gray_then_color(photo):
    found = restore_photo(photo, make_hole(), backbone="telea")
    gray = fill(photo, make_hole(), "telea")
    assert torch.equal(found.gray, gray)
    assert torch.equal(found.image, colorize(photo, gray, make_hole()))
    assert torch.equal(found.hole, make_hole())
    assert found.detection is None
    assert torch.equal(restore(photo, make_hole(), backbone="telea"), found.image)


def test_the_other_pipelines(photo, rgb_model):
    hole, sizes = make_hole(), {"context": 24, "max_side": 40}
    gray = fill(photo, hole, rgb_model, source="rgb", **sizes)
    found = restore_photo(photo, hole, pipeline="rgb_to_gray", backbone=rgb_model, **sizes)
    assert torch.equal(found.gray, gray)
    assert torch.equal(found.image, colorize(photo, gray, hole))
    found = restore_photo(photo, hole, pipeline="rgb", backbone=rgb_model, **sizes)
    assert torch.equal(found.image, fill_rgb(photo, hole, rgb_model, **sizes))
    assert torch.equal(found.gray, luminance(found.image))
    gray_photo = photo[:, :1]
    assert restore(gray_photo, hole, pipeline="rgb", backbone=rgb_model).shape == photo.shape


def test_color_options_reach_the_method(photo):
    settings = Settings(seed=5, scales=2, iterations=3)
    options = {"method": "paper", "settings": settings, "keep_luminance": False}
    expected = colorize(photo, fill(photo, make_hole(), "telea"), make_hole(), **options)
    assert torch.equal(restore(photo, make_hole(), backbone="telea", **options), expected)


def test_without_a_hole_the_damage_is_found(scratched):
    found = restore_photo(scratched, backbone="telea")
    expected = find_hole(scratched)
    assert expected.hole.any()
    assert torch.equal(found.hole, expected.hole)
    assert torch.equal(found.detection.probability, expected.probability)
    assert torch.equal(found.image, restore(scratched, expected.hole, backbone="telea"))
    passed_on = restore_photo(scratched, expected, backbone="telea")
    assert torch.equal(passed_on.image, found.image)
    assert passed_on.detection is expected


def test_search_and_dilate(scratched):
    protect = torch.zeros(1, 1, 96, 130)
    protect[..., :65] = 1
    search = Search("classical", threshold=0.7, min_area=40, protect=protect, kinds={"lines": None})
    found = restore_photo(scratched, search=search, dilate=4, backbone="telea")
    options = {"threshold": 0.7, "min_area": 40, "protect": protect, "kinds": ["lines"], "dilate": 4}
    expected = find_hole(scratched, "classical", **options).hole
    assert expected.any()
    assert torch.equal(found.hole, expected)
    mask = Image.fromarray(eight_bits(protect)[..., 0])
    as_mask = restore_photo(scratched, search=Search("classical", protect=mask), backbone="telea")
    assert torch.equal(as_mask.hole, find_hole(scratched, "classical", protect=protect).hole)


def test_a_search_has_the_defaults_of_find_hole():
    parameters = inspect.signature(find_hole).parameters
    assert {f.name for f in fields(Search)} == set(parameters) - {"image", "dilate", "progress"}
    assert all(f.default == parameters[f.name].default for f in fields(Search))


def test_dilate_and_invert_of_a_given_hole(photo):
    wide = restore_photo(photo, make_hole(), dilate=2, backbone="telea")
    assert torch.equal(wide.hole, dilate(make_hole(), 2))
    for inverted in (1 - make_hole(), make_hole() == 0):
        found = restore_photo(photo, inverted, invert=True, backbone="telea")
        assert torch.equal(found.hole, make_hole())


@pytest.mark.parametrize("grown", [0, 3])
def test_the_transparent_part_is_the_hole(photo, tmp_path, grown):
    rgba = np.dstack([eight_bits(photo), 255 - eight_bits(make_hole())])
    Image.fromarray(rgba).save(tmp_path / "clear.png")
    expected = restore(photo, dilate(make_hole(), grown), backbone="telea")
    for picture in (tmp_path / "clear.png", Image.fromarray(rgba), rgba):
        found = restore_photo(picture, dilate=grown, backbone="telea")
        assert torch.equal(found.image, expected)
        assert found.detection is None
    known = np.dstack([eight_bits(photo), eight_bits(make_hole())])
    assert torch.equal(restore_photo(known, invert=True, backbone="telea").hole, make_hole())


def test_a_search_goes_before_the_transparent_part(scratched):
    rgba = np.dstack([eight_bits(scratched), np.full((96, 130), 255, np.uint8)])
    rgba[20:30, 40:60, 3] = 0
    found = restore_photo(rgba, search=Search("classical"), backbone="telea")
    assert torch.equal(
        found.hole,
        find_hole(torch.from_numpy(rgba[..., :3] / np.float32(255)).permute(2, 0, 1)[None], "classical").hole,
    )


def test_what_people_have(photo, tmp_path):
    """A path, a Pillow image and arrays give the pixels of a tensor, and the result is a tensor."""
    expected = restore(photo, make_hole(), backbone="telea")
    save_image(photo, tmp_path / "photo.png")
    save_image(make_hole(), tmp_path / "mask.png")
    array, mask = eight_bits(photo), eight_bits(make_hole())
    photos = (
        tmp_path / "photo.png",
        str(tmp_path / "photo.png"),
        Image.fromarray(array),
        array,
        array.astype(np.uint16) * 257,
        photo[0].permute(1, 2, 0).numpy(),
    )
    for picture in photos:
        out = restore(picture, make_hole(), backbone="telea")
        assert torch.allclose(out, expected, atol=1e-6)
    masks = (
        tmp_path / "mask.png",
        str(tmp_path / "mask.png"),
        Image.fromarray(mask[..., 0]),
        mask,
        mask[..., 0],
        mask[..., 0] > 0,
        make_hole()[0, 0].numpy(),
        np.kron(mask[..., 0], np.ones((2, 2), np.uint8)),
    )
    for picture in masks:
        assert torch.equal(restore(tmp_path / "photo.png", picture, backbone="telea"), expected)


def test_find_hole_takes_what_people_have(scratched, tmp_path):
    save_image(scratched, tmp_path / "old.png")
    expected = find_hole(load_image(tmp_path / "old.png"), "classical").hole
    assert expected.any()
    for picture in (tmp_path / "old.png", Image.open(tmp_path / "old.png"), eight_bits(scratched)):
        assert torch.equal(find_hole(picture, "classical").hole, expected)


def test_each_stage_takes_what_people_have(photo, rgb_model, tmp_path):
    """The functions one after another take the pictures that `restore` takes, and give what tensors give."""
    save_image(photo, tmp_path / "photo.png")
    save_image(make_hole(), tmp_path / "mask.png")
    photo, large = load_image(tmp_path / "photo.png"), resize(make_hole(), 74, 106)
    gray, rgb = fill(photo, make_hole(), "telea"), fill_rgb(photo, make_hole(), rgb_model)
    grays = eight_bits(gray.expand(-1, 3, -1, -1))
    save_image(gray, tmp_path / "gray.png")
    colored = colorize(photo, load_image(tmp_path / "gray.png"), make_hole())
    detection = find_hole(photo, "classical")._replace(hole=make_hole())
    masks = (tmp_path / "mask.png", Image.open(tmp_path / "mask.png"), eight_bits(large), detection, make_hole())
    for picture in (tmp_path / "photo.png", str(tmp_path / "photo.png"), Image.open(tmp_path / "photo.png"), photo):
        for mask in masks:
            assert torch.equal(fill(picture, mask, "telea"), gray)
            assert torch.equal(fill_rgb(picture, mask, rgb_model), rgb)
            assert torch.equal(colorize(picture, tmp_path / "gray.png", mask), colored)
    for light in (str(tmp_path / "gray.png"), Image.fromarray(grays), grays[..., 0]):
        assert torch.allclose(colorize(photo, light, make_hole()), colored, atol=1e-6)


@pytest.mark.parametrize(
    ("image", "gray", "hole", "words"),
    [
        (None, "gray", "hole", "image must be a float tensor .*, a Pillow image or a NumPy array .* got NoneType"),
        ("image", 1, "hole", "gray must be a float tensor .* got int; convert it"),
        ("image", make_photo(), "hole", r"gray must be \(B, 1, H, W\), got"),
        ("image", np.zeros((5, 5)), "hole", r"gray must be \(1, 1, 37, 53\) to match the image, got \(1, 1, 5, 5\)"),
        ("image", "gray", [1], "hole must be a float tensor .* got list; convert it"),
        ("image", "gray", make_hole()[0], r"hole must be \(1, 1, 37, 53\)"),
    ],
)
def test_each_stage_says_what_to_pass(image, gray, hole, words):
    image = make_photo() if image == "image" else image
    light = luminance(make_photo()) if isinstance(gray, str) else gray
    hole = make_hole() if isinstance(hole, str) else hole
    with pytest.raises(InputError, match=words) as raised:
        colorize(image, light, hole)
    assert "\n" not in str(raised.value)
    if isinstance(gray, str):
        for work in (fill, fill_rgb):
            with pytest.raises(InputError, match=words):
                work(image, hole, "telea")


def test_files_that_are_not_there(photo, tmp_path):
    for work in (
        lambda path: fill(path, make_hole(), "telea"),
        lambda path: fill(photo, path, "telea"),
        lambda path: colorize(photo, path, make_hole()),
        lambda path: colorize(photo, luminance(photo), path),
    ):
        with pytest.raises(PictureError, match=r"gone\.png"):
            work(tmp_path / "gone.png")


def test_rgb_needs_weights_for_it(photo):
    with pytest.raises(
        InputError, match="telea gives gray only, for the pipeline gray; rgb needs weights trained on RGB"
    ):
        restore(photo, make_hole(), backbone="telea", pipeline="rgb")


@pytest.mark.parametrize(
    ("image", "hole", "words"),
    [
        (None, make_hole(), "image must be a float tensor .*, the path of a picture file, .* got NoneType"),
        ([[0.5]], make_hole(), "got list; convert it"),
        (make_photo(), 3, "hole must be .* got int"),
        (make_photo(), [make_hole()], "hole must be .* got list"),
        (make_photo() * 255, make_hole(), r"image must lie in \[0, 1\]"),
        (make_photo()[0], make_hole(), r"image must be \(B, 1 or 3, H, W\)"),
        (make_photo()[0].numpy(), make_hole(), r"got \(3, 37, 53\); array.transpose\(1, 2, 0\) puts the channels last"),
        (make_photo().numpy(), make_hole(), r"got \(1, 3, 37, 53\); give one picture, channels last"),
        (np.zeros((37, 53, 3), np.int64), make_hole(), "got int64"),
        (np.full((37, 53, 3), 200.0), make_hole(), r"must lie in \[0, 1\], got \[200, 200\]"),
        (make_photo(), make_hole()[0, 0], r"hole must be \(1, 1, 37, 53\)"),
        (make_photo(), make_hole() * 0.5, "hole must hold only 0 and 1"),
        (make_photo(), torch.ones(1, 1, 37, 53), "nothing is known"),
    ],
)
def test_wrong_inputs(image, hole, words):
    with pytest.raises(InputError, match=words):
        restore(image, hole, backbone="telea")


def test_wrong_files_and_names(photo, tmp_path):
    with pytest.raises(PictureError, match="is a folder; give the name of a picture file"):
        restore(tmp_path, make_hole())
    with pytest.raises(PictureError, match="there is no picture 'gone.png'"):
        restore(photo, "gone.png")
    for options, words in (
        ({"pipeline": "grey"}, "no pipeline 'grey'; did you mean 'gray'"),
        ({"backbone": "tela"}, "did you mean 'telea'"),
        ({"method": "propagat"}, "did you mean 'propagate'"),
        ({"weights": "mon"}, "did you mean 'mono'"),
        ({"search": Search("clasical"), "hole": None}, "did you mean 'classical'"),
    ):
        with pytest.raises(UnknownNameError, match=words):
            restore(photo, **{"hole": make_hole(), **options})
    with pytest.raises(InputError, match="weights 'autoencoder_slim' are of autoencoder, not of mono"):
        restore(photo, make_hole(), weights="autoencoder_slim", backbone="mono")
    with pytest.raises(InputError, match="leave out weights='mono'"):
        restore(photo, make_hole(), weights="mono", backbone=Model(BACKBONES["telea"]))


def test_weights_by_their_id(photo):
    assert torch.equal(restore(photo, make_hole(), weights="glcic_slim"), restore(photo, make_hole(), backbone="glcic"))


def test_an_empty_hole_needs_no_weights(photo):
    found = restore_photo(photo, torch.zeros(1, 1, 37, 53), backbone="lama")
    assert torch.equal(found.image, photo)
    assert found.image.data_ptr() != photo.data_ptr()
    assert torch.equal(found.gray, luminance(photo))
    assert not found.hole.any()


def test_the_device_is_the_callers(photo, tmp_path):
    save_image(photo, tmp_path / "photo.png")
    with pytest.raises(RuntimeError, match="meta tensors"):  # the work was sent there
        restore(tmp_path / "photo.png", make_hole(), device="meta")
    assert restore(tmp_path / "photo.png", make_hole(), device="cpu", backbone="telea").device.type == "cpu"


CASES = {
    "a hole": {"hole": make_hole()},
    "an empty hole": {"hole": torch.zeros(1, 1, 37, 53)},
    "damage to find": {"hole": None},
    "filters": {"hole": None, "search": Search("classical")},
    "a trained color": {"hole": make_hole(), "method": "paper", "settings": Settings(scales=2, iterations=4)},
    "tiles": {"hole": make_hole(), "backbone": "glcic", "max_side": 32},
    "rgb to gray": {"hole": make_hole(), "pipeline": "rgb_to_gray"},
}


@pytest.mark.parametrize("case", CASES)
def test_one_progress_from_0_to_1(case):
    told = []
    restore(make_photo(), **CASES[case], progress=lambda done, total: told.append((done, total)))
    assert {total for _, total in told} == {told[0][1]}
    done = [each for each, _ in told]
    assert done == sorted(done)
    assert (done[0], done[-1]) == (0, told[0][1])
    assert len(set(done)) >= {"an empty hole": 2, "filters": 3}.get(case, 4)


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_one_progress_of_each_pipeline_and_of_a_batch(rgb_model, pipeline):
    told = []
    options = {"pipeline": pipeline, "backbone": rgb_model}
    restore(make_photo(batch=2), make_hole(), **options, progress=lambda done, total: told.append(done / total))
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0, 1)


class Stop(Exception):  # noqa: N818
    pass


@pytest.mark.parametrize("part", [0, 0.3, 0.5, 0.8, 1])
def test_an_exception_in_the_progress_cancels(scratched, part):
    def progress(done, total):
        if done >= part * total:
            raise Stop

    with pytest.raises(Stop):
        restore(scratched, progress=progress)


def test_without_a_progress_whoever_is_asked_anyway_can_cancel(photo):
    asked = []

    def host(done, total):
        asked.append(done)
        if len(asked) > 3:
            raise Stop

    with reporting(host) as report:
        report(0, 1)
        with pytest.raises(Stop):
            restore(photo, make_hole())


def test_the_record_is_frozen(photo):
    found = restore_photo(photo, torch.zeros(1, 1, 37, 53))
    assert isinstance(found, Restoration)
    with pytest.raises(AttributeError):
        found.image = photo
    assert PIPELINES == ("gray", "rgb_to_gray", "rgb")
    assert Detection is type(find_hole(photo, "classical"))
