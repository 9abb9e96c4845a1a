"""How many eyes our network finds, compared with a face detector made by others (`training/label_eyes.py`).

    python benchmarks/found_eyes.py FOLDER ... [--sheet OUT.png]

An eye of a face that the detector is sure of counts as found if the network sees one at its middle. What it sees far
from all eyes of the detector is wrong, unless the detector missed them: `--sheet` shows all such places, to look at.
"""

import argparse
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from monochromic.core import MonochromicError, load_image, save_image
from monochromic.core.detect.eyes import find_eyes, sure_eyes
from real import photos
from report import table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))  # whose modules know each other
from label_eyes import eyes_in, load_detector

SURE = 0.97  # of a face, whose eyes are to be found
SIZES = (8, 12, 24, 48, 1000)  # pixels between the eyes, in the copy that the network sees: limits of the rows
FAR = 1.0  # distances between the eyes: what the network sees farther from all eyes is wrong
TILE, COLUMNS = 96, 12  # of the sheet


def compare(image: torch.Tensor, eyes: list[tuple[float, ...]]) -> tuple[list[tuple[float, bool]], list[np.ndarray]]:
    """Each sure eye's size and whether it was found, and the middles (x, y) of what was seen elsewhere in the photo."""
    import cv2

    seen = sure_eyes(find_eyes(image)[0, 0].numpy())
    scale = seen.shape[-1] / image.shape[-1]
    count, label, _, middles = cv2.connectedComponentsWithStats(seen.astype(np.uint8), connectivity=8)
    right, found = np.zeros(count, bool), []
    for x, y, distance, sure in eyes:
        x, y, distance = x * scale, y * scale, distance * scale
        row, column = (int(np.clip(round(at), 0, side - 1)) for at, side in zip((y, x), seen.shape, strict=True))
        right |= np.hypot(*(middles - (x, y)).T) < FAR * max(distance, 4)
        if sure >= SURE:
            found.append((distance, bool(label[row, column])))
    return found, [middles[i] / scale for i in range(1, count) if not right[i]]


def main() -> None:
    """The command: a line for each size of eyes, and how often eyes are seen elsewhere."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--sheet", type=Path)
    options = parser.parse_args()
    files = [path for folder in options.folders for path in photos(folder)]
    detector, found, places, count = load_detector(), [], [], 0
    for path in files:
        try:
            image = load_image(path)[:, :3].expand(-1, 3, -1, -1)
        except MonochromicError as error:
            print(error)
            continue
        photo = (image[0].permute(1, 2, 0) * 255).round().byte().numpy()
        eyes, elsewhere = compare(image, eyes_in(detector, photo))
        found, count = found + eyes, count + 1
        places += [_around(image, middle) for middle in elsewhere]
    rows = [["eyes that are so far apart", "eyes", "found"]]
    for least, most in pairwise(SIZES):
        some = [seen for distance, seen in found if least <= distance < most]
        rows.append(
            [
                f"{least} to {most}" if most < SIZES[-1] else f"from {least} on",
                str(len(some)),
                f"{np.mean(some):.3f}" if some else "-",
            ]
        )
    print(table(rows[0], rows[1:]))
    print(f"{len(places)} eyes seen elsewhere in {count} photos")
    if options.sheet and places:
        places += [torch.ones_like(places[0])] * (-len(places) % COLUMNS)
        lines = [torch.cat(places[i : i + COLUMNS], 3) for i in range(0, len(places), COLUMNS)]
        save_image(torch.cat(lines, 2), options.sheet)


def _around(image: torch.Tensor, middle: np.ndarray) -> torch.Tensor:
    """A square around a place, (1, 3, TILE, TILE)."""
    side = max(TILE, min(image.shape[-2:]) // 8)
    left, top = (
        int(np.clip(at - side / 2, 0, max(0, n - side))) for at, n in zip(middle, image.shape[:1:-1], strict=True)
    )
    return torch.nn.functional.interpolate(image[..., top : top + side, left : left + side], (TILE, TILE), mode="area")


if __name__ == "__main__":
    main()
