"""A page with the painter in it, on a front end of the tests' own, in a browser."""

import base64
import io
import mimetypes
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np
import pytest
from browser import open_browser
from PIL import Image

ROOT = Path(__file__).parents[2]
FRONT_END = Path(__file__).parent / "front_end"
ADDRESS = "http://painter.test"


@pytest.fixture(scope="module")
def page():
    with open_browser() as browser:
        yield browser.new_page(viewport={"width": 900, "height": 800})


def make_pictures():
    """photo.png, 300 x 200: hues across, its hole transparent; mask.png: that hole, white; other.png: gray."""
    rows, columns = np.mgrid[:200, :300]
    photo = np.stack([columns * 255 // 300, rows * 255 // 200, 200 - rows // 2, np.full((200, 300), 255)], 2)
    photo[60:120, 90:180, 3] = 0
    mask = np.zeros((200, 300), np.uint8)
    mask[60:120, 90:180] = 255
    return {
        "photo.png": Image.fromarray(photo.astype(np.uint8)),
        "mask.png": Image.fromarray(mask),
        "other.png": Image.new("RGB", (100, 200), (90, 90, 90)),
    }


class Painter:
    """The page and the Color Guide `node` on it."""

    def __init__(self, page):
        self.page, self.asked = page, []
        self.pictures = make_pictures()
        page.route(f"{ADDRESS}/**", self.answer)
        page.goto(f"{ADDRESS}/index.html")
        page.wait_for_function("window.graph")
        self.run("window.guide = graph.make('MonochromicColorGuide')")

    def answer(self, route):
        place = urlsplit(route.request.url)
        path = unquote(place.path)
        if path.startswith("/scripts/"):
            return self.send(route, FRONT_END / path.rsplit("/", 1)[1])
        if path.startswith("/extensions/any name/"):
            return self.send(route, ROOT / "web" / path.split("/", 3)[3])
        if path.startswith("/api/workflow_templates/any name/"):
            return self.send(route, ROOT / "workflows" / path.split("/", 4)[4])
        if path == "/api/view":
            return self.view(route, {name: values[0] for name, values in parse_qs(place.query).items()})
        return self.send(route, FRONT_END / path.strip("/"))

    def send(self, route, file):
        if not file.is_file():
            return route.fulfill(status=404)
        return route.fulfill(body=file.read_bytes(), content_type=mimetypes.guess_type(file.name)[0])

    def view(self, route, query):
        """The server's /view: a picture of a folder, and of it one channel."""
        self.asked.append(query)
        picture = self.pictures.get(query["filename"])
        if picture is None:
            return route.fulfill(status=404)
        data = io.BytesIO()
        (picture.convert("RGB") if query.get("channel") == "rgb" else picture).save(data, "PNG")
        return route.fulfill(body=data.getvalue(), content_type="image/png")

    def run(self, script, argument=None):
        """The value of a line of script, in which `guide` and `graph` are known."""
        return self.page.evaluate(f"(given) => {{ return ({script}); }}", argument)

    def connect(self, photo="LoadImage", hole=None):
        """Connects a photo, and a hole if asked to, and waits until the photo is shown."""
        self.run(f"graph.make('{photo}').connect(0, guide, 'image') && 0")
        if hole:
            self.run(f"graph.make('{hole}').connect(0, guide, 'mask') && 0")
        self.page.wait_for_function("!document.querySelector('canvas.unknown')")
        return self

    @property
    def text(self):
        return self.run("guide.strokes.value")

    @text.setter
    def text(self, value):
        self.run("guide.strokes.value = given", value)

    @property
    def note(self):
        note = self.page.locator(".note").first
        return note.text_content() if note.is_visible() else ""

    def at(self, x, y):
        """Where on the page a place of the photo is shown."""
        box = self.page.locator("canvas.strokes").first.bounding_box()
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    def drag(self, *places, steps=6):
        mouse = self.page.mouse
        mouse.move(*self.at(*places[0]))
        mouse.down()
        for place in places[1:]:
            mouse.move(*self.at(*place), steps=steps)
        mouse.up()
        return self

    def click(self, x, y):
        self.page.mouse.click(*self.at(x, y))
        return self

    def press(self, tool):
        self.page.locator(f"button.{tool}").first.click()
        return self

    def choose(self, kind, value):
        self.page.locator(f"input[type={kind}]").first.fill(value)
        return self

    def pixels(self, layer="strokes", node="guide", size=None):
        """A layer as RGBA, (H, W, 4), at its own size or scaled to `size` (width, height)."""
        script = f"{node}.strokes.element.querySelector('canvas.{layer}').toDataURL().split(',')[1]"
        picture = Image.open(io.BytesIO(base64.b64decode(self.run(script)))).convert("RGBA")
        return np.asarray(picture.resize(size, Image.Resampling.BOX) if size else picture).astype(int)


@pytest.fixture
def painter(page):
    errors = []

    def note(error):
        errors.append(str(error))

    page.on("pageerror", note)
    yield Painter(page)
    page.remove_listener("pageerror", note)
    page.unroute_all()
    assert not errors
