"""Whatever is typed and given is done or refused in one line: hypothesis makes options, hints and files.

`MONOCHROMIC_FUZZ=5000` tries that many instead of the few of every run.
"""

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from conftest import make_hole, make_photo
from fuzzing import changed, fuzz
from hypothesis import event, given
from hypothesis import strategies as st
from monochromic.cli import main, many
from monochromic.core import save_image

pytestmark = pytest.mark.filterwarnings("ignore")  # as the command does
FUZZ = fuzz(40)
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
    "--backbone": ("telea", "navier_stokes", "patchmatch", "auto", "x"),
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
    "--left": NUMBERS,
    "--top": NUMBERS,
    "--right": NUMBERS,
    "--bottom": NUMBERS,
    "--feather": NUMBERS,
    "--grain-seed": NUMBERS,
    "--texture-by": ("quilt", "features", "x"),
    "--texture-seed": NUMBERS,
    "--schedule": ("convex", "x"),
    "--explain": ("out", "folder", "old.png", *ODD),
    "--accept-truncated": None,
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


class InlinePool:
    """A worker in this process, so that many batches are soon done."""

    def __init__(self, job):
        from monochromic.batch.worker import Worker

        self.worker, self.tasks = Worker(job), []

    def free(self):
        return 1 - len(self.tasks)

    def in_hand(self):
        return len(self.tasks)

    def submit(self, task):
        self.tasks.append(task)

    def wait(self, seconds):
        from monochromic.batch.pool import Ended

        return [Ended(task, self.worker.do(task)) for task in [self.tasks.pop()]]

    def alone(self):
        pass

    def close(self, at_once=False):
        pass


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("fuzz")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.setenv("MONOCHROMIC_HOME", str(place / "home"))
        patch.setenv("HF_HUB_OFFLINE", "1")
        patch.setattr(many, "_pool", lambda options, job, todo: InlinePool(job))
        (place / "folder").mkdir()
        (place / "home").mkdir()
        save_image(make_photo(), "old.png")
        save_image(make_photo(1), "scans/a.png")
        save_image(make_photo(2), "scans/b.jpg")
        save_image(make_hole(), "mask.png")
        save_image(make_photo()[:, :1], "gray.png")
        Path("odd.png").write_bytes(Path("old.png").read_bytes()[:300])
        Path("hints.txt").write_text("3,4,#ff0000")
        Path("hints.json").write_text('[{"points": [[0, 0.5]], "color": "#ffffff", "width": 0.1}]')
        yield place


def said(words, codes=(0, 2)):
    """Run the command as a process would, and check that it ends as it may; returns what it says."""
    out, err = io.StringIO(), io.StringIO()
    kept = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file() and path.parts[0] != "home"}
    with redirect_stdout(out), redirect_stderr(err):
        code = main(words)
    event(f"exit code {code}")
    lines = [line for line in err.getvalue().splitlines() if "Warning" not in line]
    assert code in codes, (code, err.getvalue())
    assert code != 2 or lines[-1].startswith("monochromic: "), err.getvalue()
    assert "Traceback" not in err.getvalue()
    assert "fault of the program" not in err.getvalue() + out.getvalue()
    assert "\x1b" not in err.getvalue()
    now = {path: path.read_bytes() for path in kept}
    assert [path for path in kept if now[path] != kept[path] and path not in named_to_write(words)] == []
    for path in kept:
        if now[path] != kept[path]:
            path.write_bytes(kept[path])
    for path in Path().rglob("*"):
        if path.is_file() and path not in kept and path.parts[0] != "home":
            path.unlink()
    return err.getvalue()


def named_to_write(words):
    """The files that a command may write over: those it was told to, and not to read too."""
    flags = ("-o", "--heat", "--csv", "--save-mask")
    named = [value for flag, value in pairwise(words) if flag in flags] + words[2:3]
    return {Path(name) for name in named if words.count(name) == 1}


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
        st.sampled_from(
            [
                flag
                for flag in FLAGS
                if flag not in ("-o", "--report", "--heat", "--csv", "--explain", "--save-mask", "--help")
            ]
        ),
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


BATCH = (
    "--mask",
    "--hints",
    "--reference",
    "--protect",
    "--grow",
    "--mask-threshold",
    "--mask-channel",
    "--page",
    "--invert",
)
BATCH += ("--grain", "--texture", "--texture-by", "--context", "--keep-profile", "--note", "--backbone", "--report")
SOURCES = (
    "scans",
    "scans/*.png",
    "s*/**",
    "old.png",
    "list.csv",
    "list.txt",
    "file://scans",
    "memory://x",
    "data:,x",
    "x://y",
)
CELLS = (
    *READ,
    *ODD,
    *SOURCES,
    "./scans/a.png",
    "../scans/a.png",
    " old.png ",
    '"old.png"',
    "zip://a::old.png",
    "#",
    "photo",
)
HEADS = (
    "photo",
    "photo,mask",
    "photo,mask,hints,reference",
    "mask,photo",
    "Photo",
    "photo;mask",
    "photo,photo",
    "",
    '"photo',
)


@FUZZ
@given(
    st.sampled_from(["list.csv", "list.txt"]),
    st.sampled_from(HEADS),
    st.lists(st.lists(st.sampled_from(CELLS), max_size=4).map(",".join), max_size=4),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"]),
    st.sampled_from(["\n", "\r\n", "\0"]),
    st.lists(st.sampled_from(SOURCES), max_size=2),
    st.dictionaries(st.sampled_from(BATCH), st.integers(0, 12), max_size=2),
    st.sampled_from(
        [("--dry-run",), (), ("--overwrite",), ("--limit", "1"), ("--format", "jpg"), ("--journal", "old.png")]
    ),
    st.sampled_from(["out", "out", "scans", "folder", "", "memory://x", "file://out", *ODD[:4]]),
)
def test_lists_of_photos(place, name, head, rows, encoding, end, sources, given_flags, more, out):
    Path(name).write_bytes(end.join([head, *rows]).encode(encoding, "replace"))
    words = ["batch", name, *sources, f"--out={out}", *more]
    for flag, choice in {"--mask": 1, "--backbone": 0, "--find": 0, **given_flags}.items():
        values = FLAGS[flag]
        words += [flag] if values is None else [f"{flag}={values[choice % len(values)]}"]
    said(words if "--mask" in given_flags else [w for w in words if not w.startswith("--find=")], codes=(0, 1, 2))


ROW = {
    "id": "mine",
    "backbone": "glcic",
    "layout": None,
    "trained_on": "photos",
    "channels": "RGB",
    "repo_id": "a/b",
    "revision": "a" * 40,
    "filename": "a.safetensors",
    "sha256": "b" * 64,
    "size": 5,
    "licence": "MIT",
    "source": "me",
}
WORDS = st.sampled_from(
    ("", "mono", "mono", "telea", "RGB", "../x.safetensors", "\ud800", "a\0b", "\x1b[31m", "x" * 300, "con")
)
VALUES = st.one_of(st.none(), st.booleans(), WORDS, st.sampled_from((-1, 0, 10**400, 2.5, float("nan"), float("inf"))))
DOCUMENT = {"version": 1, "weights": [ROW, {**ROW, "id": "mono", "backbone": "mono", "repo_id": None}]}


@FUZZ
@given(
    st.one_of(
        changed([DOCUMENT], WORDS, VALUES, st.recursive(VALUES, lambda inner: st.lists(inner, max_size=3))).map(
            json.dumps
        ),
        st.sampled_from(["", "{", "[" * 90_000, '{"weights": ' + "[" * 900 + "]" * 900 + "}", "null", "\ufeff{}"]),
    ),
    st.sampled_from(["weights_manifest.json", "verified.json"]),
    st.sampled_from(["weights list", "weights verify", "weights path mine", "weights path mono", "fill"]),
)
def test_manifests(place, text, name, words):
    file = Path("home", name)
    file.write_text(text)
    fill = ["restore", "old.png", "--mask", "mask.png", "--backbone", "mono", "-o", "new.png"]
    said(fill if words == "fill" else words.split(), codes=(0, 1, 2) if "verify" in words else (0, 2))
    file.unlink()


@FUZZ
@given(
    st.sampled_from(["png", "jpg", "tif", "webp", "bmp", "gif", "tga", "sgi", "ppm", "jp2"]),
    st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 255)), max_size=6),
    st.integers(1, 2**16),
    st.sampled_from(["photo", "mask", "hints", "score"]),
)
def test_broken_pictures(place, ending, changes, length, role):
    """Files of every format with some bytes changed, or cut."""
    from PIL import Image

    buffer = io.BytesIO()
    kind = {"jpg": "JPEG", "tif": "TIFF", "jp2": "JPEG2000"}.get(ending, ending.upper())
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
