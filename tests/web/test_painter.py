"""The painter of the Color Guide, in a browser: `pytest tests/web`."""

import json

import numpy as np
import pytest
import torch
from browser import need_browser
from monochromic.core.colorize import Guide, parse_strokes

need_browser()

LINE = ((0.2, 0.3), (0.5, 0.3), (0.7, 0.8))


def stroke(*points, color="#2040c0", width=0.04):
    return {"points": [list(point) for point in points], "color": color, "width": width}


def drawn(painter, **where):
    return painter.pixels(**where)[..., 3] > 127


def overlap(a, b):
    return (a & b).sum() / (a | b).sum()


def test_a_drag_paints_a_stroke_as_one_change(painter):
    painter.connect().choose("color", "#2040c0").choose("range", "50")
    painter.drag(*LINE)
    (line,) = parse_strokes(painter.text)
    assert np.allclose(line.corners, LINE, atol=0.004)
    assert np.allclose(line.color, (0x20 / 255, 0x40 / 255, 0xC0 / 255))
    assert line.width == 0.05
    assert painter.run("app.called") == ["emitBeforeChange", "emitAfterChange"]
    assert painter.run("guide.strokes.told") == [painter.text]
    ends = drawn(painter, size=(300, 200))[60, 50:70]
    assert ends[-10:].all()
    assert not ends[0]


def test_a_curve_keeps_its_shape_in_few_corners_of_four_decimals(painter):
    painter.connect()
    angles = np.linspace(0, 2 * np.pi, 40)
    circle = np.stack([0.5 + 0.3 * np.cos(angles), 0.5 + 0.3 * np.sin(angles)], axis=1)
    painter.drag(*circle.tolist(), steps=3)
    (line,) = parse_strokes(painter.text)
    assert 20 < len(line.corners) < 70
    radii = np.hypot(*(np.array(line.corners) - 0.5).T)
    assert np.abs(radii - 0.3).max() < 0.006
    assert all(v == round(v, 4) for corner in line.corners for v in corner)


def test_a_click_paints_a_dot_of_the_brushs_size(painter):
    painter.connect().choose("range", "70")
    painter.click(0.5, 0.5)
    dot = drawn(painter, size=(300, 200))
    rows, columns = np.nonzero(dot)
    assert abs(np.ptp(rows) + 1 - 29) < 2
    assert abs(np.ptp(columns) + 1 - 29) < 2
    assert overlap(dot, by_core(painter)) > 0.9


@pytest.mark.parametrize("pixels", [1, 3, 6, 12, 31])
@pytest.mark.parametrize("corners", [LINE, ((0.5, 0.5), (0.5, 0.5))])
def test_what_is_drawn_is_what_the_core_draws(painter, pixels, corners):
    """On the photo's own pixels, which the stage is made to have."""
    painter.connect()
    size = "flex: none; width: 300px; height: 200px"
    painter.run("document.querySelector('.stage').style.cssText = given", size)
    painter.page.wait_for_function("document.querySelector('canvas.strokes').width === 300")
    painter.text = json.dumps([stroke(*corners, width=pixels / 300)])
    assert overlap(drawn(painter), by_core(painter)) > (0.9 if pixels > 3 else 0.8)


@pytest.mark.parametrize("corners", [((0.5, 0.5),), ((0.5, 0.5), (0.5, 0.5)), ((0.5, 0.5), (0.502, 0.502))])
def test_a_dot_is_not_left_to_the_browsers_way_with_lines_without_length(painter, corners):
    """The corners of a dot lie in one pixel of the photo. Chromium 150 draws a line there, 156 does not."""
    painter.connect()
    painter.run("(window.lines = 0) || (CanvasRenderingContext2D.prototype.stroke = () => lines++) && 0")
    painter.text = json.dumps([stroke(*corners)])
    assert drawn(painter).any()
    assert painter.run("lines") == 0
    painter.text = json.dumps([stroke(*LINE)])
    assert painter.run("lines") > 0


def by_core(painter):
    """Where the core draws the strokes on a photo of 300 x 200."""
    return Guide(strokes=parse_strokes(painter.text)).draw(torch.zeros(1, 3, 200, 300))[1][0, 0].numpy()


@pytest.mark.parametrize("kind", ["touch", "pen"])
def test_fingers_and_pens_paint(painter, kind):
    painter.connect()
    session = painter.page.context.new_cdp_session(painter.page)
    for name, place in zip(("Start", "Move", "Move", "End"), (*LINE, LINE[-1]), strict=True):
        x, y = painter.at(*place)
        if kind == "touch":
            points = [] if name == "End" else [{"x": x, "y": y}]
            session.send("Input.dispatchTouchEvent", {"type": f"touch{name}", "touchPoints": points})
        else:
            event = {"Start": "mousePressed", "Move": "mouseMoved", "End": "mouseReleased"}[name]
            pressed = {"type": event, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1}
            session.send("Input.dispatchMouseEvent", {**pressed, "pointerType": "pen"})
    (line,) = parse_strokes(painter.text)
    assert np.allclose(line.corners, LINE, atol=0.01)
    assert painter.run("app.called") == ["emitBeforeChange", "emitAfterChange"]


def test_the_eraser_splits_a_stroke_where_it_passes(painter):
    painter.connect()
    painter.text = json.dumps([stroke((0.1, 0.5), (0.9, 0.5), width=0.02), stroke((0.5, 0.9), (0.5, 0.9))])
    painter.press("eraser").choose("range", "50").drag((0.5, 0.2), (0.5, 0.7))
    left, right, dot = parse_strokes(painter.text)
    reach = (0.05 + 0.02) / 2
    assert left.corners == ((0.1, 0.5), pytest.approx((0.5 - reach, 0.5), abs=0.003))
    assert right.corners == (pytest.approx((0.5 + reach, 0.5), abs=0.003), (0.9, 0.5))
    assert len(dot.corners) == 2
    assert not drawn(painter, size=(300, 200))[:150, 145:155].any()
    assert painter.run("app.called") == ["emitBeforeChange", "emitAfterChange"]
    painter.press("eraser").click(0.5, 0.9)
    assert parse_strokes(painter.text) == (left, right)
    painter.press("eraser").click(0.05, 0.05)
    assert painter.run("app.called.length") == 4


@pytest.mark.parametrize("way", ["button", "Alt"])
def test_the_eyedropper_takes_the_photos_color_and_not_a_strokes(painter, way):
    painter.connect()
    painter.text = text = json.dumps([stroke((0.8, 0.8), (0.8, 0.8), width=0.2)])
    if way == "button":
        painter.press("pick").click(0.8, 0.8)
    else:
        painter.page.keyboard.down("Alt")
        painter.click(0.8, 0.8)
        painter.page.keyboard.up("Alt")
    color = painter.page.locator("input[type=color]").input_value()
    picked = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    assert np.allclose(picked, painter.pictures["photo.png"].getpixel((240, 160))[:3], atol=2)
    assert painter.text == text
    painter.click(0.2, 0.2)
    assert json.loads(painter.text)[1]["color"] == color


def test_undo_takes_back_stroke_by_stroke_and_what_was_erased(painter):
    painter.connect().drag(*LINE)
    first = painter.text
    painter.click(0.9, 0.1)
    both = painter.text
    painter.press("eraser").drag((0.1, 0.1), (0.9, 0.9))
    assert painter.text not in (first, both)
    for text in (both, first, ""):
        painter.press("undo")
        assert painter.text == text
    assert painter.page.locator("button.undo").is_disabled()
    assert not drawn(painter).any()


def test_undo_knows_the_strokes_of_a_loaded_workflow(painter):
    painter.text = json.dumps([stroke(*LINE), stroke((0.1, 0.1), (0.9, 0.1))])
    painter.press("undo")
    assert len(parse_strokes(painter.text)) == 1


def test_clear_removes_all_and_can_be_undone(painter):
    painter.text = text = json.dumps([stroke(*LINE), stroke((0.1, 0.1), (0.9, 0.1))])
    painter.press("clear")
    assert painter.text == ""
    assert not drawn(painter).any()
    painter.press("undo")
    assert painter.text == text


def test_a_saved_drawing_looks_the_same_when_it_is_loaded(painter):
    painter.connect().drag(*LINE).click(0.1, 0.9)
    before, text = painter.pixels(), painter.text
    painter.text = ""
    assert not drawn(painter).any()
    painter.text = text
    assert painter.text == text
    assert np.array_equal(painter.pixels(), before)


def test_a_clone_has_strokes_of_its_own(painter):
    painter.drag(*LINE)
    text = painter.text
    painter.run("(window.copy = guide.clone()) && 0")
    assert painter.run("copy.strokes.value") == text
    assert np.array_equal(painter.pixels(node="copy")[..., 3] > 0, painter.pixels()[..., 3] > 0)
    painter.click(0.9, 0.1)
    assert painter.run("copy.strokes.value") == text != painter.text


@pytest.mark.parametrize("value", ["", None, "  ", "[]", 0])
def test_no_strokes_come_in_many_forms(painter, value):
    painter.text = json.dumps([stroke(*LINE)])
    painter.text = value
    assert not drawn(painter).any()
    assert painter.text.strip("[]") == ""
    assert "read" not in painter.note
    painter.drag(*LINE)
    assert len(parse_strokes(painter.text)) == 1


@pytest.mark.parametrize("text", ['[{"points": [[0.1', "blue", '{"version": 9, "lines": []}', "null", "7"])
def test_text_that_cannot_be_read_is_kept_until_something_is_painted(painter, text):
    painter.connect()
    painter.text = text
    assert painter.text == text
    assert "cannot be read" in painter.note
    assert not drawn(painter).any()
    painter.drag(*LINE)
    assert len(parse_strokes(painter.text)) == 1
    assert painter.note == ""
    painter.press("undo")
    assert painter.text == text


BAD = [
    None,
    "stroke",
    {},
    stroke(),
    stroke((0.1, "a")),
    stroke((0.1, 0.2, 0.3)),
    stroke((0.1, 0.2), color="red"),
    stroke((0.1, 0.2), width=None),
    {"points": {"x": 1}, "color": "#123456", "width": 0.1},
]


@pytest.mark.parametrize("wrapped", [False, True])
def test_good_strokes_among_bad_ones_stay(painter, wrapped):
    painter.connect()
    good = [stroke(*LINE), stroke((0.1, 0.1), (0.9, 0.1))]
    strokes = [good[0], *BAD, good[1]]
    painter.text = json.dumps({"version": 1, "strokes": strokes} if wrapped else strokes)
    assert json.loads(painter.text) == good
    assert painter.note == f"{len(BAD)} of {len(strokes)} strokes could not be read."


def test_text_of_another_writer_is_left_as_it_is(painter):
    painter.text = text = json.dumps({"strokes": [stroke(*LINE)]}, indent=1)
    assert painter.text == text
    assert drawn(painter).any()


@pytest.mark.parametrize("zoom", [0.5, 1.8])
def test_a_zoomed_page_gives_the_same_strokes(painter, zoom):
    painter.connect().run(f"document.getElementById('nodes').style.transform = 'translate(30px, 20px) scale({zoom})'")
    painter.drag(*LINE)
    (line,) = parse_strokes(painter.text)
    assert np.allclose(line.corners, LINE, atol=0.01)
    width = painter.page.locator("canvas.strokes").bounding_box()["width"]
    painter.page.wait_for_function(f"Math.abs(document.querySelector('canvas.strokes').width - {width}) < 2")
    ring = painter.page.locator(".ring").bounding_box()
    x, y = painter.at(*LINE[-1])
    assert ring["x"] + ring["width"] / 2 == pytest.approx(x, abs=1)
    assert ring["y"] + ring["height"] / 2 == pytest.approx(y, abs=1)
    assert ring["width"] == pytest.approx(line.width * width, abs=2)


def test_a_press_ends_in_the_painter_and_keeps_its_default(painter):
    painter.run("(window.seen = []) && document.addEventListener('pointerdown', () => seen.push('out'))")
    script = "document.addEventListener('pointerdown', (e) => setTimeout(() => seen.push(e.defaultPrevented)), true)"
    painter.run(script)
    painter.click(0.5, 0.5).press("undo")
    painter.page.wait_for_function("seen.length >= 2")
    assert painter.run("seen") == [False, False]
    assert painter.run("getComputedStyle(document.querySelector('.stage')).touchAction") == "none"


def test_a_cancelled_press_leaves_no_stroke(painter):
    painter.page.mouse.move(*painter.at(0.2, 0.2))
    painter.page.mouse.down()
    painter.page.mouse.move(*painter.at(0.8, 0.2), steps=5)
    assert drawn(painter).any()
    painter.run("document.querySelector('.stage').dispatchEvent(new PointerEvent('pointercancel'))")
    painter.page.mouse.up()
    assert painter.text == ""
    assert not drawn(painter).any()


def test_a_drag_out_of_the_photo_stays_on_it(painter):
    painter.connect().drag((0.5, 0.5), (1.4, 0.5))
    (line,) = parse_strokes(painter.text)
    assert line.corners[-1] == (1, 0.5)


def test_every_tool_is_named_and_reached_by_the_keyboard(painter):
    painter.connect().drag(*LINE)
    tools = painter.page.locator(".tools > *")
    names = [tools.nth(i).get_attribute("aria-label") for i in range(tools.count())]
    assert len(set(names)) == 7
    assert all(tools.nth(i).get_attribute("title") == name for i, name in enumerate(names))
    painter.run("document.getElementById('elsewhere').focus()")
    reached = []
    for _ in names:
        painter.page.keyboard.press("Tab")
        reached.append(painter.run("document.activeElement.getAttribute('aria-label')"))
    assert reached == names
    painter.run("document.querySelector('button.undo').focus()")
    painter.page.keyboard.press("Enter")
    assert painter.text == ""


def test_inputs_give_the_focus_back_so_that_ctrl_z_is_the_pages(painter):
    painter.page.locator("input[type=range]").click()
    assert painter.run("document.activeElement.tagName") == "BODY"
    painter.run("document.querySelector('input[type=color]').focus()")
    painter.click(0.5, 0.5)
    assert painter.run("document.activeElement.tagName") == "BODY"


def test_all_tools_fit_into_a_narrow_node(painter):
    painter.run("document.getElementById('nodes').style.width = '280px'")
    tops = painter.run("[...document.querySelectorAll('.tools > *')].map((each) => each.getBoundingClientRect().top)")
    assert len(set(tops)) == 1
    right = painter.run("document.querySelector('.clear').getBoundingClientRect().right")
    assert right <= 280


def test_the_hooks_of_others_are_still_called(painter):
    painter.run("[guide.onConfigure({}), guide.onExecuted({}), guide.onConnectionsChange(1, 0, false)]")
    assert painter.run("guide.called") == ["onConfigure", "onExecuted", "onConnectionsChange"]


def test_a_removed_node_leaves_nothing_running(painter):
    painter.run("(window.stopped = []) && (window.clearInterval = (id) => stopped.push(id)) && 0")
    painter.run("(ResizeObserver.prototype.disconnect = () => stopped.push('observer')) && guide.remove()")
    assert painter.run("guide.called") == ["onRemoved"]
    assert painter.run("stopped.length") == 2


@pytest.mark.parametrize(("vue", "called"), [(False, ["processMouseWheel", "processMouseDown"]), (True, [])])
def test_wheel_and_middle_button_are_the_canvass(painter, vue, called):
    painter.run("(window.LiteGraph = { vueNodesMode: given }) && 0", vue)
    painter.page.mouse.move(*painter.at(0.5, 0.5))
    painter.page.mouse.wheel(0, 100)
    painter.page.wait_for_timeout(100)
    painter.page.mouse.down(button="middle")
    assert painter.run("app.called") == called
    assert painter.text == ""
