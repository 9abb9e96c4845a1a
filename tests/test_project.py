"""What the project's files say of each other."""

import hashlib
import re

import pytest

try:
    import tomllib
except ImportError:  # Python 3.10
    import tomli as tomllib

from monochromic.core import BACKBONES, METHODS
from monochromic.core.weights import read_manifest
from monochromic.nodes import NODE_DISPLAY_NAME_MAPPINGS

NAMES = re.compile(r"^[\w-]+")


@pytest.fixture
def project(root):
    return tomllib.loads((root / "pyproject.toml").read_text())


def test_requirements_are_those_of_the_project_without_pins(root, project):
    ranges = project["project"]["dependencies"]
    assert all(">=" in r and "==" not in r for r in ranges)
    listed = (root / "requirements.txt").read_text().split()
    assert sorted(listed) == sorted(NAMES.match(r)[0] for r in ranges)


def test_constraints_pin_everything_that_make_installs(root, project):
    wanted = project["project"]["dependencies"] + project["project"]["optional-dependencies"]["dev"]
    lines = [line for line in (root / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    assert all("==" in line for line in lines)
    assert {NAMES.match(w)[0] for w in wanted} == {NAMES.match(line)[0] for line in lines}


def test_every_package_is_installed(root, project):
    packages = {
        "monochromic" + "".join(f".{part}" for part in path.parent.relative_to(root).parts)
        for path in root.rglob("__init__.py")
        if not {".venv", "tests", "build"} & set(path.relative_to(root).parts)
    }
    assert packages == set(project["tool"]["setuptools"]["packages"])


def test_the_readme_names_every_choice(root):
    text = (root / "README.md").read_text()
    for name in (*BACKBONES, *METHODS):
        assert f"`{name}`" in text, name
    for title in NODE_DISPLAY_NAME_MAPPINGS.values():
        assert title.removesuffix(" (Monochromic)") in text
    for path in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (root / path).exists(), path


def test_every_shipped_weight_file_is_in_the_manifest_with_its_card(root):
    rows = [row for row in read_manifest().values() if row.bundled]
    assert {row.bundled for row in rows} == {f"weights/{p.name}" for p in (root / "weights").glob("*.safetensors")}
    for row in rows:
        data = (root / row.bundled).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (row.size, row.sha256)
        card = (root / row.card).read_text()
        assert row.licence in card
        assert "training/" in card


def test_every_workflow_has_its_picture(root):
    workflows = sorted((root / "workflows").glob("*.json"))
    assert len(workflows) >= 3
    for path in workflows:
        assert path.with_suffix(".jpg").is_file()
