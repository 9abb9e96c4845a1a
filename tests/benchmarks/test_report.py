"""`benchmarks/report.py`: what it writes above a table."""

import importlib
import sys
from pathlib import Path

import pytest


@pytest.fixture
def report(monkeypatch):
    """The module, which the benchmarks import by its bare name."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    return importlib.import_module("report")


def test_the_command_names_no_folder_of_this_machine(report, monkeypatch, tmp_path):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(sys, "argv", ["benchmarks/gray.py", str(tmp_path / "photos"), "--cases", "3"])
    assert report.command() == f"python benchmarks/gray.py {Path('..') / 'photos'} --cases 3"
