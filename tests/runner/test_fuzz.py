"""Any workflow runs or is refused in one line: hypothesis changes good ones and makes bad ones.

`MONOCHROMIC_FUZZ=5000` tries that many instead of the few of every run.
"""

import json
from pathlib import Path

import pytest
from conftest import make_hole, make_photo
from fuzzing import changed, fuzz, hypothesis
from hypothesis import event, given
from hypothesis import strategies as st
from monochromic.cli import main
from monochromic.core import save_image
from workflow_files import api, wired

SLOW = (
    "MonochromicBlindMaskPredict",
    "MonochromicCompareBackbones",
    "MonochromicRgbInpaint",
    "paper",
    "network",
    "mono",
)
OUTSIDE = ("..", "../secret/s.png", "link/s.png", "/etc/passwd", "C:\\x", "a/..", "", ".")
INSIDE = (
    "old.png",
    "mask.png [input]",
    "old.png [output]",
    "%Photo.image%",
    "%date:yyyy%",
    "%a.b%",
    "1",
    "inf",
    "true",
)
ODD = ("a\0b", "\ud800", "x" * 300, "\n", "5:3")
NAMES = st.sampled_from((*OUTSIDE, *INSIDE, *ODD))
NUMBERS = st.sampled_from((-1, 0, 1, 3, 0.5, 2**70, -(10**400), float("nan"), float("inf"), float("-inf")))
LEAVES = st.one_of(st.none(), st.booleans(), NUMBERS, NUMBERS, NAMES)
ANYTHING = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=5
)

TARGETS = st.sampled_from(
    ("1.image", "3.grow", "4.image", "Photo.image", "5.filename_prefix", "x.y", "4.filename_prefix")
)
NOTHING = st.just([])
SETS = st.one_of(NOTHING, NOTHING, NOTHING, st.lists(st.tuples(TARGETS, NAMES), min_size=1, max_size=2))


def saved():
    """A subgraph, a bypassed node, a reroute, Set and Get, a primitive and a note, all on one photo."""
    fill = (3, "inner", ["telea", 2], [("image", "IMAGE", 12, 0), ("mask", "MASK", 2, 0)], ("IMAGE",))
    mask = (2, "MonochromicLoadMask", ["mask.png", "luminance", False, 0.5, 0, "image"], [], ("MASK",))
    workflow = wired(
        (1, "LoadImage", ["old.png", "image"], [], ("IMAGE", "MASK"), {"title": "Photo"}),
        mask,
        (10, "Reroute", [], [("", "*", 1, 0)], ("*",)),
        (11, "SetNode", ["pic"], [("IMAGE", "IMAGE", 10, 0)], ("*",)),
        (12, "GetNode", ["pic"], [], ("IMAGE",)),
        fill,
        (13, "MonochromicProgressiveColorize", ["propagate"], [("image", "IMAGE", 3, 0)], ("IMAGE",), {"mode": 4}),
        (14, "PrimitiveNode", ["p"], [], ("STRING",)),
        (15, "Note", ["hello"], [], ()),
        (4, "SaveImage", ["x"], [("images", "IMAGE", 13, 0), ("filename_prefix", "STRING", 14, 0)], ()),
    )
    inner = wired(
        (3, "MonochromicGrayInpaint", ["telea", 0, 0.5, "gray", 0, 0], [("image", "IMAGE", -10, 0)], ("IMAGE", "MASK"))
    )
    inner["nodes"][0]["inputs"].append({"name": "mask", "type": "MASK", "link": 2})
    ends = ((1, -10, 0, 3, 0), (2, -10, 1, 3, 1), (3, 3, 0, -20, 0))
    names = ("id", "origin_id", "origin_slot", "target_id", "target_slot")
    inner["links"] = [dict(zip(names, end, strict=True)) for end in ends]
    inner |= {
        "id": "inner",
        "name": "Inner",
        "inputs": [{"name": "image"}, {"name": "mask"}],
        "outputs": [{"name": "gray"}],
    }
    return workflow | {"definitions": {"subgraphs": [inner]}}


def newer():
    """A canvas around the photo, filled in several ways, and another's picture brought to it."""
    return api() | {
        "3": {
            "class_type": "MonochromicGrayInpaint",
            "inputs": {"image": ["6", 0], "mask": ["6", 1], "backbone": "telea", "grow": 1, "threshold": 0.5}
            | {"source": "rgb", "context": 8, "max_side": 0, "texture": 0.5, "texture_seed": 3},
        },
        "4": {
            "class_type": "MonochromicProgressiveColorize",
            "inputs": {"image": ["6", 0], "gray": ["1", 0], "mask": ["3", 1], "method": "propagate"}
            | {"match": "colors", "grain": 1.0, "grain_seed": 5, "feather": 3, "guide": ["8", 0]},
        },
        "6": {
            "class_type": "MonochromicPad",
            "inputs": {"image": ["1", 0], "left": 3, "top": 0, "right": 4, "bottom": 1, "mask": ["2", 0]},
        },
        "7": {
            "class_type": "MonochromicFillVariants",
            "inputs": {"image": ["1", 0], "mask": ["2", 0], "variants": 2, "choice": 1}
            | {"backbones": "telea, navier_stokes", "method": "propagate", "grow": 0, "columns": 2, "seed": 1},
        },
        "8": {
            "class_type": "MonochromicColorGuide",
            "inputs": {"points": "3,4,#ff0000", "strokes": "", "strength": 1.0},
        },
        "9": {"class_type": "SaveImage", "inputs": {"images": ["7", 0], "filename_prefix": "v"}},
    }


@st.composite
def other_inputs(draw):
    """A good export some inputs of which hold other values."""
    data = draw(st.sampled_from((api, newer)))()
    for _ in range(draw(st.integers(1, 2))):
        constants = [(n, k) for n in data for k, v in data[n]["inputs"].items() if not isinstance(v, list)]
        node, name = draw(st.sampled_from(constants))
        data[node]["inputs"][name] = draw(st.one_of(LEAVES, LEAVES, LEAVES, ANYTHING))
    return data


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz")
    for name in ("in/old.png", "secret/s.png"):
        save_image(make_photo(), folder / name)
    save_image(make_hole(), folder / "in/mask.png")
    (folder / "in/link").symlink_to("../secret")
    return folder


OTHER = changed([api(), saved(), newer()], NAMES, LEAVES, ANYTHING)


@fuzz(60)
@given(
    data=st.one_of(other_inputs(), other_inputs(), other_inputs(), OTHER, OTHER, ANYTHING),
    assignments=SETS,
)
def test_any_workflow_runs_or_is_refused_in_one_line(house, data, assignments):
    text = json.dumps(data)
    hypothesis.assume(not any(name in text for name in SLOW))
    before = {p for p in house.rglob("*") if (house / "out") not in p.parents}
    code, error = run(house, text, [f"{target}={value}" for target, value in assignments])
    event(f"exit code {code}")
    lines = [line for line in error.splitlines() if line.startswith("monochromic: ")]
    assert (code, len(lines) - error.count("\n")) == (code, 0), error
    assert code == 0 or (code == 2 and lines), error
    assert {p for p in house.rglob("*") if (house / "out") not in p.parents} - before <= {
        house / "w.json",
        house / "out",
    }


def run(house, text, assignments):
    """Exit code and what stood on the standard error."""
    with pytest.MonkeyPatch.context() as patch, open(house.parent / "err", "w+") as error:  # noqa: PTH123
        patch.chdir(house)
        patch.setattr("sys.stderr", error)
        Path("w.json").write_text(text)
        sets = [word for each in assignments for word in ("--set", each)]
        code = main(["run", "w.json", "--input", "in", "--out", "out", *sets])
        error.seek(0)
        return code, error.read()
