"""What people type first: it works, or one line says what to type."""

import os
import re
import shlex
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
import torch
from conftest import make_hole, make_photo
from monochromic.cli import app, main, weights
from monochromic.cli.app import parse
from monochromic.core import find_hole, load_image, luminance, restore, save_image

ALL = [*((name,) for name in app.COMMANDS), *(("weights", name) for name in weights.COMMANDS)]


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "album").mkdir()
    save_image(make_photo(), "old.png")
    save_image(make_hole(), "mask.png")
    save_image(make_photo(1), "album/a.png")
    save_image(luminance(make_photo()), "gray.png")
    return tmp_path


def run(*arguments):
    return main([str(a) for a in arguments])


def rounded(image):
    return (image * 255).round() / 255


def printed(capsys, *arguments):
    assert run(*arguments) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "built"), [("pad old.png", ["pad"]), ("old.png", ["restore"]), ("help mask", ["mask"])]
)
def test_only_the_options_of_the_typed_command_are_built(place, monkeypatch, words, built):
    seen = []
    for name, module in app.COMMANDS.items():
        add = module.add_parser
        monkeypatch.setattr(module, "add_parser", lambda into, name=name, add=add: (seen.append(name), add(into)))
    with suppress(SystemExit):
        parse(words.split())
    assert seen == built


def test_nothing_and_help_print_the_help(capsys):
    text = printed(capsys, "--help")
    assert text == printed(capsys, "help") == printed(capsys)
    assert "examples:\n  monochromic photo.png" in text
    assert all(f"\n    {name} " in text for name in app.COMMANDS)
    assert printed(capsys, "help", "restore") == printed(capsys, "restore", "--help")
    assert printed(capsys, "weights") == printed(capsys, "help", "weights")
    assert printed(capsys, "help", "weights", "add") == printed(capsys, "weights", "add", "-h")


@pytest.mark.parametrize("words", ALL)
def test_every_command_has_a_description_and_examples(capsys, words):
    text = printed(capsys, "help", *words)
    command = " ".join(("monochromic", *words))
    before, examples = text.split("\nexamples:\n")
    assert examples.count(f"  {command}") >= 1
    description = before.split("\n\n")[1]
    assert len(description) > 50
    assert description.rstrip().endswith(".")


@pytest.mark.parametrize("words", [(), *ALL])
def test_examples_are_understood(capsys, words):
    """Each example that the help shows is taken by the parser as it stands."""
    examples = printed(capsys, "help", *words).split("\nexamples:\n")[1]
    lines = re.sub(r"\\\n\s*", "", examples).strip().splitlines()
    for line in lines:
        name, *typed = shlex.split(line.strip().split("  ")[0])
        if name == "monochromic" and typed[0] != "help":
            assert parse(typed).command, line


def test_a_photo_alone_is_restored(place, capsys):
    """Beside itself, and never over a file."""
    assert printed(capsys, "old.png", "--mask", "mask.png", "--backbone", "telea") == "old_restored.png\n"
    expected = rounded(restore(load_image("old.png"), make_hole(), backbone="telea"))
    assert torch.equal(load_image("old_restored.png"), expected)
    assert printed(capsys, "--mask", "mask.png", "old.png", "--backbone", "telea") == "old_restored_2.png\n"
    assert printed(capsys, "restore", "album/a.png", "--find", "classical") == "album/a_restored.png\n"
    names = [path.as_posix() for path in sorted(Path().rglob("*restored*"))]
    assert names == ["album/a_restored.png", "old_restored.png", "old_restored_2.png"]


@pytest.mark.parametrize(
    "words", [["old.png", "new/x.png", "--mask", "mask.png"], ["old.png", "--mask", "mask.png", "new/x.png"]]
)
def test_the_file_to_write_as_a_second_word(place, capsys, words):
    assert printed(capsys, "restore", *words, "--backbone", "telea") == "new/x.png\n"
    assert torch.equal(load_image("new/x.png"), rounded(restore("old.png", "mask.png", backbone="telea")))


def test_mask_and_colorize_write_beside_the_photo_too(place, capsys):
    assert printed(capsys, "mask", "old.png", "--method", "classical") == "old_mask.png\n"
    assert torch.equal(load_image("old_mask.png"), find_hole(load_image("old.png"), "classical").hole)
    colorize = ["colorize", "old.png", "--gray", "gray.png", "--mask", "mask.png"]
    assert printed(capsys, *colorize) == "old_colorized.png\n"
    assert printed(capsys, *colorize, "y.png") == "y.png\n"
    assert torch.equal(load_image("old_colorized.png"), load_image("y.png"))


BATCH = "for all photos of a folder: monochromic batch album --out restored"
WRONG = [
    (["restor", "old.png"], "there is no command 'restor'; did you mean restore?"),
    (["ls"], "there is no command 'ls'; did you mean weights list?"),
    (["inpaint", "old.png"], "did you mean restore?"),
    (["qqq"], "there is no command 'qqq'; `monochromic --help` lists all"),
    (["help", "restor"], "did you mean restore?"),
    (["weights", "ls"], "there is no command 'ls' of monochromic weights; did you mean list?"),
    (["weights", "vrify"], "did you mean verify?"),
    (["weights", "--json"], "COMMAND; `monochromic weights --help` shows how it is used"),
    (["--frobnicate"], "there is no option --frobnicate; `monochromic --help` lists all"),
    (["restore", "old.png", "--gpu"], "there is no option --gpu: a CUDA GPU is used where there is one"),
    (["mask", "old.png", "--device", "cuda"], "there is no option --device: a CUDA GPU is used"),
    (["restore", "old.png", "--model", "lama"], "there is no option --model; did you mean --backbone?"),
    (["restore", "old.png", "--model=lama"], "there is no option --model; did you mean --backbone?"),
    (["restore", "old.png", "--bakcbone", "lama"], "did you mean --backbone?"),
    (["restore", "old.png", "--output", "x.png"], "did you mean --out?"),
    (["mask", "old.png", "--find", "classical"], "did you mean --method?"),
    (["score", "old.png", "old.png", "old.png"], "'old.png' is one word too many; `monochromic score --help`"),
    (["score", "old.png"], "arguments are required: B; `monochromic score --help` shows"),
    (["restore"], "arguments are required: PHOTO; `monochromic restore --help` shows"),
    (["restore", "old.png", "--grow", "x"], "argument --grow: invalid int value: 'x'"),
    (["restore", "old.png", "--pipeline", "grey"], "invalid choice: 'grey' (choose from"),
    (
        ["restore", "album"],
        f"'album' is a folder, and restore takes one photo; {BATCH}",
    ),
    (["album"], f"'album' is a folder, and restore takes one photo; {BATCH}"),
    (["mask", "album"], "'album' is a folder, and mask takes one photo; call it once for each photo"),
    (["restore", "old.png", "gray.png"], "restore takes one photo, got 2; -o gray.png writes over the second; for"),
    (["restore", "old.png", "gray.png", "mask.png"], "restore takes one photo, got 3; for all photos of a folder"),
    (
        ["restore", "album/a.png", "old.png", "-o", "x.png"],
        f"restore takes one photo, got 2; {BATCH}",
    ),
    (["restore", "old.png", "--mask", "album"], "'album' is a folder; --mask takes a file"),
    (["restore", "old.png", "--hints", "album"], "'album' is a folder; --hints takes a file"),
    (["restore", "old.png", "--mask", "old.png"], "'old.png' is the photo, not a mask"),
    (["restore", "old.png", "--method", "classical"], "'classical' finds damage, which is --find classical"),
]


@pytest.mark.parametrize(("words", "answer"), WRONG)
def test_wrong_words(place, capsys, words, answer):
    """Exit code 2 and one line; nothing is written."""
    before = sorted(place.rglob("*"))
    assert run(*words) == 2
    error = capsys.readouterr().err
    assert answer in error
    assert error.startswith("monochromic: ")
    assert error.count("\n") == 1
    assert sorted(place.rglob("*")) == before


def test_a_photo_as_mask_is_refused(place, capsys):
    save_image(make_photo(4) * 0.6 + 0.2, "other.png")
    words = ("restore", "old.png", "--mask", "other.png", "-o", "x.png", "--backbone", "telea")
    assert run(*words) == 2
    error = capsys.readouterr().err
    assert error.startswith(
        "monochromic: the mask other.png looks like a photo, not a mask, and is no copy of the photo;"
    )
    assert "--mask-channel luminance" in error
    assert not Path("x.png").exists()
    assert run(*words, "--mask-channel", "luminance") == 0


def test_license_is_licence(place, capsys, monkeypatch):
    monkeypatch.setenv("MONOCHROMIC_HOME", str(place / "home"))
    with torch.random.fork_rng():
        from monochromic.core import BACKBONES

        network = BACKBONES["autoencoder"].variants[0].fresh((1, 1), 4)
    torch.save(network.state_dict(), "theirs.pth")
    text = printed(capsys, "weights", "convert", "theirs.pth", "--as", "mine", "--license", "MIT")
    assert "license MIT" in text.splitlines()[0]


def test_help_and_wrong_words_do_not_read_torch(place):
    """That they take no time follows: it is torch that takes seconds."""
    typed = [words for words, _ in WRONG] + [[], ["help", "restore"], ["weights"], ["--version"]]
    script = (
        "import sys; from monochromic.cli import main\n"
        f"codes = {{main(words) for words in {typed!r}}}\n"
        "assert codes == {0, 2}, codes\n"
        "print('heavy:', sorted({'torch', 'numpy', 'PIL', 'tqdm'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert out.stdout.splitlines()[-1] == "heavy: []"


def test_python_dash_m(place):
    """The same command, where the package is but not its script."""
    out = subprocess.run([sys.executable, "-m", "monochromic", "qqq"], capture_output=True, text=True, check=False)
    assert (out.returncode, out.stderr) == (
        2,
        "monochromic: there is no command 'qqq'; `monochromic --help` lists all\n",
    )


def test_the_package_has_the_names_of_the_library():
    """Read when they are asked for."""
    script = (
        "import sys, monochromic; assert 'torch' not in sys.modules\n"
        "from monochromic import restore, degrade, save_image\n"
        "import monochromic.core as core\n"
        "assert all(getattr(monochromic, name) is getattr(core, name) for name in core.__all__)\n"
        "assert monochromic.core is core\n"
        "assert not any(hasattr(monochromic, name) for name in ('comfy_entrypoint', 'nonsense', '__wrapped__'))\n"
        "print('monochromic.nodes' in sys.modules)"
    )
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=env)
    assert out.stdout.strip() == "False"


@pytest.mark.parametrize(("before", "after"), [(None, "0"), ("500", "500")])
def test_threads_sleep_while_they_wait_unless_told_otherwise(before, after, monkeypatch, capsys):
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    if before:
        monkeypatch.setenv("GOMP_SPINCOUNT", before)
    assert main(["help"]) == 0
    assert os.environ["GOMP_SPINCOUNT"] == after
