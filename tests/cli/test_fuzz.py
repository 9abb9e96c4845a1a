"""Whatever is typed and given is done or refused in one line: hypothesis makes options, hints and files.

`MONOCHROMIC_FUZZ=5000` tries that many instead of the few of every run.
"""

import io
import json
import os
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
import pytest
from conftest import make_hole, make_photo
from monochromic.cli import main
from monochromic.core import save_image

hypothesis = pytest.importorskip("hypothesis")
from hypothesis import HealthCheck, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")  # as the command does
EXAMPLES = int(os.environ.get("MONOCHROMIC_FUZZ", "40"))
FUZZ = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="MONOCHROMIC_FUZZ" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
READ = ("old.png", "mask.png", "gray.png", "hints.txt", "hints.json", "odd.png", "none.png", "folder", "x" * 300)
ODD = ("", ".", "..", "-", "a\nb", "\x1b[31m", "\udcff.png", "x" * 5000, "old.png/x.png", "/none/x.png", "C:\\x.png")
WRITTEN = ("new.png", "new.jpg", "new.webp", "new.tif", "new.bmp", "out/../old.png", "OLD.PNG", "n" * 252 + ".png")
NUMBERS = ("0", "1", "-1", "2.5", "nan", "inf", "-inf", "1e400", str(2**64), "9" * 400, "9" * 5000, "x", "½", "1_0")
FLAGS = {
    "--mask": READ,
    "--hints": READ,
    "--protect": READ,
    "--reference": READ,
    "--gray": READ,
    "-o": (*WRITTEN, *READ),
    "--report": ("out", "folder", "old.png", *ODD),
    "--heat": (*WRITTEN, *READ),
    "--csv": ("new.csv", "old.png", "folder/x.csv", *ODD),
    "--grow": NUMBERS,
    "--threshold": NUMBERS,
    "--mask-threshold": NUMBERS,
    "--smallest": NUMBERS,
    "--strength": NUMBERS,
    "--seed": NUMBERS,
    "--scales": NUMBERS,
    "--iterations": ("0", "1", "-1", "x", "9" * 400),
    "--stop-loss": NUMBERS,
    "--context": NUMBERS,
    "--max-side": NUMBERS,
    "--backbone": ("telea", "navier_stokes", "patchmatch", "x"),
    "--weights": ("mono", "none", *ODD),
    "--pipeline": ("gray", "rgb", "rgb_to_gray", "x"),
    "--method": ("propagate", "x"),
    "--find": ("classical", "x"),
    "--mask-channel": ("red", "alpha", "auto", "x"),
    "--kinds": ("lines", "lines=2", "=", "all", "lines,,", *ODD),
    "--match": ("off", "colors", "x"),
    "--variants": NUMBERS,
    "--page": ("all", *NUMBERS),
    "--grain": NUMBERS,
    "--texture": NUMBERS,
    "--right": NUMBERS,
    "--save-mask": (*WRITTEN, *READ),
    "--note": None,
    "--keep-profile": None,
    "--invert": None,
    "--free-luminance": None,
    "--no-guard": None,
    "--json": None,
    "--help": None,
    "--none": None,
}
COMMANDS = (
    "restore",
    "mask",
    "colorize",
    "pad",
    "score",
    "weights list",
    "weights path",
    "weights verify",
    "weights add",
    "x",
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("fuzz")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.setenv("MONOCHROMIC_HOME", str(place / "home"))
        patch.setenv("HF_HUB_OFFLINE", "1")
        (place / "folder").mkdir()
        save_image(make_photo(), "old.png")
        save_image(make_hole(), "mask.png")
        save_image(make_photo()[:, :1], "gray.png")
        Path("odd.png").write_bytes(Path("old.png").read_bytes()[:300])
        Path("hints.txt").write_text("3,4,#ff0000")
        Path("hints.json").write_text('[{"points": [[0, 0.5]], "color": "#ffffff", "width": 0.1}]')
        yield place


def said(words):
    """Run the command as a process would, and check that it ends as it may; returns what it says."""
    out, err = io.StringIO(), io.StringIO()
    kept = {path: path.read_bytes() for path in Path().glob("*") if path.is_file()}
    with redirect_stdout(out), redirect_stderr(err):
        code = main(words)
    lines = [line for line in err.getvalue().splitlines() if "Warning" not in line]
    assert code in (0, 2), (code, err.getvalue())
    assert code == 0 or lines[-1].startswith("monochromic: "), err.getvalue()
    assert "Traceback" not in err.getvalue()
    assert "\x1b" not in err.getvalue()
    assert {path: path.read_bytes() for path in kept} == kept
    for path in Path().rglob("*"):
        if path.is_file() and path not in kept and "home" not in path.parts:
            path.unlink()
    return err.getvalue()


@st.composite
def typed(draw):
    words = draw(st.sampled_from(COMMANDS)).split()
    words += draw(st.lists(st.sampled_from((*READ[:2], *READ, *ODD)), max_size=2))
    for flag in draw(st.lists(st.sampled_from(sorted(FLAGS)), max_size=5, unique=True)):
        words += [flag] if FLAGS[flag] is None else [flag, draw(st.sampled_from(FLAGS[flag]))]
    return words


@FUZZ
@given(typed())
def test_whatever_is_typed(place, words):
    said(words)


@FUZZ
@given(
    st.dictionaries(
        st.sampled_from([flag for flag in FLAGS if flag not in ("-o", "--report", "--heat", "--csv", "--help")]),
        st.integers(0, 12),
        max_size=3,
    )
)
def test_options_of_a_right_command(place, given_flags):
    words = ["restore", "old.png", "-o", "new.png"]
    for flag, choice in {"--mask": 1, "--backbone": 0, **given_flags}.items():
        values = FLAGS[flag]
        words += [flag] if values is None else [flag, values[choice % len(values)]]
    said(words)


NUMBER = st.one_of(st.floats(), st.integers(-2, 2), st.sampled_from([10**400, "1", None, [], True]))
STROKE = st.fixed_dictionaries(
    {},
    optional={
        "points": st.lists(st.lists(NUMBER, max_size=3), max_size=3) | NUMBER,
        "color": st.sampled_from(["#ff0000", "#12", "", 5, None]),
        "width": NUMBER,
    },
)
ANYTHING = st.recursive(
    NUMBER, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)


@FUZZ
@given(
    st.one_of(
        st.lists(STROKE | ANYTHING, max_size=3).map(lambda data: json.dumps(data).encode()),
        st.builds(lambda data: json.dumps({"strokes": data}).encode(), st.lists(STROKE, max_size=3)),
        st.binary(max_size=40),
        st.sampled_from([b"[" * 100_000, b"[" * 900 + b"]" * 900, b"9" * 5000]),
        st.text("0123456789.,;#abcdefxe+-\n \ud7ff", max_size=60).map(str.encode),
    ),
    st.sampled_from(["h.json", "h.txt", "h.csv", "h.png"]),
)
def test_hints(place, data, name):
    Path(name).write_bytes(data)
    said(["restore", "old.png", "--mask", "mask.png", "--backbone", "telea", "--hints", name, "-o", "new.png"])


@FUZZ
@given(
    st.sampled_from(["png", "jpg", "tif", "webp", "bmp", "gif"]),
    st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 255)), max_size=6),
    st.integers(1, 2**16),
    st.sampled_from(["photo", "mask", "hints", "score"]),
)
def test_broken_pictures(place, ending, changes, length, role):
    """Files of every format with some bytes changed, or cut."""
    from PIL import Image

    buffer = io.BytesIO()
    kind = {"jpg": "JPEG", "tif": "TIFF"}.get(ending, ending.upper())
    Image.fromarray((make_photo()[0].permute(1, 2, 0).numpy() * 255).astype(np.uint8)).save(buffer, kind)
    data = bytearray(buffer.getvalue())
    for at, value in changes:
        data[at % len(data)] = value
    file = f"broken.{ending}"
    Path(file).write_bytes(data[: max(1, length % (2 * len(data)))])
    words = {
        "photo": ["restore", file, "--mask", "mask.png"],
        "mask": ["restore", "old.png", "--mask", file],
        "hints": ["restore", "old.png", "--mask", "mask.png", "--hints", file],
        "score": ["score", file, "old.png", "--mask", file],
    }[role]
    said([*words, *(() if role == "score" else ("--backbone", "telea", "-o", "new.png"))])
