"""Packages that load their names when asked for: the same names as if imported at once, and a start without them."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest
import torch
from monochromic import core

PACKAGES = ["", ".colorize", ".degrade", ".detect", ".harmonize", ".inpaint", ".io", ".metrics"]


def package_of(name):
    import_module(f"monochromic.core{name}")
    return sys.modules[f"monochromic.core{name}"]


def run(code):
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert out.returncode == 0, out.stderr
    return out.stdout.strip()


@pytest.mark.parametrize("name", PACKAGES)
def test_every_listed_name_is_what_its_module_calls_so(name):
    package = package_of(name)
    tree = ast.parse(Path(package.__file__).read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    homes = {alias.asname or alias.name: (node, alias.name) for node in block.body for alias in node.names}
    assert set(homes) == set(package.__all__)
    for public, (node, original) in homes.items():
        home = import_module("." * node.level + node.module, package.__name__)
        assert getattr(package, public) is getattr(sys.modules[home.__name__], original)
    assert set(package.__all__) <= set(dir(package))


def test_all_lazy_packages_are_tested(root):
    files = [path for path in (root / "core").rglob("__init__.py") if "lazy(__name__)" in path.read_text()]
    found = {f".{path.parent.name}" if path.parent.name != "core" else "" for path in files}
    assert found == set(PACKAGES)


@pytest.mark.parametrize("name", PACKAGES)
def test_an_unknown_name_is_an_attribute_error(name):
    with pytest.raises(AttributeError, match="has no attribute 'restroe'"):
        _ = package_of(name).restroe


def test_a_function_hides_the_module_that_is_called_the_same():
    """In either order: Python sets an imported module in its package, as if it were a name of it."""
    code = """
import importlib, sys
homes = {"": ("colorize.stage", "degrade.stage"), ".harmonize": ("feather",), ".detect": ("summary",)}
for package, modules in homes.items():
    for module in modules:
        name, function = f"monochromic.core{package}.{module}", module.split(".")[0]
        for _ in range(2):
            importlib.import_module(name)
            print(function, callable(getattr(sys.modules[f"monochromic.core{package}"], function)))
            del sys.modules[name], sys.modules[name.rpartition(".")[0]].__dict__[name.rpartition(".")[2]]
"""
    assert set(run(code).splitlines()) == {f"{name} True" for name in ("colorize", "degrade", "feather", "summary")}


def test_modules_are_found_as_if_the_package_had_imported_them():
    code = "from monochromic import core; print(core.detect.find_hole is core.find_hole, core.io.files.__name__)"
    assert run(code) == "True monochromic.core.io.files"


def test_a_name_may_be_replaced_as_in_any_module(monkeypatch):
    detect = package_of(".detect")
    monkeypatch.setattr(detect, "find_hole", len)
    assert detect.find_hole([1, 2]) == 2


def test_no_module_holds_a_tensor():
    """It would be made in the mode in which its module is first asked for: in ComfyUI it could never be trained on."""
    modules = [import_module(found.name) for found in walk_packages(core.__path__, "monochromic.core.")]
    assert len(modules) > 150
    held = [(m.__name__, name) for m in modules for name, value in vars(m).items() if torch.is_tensor(value)]
    assert not held


def test_the_nodes_load_no_work_that_they_do_not_do_yet():
    """ComfyUI waits for every pack at its start."""
    stages = [f"{room}.stage" for room in ("colorize", "degrade", "detect", "harmonize", "inpaint")]
    names = [f"monochromic.core.{name}" for name in ("pipeline", "io.decode", *stages)]
    assert run(f"import sys; import monochromic.nodes; print([n for n in {names} if n in sys.modules])") == "[]"
