"""What the project's files say of each other."""

import hashlib
import itertools
import json
import re
import shutil
import subprocess
import sys

import pytest
from conftest import ROOT
from PIL import Image

try:
    import tomllib
except ImportError:  # Python 3.10
    import tomli as tomllib

from monochromic.core import BACKBONES, METHODS
from monochromic.core.io.samples import SAMPLES
from monochromic.core.weights import read_manifest
from monochromic.nodes import NODE_CLASS_MAPPINGS, NODE_DISPLAY_NAME_MAPPINGS
from monochromic.runner.schema import inputs_of

WORKFLOWS = sorted(path.stem for path in (ROOT / "workflows").glob("*.json"))
NAMES = re.compile(r"^[\w-]+")
CORE = {"IMAGE", "MASK", "STRING", "INT", "FLOAT", "BOOLEAN", "COMBO"}


@pytest.fixture
def project(root):
    return tomllib.loads((root / "pyproject.toml").read_text())


def test_requirements_are_those_of_the_project(root, project):
    """ComfyUI's users install this file: without the lower bounds they keep what is too old."""
    ranges = project["project"]["dependencies"]
    assert all(">=" in r and "==" not in r for r in ranges)
    listed = (root / "requirements.txt").read_text().split()
    assert sorted(listed) == sorted(ranges)


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
        assert f"`{name}`" in text, f"README.md does not name `{name}`"
    table = (root / "docs" / "backbones.md").read_text()
    for name in BACKBONES:
        assert f"| `{name}`" in table or f", `{name}`" in table, f"the table of docs/backbones.md lacks `{name}`"
    for title in NODE_DISPLAY_NAME_MAPPINGS.values():
        name = title.removesuffix(" (Monochromic)")
        assert name in text, f"README.md does not name the node {name}"
    for path in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (root / path).exists(), path


def test_every_shipped_weight_file_is_in_the_manifest_with_its_card(root):
    rows = [row for row in read_manifest().values() if row.bundled]
    assert {row.bundled for row in rows} == {f"weights/{p.name}" for p in (root / "weights").glob("*.safetensors")}
    for row in rows:
        data = (root / row.bundled).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (row.size, row.sha256)
        card = (root / row.card).read_text()
        assert row.license in card
        assert "training/" in card


def test_every_workflow_has_its_picture(root):
    workflows = sorted((root / "workflows").glob("*.json"))
    assert len(workflows) >= 3
    for path in workflows:
        assert path.with_suffix(".jpg").is_file()


HEADER, SOCKET, WIDGET, FOOTER = 30, 20, 28, 42  # pixels of Vue nodes, the taller ones, in the front end 1.58.1


def is_over(one, other):
    """Whether two boxes, (left, top, width, height), overlap."""
    return all(one[i] < other[i] + other[i + 2] and other[i] < one[i] + one[i + 2] for i in (0, 1))


@pytest.mark.parametrize("name", WORKFLOWS)
def test_nodes_of_a_template_have_room(root, name):
    """For all their widgets; they overlap no other node, and lie in the groups in which they begin."""
    saved, boxes = json.loads((root / "workflows" / f"{name}.json").read_text()), []
    for node in saved["nodes"]:
        (x, y), (width, height) = node["pos"], node["size"]
        boxes.append((x, y - HEADER, width, height + HEADER))
        if node["type"] in NODE_CLASS_MAPPINGS:
            widgets = sum("widget" in each for each in node["inputs"])
            sockets = max(len(node["inputs"]) - widgets, len(node["outputs"]))
            least = sockets * SOCKET + widgets * WIDGET + FOOTER
            assert height >= least, f"{node['type']} in workflows/{name}.json needs a height of {least}"
    assert saved["extra"]["ds"]["scale"] >= 0.6  # or what is written there is too small to be read
    groups = [group["bounding"] for group in saved["groups"]]
    for one, other in [*itertools.combinations(boxes, 2), *itertools.combinations(groups, 2)]:
        assert not is_over(one, other), (one, other)
    for box, group in itertools.product(boxes, groups):
        if is_over((*box[:2], 1, 1), group):
            assert all(box[i] + box[i + 2] <= group[i] + group[i + 2] for i in (0, 1)), (box, group)


def archive(root):
    """The files of the repository that go to ComfyUI's registry: all but those that .comfyignore names."""
    left_out = (root / ".comfyignore").read_text().split()
    listed = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    return [path for path in filter(None, listed) if not any(is_under(path, each) for each in left_out)]


def is_under(path, ignored):
    return path.startswith(ignored) if ignored.endswith("/") else path == ignored


def test_the_registry_finds_what_it_asks_for(root, project):
    about, comfy = project["project"], project["tool"]["comfy"]
    assert re.fullmatch(r"[a-z][a-z0-9]*([-_.][a-z0-9]+)*", about["name"])
    assert "comfyui" not in about["name"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", about["version"])
    assert about["urls"]["Repository"].startswith("https://")
    assert comfy["PublisherId"]
    for name in ("Icon", "Banner"):
        assert (root / comfy[name].split("/main/")[1]).is_file()
    with Image.open(root / "docs" / "icon.jpg") as icon, Image.open(root / "docs" / "banner.jpg") as banner:
        assert icon.size == (400, 400)
        assert abs(banner.width / banner.height - 21 / 9) < 0.01


def test_nothing_in_the_archive_alarms_its_scanner(root):
    """Nothing is run from text, no process or package is started, no script is minified, nothing is a link."""
    files = archive(root)
    assert {"__init__.py", "requirements.txt", "web/js/color_guide.js", "weights/mono.safetensors"} <= set(files)
    assert not any(path.startswith(("tests/", "training/", "benchmarks/")) for path in files)
    for path in files:
        place = root / path
        assert not place.is_symlink(), path
        assert place.suffix not in (".pyc", ".so", ".dll", ".exe", ".pth", ".ckpt"), path
        if place.suffix == ".py":
            text = place.read_text()
            assert not re.search(r"(?<![.\w])(eval|exec|compile)\(|\bsubprocess\b|os\.system", text), path
        if place.suffix == ".js":
            text = place.read_text()
            assert max(map(len, text.splitlines())) <= 120, path
            assert not re.search(r"\beval\(|new Function|https?://(?!www\.w3\.org)", text), path


def test_ids_cannot_clash_with_other_packs(root):
    """Nodes, widgets, sockets and page extensions all carry our name."""
    for name, node in NODE_CLASS_MAPPINGS.items():
        assert name.startswith("Monochromic")
        sockets = {*node.RETURN_TYPES, *(i.kind for i in inputs_of(node).values())}
        assert all(kind in CORE or kind.startswith("MONOCHROMIC_") for kind in sockets)
    for path in (root / "web" / "js").glob("*.js"):
        text = path.read_text()
        for name in re.findall(r"registerExtension\(\{\s*name: \"([^\"]+)\"", text):
            assert name.startswith("Monochromic."), path


def test_the_page_knows_what_stands_for_a_file_in_a_template(root):
    """No picture is looked for under these names; any other name of a muted node's file must be a file."""
    text = (root / "web" / "js" / "placeholders.js").read_text()
    known = set(re.findall(r'"(choose your \w+)"', text))
    nodes = [n for path in (root / "workflows").glob("*.json") for n in json.loads(path.read_text())["nodes"]]
    own = {n["widgets_values"][0] for n in nodes if n["type"] in ("LoadImage", "MonochromicLoadMask")}
    assert own == known


def test_the_painter_knows_every_sample_photo(root):
    text = (root / "web" / "js" / "upstream.js").read_text()
    known = re.findall(r'^  (\w+): \{ photo: "([^"]+)", mask: "([^"]+)"', text, re.MULTILINE)
    assert known == [(name, sample.photo, sample.mask) for name, sample in SAMPLES.items()]


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
@pytest.mark.parametrize("name", ["my clone", "monochromic-inpaint"])
def test_the_linter_takes_a_clone_of_any_name(name, root, tmp_path):
    """Ruff takes the folder for a package, whose name it would judge."""
    for file in ("pyproject.toml", "__init__.py", "core/__init__.py", "core/layers/__init__.py"):
        target = tmp_path / name / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / file, target)
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "."], cwd=tmp_path / name, capture_output=True, text=True
    )
    assert "N999" not in done.stdout
    assert done.returncode == 0, done.stdout


def test_make_in_a_folder_whose_name_has_a_space(root, tmp_path):
    """With programs that only say that they were found, so that nothing is installed."""
    folder = tmp_path / "my photos"
    tools = folder / ".venv" / "bin"
    tools.mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(root / name, folder)
    for name in ("python", "ruff", "mypy", "monochromic"):
        (tools / name).write_text(f"#!/bin/sh\necho 1 >> '{tmp_path}/{name}'\necho 1\n")
        (tools / name).chmod(0o755)
    (folder / ".venv" / "ready").touch()
    out = subprocess.run(["make", "lint", "demo"], cwd=folder, capture_output=True, text=True, check=False)
    assert out.returncode == 0, out.stderr
    assert {p.name for p in tmp_path.iterdir()} == {"my photos", "python", "ruff", "mypy", "monochromic"}
    assert (folder / ".venv" / "types" / "monochromic").resolve() == folder
