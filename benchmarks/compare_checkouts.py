"""Two checkouts of this project side by side: which of their outputs are equal bit for bit.

python benchmarks/compare_checkouts.py OLD NEW [--only NAME ...] [--keep FOLDER]

OLD and NEW are folders. Each case is a call of the command line, on small photos made from the shipped ones of OLD, on
the CPU with one thread and without downloads. What it writes and prints is compared, its messages on stderr are not.
A line for each case says `equal`, what differs, or the two exit codes. The exit code is 1 if any case differs.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import traceback
import uuid
from collections import Counter
from contextlib import redirect_stdout
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
from PIL import Image

PHOTOS = {  # the file, its mask or None for what is transparent, mode and size of the small copy, the form of its hints
    "gray": ("album/cameraman.jpg", "astronaut_scratches.png", "L", (160, 160), "json"),
    "odd": ("astronaut_scratched.png", "astronaut_scratches.png", "RGB", (203, 157), "txt"),
    "transparent": ("rocket_tower.png", None, "RGBA", (192, 128), "png"),
}
SHORT = ["--seed", "1", "--scales", "2", "--iterations", "3"]  # for the color methods that train on the photo
PRINTED = "printed.txt"  # what a case prints


class Checkout:
    """A process that runs the command line of a checkout, each case in a folder of its own."""

    def __init__(self, place: Path, folder: Path) -> None:
        self.place, self.folder = place, folder
        library = folder / "library"
        library.mkdir(parents=True)
        (library / "monochromic").symlink_to(place, target_is_directory=True)
        fixed = {"PYTHONPATH": str(library), "MONOCHROMIC_HOME": str(folder / "home"), "HF_HUB_OFFLINE": "1"}
        fixed |= {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1", "COLUMNS": "9999"}  # the last: no breaks in help
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        command, pipes["stderr"] = [sys.executable, __file__, "--serve"], (folder / "messages.txt").open("w")
        self.process = subprocess.Popen(command, env={**os.environ, **fixed}, **pipes)

    def call(self, case: str, arguments: list[str]) -> str:
        """The exit code of the command line; what it wrote is then in `self.folder / case`."""
        folder = self.folder / case
        folder.mkdir(parents=True)
        arguments = [text.replace("{checkout}", str(self.place)) for text in arguments]
        print(json.dumps([str(folder), arguments]), file=self.process.stdin, flush=True)
        code = self.process.stdout.readline().strip()
        return code or sys.exit(f"{case}: {self.place} ended: {(self.folder / 'messages.txt').read_text()}")

    def names(self, command: str, flag: str) -> list[str]:
        """The names that an option takes, by the help of the command."""
        self.call(f"help/{command}{flag}", [command, "--help"])
        found = names_in((self.folder / f"help/{command}{flag}" / PRINTED).read_text(), flag)
        return found or sys.exit(f"{self.place}: the help of {command} has no names for {flag}")


def names_in(text: str, flag: str) -> list[str]:
    """The names that an option takes, by a help whose lines are not broken."""
    line = re.search(rf"^ *{flag} NAME .*?: (\w+(, \w+)*)(;.*)?$", text, re.MULTILINE)
    return line[1].split(", ") if line else []


def serve() -> None:
    """The process of a checkout: reads a folder and arguments as a line of JSON, answers with the exit code."""
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # so that only replies reach the other process
    # An editable installation would find the modules that this checkout lacks in another one.
    sys.meta_path[:] = [f for f in sys.meta_path if not getattr(f, "__module__", "").startswith("__editable__")]
    try:
        from monochromic.cli import main
    except ImportError:
        from monochromic.headless import main
    uuid.uuid4 = lambda: uuid.UUID(int=0)  # the names of previews hold it
    for line in sys.stdin:
        folder, arguments = json.loads(line)
        os.chdir(folder)
        try:
            with Path(PRINTED).open("w") as printed, redirect_stdout(printed):
                code = main(arguments)
        except SystemExit as end:
            code = end.code or 0
        except Exception:
            traceback.print_exc()
            code = 1
        print(code, file=replies)


def make_photos(shipped: Path, folder: Path) -> None:
    """For each photo a folder with its small copy, a mask, and a hint in the hole in three forms."""
    for name, (file, mask_file, mode, size, _) in PHOTOS.items():
        (own := folder / name).mkdir(parents=True)
        bands = [band.resize(size, Image.Resampling.BOX) for band in Image.open(shipped / file).convert(mode).split()]
        mask = Image.open(shipped / mask_file).resize(size, Image.Resampling.BOX) if mask_file else bands[-1]
        hole = np.asarray(mask) > 64 if mask_file else np.asarray(mask) < 128
        Image.merge(mode, bands).save(own / "photo.png")  # band by band: the colors under what is transparent stay
        Image.fromarray(hole).convert("L").save(own / "mask.png")
        y, x = np.argwhere(hole)[hole.sum() // 2].tolist()
        (own / "hints.txt").write_text(f"{x},{y},#c03020,3\n")
        points = [[x / size[0], y / size[1]], [0.5, 0.5]]
        (own / "hints.json").write_text(json.dumps([{"points": points, "color": "#c03020", "width": 0.02}]))
        hints = Image.new("RGBA", size)
        hints.paste("#c03020", (x, y, x + 3, y + 3))
        hints.save(own / "hints.png")


def make_cases(photos: Path, both: tuple[Checkout, Checkout]) -> dict[str, list[str]]:
    """The arguments of each case; what only one checkout knows is a case too."""
    templates = sorted({path.stem for checkout in both for path in checkout.place.glob("workflows/*.json")})
    cases = {f"run/{each}": ["run", f"{{checkout}}/workflows/{each}.json"] for each in templates}
    options = (("restore", "--backbone"), ("mask", "--method"), ("colorize", "--method"))
    backbones, finders, methods = (sorted({*both[0].names(*each), *both[1].names(*each)}) for each in options)
    for name, (*_, hints) in PHOTOS.items():
        own = photos / name
        photo, masked, out = str(own / "photo.png"), ["--mask", str(own / "mask.png")], ["-o", "out.png"]
        restore, mask = ["restore", photo, *out], ["mask", photo, *out, "--heat", "heat.png"]
        colorize = ["colorize", photo, "--gray", photo, *masked, *out, *SHORT]
        cases |= {f"restore/{name}/{each}": [*restore, *masked, "--backbone", each] for each in backbones}
        cases |= {f"restore/{name}/{each}": [*restore, *masked, "--pipeline", each] for each in ("rgb_to_gray", "rgb")}
        cases |= {f"restore/{name}/without_mask": [*restore, "--report", "."]}
        cases |= {f"mask/{name}/{each}": [*mask, "--method", each] for each in finders}
        cases |= {f"colorize/{name}/{each}": [*colorize, "--method", each] for each in methods}
        colorize += ["--hints", str(own / f"hints.{hints}")]
        cases |= {f"colorize/{name}/{each}_hints": [*colorize, "--method", each] for each in methods}
    return cases


def difference(old: Path, new: Path) -> str:
    """What differs between two files, empty if nothing."""
    if not (old.exists() and new.exists()):
        return f"only in {'OLD' if old.exists() else 'NEW'}"
    if old.suffix != ".png":
        return "" if old.read_bytes() == new.read_bytes() else "other text"
    with Image.open(old) as a, Image.open(new) as b:
        if (a.mode, a.size) != (b.mode, b.size):
            return f"{a.mode} {a.width} x {a.height} / {b.mode} {b.width} x {b.height}"
        gap = np.abs(np.asarray(a, np.int32) - np.asarray(b, np.int32)).reshape(a.width * a.height, -1)
    return f"{gap.any(1).sum()} pixels, largest difference {gap.max()} of 255" if gap.any() else ""


def verdict(folders: list[Path], codes: list[str]) -> tuple[str, str]:
    """Equal, differs or not runnable, and the details."""
    if codes != ["0", "0"]:
        return ("not runnable" if codes[0] == codes[1] else "differs"), f"exit {' / '.join(codes)}"
    files = sorted({p.relative_to(f) for f in folders for p in f.rglob("*") if p.is_file()})
    told = {file: difference(*(folder / file for folder in folders)) for file in files}
    details = "; ".join(f"{file}: {text}" for file, text in told.items() if text)
    return ("differs" if details else "equal"), details


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("old", metavar="OLD", type=Path, help="the folder of a checkout")
    parser.add_argument("new", metavar="NEW", type=Path, help="the folder of another")
    parser.add_argument("--only", metavar="NAME", nargs="+", default=["*"], help="cases, such as 'run/*' '*/odd/mono'")
    parser.add_argument("--keep", metavar="FOLDER", type=Path, help="a new folder for all files, and the messages")
    options = parser.parse_args()
    if options.keep and options.keep.exists():
        parser.error(f"{options.keep} is there already; give the name of a new folder")
    for place in (options.old, options.new):
        if not (place / "core").is_dir():
            parser.error(f"{place} is no checkout of this project")
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.keep or Path(temporary)).resolve()
        both = Checkout(options.old.resolve(), folder / "old"), Checkout(options.new.resolve(), folder / "new")
        make_photos(options.old.resolve() / "workflows" / "input", folder / "photos")
        counts = Counter()
        for name, arguments in make_cases(folder / "photos", both).items():
            if any(fnmatch(name, pattern) for pattern in options.only):
                codes = [checkout.call(name, arguments) for checkout in both]
                kind, details = verdict([checkout.folder / name for checkout in both], codes)
                print(f"{name}: {kind}{details and ': '}{details}", flush=True)
                counts[kind] += 1
    equal, differ, idle = (counts[kind] for kind in ("equal", "differs", "not runnable"))
    print(f"{counts.total()} cases: {equal} equal, {differ} differ, {idle} not runnable")
    sys.exit(differ > 0 or not counts)


if __name__ == "__main__":
    serve() if sys.argv[1:] == ["--serve"] else main()
