"""Several answers for one hole: how different they are, the best of them, and whether the rim tells which that is.

    python benchmarks/variants.py FOLDER ... [--cases 20] [--count 4]

Photos of the folders in turn, cut square to 256 x 256, with boxes and blobs over 31 to 43 %; `restore_variants` as it
is by default. Distance: mean CIEDE2000 in the hole between each two. PSNR and `stru` are of the hole, against the
truth. The rank correlation (Spearman) is between the order by the rim and that by the metric, photo by photo.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from cases import wide_cases
from monochromic.core import psnr, restore_variants, save_image, stru
from monochromic.core.inpaint.rim import rim_disagreement
from monochromic.core.io.sheet import mark_hole
from monochromic.core.variants import Variants
from report import RESULTS, counted, table, write
from scipy.stats import spearmanr
from torch import Tensor

METRICS = {"PSNR dB": (psnr, -1, 2), "stru": (stru, 1, 3)}  # function, sign where lower is better, digits
SHOWN = 6  # cases in the figure


def against_truth(images: Tensor, truth: Tensor, hole: Tensor) -> np.ndarray:
    """(N, metrics)."""
    where = hole.bool()
    return np.array([[run(each[None], truth, where).item() for run, _, _ in METRICS.values()] for each in images])


def metric_rows(scores: list[np.ndarray], made: list[Variants]) -> list[list[str]]:
    rows = []
    for i, (title, (_, sign, digits)) in enumerate(METRICS.items()):
        values = [each[:, i] for each in scores]
        plain = [v[m.names.index("mono 1")] for v, m in zip(values, made, strict=True)]
        best = [v[np.argmin(sign * v)] for v in values]
        agreed = [spearmanr(m.rims, sign * v).statistic for v, m in zip(values, made, strict=True)]
        first = [v[0] for v in values]
        means = [np.mean(each) for each in (plain, first, [v.mean() for v in values], best)]
        rows.append([title, *(f"{mean:.{digits}f}" for mean in means), f"{np.nanmean(agreed):+.2f}"])
    return rows


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--cases", type=int, default=20)
    parser.add_argument("--count", type=int, default=4)
    options = parser.parse_args()
    made, scores, truths, rows = [], [], [], []
    for case in wide_cases(options.folders, options.cases):
        found = restore_variants(case.image * (1 - case.hole), case.hole, count=options.count)
        made.append(found)
        scores.append(against_truth(found.images, case.image, case.hole))
        truths.append(rim_disagreement(case.image.mean(1, keepdim=True), case.hole))
        rows.append(torch.cat([mark_hole(case.image, case.hole), *found.images[:, None], case.image], dim=3))
        print(case.name, found.names, f"{found.diversity:.2f}", file=sys.stderr)
    names = sorted({name for each in made for name in each.names})
    rims = [[each.rims[each.names.index(name)] for each in made] for name in names]
    firsts = [sum(each.names[0] == name for each in made) for name in names]
    cells = [[name, f"{np.mean(r):.3f}", str(n)] for name, r, n in zip(names, rims, firsts, strict=True)]
    mean = np.mean([each.diversity for each in made])
    about = (
        f"{counted(len(made), 'photo')}, {counted(options.count, 'variant')}, mean distance of two {mean:.2f}. "
        "`variants.jpg`, from the left: hole, variants in order, photo."
    )
    heading = ["", "mono alone", "first by the rim", "mean of all", "best of all", "rank correlation with the rim"]
    parts = [about, table(heading, metric_rows(scores, made))]
    parts += [table(["variant", "rim", "first"], [*cells, ["the truth", f"{np.mean(truths):.3f}", ""]])]
    write("variants", "Several answers", *parts)
    figure = torch.nn.functional.avg_pool2d(torch.cat(rows[:SHOWN], dim=2), 2)
    save_image(figure, RESULTS / "variants.jpg")


if __name__ == "__main__":
    main()
