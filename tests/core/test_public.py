"""The public face: names, documentation, examples, and which way imports point."""

import ast
import doctest
import importlib
import inspect
import subprocess
import sys

import monochromic.core as core
import pytest

FORBIDDEN = {"comfy", "comfy_extras", "comfy_execution", "folder_paths", "server", "execution", "nodes", "node_helpers"}


def test_the_list_is_sorted():
    assert core.__all__ == sorted(core.__all__, key=lambda n: (not n.isupper(), not n[0].isupper(), n))


def test_every_public_name_is_documented_and_typed():
    for name in core.__all__:
        value = getattr(core, name)
        if callable(value):
            assert len(value.__doc__ or "") > 30, name
        if inspect.isfunction(value):
            hints = inspect.get_annotations(value)
            assert set(inspect.signature(value).parameters) | {"return"} == set(hints), name


def test_examples(inputs, tmp_path):
    """The documentation's examples, run as they stand."""
    detector, runner = doctest.DocTestFinder(), doctest.DocTestRunner()
    names = ["monochromic.core", "monochromic.core.pipeline", "monochromic.core.detect.stage"]
    examples = [
        example
        for name in names
        for example in detector.find(importlib.import_module(name), globs={"photos": inputs, "folder": tmp_path})
        if example.examples
    ]
    assert len(examples) == 4
    for example in examples:
        assert runner.run(example).failed == 0
    assert core.load_image(tmp_path / "restored.png").shape == (1, 3, 512, 512)


def imports_of(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.level, node.module or ""


def test_core_never_imports_comfyui(root):
    files = list((root / "core").rglob("*.py"))
    assert len(files) > 15
    for path in files:
        depth = len(path.relative_to(root / "core").parts)
        for level, name in imports_of(path):
            assert level > 0 or name.split(".")[0] not in FORBIDDEN | {"monochromic", "core", "cli", "runner"}, path
            assert level <= depth, f"{path} reaches out of core by {name}"


def test_comfyui_is_known_in_one_file(root):
    for folder in ("cli", "nodes", "runner"):
        for path in (root / folder).rglob("*.py"):
            foreign = {n.split(".")[0] for level, n in imports_of(path) if level == 0} & FORBIDDEN
            assert not foreign or path.name == "runtime.py", path


def test_a_backbone_imports_no_other_and_not_the_registry(root):
    for path in (root / "core" / "backbones").glob("*.py"):
        if path.stem not in ("__init__", "loaded", "opencv", "deepfill_parts", "deepfill_v2", "vcnet_parts"):
            near = {name for level, name in imports_of(path) if level == 1}
            parts = {"deepfill_parts", "patchmatch_parts", "vcnet_parts"}
            shared = {"record", "optional", "opencv", "attention", *parts}
            assert near <= shared, f"{path.name} imports {near - shared}; a backbone may import {shared} of its folder"


@pytest.mark.parametrize("module", ["monochromic", "monochromic.__main__", "monochromic.cli.app"])
def test_importing_is_light(module):
    """No torch, no OpenCV, no hub, and no network before they are needed."""
    code = f"import sys, {module}; print({{'torch', 'cv2', 'huggingface_hub', 'requests'}} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"
    assert not out.stderr


def test_torch_reads_no_compiler_for_our_work():
    """Building a network without values, some functions of torch do: each process would lose a second to that."""
    code = """
import sys, torch
import monochromic.core as core
photo, hole = torch.rand(1, 3, 48, 64), torch.zeros(1, 1, 48, 64)
hole[..., 20:30, 20:30] = 1
core.restore(photo, hole, texture=1.0)
core.find_hole(photo)
for backbone in core.BACKBONES.values():
    for variant in backbone.variants if backbone.id not in ("lama", "mat") else ():
        variant.build(variant.fresh((1, 1), 4).state_dict())
        assert "torch._dynamo" not in sys.modules, (backbone.id, variant.id)
print({"torch._dynamo", "sympy"} & set(sys.modules))
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (out.returncode, out.stdout.strip()) == (0, "set()"), out.stderr


def test_the_error_tree_is_as_drawn():
    from monochromic.core import errors

    drawn = [line.split()[1] for line in errors.__doc__.splitlines() if "──" in line]
    classes = [v for v in vars(errors).values() if inspect.isclass(v) and issubclass(v, errors.MonochromicError)]
    assert ["MonochromicError", *drawn] == [c.__name__ for c in classes]
    assert issubclass(errors.DependencyError, ImportError)
    assert issubclass(errors.InputError, ValueError)
    assert issubclass(errors.PictureError, OSError)
    assert issubclass(errors.UnknownNameError, LookupError)
    assert issubclass(errors.WeightsError, OSError)
    assert issubclass(errors.WorkflowError, ValueError)
