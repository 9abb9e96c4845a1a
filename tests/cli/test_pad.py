"""`monochromic pad`: the photo stays, what is new is transparent, and restore fills exactly that."""

import numpy as np
import pytest
import torch
from conftest import make_photo
from monochromic.cli import main
from monochromic.core import InputError, load_alpha, load_image, load_mask, pad_canvas, save_image
from PIL import Image

SIDES = {"left": 5, "top": 0, "right": 9, "bottom": 3}
FLAGS = [word for name, pixels in SIDES.items() for word in (f"--{name}", str(pixels))]


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_image(make_photo(), "old.png")
    return tmp_path


def levels_of(image):
    return (image * 65535).round()


def test_the_canvas_is_numpys(place):
    photo = make_photo(batch=2)
    image, hole = pad_canvas(photo, **SIDES)
    assert np.array_equal(image.numpy(), np.pad(photo.numpy(), ((0, 0), (0, 0), (0, 3), (5, 9)), mode="edge"))
    expected = np.pad(np.zeros((2, 1, 37, 53)), ((0, 0), (0, 0), (0, 3), (5, 9)), constant_values=1)
    assert np.array_equal(hole.numpy(), expected)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "I;16"])
def test_the_photo_stays_and_restore_fills_what_is_new(place, mode):
    levels = np.random.default_rng(0).integers(0, 256, (37, 53, 4), np.uint8)
    levels[..., 3] = 255
    picture = Image.fromarray(levels).convert("RGB" if mode == "I;16" else mode)
    if mode == "I;16":
        picture = Image.fromarray(np.arange(37 * 53, dtype=np.uint16).reshape(37, 53) * 30)
    picture.save("x.png")
    photo = load_image("x.png").expand(-1, 3, -1, -1)
    assert main(["pad", "x.png", *FLAGS, "--save-mask", "mask.png"]) == 0
    padded, alpha, mask = load_image("x_padded.png"), load_alpha("x_padded.png"), load_mask("mask.png")
    assert padded.shape[-2:] == (40, 67)
    assert torch.equal(levels_of(padded[..., :37, 5:58].expand(-1, 3, -1, -1)), levels_of(photo))
    assert torch.equal(alpha, 1 - mask)
    assert mask.sum() == 40 * 67 - 37 * 53
    assert main(["restore", "x_padded.png", "--backbone", "telea", "--grain", "0", "-o", "y.png"]) == 0
    restored = load_image("y.png")
    assert torch.equal(levels_of(restored[..., :37, 5:58].expand(-1, 3, -1, -1)), levels_of(photo))
    assert load_alpha("y.png") is None or load_alpha("y.png").min() == 1


def test_a_format_without_transparency_needs_a_mask(place, capsys):
    assert main(["pad", "old.png", "-o", "x.jpg", *FLAGS]) == 2
    assert "x.jpg cannot hold what is transparent; name a .png, or add --save-mask FILE" in capsys.readouterr().err
    assert main(["pad", "old.png", "-o", "x.jpg", *FLAGS, "--save-mask", "m.png"]) == 0
    assert capsys.readouterr().out == "x.jpg\nm.png\n"
    assert load_image("x.jpg").shape[-2:] == (40, 67)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "nothing is added; say how many pixels, such as --right 200"),
        (("--left", "-3"), "left must be 0 pixels or more, got -3"),
        (("--right", "9999999"), "the padded photo would have 10000052 x 37 pixels, more than 178956970; add fewer"),
        (("--right", "20", "--save-mask", "old.png"), "old.png is one of the inputs"),
        (("--right", "20000", "-o", "x.webp"), "WEBP holds 16383 a side"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(place, capsys, arguments, words):
    assert main(["pad", "old.png", *arguments]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert sorted(p.name for p in place.iterdir()) == ["old.png"]


def test_negative_sides_in_python():
    with pytest.raises(InputError, match="padding never cuts anything off"):
        pad_canvas(make_photo(), top=-1)
