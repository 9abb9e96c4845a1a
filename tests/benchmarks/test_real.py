"""`benchmarks/real.py`: the report on a photo of known figures, which photos are controls, and what is searched."""

import importlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from monochromic.core import Detection, find_hole


@pytest.fixture(scope="module")
def real():
    """The benchmark, which imports its neighbors by their bare names."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
        yield importlib.import_module("real")


@pytest.fixture
def folder(tmp_path):
    """A photo with truth and a part not judged, and a control, in a folder of their own."""
    from monochromic.core import save_image

    photo = torch.full((1, 3, 60, 80), 0.5)
    photo[..., 20:22, 10:70] = 1
    truth, ignore = torch.zeros(1, 1, 60, 80), torch.zeros(1, 1, 60, 80)
    truth[..., 20:22, 10:70] = 1
    ignore[..., :, 70:] = 1
    save_image(photo, tmp_path / "a.png")
    save_image(truth, tmp_path / "a.truth.png")
    save_image(ignore, tmp_path / "a.ignore.png")
    save_image(torch.full((1, 1, 60, 80), 0.5), tmp_path / "c2_clean.png")
    return tmp_path


def found_at(real, hole):
    """A search that found this hole."""
    found = torch.from_numpy(np.asarray(hole, np.float32))[None, None]
    empty = torch.zeros_like(found)
    return lambda *_: real.Search(Detection(found, empty, empty, empty, found.byte(), found), found, 0.0)


def run(real, patch, arguments):
    patch.setattr("sys.argv", ["real.py", *map(str, arguments)])
    real.main()


def test_the_report(real, folder, monkeypatch, capsys):
    hole = np.zeros((60, 80), bool)
    hole[18:22, 10:40] = True  # the left half of the truth, and two rows above it
    hole[30:36, 75:] = True  # not judged
    hole[50:55, 60:65] = True  # a false alarm of 25 pixels
    faces = folder / "faces.json"
    faces.write_text(json.dumps({"a.png": [[70, 30, 10, 10], [10, 18, 20, 4], [60, 50, 5, 10]]}))
    monkeypatch.setattr(real, "search", found_at(real, hole))
    monkeypatch.setattr(real, "FACES", faces)
    run(real, monkeypatch, [folder, "--json", folder / "out.json", "--sheet", folder / "sheets"])
    printed = capsys.readouterr().out
    recall = 2 * 32 / 120  # two columns more are within the tolerance
    precision = 120 / 145
    f1 = 2 * precision * recall / (precision + recall)
    scores = f"{f1:.3f} | {precision:.3f} | {recall:.3f} | {f1:.3f} | 0.99"
    faces = f"3 | 1 | {100 * (30 + 80 + 25) / (100 + 80 + 50):.2f}"
    assert f"| {folder.name}/a.png | {scores} | 3.65 | {faces} |" in printed
    assert f"| {folder.name}/c2_clean.png (control) | - | - | - | - | - | 3.65 | - | - | - |" in printed
    assert {p.name for p in (folder / "sheets").iterdir()} == {
        f"{folder.name}_a.jpg",
        f"{folder.name}_c2_clean.jpg",
    }
    told = json.loads((folder / "out.json").read_text())
    assert told["photos"][0]["islands"] == [[60, 50, 5, 5]]
    assert told["summary"]["mean F1"] == pytest.approx(f1)
    assert told["summary"]["% filled of controls, worst"] == pytest.approx(100 * 175 / 4800)


def test_clean_folders_are_controls(real, folder, monkeypatch, capsys):
    monkeypatch.setattr(real, "search", found_at(real, np.zeros((60, 80), bool)))
    for arguments in ([folder, "--clean"], ["--clean", folder]):
        run(real, monkeypatch, arguments)
        assert "a.png (control)" in capsys.readouterr().out
    run(real, monkeypatch, [folder, "--controls", "none"])
    assert "(control)" not in capsys.readouterr().out


def test_the_search_is_that_of_find_hole(real):
    from monochromic.core import degrade, find_hole

    image = degrade(torch.linspace(0.2, 0.8, 96).expand(1, 3, 96, 96), "scratch", difficulty=0, seed=7).image
    found, expected = real.search(image, "classical", None), find_hole(image, "classical")
    assert all(map(torch.equal, found.detection, expected))
    assert torch.equal(found.undilated, find_hole(image, "classical", dilate=0).hole)
    assert 0 < found.undilated.sum() < expected.hole.sum()
    assert real.search(image, "classical", 0.9).detection.hole.sum() < expected.hole.sum()


def test_the_boxes_of_faces(real):
    faces = real.read_faces()
    assert sum(map(len, faces.values())) > 100
    for name, boxes in faces.items():
        for left, top, width, height in boxes:
            assert left >= 0 <= top, name
            assert width >= 10 <= height, name


def test_a_turned_photo_is_searched_and_what_is_found_turned_back(real, folder):
    image = torch.full((1, 3, 60, 80), 0.5)
    image[..., 10:12, 5:60] = 1
    image[..., 20:50, 65:67] = 1
    truth = image[:, :1] > 0.9
    for name, turn in real.TURNS.items():
        assert torch.equal(turn(turn(image)), image)
        found = real.search(image, "classical", None, name)
        expected = find_hole(turn(image).contiguous(), "classical")
        assert torch.equal(turn(found.detection.hole), expected.hole), name
        assert found.undilated.shape == truth.shape
        assert (found.detection.hole[truth] == 1).float().mean() > 0.8, name
