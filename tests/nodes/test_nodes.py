"""The nodes as ComfyUI calls them: its tensors in, its tensors out."""

import inspect
from functools import partial
from pathlib import Path, PurePosixPath, PureWindowsPath

import monochromic
import numpy as np
import pytest
import torch
from conftest import make_hole, make_photo
from monochromic.core import (
    BACKBONES,
    Guide,
    InputError,
    Point,
    Settings,
    WeightsError,
    colorize,
    degrade,
    dilate,
    feather,
    find_hole,
    heat_map,
    load_alpha,
    load_image,
    luminance,
    match_picture,
    measure,
    parse_strokes,
    restore,
)
from monochromic.core.detect import summary
from monochromic.core.harmonize import UNCHANGED
from monochromic.core.host.host import current_host, using_host
from monochromic.nodes import NODE_CLASS_MAPPINGS, NODE_DISPLAY_NAME_MAPPINGS, runtime
from monochromic.nodes.blind_mask_predict import BlindMaskPredict
from monochromic.nodes.color_guide import ColorGuide
from monochromic.nodes.compare_backbones import CompareBackbones
from monochromic.nodes.gray_inpaint import GrayInpaint
from monochromic.nodes.load_folder import LoadFolder
from monochromic.nodes.load_mask import LoadMask
from monochromic.nodes.metrics import Metrics
from monochromic.nodes.pad import Pad
from monochromic.nodes.progressive_colorize import ProgressiveColorize
from monochromic.nodes.random_mask import RandomMask
from monochromic.nodes.sample_photo import SamplePhoto
from PIL import Image

SOCKETS = {"IMAGE", "MASK", "MONOCHROMIC_GUIDE"}


@pytest.fixture(autouse=True)
def inference_mode():
    with torch.inference_mode():
        yield


def bhwc(image):
    return image.movedim(1, -1).contiguous()


def run(image, mask, backbone="telea", guide=None, grow=0, threshold=0.5):
    gray, hole = GrayInpaint().inpaint(image, mask, backbone, grow, threshold)["result"]
    return ProgressiveColorize().colorize(image, gray, hole, "propagate", guide)["result"][0], gray, hole


@pytest.mark.parametrize("name", NODE_CLASS_MAPPINGS)
def test_schema(name):
    """Everything a node shows is there, and its function takes exactly its inputs."""
    node = NODE_CLASS_MAPPINGS[name]
    where = inspect.getsourcefile(node)
    assert name.startswith("Monochromic"), "nodes/__init__.py: ids begin with Monochromic"
    title = NODE_DISPLAY_NAME_MAPPINGS.get(name, "")
    assert title.endswith("(Monochromic)"), f"nodes/__init__.py: give {name} a display name that ends so"
    assert node.DESCRIPTION, f"{where}: DESCRIPTION says what the node is for"
    assert len(node.SEARCH_ALIASES) > 2, f"{where}: SEARCH_ALIASES holds three words or more that users search by"
    assert len(node.RETURN_TYPES) == len(node.RETURN_NAMES) == len(node.OUTPUT_TOOLTIPS), f"{where}: one each an output"
    schema = node.INPUT_TYPES()
    inputs = {**schema["required"], **schema.get("optional", {})}
    taken = list(inspect.signature(getattr(node, node.FUNCTION)).parameters)[1:]
    assert taken == list(inputs), f"{where}: {node.FUNCTION} takes the inputs of INPUT_TYPES by name, in their order"
    for kind, options in inputs.values():
        assert options["tooltip"].endswith("."), f"{where}: every input has a tooltip that ends with a full stop"
        assert isinstance(kind, list) or kind in SOCKETS | {"INT", "FLOAT", "STRING", "BOOLEAN"}
        if "default" in options:
            assert not isinstance(kind, list) or options["default"] in kind
            assert options.get("min", 0) <= (options["default"] if "min" in options else 0)


def test_the_pack_offers_what_comfyui_looks_for(root):
    assert monochromic.NODE_CLASS_MAPPINGS is NODE_CLASS_MAPPINGS
    assert (root / monochromic.WEB_DIRECTORY / "js" / "messages.js").is_file()


@pytest.mark.parametrize("backbone", [name for name, backbone in BACKBONES.items() if backbone.fill])
def test_the_two_stages_are_the_library(backbone):
    photo, hole = make_photo(), make_hole()
    image, gray, used = run(bhwc(photo), hole[:, 0], backbone)
    assert torch.equal(image, bhwc(restore(photo, hole, backbone=backbone)))
    assert gray.shape == (1, 37, 53, 3)
    assert torch.equal(gray[..., 0], gray[..., 2])
    assert torch.equal(used, hole[:, 0])
    assert image.dtype == gray.dtype == used.dtype == torch.float32


def test_masks_as_they_come():
    """2-D, another size, one for a batch, soft edges, and LoadImage's zeros for no mask."""
    image = bhwc(make_photo(batch=3))
    mask = make_hole()[:, 0]
    whole = run(image, mask)[0]
    assert torch.equal(run(image, mask[0])[0], whole)
    assert torch.equal(run(image, mask.expand(3, -1, -1))[0], whole)
    large = mask.repeat_interleave(3, 1).repeat_interleave(3, 2)
    assert torch.equal(run(image, large)[0], whole)
    soft = mask * 0.7 + 0.1
    assert torch.equal(run(image, soft)[0], whole)
    assert torch.equal(run(image, torch.zeros(1, 64, 64))[0], image)
    assert torch.equal(run(image, mask, grow=2)[2], dilate(make_hole(), 2)[:, 0])
    with pytest.raises(InputError, match="mask has 2 pictures and image has 3; give mask 1 picture, or 3"):
        run(image, mask.expand(2, -1, -1))
    with pytest.raises(InputError, match=r"mask must be \(B, H, W\) or \(H, W\), got \(1, 1, 37, 53\)"):
        run(image, mask[None])


def test_images_as_they_come():
    """Gray, RGBA and slightly out of range."""
    photo, mask = bhwc(make_photo()), make_hole()[:, 0]
    result = run(photo, mask)[0]
    rgba = torch.cat([photo, torch.rand(1, 37, 53, 1)], -1)
    assert torch.equal(run(rgba, mask)[0], result)
    gray = run(photo[..., :1], mask)[0]
    assert gray.shape == (1, 37, 53, 3)
    assert torch.equal(gray[..., 0], gray[..., 1])
    assert run(photo * 1.02 - 0.01, mask)[0].max() <= 1
    with pytest.raises(InputError, match=r"image must be \(B, H, W, 1, 3 or 4\), got \(1, 3, 37, 53\)"):
        run(make_photo(), mask)
    with pytest.raises(InputError, match="NaN"):
        run(photo * torch.nan, mask)
    with pytest.raises(InputError, match="nothing is known"):
        run(photo, torch.ones(1, 37, 53))


def test_the_picture_of_another_model():
    """Brought to the photo, its colors taken or not; without the input, as in old prompts, taken as it is."""
    photo, hole = make_photo(), make_hole()
    picture, mask = photo * 0.9, hole[:, 0]
    found = match_picture(photo, picture, hole)
    wanted = {
        "brightness": colorize(photo, found.gray, hole),
        "colors": found.image,
        "off": colorize(photo, luminance(picture), hole),
    }
    for match, image in wanted.items():
        done = ProgressiveColorize().colorize(bhwc(photo), bhwc(picture), mask, "propagate", match=match)
        assert torch.equal(done["result"][0], bhwc(image)), match
        assert done["ui"]["text"] == ([] if match == "off" else found.notes)
    old = ProgressiveColorize().colorize(bhwc(photo), bhwc(picture), mask, "propagate")["result"][0]
    assert torch.equal(old, bhwc(wanted["off"]))
    gray = bhwc(luminance(picture).expand(-1, 3, -1, -1))
    done = ProgressiveColorize().colorize(bhwc(photo), gray, mask, "propagate", match="colors")["result"][0]
    wanted = colorize(photo, match_picture(photo, luminance(picture), hole).gray, hole)
    assert torch.equal(done, bhwc(wanted)), "a gray picture has no colors: it is colored"


def test_a_soft_edge():
    """Known pixels near the mask change, and the node says where none does."""
    photo, hole = make_photo(), make_hole()
    picture, mask = (photo * 0.9).clamp(0, 1), hole[:, 0]
    picture[..., ::2] += 0.02
    found = match_picture(photo, picture, hole)
    wanted = {
        "brightness": feather(colorize(photo, found.gray, hole), luminance(found.around), hole, 4),
        "colors": feather(found.image, found.around, hole, 4),
    }
    for match, image in wanted.items():
        done = ProgressiveColorize().colorize(bhwc(photo), bhwc(picture), mask, "propagate", match=match, feather=4)
        assert torch.equal(done["result"][0], bhwc(image)), match
        assert done["ui"]["text"] == found.notes
        assert not torch.equal(image[(hole == 0).expand_as(image)], photo[(hole == 0).expand_as(photo)])
    for gray, match in ((picture, "off"), (photo, "brightness")):
        done = ProgressiveColorize().colorize(bhwc(photo), bhwc(gray), mask, "propagate", match=match, feather=4)
        assert done["ui"]["text"] == [UNCHANGED]
        assert torch.equal(done["result"][0][mask == 0], bhwc(photo)[mask == 0])


def test_inputs_are_not_modified():
    image, mask = bhwc(make_photo()), make_hole()[:, 0]
    copies = image.clone(), mask.clone()
    run(image, mask, grow=1)
    assert torch.equal(image, copies[0])
    assert torch.equal(mask, copies[1])


@pytest.fixture
def input_folder(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    with using_host(input_folders=(folder,)):
        yield folder


def test_load_mask(input_folder):
    drawn = np.zeros((20, 30), np.uint8)
    drawn[5, 5:9] = 200
    Image.fromarray(drawn).save(input_folder / "m.png")
    mask = LoadMask().load("m.png", "luminance", False, 0.5, 0)["result"][0]
    assert torch.equal(mask[0], torch.from_numpy(drawn > 0).float())
    assert LoadMask().load("m.png", "luminance", False, 0.9, 0)["result"][0].sum() == 0
    assert LoadMask().load("m.png", "red", True, 0.5, 0)["result"][0].sum() == 600 - 4
    assert LoadMask().load("m.png", "alpha", False, 0.5, 0)["result"][0].sum() == 0
    assert LoadMask().load("m.png [input]", "luminance", False, 0.5, 1)["result"][0].sum() == 18
    assert LoadMask.VALIDATE_INPUTS("m.png") is True
    assert "no mask file 'n.png'" in LoadMask.VALIDATE_INPUTS("n.png")
    assert LoadMask.INPUT_TYPES()["required"]["image"][0] == ["m.png"]
    before = LoadMask.IS_CHANGED("m.png", channel="red")
    Image.fromarray(drawn + 1).save(input_folder / "m.png")
    assert LoadMask.IS_CHANGED("m.png", channel="red") != before
    assert LoadMask.IS_CHANGED("n.png") == ""


def test_random_mask():
    masks = RandomMask().draw("free_form", 60, 40, 0.3, 3, 7)[0]
    assert masks.shape == (3, 40, 60)
    assert torch.equal(masks[1:2], RandomMask().draw("free_form", 60, 40, 0.3, 1, 8)[0])


def test_pad():
    """The photo stays as it is, the new part is marked, and the damage keeps its place."""
    photo, damage = bhwc(make_photo(3)), torch.rand(2, 37, 53)
    image, mask = Pad().pad(photo, 5, 2, 0, 11)
    assert image.shape == (1, 37 + 2 + 11, 53 + 5, 3)
    inside = np.s_[:, 2 : 2 + 37, 5:]
    assert torch.equal(image[inside], photo)
    assert mask[inside].sum() == 0
    assert mask.sum() == mask.numel() - 37 * 53
    images, masks = Pad().pad(photo, 5, 2, 0, 11, damage)
    assert torch.equal(images, image.expand(2, -1, -1, -1))
    assert torch.equal(masks[inside], damage)
    assert torch.equal(masks.where(mask > 0, mask), mask.expand(2, -1, -1))
    same, nothing = Pad().pad(photo, 0, 0, 0, 0)
    assert torch.equal(same, photo)
    assert not nothing.any()


def test_padded_photo_is_filled_beyond_its_border():
    photo = bhwc(make_photo(3))
    image, mask = Pad().pad(photo, 0, 0, 9, 0)
    result = run(image, mask)[0]
    assert torch.equal(result[:, :, :53], photo)
    assert result.shape == (1, 37, 62, 3)


def guide_of(*values, **named):
    return ColorGuide().guide(*values, **named)["result"][0]


def test_color_guide():
    guide = guide_of("20,12,#a04060")
    assert guide.points == (Point(20, 12, (160 / 255, 64 / 255, 96 / 255)),)
    assert guide.picture is None
    rgb, clear = torch.rand(1, 10, 10, 3), (torch.rand(1, 10, 10) > 0.5).float()
    picture = guide_of("", rgb, clear).picture
    assert torch.equal(picture[:, :3], rgb.movedim(-1, 1))
    assert torch.equal(picture[:, 3], 1 - clear)
    rgba = torch.cat([rgb, clear[..., None]], -1)
    assert torch.equal(guide_of("", rgba).picture[:, 3], clear)
    assert guide_of("", rgba, clear).picture[:, 3].sum() == 0
    assert guide_of("", rgb, torch.zeros(64, 64)).picture[:, 3].min() == 1
    assert ColorGuide.VALIDATE_INPUTS("") is True
    assert ColorGuide.VALIDATE_INPUTS() is True
    assert "color hint 1 must read" in ColorGuide.VALIDATE_INPUTS("here, red")
    stroke = '[{"points": [[0, 0.5]], "color": "#ffffff", "width": 0.1}]'
    drawn = guide_of("", strokes=stroke, strength=2.0)
    assert drawn == Guide(strokes=parse_strokes(stroke), strength=2.0)
    assert "the color strokes are not JSON" in ColorGuide.VALIDATE_INPUTS("", "red")
    with pytest.raises(InputError, match="without a hint_image"):
        ColorGuide().guide("", None, clear)


def test_a_guide_reaches_the_result():
    image, mask = bhwc(make_photo()), make_hole()[:, 0]
    guide = guide_of("20,12,#a04060")
    hinted, plain = run(image, mask, guide=guide)[0], run(image, mask)[0]
    assert (hinted - plain)[0, 12, 20].abs().max() > 0.01


@pytest.fixture
def shown():
    """The pictures that nodes show."""
    pictures = []
    with using_host(show=lambda image: pictures.append(image) or [{"filename": f"{len(pictures)}.png"}]):
        yield pictures


def test_color_guide_shows_the_photo_and_the_hole_behind_the_painter(shown):
    photo, hole = make_photo(2, 300, 2048, batch=2), make_hole(30, 204)
    out = ColorGuide().guide("", image=bhwc(photo), mask=hole[:, 0])
    assert out["ui"] == {"monochromic_background": [{"filename": "1.png"}], "monochromic_hole": [{"filename": "2.png"}]}
    assert [tuple(p.shape) for p in shown] == [(1, 150, 1024, 3)] * 2
    assert ((shown[1] > 0.5).float().mean() - hole.mean()).abs() < 0.02
    assert out["result"][0] == Guide()
    assert ColorGuide().guide("", image=bhwc(photo))["ui"].keys() == {"monochromic_background"}
    assert ColorGuide().guide("")["ui"] == {}


def test_gray_inpaint_shows_what_it_filled(shown):
    photo, hole = make_photo(), make_hole()
    GrayInpaint().inpaint(bhwc(photo), hole[:, 0], "telea", 0, 0.5)
    assert torch.equal((shown[0] != bhwc(photo)).any(-1), hole[:, 0] > 0)


def test_sample_photo(inputs, shown):
    image, mask, original = SamplePhoto().choose("scratched_portrait")["result"]
    assert torch.equal(image, bhwc(load_image(inputs / "astronaut_scratched.png")))
    assert torch.equal(original, bhwc(load_image(inputs / "astronaut.png")))
    assert torch.equal((image != original).any(-1) & (mask == 0), torch.zeros_like(mask, dtype=torch.bool))
    assert mask.mean() > 0.01
    tower = SamplePhoto().choose("tower")["result"]
    assert torch.equal(tower[1], 1 - load_alpha(inputs / "rocket_tower.png")[:, 0])
    assert torch.equal(tower[0], tower[2])
    assert len(shown) == 2
    own, other = bhwc(make_photo()), make_hole()[:, 0]
    assert all(map(torch.equal, SamplePhoto().choose("tower", own, other)["result"], (own, other, own)))
    assert SamplePhoto().choose("tower", own)["result"][1].sum() == 0
    assert torch.equal(SamplePhoto().choose("tower", mask=other)["result"][1], other)


def test_what_is_painted_on_a_photo_is_filled_with_the_mask():
    """Load Image's mask: zeros of 64 x 64 where nothing is painted; either is fitted to the photo, and neither lost."""
    own, mask, painted = torch.rand(1, 40, 60, 3), torch.zeros(1, 20, 30), torch.zeros(1, 40, 60)
    mask[:, :5], painted[:, 30:] = 1, 1
    for given, rows in (((None, painted), [30]), ((mask, torch.zeros(1, 64, 64)), [0]), ((mask, painted), [0, 30])):
        chosen = SamplePhoto().choose("tower", own, *given)["result"][1]
        assert chosen.shape == (1, 40, 60)
        assert [row for row in (0, 20, 30) if chosen[0, row].min() == 1] == rows
        assert chosen[0, 20].max() == 0


def test_every_sample_is_there():
    for sample in SamplePhoto.INPUT_TYPES()["required"]["sample"][0]:
        image, mask, original = SamplePhoto().choose(sample)["result"]
        assert image.shape == original.shape
        assert mask.shape == image.shape[:3]
        assert mask.any()


def test_load_folder(tmp_path, input_folder, inputs):
    images, names = LoadFolder().load("(sample album)", 0, 0, "restored/")["result"]
    assert names == ["restored/cameraman", "restored/cat", "restored/coffee"]
    assert torch.equal(images[1], bhwc(load_image(inputs / "album" / "cat.jpg")))
    (input_folder / "old" / "older").mkdir(parents=True)
    (input_folder / "empty").mkdir()
    (tmp_path / "beside").mkdir()
    for i, name in enumerate(("b.png", "a.JPG", "c.webp", "notes.txt")):
        Image.new("RGB", (4 + i, 3), (9 * i, 0, 0)).save(input_folder / "old" / name, "PNG")
    assert LoadFolder.INPUT_TYPES()["required"]["folder"][0] == ["(sample album)", "old"]
    images, names = LoadFolder().load("old", 1, 1, "")["result"]
    assert names == ["b"]
    assert images[0].shape == (1, 3, 4, 3)
    assert len(LoadFolder().load("old", 0, 0, "")["result"][0]) == 3
    with pytest.raises(InputError, match="'old' has 3 pictures, none after the first 3"):
        LoadFolder().load("old", 3, 0, "")
    with pytest.raises(InputError, match="'empty' has 0 pictures"):
        LoadFolder().load("empty", 0, 0, "")
    assert LoadFolder.VALIDATE_INPUTS("old") is LoadFolder.VALIDATE_INPUTS() is LoadFolder.VALIDATE_INPUTS("old/older")
    for name in ("../beside", "..", str(tmp_path / "beside"), "new", ""):
        assert "there is no folder" in LoadFolder.VALIDATE_INPUTS(name), name
    before = LoadFolder.IS_CHANGED("old", first=0)
    assert before == LoadFolder.IS_CHANGED("old", first=0)
    (input_folder / "old" / "a.JPG").unlink()
    assert LoadFolder.IS_CHANGED("old", first=0) != before
    assert LoadFolder.IS_CHANGED("gone") == ""


@pytest.mark.parametrize(
    ("folder", "name", "found"),
    [
        (PureWindowsPath("C:/ComfyUI/input"), "album\\1960", "C:\\ComfyUI\\input\\album\\1960"),
        (PureWindowsPath("C:/ComfyUI/input"), "album/1960", "C:\\ComfyUI\\input\\album\\1960"),
        (PureWindowsPath("//server/share/my input"), "old-1", "\\\\server\\share\\my input\\old-1"),
        (PurePosixPath("/home/a b/input"), "old photos/x-1", "/home/a b/input/old photos/x-1"),
    ],
)
def test_a_place_within_a_folder(folder, name, found):
    assert str(runtime.within(folder, name)) == found


@pytest.mark.parametrize(
    "name", ["..\\x", "a\\..\\..\\x", "../x", "C:\\x", "C:x", "\\x", "\\\\server\\share\\x", "/x", "", " "]
)
def test_no_place_beyond_a_folder_on_windows(name):
    assert runtime.within(PureWindowsPath("C:/ComfyUI/input"), name) is None


def test_compare_backbones(shown):
    photo, hole = make_photo(), make_hole()
    values = (bhwc(photo), hole[:, 0], " telea, navier_stokes ", "propagate", "hole", 2, 64)
    out = CompareBackbones().compare(*values, bhwc(photo))
    sheet, images, text = out["result"]
    expected = restore(photo, hole, backbone="navier_stokes")
    assert torch.equal(images[1:], bhwc(expected))
    assert [line.split()[0] for line in text.splitlines()[1:]] == ["telea", "navier_stokes"]
    assert f"{measure(expected, photo, hole, 'hole')[0]['psnr']:.2f}" in text.splitlines()[2]
    assert torch.equal(shown[0], sheet)
    alone = CompareBackbones().compare(*values)["result"]
    assert alone[2] == "telea\nnavier_stokes"
    assert alone[0].shape[1] < sheet.shape[1]
    with pytest.raises(InputError, match="compared on one photo, got 2"):
        CompareBackbones().compare(bhwc(make_photo(batch=2)), *values[1:])
    assert CompareBackbones.VALIDATE_INPUTS("mono, telea") is CompareBackbones.VALIDATE_INPUTS() is True
    assert "did you mean 'telea'?" in CompareBackbones.VALIDATE_INPUTS("mono, tela")


def test_compare_runs_again_where_weights_have_changed():
    assert CompareBackbones.IS_CHANGED("mono, telea") == CompareBackbones.IS_CHANGED("mono, telea", side=9)
    assert CompareBackbones.IS_CHANGED("mono") != CompareBackbones.IS_CHANGED("glcic")
    assert CompareBackbones.IS_CHANGED() == CompareBackbones.IS_CHANGED("")


def test_compare_takes_every_backbone_that_can_run(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    photo, hole = make_photo(3, 64, 64), make_hole(64, 64)
    images, text = CompareBackbones().compare(bhwc(photo), hole[:, 0], "", "propagate", "hole", 4, 64)["result"][1:]
    names = text.split()
    assert len(names) == len(images) >= 16
    assert {"mono", "telea"} < set(names)
    assert "lama" not in names


def test_color_options_reach_the_method():
    photo, hole = make_photo(), make_hole()
    gray = luminance(photo)
    settings = Settings(seed=5, scales=2, schedule="convex", iterations=3, stop_loss=1e-9)
    expected = colorize(photo, gray, hole, "paper", keep_luminance=False, settings=settings)
    values = (False, 5, 2, "convex", 3, 1e-9)
    found = ProgressiveColorize().colorize(bhwc(photo), bhwc(gray), hole[:, 0], "paper", None, *values)["result"][0]
    assert torch.equal(found, bhwc(expected))


def test_metrics():
    a, b, hole = make_photo(), make_photo(seed=2), make_hole()
    out = Metrics().measure(bhwc(a), bhwc(b), "box", hole[:, 0])
    text, *numbers = out["result"]
    shown = [line.split() for line in out["ui"]["text"][0].splitlines()]
    assert shown[0] == ["hole", "box", "full"]  # a line for each metric, for the narrow node
    assert [line[-1] for line in shown[1:]] == text.splitlines()[-1].split()[1:]
    assert [line.split()[0] for line in text.splitlines()[1:]] == ["hole", "box", "full"]
    scores = measure(a, b, hole, "box")[0]
    assert numbers == pytest.approx([scores[name] for name in Metrics.RETURN_NAMES[1:]], abs=0, rel=0, nan_ok=True)
    for mask in (None, torch.zeros(1, 64, 64)):
        text, *numbers = Metrics().measure(bhwc(a), bhwc(b), "hole", mask)["result"]
        assert len(text.splitlines()) == 2
        assert numbers[0] == measure(a, b)[0]["psnr"]


def test_blind_mask_predict():
    damaged = degrade(make_photo(2, 96, 130), "scratch", 0, seed=4).image
    protect = torch.zeros(1, 96, 130)
    protect[..., :65] = 1
    shown = []
    with using_host(show=lambda image: shown.append(image) or [{"filename": "x.png"}]):
        out = BlindMaskPredict().predict(bhwc(damaged), "classical", 0.4, 1, 2, protect)
    mask, probability, heat, told = out["result"]
    found = find_hole(damaged, "classical", threshold=0.4, dilate=1, min_area=2, protect=protect[:, None])
    assert found.hole.any()
    assert torch.equal(mask, found.hole[:, 0])
    assert torch.equal(probability, found.probability[:, 0])
    assert torch.equal(heat, bhwc(heat_map(damaged, found.kinds)))
    assert out["ui"] == {"images": [{"filename": "x.png"}], "text": [told]}
    assert [told] == summary(found)
    assert torch.equal(shown[0], heat)


def test_blind_mask_predict_leaves_a_margin_unless_told_otherwise(monkeypatch):
    photo, marks = make_photo(2, 96, 130) * 0.6, torch.zeros(1, 1, 96, 130)
    photo[..., :9] = 1
    marks[..., 40:42, :] = 0.9
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: marks)
    guarded, plain = (
        BlindMaskPredict().predict(bhwc(photo), "both", 0.5, 0, 0, guard=guard)["result"] for guard in (True, False)
    )
    assert torch.equal(plain[0], (marks[:, 0] > 0.5).float())
    assert not guarded[0][..., :9].any()
    assert torch.equal(guarded[0][..., 11:], plain[0][..., 11:])
    assert guarded[3] == "filled: 1 mark, 1.9 % of the photo; not filled: 0.2 % of blank margin, see the heat map"
    assert plain[3] == "filled: 1 mark, 2.1 % of the photo"


@pytest.mark.parametrize(
    ("left", "advice"),
    [
        (["specks"], "switch on only specks to fill more of it, or switch guard off to fill all of it"),
        (
            ["lines", "specks"],
            "switch on only lines and specks to fill more of it, or switch guard off to fill all of it",
        ),
        ([], "switch guard off to fill it"),
    ],
)
def test_blind_mask_predict_says_how_to_fill_what_was_left(monkeypatch, left, advice):
    asked_for = {}
    monkeypatch.setattr("monochromic.core.detect.kinds_left", lambda _, asked: asked_for.update(asked) or left)
    out = BlindMaskPredict().predict(bhwc(make_photo()), "learned", 0.5, 0, 0, lost=False)
    assert asked_for == {"lines": None, "specks": None}
    assert out["ui"]["text"] == [out["result"][3], f"if that is damage: {advice}"]


def test_blind_mask_predict_shows_nothing_where_nobody_looks():
    image = bhwc(make_photo(batch=2))
    out = BlindMaskPredict().predict(image, "learned", 0.5, 0, 0)
    assert out["ui"]["images"] == []
    *pictures, told = out["result"]
    assert [tuple(t.shape) for t in pictures] == [(2, 37, 53), (2, 37, 53), (2, 37, 53, 3)]
    assert told.splitlines() == out["ui"]["text"]
    assert [line.split(":")[0] for line in told.splitlines()] == ["photo 1", "photo 2"]
    with pytest.raises(WeightsError, match="fill holes but do not find them"):
        BlindMaskPredict().predict(image, "vcnet", 0.5, 0, 0)


def test_files_outside_comfyui(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.txt").touch()
    Path("b.PNG").touch()
    assert runtime.list_pictures() == ["b.PNG"]
    assert runtime.find_picture("b.PNG") == "b.PNG"
    assert runtime.find_picture("") is None
    assert not runtime.in_comfyui()
    assert current_host().device.type in ("cpu", "cuda")
    runtime.progress()(1, 2)


def test_blind_mask_predict_fills_the_kinds_that_are_on():
    damaged = degrade(make_photo(2, 96, 130), "scratch", 0, seed=4).image
    call = partial(BlindMaskPredict().predict, bhwc(damaged), "classical", 0.5, 0, 4)
    usual = call()["result"][0]
    assert usual.any()
    assert torch.equal(usual, find_hole(damaged, "classical", dilate=0).hole[:, 0])  # a workflow saved before kinds
    assert not call(lines=False, specks=False)["result"][0].any()
    own = call(thresholds="lines=0.8")["result"][0]
    assert torch.equal(own, find_hole(damaged, "classical", dilate=0, kinds={"lines": 0.8, "specks": 0.5}).hole[:, 0])
    with pytest.raises(InputError, match="areas has a threshold but is off"):
        call(thresholds="areas=0.2")


def test_a_prompt_saved_before_texture_fills_as_before():
    photo, hole = make_photo(1, 120, 120), torch.zeros(1, 1, 120, 120)
    hole[..., 30:90, 30:90] = 1
    options = {"image": bhwc(photo), "mask": hole[:, 0], "backbone": "telea", "grow": 0, "threshold": 0.5}
    filled = [
        GrayInpaint().inpaint(**options, **more)["result"][0] for more in ({}, {"texture": 0.0}, {"texture": 1.0})
    ]
    assert torch.equal(filled[0], filled[1])
    assert not torch.equal(filled[0], filled[2])


def test_progress_of_the_color_never_goes_back():
    """Also where brightness is matched first."""
    photo, hole = make_photo(3, 48, 64), make_hole(48, 64)
    seen = []
    with using_host(progress=lambda done, total: seen.append(done / total)):
        for match in ("off", "brightness"):
            seen.clear()
            ProgressiveColorize().colorize(bhwc(photo), bhwc(photo * 0.9), hole[:, 0], "propagate", match=match)
            assert seen == sorted(seen)
            assert seen[-1] == 1
