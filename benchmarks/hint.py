"""One point of color on an object whose color the photo shows nowhere else; writes docs/hints.jpg.

    python benchmarks/hint.py

Both eyes of a cat lie in the hole, and nothing else in the photo is green. CIEDE2000 is the mean over one iris.
"""

from pathlib import Path

import numpy as np
import torch
from monochromic.core import Guide, colorize, luminance, parse_points, save_image
from report import table, write
from skimage import data
from skimage.color import deltaE_ciede2000, rgb2lab
from torch import Tensor

PICTURE = Path(__file__).parents[1] / "docs" / "hints.jpg"
HINTS = {"no hint": "", "one point": "155,110,#816d3b", "a point on each eye": "155,110,#816d3b\n310,128,#6d6d38"}


def case() -> tuple[Tensor, Tensor, np.ndarray]:
    """The photo (1, 3, H, W), the hole (1, 1, H, W), and the green pixels of one eye (H, W)."""
    pixels = data.chelsea()
    photo, lab = torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() / 255, rgb2lab(pixels)
    ys, xs = np.ogrid[: pixels.shape[0], : pixels.shape[1]]
    eyes = ((ys - 115) ** 2 + (xs - 171) ** 2 < 48**2) | ((ys - 137) ** 2 + (xs - 318) ** 2 < 36**2)
    green = (lab[..., 1] < 3) & (lab[..., 2] > 22)
    return photo, torch.from_numpy(eyes)[None, None].float(), green & (xs < 240)


def main() -> None:
    photo, hole, iris = case()
    holed, gray = photo * (1 - hole), luminance(photo)
    lab, rows = rgb2lab(photo[0].permute(1, 2, 0).numpy()), []
    shown = [torch.where(hole > 0, gray, photo)]
    for name, points in HINTS.items():
        result = colorize(holed, gray, hole, guide=Guide(points=parse_points(points)))
        error = deltaE_ciede2000(lab, rgb2lab(result[0].permute(1, 2, 0).numpy()))[iris].mean()
        rows.append([name, f"{error:.2f}"])
        shown.append(result)
    rows = [[*row, f"{100 - 100 * float(row[1]) / float(rows[0][1]):.0f} %"] for row in rows]
    write("hint", "A color that is nowhere else", table(["guide", "CIEDE2000 over the iris", "less"], rows))
    cut = slice(60, 190), slice(100, 380)
    rows_of = [torch.cat([picture[..., cut[0], cut[1]] for picture in shown[i : i + 2]], 3) for i in (0, 2)]
    save_image(torch.cat(rows_of, 2), PICTURE)


if __name__ == "__main__":
    main()
