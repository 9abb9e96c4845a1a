"""The task of the network for overlays: what was put over a picture file, such as lettering, watermarks and covers.

Damage is as old as the print and is scanned with it. Overlays come last: a photo is made old and scanned, at times with
damage that is no overlay, and then covered. So their edges are sharp and their colors flat, unless the file was
compressed once more. Handwriting is as old as the print, and scanned with it.
"""

from collections.abc import Callable
from functools import partial

import damage
import numpy as np
import torch
from damage import cut_square, photo_indices, preview_of
from handwriting import write_on
from monochromic.core.damage_kinds import DAMAGE_KINDS, KIND_NAMES
from monochromic.core.degrade import KINDS, degrade
from monochromic.core.degrade.aging import make_old, scan
from monochromic.core.detect.network import DamageNetwork
from number_keys import number_people
from numpy.random import Generator
from photos import random_cut
from torch import Tensor, nn

GROUP = "overlays"
TAKES = {"network": {"widths"}, "data": {"clean", "handwriting", "numbers", "hard"}, "losses": {"entropy", "tversky"}}
OLD_SHARE = 0.5  # of photos, which are made old
DAMAGED_SHARE = 0.25  # of photos, which have damage that is no overlay
SCANNED_SHARE = 0.6  # of photos, which are scanned before they are covered
RESCANNED_SHARE = 0.35  # of photos, which are blurred, grained or compressed after all
HARD_SHARE = 0.3  # of uncovered photos, which are drawn from those with false alarms (`mine.py`)

loss_of = partial(damage.loss_of, names=(GROUP,))
preview = partial(preview_of, colors=[kind.color for kind in DAMAGE_KINDS if kind.id == GROUP])


def make(network: dict) -> nn.Module:
    """The network with new weights."""
    return DamageNetwork(tuple(network["widths"]), kinds=1)


def sample(photos: list[np.ndarray], side: int, random: Generator, data: dict) -> tuple[Tensor, Tensor]:
    """A photo and what covers it.

    Args:
        photos: uint8 (H, W, 3) each.
        side: of the sample, in pixels.
        random: draws everything.
        data: of the recipe; `clean` the share of photos without overlays, `handwriting` the share of the others that
            have handwriting, `numbers` of those that have numbers; half of both have nothing else; `hard` is a file of
            `mine.py`.

    Returns:
        The photo (3, side, side) in [0, 1], and 0 or 1 for overlays, (1, side, side).
    """
    photo, other = (photos[i] for i in random.integers(len(photos), size=2))
    clean = random.random() < data.get("clean", 0.4)
    if clean and "hard" in data and random.random() < HARD_SHARE:
        photo = photos[random.choice(photo_indices(data["hard"]))]
    picture = cut_square(photo, side, random)[None]
    scale = 256 / side * random.uniform(0.5, 1.5)
    if random.random() < OLD_SHARE:
        picture = _changed(make_old, picture, random)
    if random.random() < DAMAGED_SHARE:
        picture, _ = _degraded(picture, [kind for kind in KINDS if KINDS[kind].group != GROUP], scale, random, None)
    overlays, covered = torch.zeros(1, side, side), not clean
    if "handwriting" in data and covered and random.random() < data["handwriting"]:
        picture, overlays = _written(write_on, picture, random)
        covered = random.random() < 0.5
    if random.random() < SCANNED_SHARE:
        picture = _changed(scan, picture, random)
    if "numbers" in data and covered and random.random() < data["numbers"]:
        picture, numbers = _written(number_people, picture, random)
        overlays = torch.maximum(overlays, numbers)
        covered = random.random() < 0.5
    if covered:
        kinds = [kind for kind in KINDS if KINDS[kind].group == GROUP]
        picture, covers = _degraded(picture, kinds, scale, random, random_cut(other, side, random)[None])
        overlays = torch.maximum(overlays, covers)
    if random.random() < RESCANNED_SHARE:
        picture = _changed(scan, picture, random)
    return picture[0], overlays


def _written(
    write: Callable[[np.ndarray, Generator], tuple[np.ndarray, np.ndarray]], picture: Tensor, random: Generator
) -> tuple[Tensor, Tensor]:
    """A photo (1, 3, H, W) with handwriting or numbers, and where they are, (1, H, W)."""
    written, letters = write(picture[0].permute(1, 2, 0).numpy(), random)
    return torch.from_numpy(written).permute(2, 0, 1)[None], torch.from_numpy(letters)[None].float()


def _changed(change: Callable[[np.ndarray, Generator], np.ndarray], picture: Tensor, random: Generator) -> Tensor:
    """What `make_old` or `scan` makes of a photo (1, 3, H, W)."""
    pixels = np.ascontiguousarray(picture[0].permute(1, 2, 0).numpy())
    return torch.from_numpy(np.ascontiguousarray(change(pixels, random))).permute(2, 0, 1)[None]


def _degraded(
    picture: Tensor, kinds: list[str], scale: float, random: Generator, other: Tensor | None
) -> tuple[Tensor, Tensor]:
    """A photo (1, 3, H, W) with one to three of these kinds, by their frequencies, and its overlays (1, H, W)."""
    frequencies = np.array([KINDS[kind].frequency for kind in kinds])
    count = int(random.choice([1, 2, 3], p=[0.6, 0.25, 0.15]))
    drawn = [str(kind) for kind in random.choice(kinds, count, p=frequencies / frequencies.sum())]
    seed = int(random.integers(2**32))
    degraded = degrade(picture, drawn, random.uniform(0, 0.9), seed, other, scale=scale)
    return degraded.image, degraded.kinds[0, [KIND_NAMES.index(GROUP)]]
