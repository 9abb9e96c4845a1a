"""What the painter shows behind the strokes: found in the graph before a run, told by the node after it."""

import numpy as np
import pytest
from browser import need_browser
from PIL import Image

need_browser()

HOLE = (90, 60, 180, 120)  # left, top, right, bottom of the hole in photo.png and mask.png


def behind(painter, width=300, height=200):
    return painter.pixels("photo", size=(width, height))[..., :3]


def shaded(painter, name="photo.png"):
    """The box that is shaded as the hole, None for none."""
    photo = painter.pictures[name].convert("RGB") if isinstance(name, str) else name
    off = np.abs(behind(painter, *photo.size) - np.asarray(photo).astype(int)).max(2) > 12
    rows, columns = np.nonzero(off)
    return (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1) if len(rows) else None


def wait_for(painter, box, name="photo.png"):
    for _ in range(30):
        if (found := shaded(painter, name)) and box and np.allclose(found, box, atol=4):
            return
        if found is None and box is None:
            return
        painter.page.wait_for_timeout(100)
    raise AssertionError((found, box))


def test_nothing_connected_is_a_checkerboard_that_says_what_to_do(painter):
    painter.page.wait_for_function("document.querySelector('.note').textContent")
    assert "Connect the photo" in painter.note
    assert painter.page.locator("canvas.photo.unknown").count() == 1


def test_the_photo_is_shown_whole_in_its_own_shape(painter):
    painter.connect()
    assert painter.note == ""
    assert {"filename": "photo.png", "type": "input", "channel": "rgb"} in painter.asked
    box = painter.page.locator("canvas.photo").bounding_box()
    stage = painter.page.locator(".stage").bounding_box()
    assert box["width"] / box["height"] == pytest.approx(1.5, abs=0.02)
    assert box["width"] == pytest.approx(stage["width"], abs=1)
    assert shaded(painter) is None
    painter.run("document.getElementById('nodes').style.cssText = 'width: 600px; height: 240px'")
    painter.page.wait_for_function("document.querySelector('canvas.photo').clientWidth > 260")
    box = painter.page.locator("canvas.photo").bounding_box()
    assert box["width"] / box["height"] == pytest.approx(1.5, abs=0.02)


def test_files_are_found_in_their_folders(painter):
    painter.pictures["deep.png"] = painter.pictures["photo.png"]
    painter.run("graph.make('LoadImage', {image: 'a\\\\b/deep.png [output]'}).connect(0, guide, 'image') && 0")
    painter.page.wait_for_function("!document.querySelector('canvas.unknown')")
    assert painter.asked[-1] == {"filename": "deep.png", "subfolder": "a/b", "type": "output", "channel": "rgb"}


@pytest.mark.parametrize(
    ("node", "values", "box"),
    [
        ("LoadImageMask", {"channel": "red"}, HOLE),
        ("LoadImageMask", {"image": "photo.png", "channel": "alpha"}, HOLE),
        ("LoadImageMask", {"channel": "alpha"}, None),
        ("MonochromicLoadMask", {}, HOLE),
        ("MonochromicLoadMask", {"invert": True}, (0, 0, 300, 200)),
        ("MonochromicLoadMask", {"image": "other.png", "threshold": 0.3}, (0, 0, 300, 200)),
        ("MonochromicLoadMask", {"image": "other.png", "threshold": 0.4}, None),
        ("MonochromicLoadMask", {"grow": 20}, (70, 40, 200, 140)),
    ],
)
def test_the_hole_is_shaded_as_the_mask_node_reads_it(painter, node, values, box):
    painter.run(f"graph.make('{node}', given).connect(0, guide, 'mask') && 0", values)
    painter.connect()
    wait_for(painter, box)


def test_a_photos_transparent_part_is_its_hole(painter):
    painter.run("graph.make('LoadImage').connect(0, guide, 'image').connect(1, guide, 'mask') && 0")
    wait_for(painter, HOLE)


def test_without_connections_the_colorize_after_it_is_asked(painter):
    painter.run(
        """(() => {
          const [color, gray, reroute] = ["ProgressiveColorize", "GrayInpaint", ""].map(
            (name) => graph.make(name ? `Monochromic${name}` : "Reroute"));
          gray.widgets[0].value = 10;
          graph.make("LoadImage").connect(0, reroute, "");
          reroute.connect(0, color, "image");
          graph.make("MonochromicLoadMask").connect(0, gray, "mask");
          gray.connect(1, color, "mask");
          guide.connect(0, color, "guide");
        })()"""
    )
    painter.page.wait_for_function("!document.querySelector('canvas.unknown')")
    wait_for(painter, (80, 50, 190, 130))


@pytest.mark.parametrize(
    ("sample", "photo"),
    [
        ("scratched_portrait", "astronaut_scratched.png"),
        ("tower", "rocket_tower.png"),
        ("bleached_coffee", "coffee_bleached.png"),
    ],
)
def test_sample_photos_are_the_packs_own(painter, inputs, sample, photo):
    painter.run(
        """(() => {
          const sample = graph.make("MonochromicSamplePhoto", {sample: given});
          sample.connect(0, guide, "image").connect(1, guide, "mask");
        })()""",
        sample,
    )
    painter.page.wait_for_function("!document.querySelector('canvas.unknown')")
    assert median_off(painter, inputs / photo) < 6
    assert "workflow_templates" in painter.run("performance.getEntriesByType('resource').map((e) => e.name).join(' ')")


def test_a_sample_passes_a_connected_photo_and_mask_on(painter, inputs):
    painter.run(
        """(() => {
          const sample = graph.make("MonochromicSamplePhoto");
          sample.connect(0, guide, "image").connect(1, guide, "mask");
          graph.make("MonochromicLoadMask").connect(0, sample, "mask");
          window.mine = graph.make("LoadImage").connect(0, sample, "image");
        })()"""
    )
    painter.page.wait_for_function("!document.querySelector('canvas.unknown')")
    wait_for(painter, HOLE)
    painter.run("(mine.mode = 2) && guide.onConnectionsChange()")
    painter.page.wait_for_timeout(700)
    assert median_off(painter, inputs / "rocket_tower.png") < 6


def median_off(painter, path):
    """How far what is shown is from a photo, most of which has no hole."""
    with Image.open(path) as picture:
        photo = picture.convert("RGB")
    size = tuple(side // 2 for side in photo.size)
    known = np.asarray(photo.resize(size, Image.Resampling.BOX)).astype(int)
    return np.median(np.abs(behind(painter, *size) - known).max(2))


def test_another_file_upstream_is_seen_without_being_told(painter):
    painter.connect()
    painter.run("(graph.nodes[1].widgets[0].value = 'other.png') && 0")
    painter.page.wait_for_function(
        "document.querySelector('canvas.photo').clientHeight > document.querySelector('canvas.photo').clientWidth"
    )
    assert behind(painter, 100, 200).mean() == pytest.approx(90, abs=1)


def test_a_run_shows_its_own_pictures_until_something_upstream_changes(painter):
    painter.pictures["temp.png"] = Image.new("RGB", (300, 200), (10, 200, 30))
    painter.pictures["hole.png"] = painter.pictures["mask.png"].transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    painter.run("graph.make('VAEDecode').connect(0, guide, 'image') && 0")
    painter.page.wait_for_function("document.querySelector('.note').textContent.includes('Run once')")
    shown = {"monochromic_background": "temp.png", "monochromic_hole": "hole.png"}
    shown = {key: [{"filename": name, "subfolder": "", "type": "temp"}] for key, name in shown.items()}
    painter.run("guide.onExecuted(given)", shown)
    painter.page.wait_for_function("!document.querySelector('canvas.unknown')")
    wait_for(painter, (120, 60, 210, 120), "temp.png")
    assert painter.asked[-1]["type"] == "temp"
    painter.run("guide.onExecuted({})")
    painter.run("graph.make('LoadImage').connect(0, guide, 'image') && 0")
    wait_for(painter, None)


def test_a_picture_that_is_gone_is_told_like_none(painter):
    painter.run("graph.make('LoadImage', {image: 'gone.png'}).connect(0, guide, 'image') && 0")
    painter.page.wait_for_function("document.querySelector('.note').textContent.includes('cannot show the photo')")
    assert painter.page.locator("canvas.photo.unknown").count() == 1
