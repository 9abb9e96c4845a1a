"""Masks as they come to the nodes: several for one photo, empty, stretched, soft; and what the nodes say of them."""

import numpy as np
import pytest
import torch
from conftest import make_hole, make_photo
from monochromic.core import InputError, binarize, dilate, fill, luminance, random_hole, restore
from monochromic.core.host.host import using_host
from monochromic.nodes import NODE_CLASS_MAPPINGS
from PIL import Image
from torch.nn.functional import avg_pool2d

MASKS = torch.cat([make_hole(), make_hole().flip(-1), make_hole().flip(-2)])[:, 0]
EMPTY = torch.zeros(1, 64, 64)


def bhwc(image):
    return image.movedim(1, -1).contiguous()


def node(name):
    return NODE_CLASS_MAPPINGS[f"Monochromic{name}"]()


def inpaint(image, mask, threshold=0.5, grow=0):
    return node("GrayInpaint").inpaint(image, mask, "telea", grow, threshold)


def colorize(image, gray, mask):
    return node("ProgressiveColorize").colorize(image, gray, mask, "propagate")


def test_one_photo_with_three_masks_is_three_results():
    photo = make_photo()
    first = inpaint(bhwc(photo), MASKS)
    gray, hole = first["result"]
    assert torch.equal(hole, MASKS)
    second = colorize(bhwc(photo), gray, hole)
    assert first["ui"]["text"] == second["ui"]["text"] == []
    for i in range(3):
        assert torch.equal(second["result"][0][[i]], bhwc(restore(photo, MASKS[[i], None], backbone="telea")))


def test_metrics_of_three_results_and_one_reference():
    results = make_photo(batch=3)
    truth = make_photo(4)
    many = node("Metrics").measure(bhwc(results), bhwc(truth), "hole", MASKS)["result"]
    each = [node("Metrics").measure(bhwc(results[[i]]), bhwc(truth), "hole", MASKS[[i]])["result"] for i in range(3)]
    assert many[1] == pytest.approx(sum(e[1] for e in each) / 3)


@pytest.mark.parametrize("name", ["GrayInpaint", "ProgressiveColorize", "Metrics"])
def test_errors_name_the_input_and_count_pictures(name):
    image, mask = bhwc(make_photo(batch=3)), MASKS[:2]
    call = {
        "GrayInpaint": lambda: inpaint(image, mask),
        "ProgressiveColorize": lambda: colorize(image, image, mask),
        "Metrics": lambda: node("Metrics").measure(image, image, "hole", mask),
    }[name]
    with pytest.raises(InputError) as error:
        call()
    assert str(error.value) == "mask has 2 pictures and image has 3; give mask 1 picture, or 3"


def test_sizes_that_differ_are_told_in_pixels():
    image, other = bhwc(make_photo()), bhwc(make_photo(0, 20, 30))
    with pytest.raises(InputError, match="gray is 30 x 20 pixels and image 53 x 37; give pictures of one size"):
        colorize(image, other, MASKS[:1])
    with pytest.raises(InputError, match="reference is 30 x 20 pixels and image 53 x 37"):
        node("Metrics").measure(image, other, "full")
    with pytest.raises(InputError, match="backbones are compared with one mask, got 3"):
        node("CompareBackbones").compare(image, MASKS, "telea", "propagate", "hole", 2, 64)


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (EMPTY, "mask: nothing to fill, it is empty. Load Image gives an empty mask"),
        (MASKS[:1] * 0.4, "mask: nothing to fill, its largest value is 0.40 and only above 0.50 is filled"),
        (torch.cat([MASKS[:1], MASKS[:1] * 0]), "mask 2 of 2: nothing to fill, it is empty"),
    ],
)
def test_nothing_to_fill_is_said_in_the_node_and_in_the_log(mask, words, caplog):
    image = bhwc(make_photo())
    shown = inpaint(image, mask)["ui"]["text"]
    assert shown == colorize(image, image, mask)["ui"]["text"] == caplog.messages[:1] == caplog.messages[1:]
    assert shown[0].startswith(words)
    compared = node("CompareBackbones").compare(image, mask[-1:], "telea", "propagate", "hole", 2, 64)
    assert "nothing to fill" in compared["ui"]["text"][0]


def test_an_infinite_psnr_of_an_untouched_photo_is_no_success():
    image = bhwc(make_photo())
    shown = node("Metrics").measure(image, image, "hole", EMPTY)["ui"]["text"]
    assert shown[0].startswith("mask: nothing to fill")
    assert shown[1] == "the numbers are of the full picture"
    assert shown[2].startswith("image and reference are equal: nothing was changed")
    assert "inf" in shown[3]
    assert len(node("Metrics").measure(image, bhwc(make_photo(2)), "hole", MASKS[:1])["ui"]["text"]) == 1


def test_a_mask_of_another_shape_is_said_in_the_node():
    tall = MASKS[:1, :, :20]
    for shown in (inpaint(bhwc(make_photo()), tall), colorize(*[bhwc(make_photo())] * 2, tall)):
        assert shown["ui"]["text"] == ["the mask is 20 x 37, the photo 53 x 37: the mask is stretched"]
    assert inpaint(bhwc(make_photo()), EMPTY)["ui"]["text"][0].startswith("mask: nothing")


@pytest.mark.parametrize(("threshold", "grow"), [(0.1, 0), (0.5, 4), (0.02, 2)])
@pytest.mark.parametrize("seed", range(3))
def test_the_soft_mask_in_place_of_the_hole_leaves_no_band(threshold, grow, seed):
    """What was filled in gray is colored as with the hole: white damage around the mask does not remain."""
    clean = make_photo(seed, 90, 120)
    hole = random_hole("free_form", 90, 120, 0.1, seed=seed)
    soft = avg_pool2d(hole, 7, 1, 3)
    filled = dilate(binarize(soft, threshold), grow)
    image = torch.where(filled > 0, torch.tensor([1.0, 0.3, 0.9]).view(1, 3, 1, 1), clean)
    gray, used = inpaint(bhwc(image), soft[:, 0], threshold, grow)["result"]
    by_hole = colorize(bhwc(image), gray, used)
    by_mask = colorize(bhwc(image), gray, soft[:, 0])
    assert by_hole["ui"]["text"] == []
    assert by_mask["ui"]["text"][0].startswith("mask marks less than was filled in gray")
    old = (bhwc(image) == by_mask["result"][0]).all(-1) & (used > 0)
    assert old.float().sum() <= 0.01 * used.sum(), "old color in what was filled"
    assert (by_mask["result"][0] - by_hole["result"][0]).abs().mean() < 0.02


def test_the_hole_changes_no_known_pixel_whatever_gray_is():
    photo = make_photo()
    gray = fill(photo, make_hole(), "telea")
    for brightness in (gray, luminance(make_photo(5)), gray.clone().fill_(0.5)):
        found = colorize(bhwc(photo), bhwc(brightness), MASKS[:1])["result"][0]
        assert torch.equal(found * (1 - MASKS[:1, ..., None]), bhwc(photo) * (1 - MASKS[:1, ..., None]))


@pytest.mark.parametrize("ink", [(255, 255, 255), (255, 0, 0), (1, 1, 1)])
def test_load_mask_says_what_it_took(ink, tmp_path, caplog):
    drawn = make_hole()[0, 0].numpy() > 0
    Image.fromarray(np.where(drawn[..., None], np.array(ink, np.uint8), 0).astype(np.uint8)).save(tmp_path / "m.png")
    with using_host(input_folders=(tmp_path,)):
        out = node("LoadMask").load("m.png", "auto", False, 0.5, 0)
        plain = node("LoadMask").load("m.png", "luminance", False, 0.5, 0)
    assert torch.equal(out["result"][0], MASKS[:1])
    assert len(out["ui"]["text"]) == (ink != (255, 255, 255))
    if out["ui"]["text"]:
        assert f"m.png: {out['ui']['text'][0]}" in caplog.messages
        assert plain["ui"]["text"][0].startswith("the mask marks nothing to fill: its largest value is")


def test_a_photo_for_a_mask_is_said_in_the_node(caplog):
    photo = make_photo()
    shown = inpaint(bhwc(photo), luminance(photo)[:, 0])["ui"]["text"]
    assert shown == caplog.messages
    assert shown[0].startswith("mask looks like a photo, not a mask: ")


def test_hints_and_their_transparency_come_in_any_number():
    hints = bhwc(make_photo(batch=3))
    one, three = MASKS[:1], MASKS
    for pictures, clear, count in ((hints[:1], three, 3), (hints, one, 3), (hints, three, 3), (hints[:1], one, 1)):
        guide = node("ColorGuide").guide("", pictures, clear)["result"][0]
        assert torch.equal(guide.picture[:, :3], pictures.movedim(-1, 1).expand(count, -1, -1, -1))
        assert torch.equal(guide.picture[:, 3], 1 - clear.expand(count, -1, -1))
    with pytest.raises(
        InputError, match="transparency has 2 pictures and hint_image has 3; give transparency 1 picture"
    ):
        node("ColorGuide").guide("", hints, three[:2])
