"""`benchmarks/ab.py`: that the page is blind, that votes are counted for whom they were given, and what is refused."""

import base64
import importlib
import io
import json
import re
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from monochromic.core import load_hole, load_image, save_image
from PIL import Image


@pytest.fixture(scope="module")
def ab():
    """The benchmark, which imports its neighbors by their bare names."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
        yield importlib.import_module("ab")


@pytest.fixture
def photos(tmp_path):
    for name in ("one", "two", "three"):
        picture = torch.rand(1, 3, 300, 260, generator=torch.Generator().manual_seed(len(name)))
        save_image(picture, tmp_path / "photos" / f"{name}.png")
    return tmp_path / "photos"


@pytest.fixture
def made(tmp_path, ab, photos):
    """Results of two other programs: one white, one black, also where the photo is known."""
    for name in ("one", "three", "two"):
        for method, level in (("white", 1.0), ("black", 0.0)):
            save_image(torch.full((1, 3, 256, 256), level), tmp_path / "made" / method / f"{name}.png")
    return tmp_path / "made"


def run(ab, monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["ab.py", *map(str, arguments)])
    ab.main()


def page_of(out):
    return json.loads(re.search(r"const data = (.*);\n", (out / "page.html").read_text("utf-8"))[1])


def picture(text):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text.split(",")[1]))))


def middle_of(ab, page, name, case, photos):
    """The mean of a picture in the hole of its case."""
    hole = next(c.hole for c in ab.wide_cases([photos], 9) if c.name == case)[0, 0].numpy() > 0
    return picture(page["pictures"][name])[hole].mean()


def test_each_pair_shows_what_the_key_says(ab, made, photos, tmp_path, monkeypatch):
    run(ab, monkeypatch, photos, "--out", tmp_path / "out", "--methods", "white", "black", "telea", "--pictures", made)
    page, key = page_of(tmp_path / "out"), json.loads((tmp_path / "out" / "key.json").read_text())
    assert len(page["pairs"]) == len(key["pairs"]) == 9
    levels = {"white": 255, "black": 0}
    for (hole, *sides), (case, *methods) in zip(page["pairs"], key["pairs"], strict=True):
        for name, method in zip(sides, methods, strict=True):
            mean = middle_of(ab, page, name, case, photos)
            assert mean == levels[method] if method in levels else 20 < mean < 235
        known = next(c for c in ab.wide_cases([photos], 9) if c.name == case)
        shown = torch.from_numpy(picture(page["pictures"][sides[0]]).copy()).permute(2, 0, 1)[None] / 255
        outside = (known.hole == 0).expand_as(shown)
        assert torch.allclose(shown[outside], known.image[outside], atol=0.003)
        assert not np.array_equal(picture(page["pictures"][hole]), picture(page["pictures"][sides[0]]))


def test_the_page_needs_nothing_and_tells_nothing(ab, made, photos, tmp_path, monkeypatch):
    run(ab, monkeypatch, photos, "--out", tmp_path / "out", "--methods", "white", "black", "--pictures", made)
    text = (tmp_path / "out" / "page.html").read_text("utf-8")
    words = re.sub(r"data:image/png;base64,[\w+/=]+", "", text)
    assert not re.search(r"https?:|src=\"(?!data)|black|white|telea|three", words.replace("#000", ""))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["key.json", "page.html"]


def test_order_and_sides_are_drawn_by_the_seed(ab):
    cases, methods = [f"c{i}" for i in range(40)], ["a", "b", "c"]
    pairs = ab.draw_pairs(cases, methods, None, 1)
    assert pairs == ab.draw_pairs(cases, methods, None, 1) != ab.draw_pairs(cases, methods, None, 2)
    assert Counter(frozenset(p[1:]) for p in pairs) == dict.fromkeys(map(frozenset, ("ab", "ac", "bc")), 40)
    assert 40 < sum(pair.left < pair.right for pair in pairs) < 80
    assert [pair.case for pair in pairs] != sorted(pair.case for pair in pairs)
    against = ab.draw_pairs(cases, methods, "b", 1)
    assert len(against) == 80
    assert all("b" in pair for pair in against)


def test_votes_are_counted_for_whom_they_were_given(ab, tmp_path, monkeypatch, capsys):
    """A voter who always prefers b, on whichever side, but for two ties and one pair not seen."""
    pairs = ab.draw_pairs([f"c{i}" for i in range(20)], ["b", "a"], None, 3)
    votes = ["left" if pair.left == "b" else "right" for pair in pairs]
    votes[:3] = ["tie", "tie", None]
    (tmp_path / "key.json").write_text(json.dumps({"seed": 3, "pairs": pairs}))
    for name in ("v", "w"):
        (tmp_path / f"{name}.json").write_text(json.dumps({"seed": 3, "votes": votes}))
    run(ab, monkeypatch, "--count", tmp_path / "v.json", tmp_path / "w.json", "--key", tmp_path / "key.json")
    cells = [cell.strip() for cell in capsys.readouterr().out.splitlines()[2].split("|")[1:-1]]
    assert cells[:5] == ["`a`", "`b`", "0", "34", "4"]
    z2, n = 1.959964**2, 34
    assert f"0% (0% to {z2 / (n + z2):.0%})" in cells[5]  # Wilson's upper end of none of n


@pytest.mark.parametrize(
    ("votes", "words"),
    [
        ("{", "cannot read"),
        ("[]", "must hold one object"),
        ('{"seed": 4, "votes": ["tie"]}', "different pages"),
        ('{"seed": 3, "votes": []}', "different pages"),
        ('{"seed": 3, "votes": ["up"]}', "a vote must be one of left, right, tie"),
    ],
)
def test_wrong_votes_are_refused(ab, tmp_path, monkeypatch, capsys, votes, words):
    (tmp_path / "key.json").write_text('{"seed": 3, "pairs": [["c", "a", "b"]]}')
    (tmp_path / "v.json").write_text(votes)
    with pytest.raises(SystemExit, match="2"):
        run(ab, monkeypatch, "--count", tmp_path / "v.json", "--key", tmp_path / "key.json")
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--methods", "telea", "gimp"], "no method gimp"),
        (["--methods", "telea", "gimp", "--pictures", "made"], "no picture of gimp for one"),
        (["--methods", "telea"], "two methods or more"),
        (["--methods", "telea", "mono", "--against", "white"], "none of the methods"),
        (["--methods", "small", "telea", "--pictures", "made"], "must be 256 x 256 pixels"),
    ],
)
def test_what_cannot_be_compared_is_refused(ab, made, photos, tmp_path, monkeypatch, capsys, arguments, words):
    monkeypatch.chdir(tmp_path)
    save_image(torch.zeros(1, 3, 20, 20), made / "small" / "one.png")
    with pytest.raises(SystemExit, match="2"):
        run(ab, monkeypatch, photos, "--out", tmp_path / "out", *arguments)
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out" / "page.html").exists()


def test_other_programs_get_the_hole_and_no_more(ab, photos, tmp_path, monkeypatch):
    run(ab, monkeypatch, photos, "--given", tmp_path / "given")
    for case in ab.wide_cases([photos], 9):
        given = load_image(tmp_path / "given" / f"{case.name}.png")
        hole = load_hole(tmp_path / "given" / f"{case.name}_mask.png", given)
        assert torch.equal(hole, case.hole)
        assert 0.31 <= hole.mean() <= 0.43
        assert given[hole.expand_as(given) > 0].max() == 0
