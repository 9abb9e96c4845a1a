"""Grain: the noise of a fill over that of its surround, and over that of the photo's own pixels.

    python benchmarks/grain.py FOLDER ... [--clean FOLDER ...] [--photos 60] [--every]

Holes of 64 x 64 are placed where a photo and a ring of 32 pixels around them are smooth, so that what is finer than 2
pixels is noise and little else: two a photo at most, that do not touch. Of FOLDER the photos are taken as they are;
those of --clean with white noise and with noise as of film, and once more without any, to see what grain they get. Each
hole is filled by `telea` and by `mono`, with texture 0 and with the default, without grain and with it.

The level of noise is the median over blocks of 16 x 16 of the root mean square of their cosine waves of 8 pixels and
shorter: nothing of how `add_grain` measures. "ring" are the smooth blocks around the hole, "photo" are the true pixels
in it. Two bounds say how much a photo's own noise changes from place to place: that of the true pixels over that of the
ring, and that of one half of the ring over that of the other (left and right, above and below). Holes whose ring has
less than 0.8 levels of noise are left out: there is none to give.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from monochromic.core import add_grain, fill, load_image, luminance
from monochromic.core.pipeline import TEXTURE
from numpy.lib.stride_tricks import sliding_window_view
from report import counted, table, write
from scipy import ndimage
from scipy.fft import dctn
from torch import Tensor

SIDE, RING, BLOCK, STEP = 64, 32, 16, 8  # pixels
SMOOTH = 1.5 / 255  # change of brightness a pixel, of what is coarser than COARSE
COARSE = 3.0  # pixels
LEAST = 0.8 / 255  # of noise in the ring
A_PHOTO = 2  # holes
NEAR = 0.2, 0.35  # shares by which a level may be off
FINE = np.hypot(*np.indices((BLOCK, BLOCK))) >= 4  # waves of 8 pixels and shorter
FEWEST = 8  # smooth blocks in the ring
WAYS = (("telea", 0.0), ("telea", TEXTURE), ("mono", 0.0), ("mono", TEXTURE))

Plane = np.ndarray


class Case(NamedTuple):
    """A photo (1, 1, H, W), where its hole begins, and the levels of noise of its ring and of its own pixels there.

    halves: of one half of the ring over the other.
    """

    name: str
    photo: Tensor
    top: int
    left: int
    ring: float
    true: float
    halves: list[float]

    @property
    def hole(self) -> Tensor:
        """(1, 1, H, W)."""
        return hole_at(self.top, self.left, self.photo)


def hole_at(top: int, left: int, photo: Tensor) -> Tensor:
    hole = torch.zeros_like(photo)
    hole[..., top : top + SIDE, left : left + SIDE] = 1
    return hole


def noise(plane: Plane) -> Plane:
    """The level of noise of each block of a plane, a row and a column every STEP pixels."""
    blocks = sliding_window_view(plane, (BLOCK, BLOCK))[::STEP, ::STEP]
    waves = dctn(blocks, axes=(-2, -1), norm="ortho")
    return np.sqrt(np.square(waves[..., FINE]).mean(-1))


def spans(top: int, left: int, side: int) -> tuple[slice, slice]:
    """The blocks that lie in a square, in what `noise` gives."""
    count = (side - BLOCK) // STEP + 1
    return slice(top // STEP, top // STEP + count), slice(left // STEP, left // STEP + count)


def noise_in_hole(plane: Plane, top: int, left: int) -> float:
    return float(np.median(noise(plane[top : top + SIDE, left : left + SIDE])))


def places(plane: Plane, clean: Plane) -> Iterator[tuple[int, int, float, float, list[float]]]:
    """Where the smoothest holes of a photo begin, and the noise of the ring, of the true pixels and of halves.

    clean: the photo without the noise that was put on it: what is smooth is asked of this.
    """
    coarse = ndimage.gaussian_filter(clean, COARSE)
    slope = np.hypot(*np.gradient(coarse))
    fair = (slope < SMOOTH) & (coarse > 0.03) & (coarse < 0.97)
    even = sliding_window_view(fair, (BLOCK, BLOCK))[::STEP, ::STEP].all((-2, -1))
    levels = noise(plane)
    h, w = plane.shape
    found = []
    for top in range(RING, h - SIDE - RING + 1, STEP):
        for left in range(RING, w - SIDE - RING + 1, STEP):
            around = slice(top - RING, top + SIDE + RING), slice(left - RING, left + SIDE + RING)
            if fair[top : top + SIDE, left : left + SIDE].mean() >= 0.9 and fair[around].mean() >= 0.6:
                found.append((slope[around].mean(), top, left))
    taken: list[tuple[int, int]] = []
    for _, top, left in sorted(found):
        if any(max(abs(top - t), abs(left - s)) < SIDE for t, s in taken):
            continue
        known = np.zeros_like(even)
        known[spans(top - RING, left - RING, SIDE + 2 * RING)] = True
        known[spans(top - BLOCK + STEP, left - BLOCK + STEP, SIDE + 2 * (BLOCK - STEP))] = False
        known &= even
        if known.sum() >= FEWEST and np.median(levels[known]) >= LEAST and len(taken) < A_PHOTO:
            taken.append((top, left))
            ring, true = float(np.median(levels[known])), noise_in_hole(plane, top, left)
            yield top, left, ring, true, halves(levels, known)


def halves(levels: Plane, known: Plane) -> list[float]:
    """The level of noise in one half of known blocks over that in the other, each way they can be halved."""
    ratios = []
    for place in np.nonzero(known):
        first = place <= np.median(place)
        if FEWEST <= first.sum() <= len(first) - FEWEST:
            ratios.append(float(np.median(levels[known][first]) / np.median(levels[known][~first])))
    return ratios


def white(plane: Plane, level: float, random: np.random.Generator) -> Plane:
    return plane + level / 255 * random.standard_normal(plane.shape)


def film(plane: Plane, level: float, random: np.random.Generator) -> Plane:
    """Coarser noise, stronger in the middle tones."""
    grain = ndimage.gaussian_filter(random.standard_normal(plane.shape), 0.7)
    return plane + level / 255 * grain / grain.std() * (0.4 + 2.4 * plane * (1 - plane))


def eight_bits(plane: Plane) -> Plane:
    return (plane.clip(0, 1) * 255).round() / 255


def gray_photos(folder: Path, count: int) -> Iterator[tuple[str, Plane]]:
    paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in (".png", ".jpg", ".jpeg"))
    for path in paths[:count]:
        yield path.stem, luminance(load_image(path))[0, 0].double().numpy()


def as_tensor(plane: Plane) -> Tensor:
    return torch.from_numpy(plane).float()[None, None]


def found_in(name: str, plane: Plane, clean: Plane) -> list[Case]:
    return [Case(name, as_tensor(plane), *place) for place in places(plane, clean)]


def sets(folders: list[Path], clean: list[Path], count: int) -> Iterator[tuple[str, list[Case]]]:
    """By title, the cases of each kind of photos."""
    for folder in folders:
        photos = dict(gray_photos(folder, count))
        films = [name for name in photos if name.startswith("film")]
        for title, names in (("frames of old films", films), (f"{folder.name}, others", photos.keys() - films)):
            yield title, [case for name in sorted(names) for case in found_in(name, photos[name], photos[name])]
    for title, add in (("white noise", white), ("noise as of film", film)):
        cases = []
        for folder in clean:
            for i, (name, plane) in enumerate(gray_photos(folder, count)):
                noisy = eight_bits(add(plane, (4, 10)[i % 2], np.random.default_rng(i)))
                cases += found_in(name, noisy, plane)
        yield f"{title} of 4 or 10 levels", cases


def shares(ratios: list[float]) -> list[str]:
    """The median of ratios, and how many are near 1."""
    off = np.abs(np.array(ratios) - 1)
    return [f"{np.median(ratios):.2f}", *(f"{(off <= near).mean():.0%}" for near in NEAR)]


def measure(title: str, cases: list[Case], every: bool) -> list[list[str]]:
    bound = shares([case.true / case.ring for case in cases])
    other = shares([ratio for case in cases for ratio in case.halves])
    rows = [
        [title, str(len(cases)), "the photo itself", "", *bound, "1.00", "", ""],
        ["", "", "one half of the ring over the other", "", *other, "", "", ""],
    ]
    for backbone, texture in WAYS:
        found: list[tuple[float, float]] = []
        for case in cases:
            holed = case.photo * (1 - case.hole)
            gray = fill(holed, case.hole, backbone, texture=texture)
            results = [gray, add_grain(gray, case.hole)]
            levels = [noise_in_hole(eight_bits(r[0, 0].double().numpy()), case.top, case.left) for r in results]
            found.append((levels[0], levels[1]))
            if every:
                told = (255 * v for v in (case.ring, case.true, *levels))
                print(case.name, case.top, case.left, backbone, texture, *(f"{v:.2f}" for v in told), file=sys.stderr)
        plain = np.median([level / case.ring for (level, _), case in zip(found, cases, strict=True)])
        over = [[after / getattr(c, k) for (_, after), c in zip(found, cases, strict=True)] for k in ("ring", "true")]
        rows.append(["", "", f"`{backbone}`, texture {texture:g}", f"{plain:.2f}", *shares(over[0]), *shares(over[1])])
        print(title, rows[-1], file=sys.stderr)
    return rows


def on_clean(folders: list[Path], count: int) -> str:
    """What a fill in the middle of clean photos gets."""
    levels = []
    for folder in folders:
        for name, plane in gray_photos(folder, count):
            photo = as_tensor(plane)
            hole = hole_at((plane.shape[0] - SIDE) // 2, (plane.shape[1] - SIDE) // 2, photo)
            gray = fill(photo * (1 - hole), hole, "telea")
            levels.append(255 * (add_grain(gray, hole) - gray)[hole > 0].square().mean().sqrt().item())
            print(f"{name} {levels[-1]:.2f}", file=sys.stderr)
    got = np.array(levels)
    return (
        f"Grain in the middle of {counted(len(got), 'photo')} as they are, filled by `telea`, root mean square: "
        f"{got.mean():.2f} levels of 255 on average, above 1 in {(got > 1).sum()}, at most {got.max():.1f}."
    )


HEADING = [
    "photos",
    "holes",
    "in the hole",
    "over the ring without grain",
    "over the ring",
    *(f"within {near:.0%}" for near in NEAR),
    "over the photo",
    *(f"within {near:.0%}" for near in NEAR),
]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--clean", type=Path, nargs="*", default=[], help="folders of photos to put noise on")
    parser.add_argument("--photos", type=int, default=60, help="of each folder")
    parser.add_argument("--every", action="store_true", help="print the levels of each hole")
    options = parser.parse_args()
    if not (options.folders or options.clean):
        parser.error("name a folder of photos, or give --clean")
    rows = []
    for title, cases in sets(options.folders, options.clean, options.photos):
        rows += measure(title, cases, options.every) if cases else []
    parts = [table(HEADING, rows)] if rows else []
    parts += [on_clean(options.clean, options.photos)] if options.clean else []
    write("grain", "The noise of a fill over that of its surround", *parts)


if __name__ == "__main__":
    main()
