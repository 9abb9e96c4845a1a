"""What the comparison of two checkouts reads from their help."""

import importlib
from pathlib import Path

import pytest
from monochromic.cli import main
from monochromic.cli.names import BACKBONES, DETECTORS, METHODS


@pytest.fixture(scope="module")
def compare():
    """The benchmark."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
        yield importlib.import_module("compare_checkouts")


@pytest.mark.parametrize(
    ("command", "flag", "expected"),
    [("restore", "--backbone", BACKBONES), ("mask", "--method", DETECTORS), ("colorize", "--method", METHODS)],
)
def test_the_names_that_an_option_takes(command, flag, expected, compare, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "9999")
    assert main([command, "--help"]) == 0
    assert compare.names_in(capsys.readouterr().out, flag) == list(expected)


def test_an_option_without_names(compare):
    assert compare.names_in("  --grow PIXELS  widen the hole: by so many", "--grow") == []
