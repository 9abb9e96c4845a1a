"""Color hints: how they are read and drawn."""

import pytest
import torch
from monochromic.core import (
    Guide,
    InputError,
    PictureError,
    Point,
    Settings,
    Stroke,
    chroma,
    colorize,
    load_guide,
    luminance,
    parse_points,
    parse_strokes,
)


def test_points_are_read():
    assert parse_points("") == ()
    assert parse_points(" 1, 2.5 ,#FF8000 ;3,4,#000000, 7\n\n") == (
        Point(1, 2.5, (1.0, 128 / 255, 0.0), 0),
        Point(3, 4, (0.0, 0.0, 0.0), 7),
    )


@pytest.mark.parametrize(
    "text",
    [
        "1,2",
        "1,2,red",
        "1,2,#ff80",
        "a,2,#ff8000",
        "1,2,#ff8000,x",
        "-1,2,#ff8000",
        "1,2,#ff8000,1,1",
        "nan,1,#ffffff",
        "1,2,#ff8000,inf",
    ],
)
def test_points_that_cannot_be_read(text):
    with pytest.raises(InputError, match="color hint 2 must read x,y,#rrggbb"):
        parse_points(f"5,5,#000000\n{text}")


def test_points_outside_the_photo(photo, hole):
    for point in ("53,0", "0,37"):
        with pytest.raises(InputError, match="lies outside the photo of 53 x 37 pixels; x goes from 0 to 52"):
            colorize(photo, luminance(photo), hole, guide=Guide(points=parse_points(f"{point},#ffffff")))


def test_drawing_points_over_a_picture(photo):
    picture = torch.rand((1, 4, 74, 106), generator=torch.Generator().manual_seed(0))
    picture[:, 3] = (picture[:, 3] > 0.5).float()
    colors, hinted = Guide(picture, parse_points("10,20,#ff0000,2")).draw(photo.expand(2, -1, -1, -1))
    assert colors.shape == (2, 3, 37, 53)
    disc = torch.zeros(37, 53, dtype=torch.bool)
    disc[18:23, 10] = disc[20, 8:13] = disc[19:22, 9:12] = True
    assert torch.equal(colors[0][:, disc], torch.tensor([1.0, 0, 0])[:, None].expand(-1, 13))
    assert torch.equal(hinted[1, 0][~disc], picture[0, 3, 1::2, 1::2][~disc] > 0.5)
    assert torch.equal(colors[1][:, ~disc], picture[0, :3, 1::2, 1::2][:, ~disc])


def test_hint_pictures_that_do_not_fit(photo, hole):
    with pytest.raises(InputError, match=r"the hint picture must be \(B, 4, H, W\), got \(1, 3, 5, 5\)"):
        Guide(torch.zeros(1, 3, 5, 5))
    with pytest.raises(InputError, match="hints for 2 photos came with 1"):
        colorize(photo, luminance(photo), hole, guide=Guide(torch.zeros(2, 4, 5, 5)))


def test_strokes_are_read():
    text = '[{"points": [[0, 0.5], [1, 0.25]], "color": "#FF8000", "width": 0.1}]'
    wanted = (Stroke(((0.0, 0.5), (1.0, 0.25)), (1.0, 128 / 255, 0.0), 0.1),)
    assert parse_strokes(text) == wanted
    assert parse_strokes(f'{{"version": 1, "strokes": {text}}}') == wanted
    assert parse_strokes("") == parse_strokes("[]") == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("red", "the color strokes are not JSON"),
        ("3", "must be a JSON list"),
        ('{"a": 1}', "must be a JSON list"),
        ("[1]", "color stroke 1 must be"),
        ('[{"points": [[0, 0]], "color": "red", "width": 0}]', "color stroke 1 must be"),
        ('[{"points": [[0]], "color": "#ffffff", "width": 0}]', "color stroke 1 must be"),
        ('[{"points": [[0, 0]], "color": 7, "width": 0}]', "color stroke 1 must be"),
        ('[{"points": [[0, 0]], "color": "#ffffff"}]', "color stroke 1 must be"),
        ('[{"points": [], "color": "#ffffff", "width": 0}]', "color stroke 1 needs points"),
        ('[{"points": [[0, 1.5]], "color": "#ffffff", "width": 0}]', "from 0 to 1"),
        ('[{"points": [[0, NaN]], "color": "#ffffff", "width": 0}]', "from 0 to 1"),
    ],
)
def test_strokes_that_cannot_be_read(text, message):
    with pytest.raises(InputError, match=message):
        parse_strokes(text)


def test_strokes_scale_with_the_photo():
    """The same stroke on a photo of twice the size covers twice the width and height; a thin one is a pixel."""
    strokes = parse_strokes('[{"points": [[0.25, 0.5], [0.75, 0.5]], "color": "#00ff00", "width": 0.1}]')
    small, large = (Guide(strokes=strokes).draw(torch.zeros(1, 3, n, n))[1][0, 0] for n in (100, 200))
    for drawn, n in ((small, 100), (large, 200)):
        rows, columns = drawn.any(1).nonzero(), drawn.any(0).nonzero()
        assert len(rows) == pytest.approx(0.1 * n, abs=2)
        assert rows.float().mean().item() == pytest.approx(n / 2, abs=1)
        assert len(columns) == pytest.approx(0.6 * n, abs=3)
    thin = parse_strokes('[{"points": [[0, 0.5], [1, 0.5]], "color": "#00ff00", "width": 0}]')
    assert torch.equal(Guide(strokes=thin).draw(torch.zeros(1, 3, 9, 9))[1][0, 0].nonzero()[:, 0], torch.full((9,), 4))


def test_a_stroke_of_one_corner_is_a_dot():
    dots = (Stroke(((0.5, 0.5),) * n, (0.0, 1.0, 0.0), 0.1) for n in (1, 2))
    dot, same = (Guide(strokes=(each,)).draw(torch.zeros(1, 3, 100, 100))[1] for each in dots)
    assert torch.equal(dot, same)
    assert dot.sum() > 60


def test_a_stroke_wins_at_its_pixels(photo, hole):
    strokes = parse_strokes('[{"points": [[0.3, 0.3], [0.5, 0.5]], "color": "#a04060", "width": 0.05}]')
    guide = Guide(strokes=strokes)
    colors, hinted = guide.draw(photo)
    gray = torch.where(hole > 0, torch.full_like(hole, 0.4), luminance(photo))
    out = colorize(photo, gray, hole, guide=guide)
    wins = (hinted & (hole > 0)).expand(-1, 2, -1, -1)
    assert wins.sum() > 10
    assert (chroma(out)[wins] - chroma(colors)[wins]).abs().max() < 1 / 255


POINT = Guide(points=(Point(20, 12, (0.8, 0.1, 0.1)),))


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("method", ["propagate", "network"])
def test_a_hint_colors_a_gray_photo_of_one_channel_as_one_of_three(photo, hole, method, keep):
    gray = luminance(photo)
    options = {"guide": POINT, "keep_luminance": keep, "settings": Settings(iterations=2)}
    found = colorize(gray, gray, hole, method, **options)
    assert torch.equal(found, colorize(gray.expand(-1, 3, -1, -1), gray, hole, method, **options))
    assert chroma(found)[..., 12, 20].abs().max() > 0.05
    assert torch.equal(found * (1 - hole), gray.expand(-1, 3, -1, -1) * (1 - hole))


@pytest.mark.parametrize("point", [Point(20, 12, (0.5, 0.5, 0.5)), Point(0, 0, (1, 0, 0))], ids=["gray", "outside"])
def test_a_hint_without_color_leaves_one_channel(photo, hole, point):
    gray = luminance(photo)
    assert torch.equal(colorize(gray, gray, hole, guide=Guide(points=(point,))), gray)


POINTS, STROKES = "3,4,#ff0000\n5,6,#00ff00,2\n", '[{"points": [[0, 0.5]], "color": "#ffffff", "width": 0.1}]'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_hints_as_editors_write_them(tmp_path, encoding, newline):
    """With a byte order mark, in UTF-16 as Notepad and Excel have it, and with line ends of any system."""
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    for name, text in (("hints.txt", POINTS), ("hints.csv", POINTS), ("hints.json", STROKES)):
        (tmp_path / name).write_bytes((mark + text.replace("\n", newline)).encode(encoding))
    assert (
        load_guide(tmp_path / "hints.txt") == load_guide(tmp_path / "hints.csv") == Guide(points=parse_points(POINTS))
    )
    assert load_guide(tmp_path / "hints.json") == Guide(strokes=parse_strokes(STROKES))
    assert parse_points("\ufeff" + POINTS) == parse_points(POINTS)
    assert parse_strokes("\ufeff" + STROKES) == parse_strokes(STROKES)


@pytest.mark.parametrize("data", [b"\xff", b"1,2,#ff\xe900", b"\xff\xfe1", b"\xff\xfe\x00\x00\x01"])
def test_hints_that_are_no_text(tmp_path, data):
    (tmp_path / "hints.txt").write_bytes(data)
    with pytest.raises(PictureError, match="cannot read the hints"):
        load_guide(tmp_path / "hints.txt")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 100_000 + "]" * 100_000, "the color strokes are not JSON: it is nested too deep"),
        ('[{"points":[[1' + "0" * 400 + ',0.5]],"color":"#ff0000","width":0.1}]', "color stroke 1 must be"),
        ('[{"points":[[0.5,0.5]],"color":"#ff0000","width":1' + "0" * 400 + "}]", "color stroke 1 must be"),
        ('[{"points":[[1' + "0" * 4400 + ',0.5]],"color":"#ff0000","width":0.1}]', "the color strokes are not JSON"),
        ('[{"points":[[Infinity,0.5]],"color":"#ff0000","width":0.1}]', "from 0 to 1"),
        ('[{"points":[[NaN,0.5]],"color":"#ff0000","width":0.1}]', "from 0 to 1"),
        ('[{"points":' + "[" * 400 + "]" * 400 + ',"color":5,"width":0.1}]', "color stroke 1 must be"),
        ('[{"points":[[0.5,0.5]],"color":5,"width":0.1}]', "color stroke 1 must be"),
        ("[" + "[" * 400 + "]" * 400 + "]", "color stroke 1 must be"),
    ],
)
def test_strokes_of_odd_numbers_and_depths(text, words):
    with pytest.raises(InputError, match=words) as error:
        parse_strokes(text)
    assert len(str(error.value)) < 500


@pytest.mark.parametrize("entry", ["1" + "0" * 400 + ",1,#ff0000", "1e400,1,#ff0000", "x" * 100_000, "nan,1,#ff0000"])
def test_points_of_odd_numbers(entry):
    with pytest.raises(InputError, match="color hint 1 must read") as error:
        parse_points(entry)
    assert len(str(error.value)) < 500
