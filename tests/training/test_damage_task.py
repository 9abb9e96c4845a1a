"""The damage task: its samples, real marks, hard photos, mining, and weights to start from."""

import cv2
import damage
import mine
import numpy as np
import pytest
import torch
from checkpoint import load_average, save_state
from monochromic.core.damage_kinds import KIND_NAMES
from photos import load_photos
from safetensors.torch import load_file, save_file
from tiny_recipes import RECIPES
from trainer import Training


@pytest.fixture
def photos(folder):
    return load_photos(folder)


@pytest.fixture
def masks(tmp_path):
    """One mask: a long line and a dot."""
    mask = np.zeros((200, 200), np.uint8)
    mask[100, 10:190] = 255
    mask[30:34, 30:34] = 255
    (tmp_path / "masks").mkdir()
    cv2.imwrite(str(tmp_path / "masks" / "marks.png"), mask)
    return str(tmp_path / "masks")


def samples(photos, data, count=40, side=64):
    drawn = [damage.sample(photos, side, np.random.default_rng([5, i]), data) for i in range(count)]
    return torch.stack([image for image, _ in drawn]), torch.stack([kinds for _, kinds in drawn])


def test_the_share_of_clean_photos(photos):
    _, kinds = samples(photos, {"clean": 0.5}, 80)
    clean = (kinds.amax((1, 2, 3)) == 0).float().mean()
    assert 0.35 < clean < 0.7  # half, and those few whose damage is hardly to be seen
    assert not samples(photos, {"clean": 1.0}, 20)[1].any()


def test_every_kind_of_damage_is_drawn(photos):
    _, kinds = samples(photos, {"clean": 0.0}, 100)
    assert (kinds.amax((0, 2, 3)) == 1).all()


def test_fine_damage_is_thinner(photos):
    """Of the same damage, as it is and drawn larger; a share of it is drawn so."""
    plain, fine = (samples(photos, {"clean": 0.0, **fine}, 60, 96) for fine in ({}, {"fine": 1.0}))
    assert plain[0].shape == fine[0].shape
    assert set(fine[1].unique().tolist()) == {0.0, 1.0}
    thickness = []
    for _, kinds in (plain, fine):
        lines = kinds[:, KIND_NAMES.index("lines")]
        inner = 1 - torch.nn.functional.max_pool2d(1 - lines, 3, 1, 1)
        thickness.append(float(inner.sum() / lines.sum()))
    assert thickness[1] < 0.7 * thickness[0]


def test_dark_lines_may_count_as_content(photos):
    """They are drawn as before, but are no lines; nothing else changes."""
    (image, kinds), (same, fewer) = (
        samples(photos, {"clean": 0.0, **data}, 60) for data in ({}, {"light_lines": True})
    )
    at = KIND_NAMES.index("lines")
    others = [i for i in range(len(KIND_NAMES)) if i != at]
    assert torch.equal(image, same)
    assert torch.equal(kinds[:, others], fewer[:, others])
    removed, kept = kinds[:, at] > fewer[:, at], fewer[:, at] > 0
    assert 0.05 < removed.sum() / kinds[:, at].sum() < 0.6
    assert torch.equal(removed | kept, kinds[:, at] > 0)
    around = torch.nn.functional.avg_pool2d(image.mean(1), 15, 1, 7, count_include_pad=False)
    lighter = image.mean(1) - around
    assert lighter[kept].mean() > 0.05
    assert lighter[removed].mean() < -0.05


def test_real_marks_are_told_by_their_shape(masks):
    marks = cv2.imread(f"{masks}/marks.png", 0) > 0
    lines, specks = damage._by_shape(marks)
    assert lines.sum() == 180
    assert specks.sum() == 16
    assert np.array_equal(lines + specks > 0, marks)


def test_real_marks_are_laid_over_the_photo(masks):
    photo = torch.full((1, 3, 96, 96), 0.4)
    found = [
        damage._with_real_marks(photo.clone(), torch.zeros(1, 5, 96, 96), masks, np.random.default_rng(i))
        for i in range(12)
    ]
    for image, kinds in found:
        changed = ((image - photo).abs().amax(1) > damage.VISIBLE)[0]
        assert (kinds[0].amax(0).bool() <= changed).all()
    assert {name for _, kinds in found for name, plane in zip(KIND_NAMES, kinds[0], strict=True) if plane.any()} == {
        "lines",
        "specks",
    }


def test_a_folder_without_masks(tmp_path):
    with pytest.raises(SystemExit, match="no masks"):
        damage._masks(str(tmp_path))


def test_hard_photos_are_shown_undamaged(tmp_path):
    black, white = np.zeros((80, 80, 3), np.uint8), np.full((80, 80, 3), 255, np.uint8)
    (tmp_path / "hard.txt").write_text("1\n")
    plain, _ = samples([black, white], {"clean": 1.0}, 60)
    hard, kinds = samples([black, white], {"clean": 1.0, "hard": str(tmp_path / "hard.txt")}, 60)
    assert not kinds.any()
    white_ones = [float((image.mean((1, 2, 3)) > 0.5).float().mean()) for image in (plain, hard)]
    assert white_ones[1] > white_ones[0] + 0.1


def test_mining_names_the_photos_with_false_alarms(tmp_path, folder, capsys, monkeypatch):
    """A network that sees damage in whatever is bright names the brightest photo that is not gray."""
    network = damage.make({"widths": [4, 8, 8]})
    save_file(network.state_dict(), tmp_path / "weights.safetensors")
    monkeypatch.setattr(mine, "build", lambda _: Bright())
    arguments = ["mine.py", str(tmp_path / "weights.safetensors"), str(folder), str(tmp_path / "hard.txt")]
    monkeypatch.setattr("sys.argv", arguments)
    mine.main()
    loaded = load_photos(folder)
    colored = [i for i, photo in enumerate(loaded) if not mine.is_gray(photo)]
    brightest = max(colored, key=lambda i: loaded[i].astype(float).mean())
    assert (tmp_path / "hard.txt").read_text() == f"{brightest}\n"
    assert capsys.readouterr().out.startswith(f"1 of {len(colored)} photos")


class Bright(torch.nn.Module):
    """Brightness as logits of five kinds, for sides of any size."""

    multiple = 1

    def forward(self, image):
        return (image.mean(1, keepdim=True) * 8 - 4).expand(-1, 5, -1, -1)


def test_gray_scans_are_told():
    gray = np.random.default_rng(0).integers(0, 256, (20, 20, 1), dtype=np.uint8).repeat(3, 2)
    assert mine.is_gray(gray)
    assert mine.is_gray((gray * np.array([1, 0.95, 0.9])).astype(np.uint8))
    assert not mine.is_gray(np.random.default_rng(0).integers(0, 256, (20, 20, 3), dtype=np.uint8))


def test_a_training_starts_from_weights_that_fit(tmp_path, capsys):
    recipe = RECIPES["damage"]
    first = Training(recipe, tmp_path / "first")
    state = {k: torch.randn(v.shape) for k, v in first.average.state_dict().items()}
    state["body.leave.bias"] = torch.zeros(4)  # of a network that told no kinds
    save_file(state, tmp_path / "old.safetensors")
    run = Training(recipe, tmp_path / "second", start=tmp_path / "old.safetensors")
    for k, v in run.average.state_dict().items():
        assert torch.equal(v, state[k]) == (k != "body.leave.bias")
    assert "tensors are those of" in capsys.readouterr().out
    (tmp_path / "none.safetensors").write_bytes(b"half")
    with pytest.raises(SystemExit, match="no file of weights"):
        Training(recipe, tmp_path / "third", start=tmp_path / "none.safetensors")
    save_file({"other": torch.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(SystemExit, match="none of its tensors fits"):
        Training(recipe, tmp_path / "third", start=tmp_path / "other.safetensors")


def test_averages_of_checkpoints_and_of_weights(tmp_path):
    network = damage.make({"widths": [4, 8, 8]})
    other = damage.make({"widths": [4, 8, 8]})
    save_state(tmp_path / "state.safetensors", {"network": other, "average": network}, 3)
    save_file(network.state_dict(), tmp_path / "weights.safetensors")
    for name in ("state", "weights"):
        found = load_average(tmp_path / f"{name}.safetensors")
        assert all(torch.equal(v, found[k]) for k, v in network.state_dict().items())
    assert "average.body.leave.bias" in load_file(tmp_path / "state.safetensors")
