"""From somebody's weight file to a restored photo: convert, list, restore, nodes; three pipelines."""

import pytest
import torch
from conftest import make_hole, make_photo
from monochromic.cli import main
from monochromic.core import BACKBONES, fill, load_image, luminance, save_image
from monochromic.core.backbones import AUTO, DEFAULT
from monochromic.core.backbones.loaded import Model
from monochromic.core.weights.load import clear
from monochromic.nodes import NODE_CLASS_MAPPINGS

VARIANT = BACKBONES["autoencoder"].variants[0]


@pytest.fixture
def network():
    with torch.random.fork_rng():
        torch.manual_seed(3)
        found = VARIANT.fresh((3, 3), 4).eval().requires_grad_(False)
    for values in found.parameters():
        values.mul_(2)  # so that its answer is more than a gray haze
    return found


@pytest.fixture
def place(tmp_path, monkeypatch, network):
    """A folder with a photo, its mask and a weight file, and a home without weights."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MONOCHROMIC_HOME", str(tmp_path / "home"))
    clear()
    save_image(make_photo(), "old.png")
    save_image(make_hole(), "mask.png")
    torch.save({"state_dict": {f"module.{k}": v for k, v in network.state_dict().items()}}, "theirs.pth")
    yield tmp_path
    clear()


def restore(*more):
    return main(["restore", "old.png", "--mask", "mask.png", "--backbone", "autoencoder", *more])


def test_own_weights_go_before_the_packs(place):
    assert restore("-o", "packs.png") == 0
    assert main(["weights", "convert", "theirs.pth", "--as", "mine"]) == 0
    assert restore("-o", "mine.png") == 0
    assert restore("--weights", "mine", "-o", "named.png") == 0
    assert restore("--weights", "autoencoder_slim", "-o", "slim.png") == 0
    packs, mine, named, slim = ((place / f"{name}.png").read_bytes() for name in ("packs", "mine", "named", "slim"))
    assert mine == named != packs == slim


def test_converted_weights_restore(place, network, capsys):
    assert main(["weights", "convert", "theirs.pth", "--as", "mine"]) == 0
    assert main(["weights", "list"]) == 0
    row = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("mine"))
    assert "autoencoder" in row
    for name, pipeline in (("a", "gray"), ("b", "rgb_to_gray"), ("c", "rgb")):
        assert restore("--pipeline", pipeline, "-o", f"{name}.png") == 0
    assert restore("--weights", "mine", "-o", "d.png") == 0
    assert main(["restore", "old.png", "--mask", "mask.png", "--weights", "mine", "-o", "e.png"]) == 0
    assert (place / "e.png").read_bytes() == (place / "d.png").read_bytes()
    assert restore("--weights", "mine", "--backbone", "gmcnn", "-o", "f.png") == 2
    assert "weights 'mine' are of autoencoder, not of gmcnn" in capsys.readouterr().err
    a, b, c, d = (load_image(f"{name}.png") for name in "abcd")
    photo, hole = load_image("old.png"), make_hole()
    inside, known = hole[0, 0] > 0, hole[0, 0] == 0
    for result in (a, b, c):
        assert torch.equal(result[..., known], photo[..., known])
    assert torch.equal(a, d)
    assert not torch.equal(a, b)
    model = Model(BACKBONES["autoencoder"], VARIANT, network)
    for result, source in ((a, "gray"), (b, "rgb"), (c, "rgb")):
        wanted = fill(photo, hole, model, source=source)
        assert (luminance(result) - wanted)[..., inside].abs().max() < 1 / 255


def test_the_menu_puts_first_what_runs_now(place):
    def menu():
        return NODE_CLASS_MAPPINGS["MonochromicGrayInpaint"].INPUT_TYPES()["required"]["backbone"]

    names, options = menu()
    assert set(names) == {AUTO, *BACKBONES}
    assert names[0] == options["default"] == DEFAULT
    assert names[1] == AUTO
    assert {*names[-2:]} == {"lama", "mat"}
    assert "lama: LaMa" in options["tooltip"]
    assert "(downloads about 205 MB, license Apache-2.0)" in options["tooltip"]


def test_nodes_run_networks(place, network):
    assert main(["weights", "convert", "theirs.pth", "--as", "mine"]) == 0
    photo, hole = make_photo(), make_hole()
    image, mask = photo.movedim(1, -1), hole[:, 0]
    with torch.inference_mode():
        found = NODE_CLASS_MAPPINGS["MonochromicGrayInpaint"]().inpaint(image, mask, "autoencoder", 0, 0.5, "rgb")
        gray = found["result"][0]
        direct = NODE_CLASS_MAPPINGS["MonochromicRgbInpaint"]().inpaint(image, mask, "autoencoder", 0, 0.5)["result"][0]
    model = Model(BACKBONES["autoencoder"], VARIANT, network)
    wanted = fill(photo, hole, model, source="rgb")
    assert torch.allclose(gray[..., :1].movedim(-1, 1), wanted, atol=1e-5)  # loaded weights have channels last
    assert torch.allclose(luminance(direct.movedim(-1, 1)), gray[..., :1].movedim(-1, 1), atol=1e-6)
    assert torch.equal(direct[:, hole[0, 0] == 0], image[:, hole[0, 0] == 0])


def test_rgb_at_once_takes_weights_that_give_it(place, capsys):
    """The pack's are gray: they are passed over, and without others the error says what is lacking."""
    _, options = NODE_CLASS_MAPPINGS["MonochromicRgbInpaint"].INPUT_TYPES()["required"]["backbone"]
    assert "Autoencoder (needs weights of your own that give RGB" in options["tooltip"]
    assert restore("--pipeline", "rgb", "-o", "x.png") == 2
    assert "there are no weights for 'autoencoder' that give RGB here and none to download" in capsys.readouterr().err
    assert not (place / "x.png").exists()
    assert restore("--weights", "autoencoder_slim", "--pipeline", "rgb", "-o", "x.png") == 2
    assert "autoencoder gives gray only" in capsys.readouterr().err
    with torch.random.fork_rng():
        gray = VARIANT.fresh((1, 1), 4).state_dict()
    torch.save(gray, "gray.pth")
    assert main(["weights", "convert", "gray.pth", "--as", "a_gray_one"]) == 0
    assert main(["weights", "convert", "theirs.pth", "--as", "mine"]) == 0
    assert restore("--pipeline", "rgb", "-o", "x.png") == 0
    assert restore("-o", "y.png") == 0
    assert restore("--weights", "a_gray_one", "-o", "z.png") == 0
    assert (place / "y.png").read_bytes() == (place / "z.png").read_bytes()
