"""Finding what Pillow draws on clean photos: brush strokes and lettering as overlays, scratches as lines and specks.

    python benchmarks/drawn.py FOLDER [--every 6] [--sheets OUT]

None of it is made by the degradation model that the networks are trained on. Each is asked for by its kinds, and
measured before it is widened, with a tolerance of 2 pixels; clean photos show how much of them is taken for the same
kinds. `--sheets` draws what was found in each photo: right in green, wrong in red, missed in blue.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from monochromic.core import find_hole, load_image, save_image
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFont
from real_scores import Mask, count, to_mask
from report import counted, table, write
from torch import Tensor

ASKED = {"strokes": ("overlays",), "scratches": ("lines", "specks"), "text": ("overlays",)}
TOLERANCE = 2  # pixels
SUFFIXES = (".png", ".jpg", ".jpeg")
RIGHT, WRONG, MISSED = (0.1, 0.8, 0.1), (1.0, 0.1, 0.1), (0.1, 0.3, 1.0)


def draw(name: str, size: tuple[int, int], random: Generator) -> Mask:
    """Where strokes, scratches or text lie on a photo of a width and height, (H, W)."""
    page = Image.new("L", size)
    pen = ImageDraw.Draw(page)
    if name == "strokes":
        for _ in range(4):
            corners = [tuple(random.uniform(0, 1, 2) * size) for _ in range(4)]
            pen.line(corners, fill=255, width=int(random.integers(6, 14)), joint="curve")
    elif name == "scratches":
        for _ in range(6):
            start = random.uniform(0, 1, 2) * size
            end = start + random.normal(0, 0.35, 2) * size
            pen.line([tuple(start), tuple(end)], fill=255, width=int(random.integers(1, 3)))
    else:
        font = ImageFont.load_default(int(random.integers(18, 34)))
        for _ in range(3):
            pen.text(tuple(random.uniform(0, 0.6, 2) * size), "Holiday 1998 by Jim", fill=255, font=font)
    return np.array(page) > 127


def drawn_on(photo: Tensor, name: str, random: Generator) -> tuple[Tensor, Mask]:
    """A photo (1, 3, H, W) with one of `ASKED` over it: strokes of any color, the others white or black."""
    mask = draw(name, (photo.shape[-1], photo.shape[-2]), random)
    color = random.random(3) if name == "strokes" else np.full(3, float(random.random() < 0.7))
    paint = torch.from_numpy(color).float()[None, :, None, None]
    return torch.where(torch.from_numpy(mask), paint, photo), mask


def colored(photo: Tensor, found: Mask, truth: Mask) -> Tensor:
    """The photo in gray under what was found."""
    picture = photo.mean(1, keepdim=True).expand(-1, 3, -1, -1)
    for color, where in ((RIGHT, found & truth), (WRONG, found & ~truth), (MISSED, truth & ~found)):
        picture = torch.where(torch.from_numpy(where), torch.tensor(color)[None, :, None, None], picture)
    return picture


def main() -> None:
    """The command: draws on each photo, looks for it, and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="clean photos that nothing was trained on")
    parser.add_argument("--every", type=int, default=6, help="use each n-th photo")
    parser.add_argument("--sheets", type=Path, help="a folder for pictures to look at")
    options = parser.parse_args()
    paths = sorted(path for path in options.folder.iterdir() if path.suffix.lower() in SUFFIXES)[:: options.every]
    photos = [load_image(path)[:, :3].expand(-1, 3, -1, -1) for path in paths]
    rows = []
    for name, kinds in ASKED.items():
        scores, alarms = [], []
        for i, photo in enumerate(photos):
            marked, truth = drawn_on(photo, name, np.random.default_rng([i, len(name)]))
            found = to_mask(find_hole(marked, dilate=0, kinds=kinds).hole)
            scores.append(count(found, truth, None, TOLERANCE))
            alarms.append(100 * float(find_hole(photo, dilate=0, kinds=kinds).hole.mean()))
            if options.sheets:
                options.sheets.mkdir(parents=True, exist_ok=True)
                pair = torch.cat([marked, colored(marked, found, truth)], 3)
                save_image(pair, options.sheets / f"{paths[i].stem}_{name}.png")
        figures = [np.mean([getattr(score, part) for score in scores]) for part in ("f1", "precision", "recall")]
        rows.append([name, ", ".join(kinds), *(f"{value:.3f}" for value in figures)])
        rows[-1] += [f"{np.mean(alarms):.2f}", f"{max(alarms):.2f}"]
    heading = ["drawn", "asked for", "F1", "precision", "recall", "% of clean photos: mean", "worst"]
    write("drawn", f"Drawn on {counted(len(photos), 'photo')} of `{options.folder.name}`", table(heading, rows))


if __name__ == "__main__":
    main()
