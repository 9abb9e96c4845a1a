"""The longest time between two calls of the progress function: how long a user waits after pressing cancel.

Each work runs on a photo of 12 megapixels, with a hole of strokes, specks and a box over 2 % of it. The clock
starts when the work does and ends when it ends. Where the longest time passed is told by the lines of code that called
before and after it. What takes more memory than a small machine has is measured on a smaller photo, and says so.

python benchmarks/cancel_latency.py [--only TEXT] [--save FILE.json] [--before FILE.json]
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import cv2
import numpy as np
import torch
from cases import photo
from monochromic import core
from monochromic.core import (
    DAMAGES,
    Detection,
    Guide,
    Point,
    Settings,
    binarize,
    bounding_box,
    colorize,
    composite,
    degrade,
    dilate,
    feather,
    fill,
    find_hole,
    heat_map,
    load_image,
    load_mask,
    luminance,
    match_picture,
    measure,
    predict_kinds,
    random_hole,
    resize,
    resize_to,
    save_image,
)
from monochromic.core.damage_kinds import KIND_NAMES
from monochromic.core.detect import summary
from monochromic.core.host.cancel import reporting
from monochromic.core.host.progress import Progress
from monochromic.core.io.files import hash_file
from monochromic.core.metrics.perceptual import Lpips
from monochromic.core.weights import load_weights
from monochromic.core.weights.convert import save_weights
from monochromic.nodes import tensors
from report import table, write
from torch import Tensor

HEIGHT, WIDTH = 3000, 4000
ROOT = Path(core.__file__).parents[1]

Work = Callable[["Case", Progress], object]


class Clock:
    """A progress function that keeps the longest time since its last call, and from which line to which that was.

    wall: by the clock on the wall. busy: of the processor, which a busy machine changes less; `way` is where it passed.
    """

    def __init__(self) -> None:
        self.calls, self.wall, self.busy, self.way = 0, 0.0, 0.0, ""
        self.place, self.last = "start", _now()

    def __call__(self, done: int, total: int) -> None:
        """Look at the clock."""
        self.calls += 1
        self.note(_caller(sys._getframe(1)))

    def note(self, place: str) -> None:
        """Keep the time since the last call if it is the longest, and begin anew."""
        wall, busy = (now - before for now, before in zip(_now(), self.last, strict=True))
        self.wall = max(self.wall, wall)
        if busy > self.busy:
            self.busy, self.way = busy, f"{self.place} -> {place}"
        self.place, self.last = place, _now()


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _caller(frame: FrameType | None) -> str:
    """The line of the pack that asked, outside of the machinery that asks."""
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(ROOT) and path.parent.name not in ("host", "benchmarks"):
            return f"{path.name}:{frame.f_lineno}"
        frame = frame.f_back
    return "end"


class Case:
    """A photo (1, 3, H, W), its damaged copy and the hole, the gray image, and a folder for files."""

    def __init__(self, height: int, width: int, folder: Path) -> None:
        self.photo = photo("astronaut", height, width)
        self.hole = _hole(height, width)
        self.damaged = torch.where(self.hole > 0, 1.0, self.photo)
        self.gray = luminance(self.photo)
        self.folder = folder


def _hole(height: int, width: int) -> Tensor:
    canvas, random = np.zeros((height, width), np.uint8), np.random.default_rng(0)
    scale = height / HEIGHT
    for _ in range(20):
        start = random.uniform((0, 0), (width, height))
        end = start + random.uniform(-800, 800, 2) * scale
        cv2.line(canvas, tuple(start.astype(int)), tuple(end.astype(int)), 1, max(1, round(10 * scale)))
    for _ in range(100):
        cv2.circle(canvas, tuple(random.uniform((0, 0), (width, height)).astype(int)), max(1, round(8 * scale)), 1, -1)
    side = round(300 * scale)
    canvas[height // 3 : height // 3 + side, width // 3 : width // 3 + side] = 1
    return torch.from_numpy(canvas).float()[None, None]


def _lpips(net: str) -> Lpips:
    """A network with random weights: the time is the same."""
    with torch.random.fork_rng():
        return Lpips(net).eval().requires_grad_(False)


def _mask_work(case: Case, progress: Progress) -> None:
    dilate(binarize(case.hole), 2)
    dilate(case.hole, 40)
    resize(case.hole, 1500, 2000)
    resize_to(case.hole[..., ::2, ::2], case.photo)
    bounding_box(case.hole)
    composite(case.photo, case.damaged, case.hole)


def _door(case: Case, progress: Progress) -> None:
    image = tensors.image_in(case.photo.movedim(1, -1).contiguous())
    tensors.hole_in(case.hole[:, 0], image, 0.5, 4)
    tensors.image_out(image)
    tensors.mask_out(case.hole)


def _files(ending: str) -> Work:
    def work(case: Case, progress: Progress) -> None:
        path = case.folder / f"photo{ending}"
        save_image(case.photo, path)
        load_image(path)

    return work


def _mask_file(case: Case, progress: Progress) -> None:
    save_image(case.hole, case.folder / "mask.png")
    load_mask(case.folder / "mask.png")


def _weights(case: Case, progress: Progress) -> None:
    state = load_weights("mono")
    big = {name: value.float().repeat(8, *[1] * (value.ndim - 1)) for name, value in state.items() if value.ndim}
    save_weights(case.folder / "big.safetensors", big, {"use": "a test"})
    hash_file(case.folder / "big.safetensors")


def _show(case: Case, progress: Progress) -> None:
    """The heat map and the words for what looks as if it had been found."""
    kinds = case.hole.expand(-1, 5, -1, -1) * 0.9
    heat_map(case.photo, kinds)
    summary(Detection(case.hole, case.hole.flip(3), case.hole * 0, case.hole * 0, kinds.round().byte(), kinds))


QUICK = Settings(iterations=3)
WORKS: dict[str, Work] = {
    **{
        f"fill, {name}": lambda c, p, name=name: fill(c.damaged, c.hole, name, progress=p)
        for name in ("telea", "navier_stokes", "patchmatch", "mono")
    },
    "fill, mono, with texture": lambda c, p: fill(c.damaged, c.hole, "mono", texture=0.5, progress=p),
    "fill, mono, wide parts by patchmatch": lambda c, p: fill(c.damaged, c.hole, wide="patchmatch", progress=p),
    "match_picture": lambda c, p: match_picture(c.damaged, c.photo * 0.9 + 0.03, c.hole, progress=p),
    "feather, with grain": lambda c, p: feather(c.damaged, c.photo, c.hole, 40, grain=1.0),
    **{
        f"predict_kinds, {name}": lambda c, p, name=name: predict_kinds(c.damaged, name, progress=p)
        for name in ("classical", "learned", "both")
    },
    "find_hole, classical": lambda c, p: find_hole(c.damaged, "classical", progress=p),
    "find_hole, learned, grown by 20": lambda c, p: find_hole(c.damaged, "learned", dilate=20, progress=p),
    "find_hole, all kinds": lambda c, p: find_hole(c.damaged, kinds=KIND_NAMES, progress=p),
    "heat_map and summary": _show,
    "colorize, propagate": lambda c, p: colorize(c.damaged, c.gray, c.hole, progress=p),
    "colorize, propagate, hints": lambda c, p: colorize(
        c.damaged, c.gray, c.hole, guide=Guide(points=(Point(1400, 1100, (0.8, 0.2, 0.2), 30),)), progress=p
    ),
    "colorize, network": lambda c, p: colorize(c.damaged, c.gray, c.hole, "network", settings=QUICK, progress=p),
    "masks": _mask_work,
    **{
        f"random_hole, {kind}": lambda c, p, kind=kind: random_hole(kind, HEIGHT, WIDTH, 0.2, seed=1)
        for kind in ("free_form", "box", "blob")
    },
    "into and out of ComfyUI": _door,
    **{
        f"measure, {region}": lambda c, p, region=region: measure(c.damaged, c.photo, c.hole, region, progress=p)
        for region in ("full", "hole")
    },
    "measure, hole, LPIPS alex": lambda c, p: measure(
        c.damaged, c.photo, c.hole, "hole", lpips=_lpips("alex"), progress=p
    ),
    "weights: read, write, sha256": _weights,
    **{f"file {ending}": _files(ending) for ending in (".png", ".jpg", ".tif", ".webp")},
    "mask file": _mask_file,
    **{f"degrade, {kind}": lambda c, p, kind=kind: degrade(c.photo, kind, seed=1, progress=p) for kind in DAMAGES},
}
SMALL: dict[str, Work] = {  # at 1000 x 750
    "colorize, paper (0.75 megapixels)": lambda c, p: colorize(
        c.damaged, c.gray, c.hole, "paper", settings=Settings(iterations=2, scales=2), progress=p
    ),
    "measure, full, LPIPS vgg (0.75 megapixels)": lambda c, p: measure(
        c.damaged, c.photo, lpips=_lpips("vgg"), progress=p
    ),
}


def latency(work: Work, case: Case) -> Clock:
    """What the clock says of one work, which is watched from outside as a node's is."""
    clock = Clock()
    with torch.inference_mode(), reporting(clock) as progress:
        progress(0, 1)
        work(case, progress)
    clock.note("end")
    return clock


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help="works whose name holds this text")
    parser.add_argument("--save", type=Path, help="keep the figures as JSON")
    parser.add_argument("--before", type=Path, help="figures of an earlier run, for a column of their own")
    options = parser.parse_args()
    before = json.loads(options.before.read_text()) if options.before else {}
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        for works, size in ((WORKS, (HEIGHT, WIDTH)), (SMALL, (HEIGHT // 4, WIDTH // 4))):
            chosen = {name: work for name, work in works.items() if options.only in name}
            case = Case(*size, Path(folder)) if chosen else None
            for name, work in chosen.items():
                clock = latency(work, case)
                figures[name] = clock.wall, clock.busy
                print(f"{clock.wall:6.2f} s ({clock.busy:5.2f} busy) {name:40} {clock.calls:7} calls  {clock.way}")
                sys.stdout.flush()
    if options.save:
        options.save.write_text(json.dumps(figures, indent=1))
    if not options.only:
        columns = [*([before] if before else []), figures]
        rows = [[name, *(_cell(c.get(name), i) for i in (0, 1) for c in columns)] for name in figures]
        times = [f"{kind}{when}, s" for kind in ("wall", "processor") for when in (" before", " now")[-len(columns) :]]
        title = "The longest time between two calls of the progress function"
        write("cancel_latency", title, table(["work", *times], rows))


def _cell(times: list[float] | None, i: int) -> str:
    return f"{times[i]:.2f}" if times else ""


if __name__ == "__main__":
    main()
