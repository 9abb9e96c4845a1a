"""The task of the network for eyes: from an old photo, damaged or not, to where there are eyes.

Where they are is told by a face detector made by others (`label_eyes.py`). A photo is cut so that a face has the size
the network looks for, made old, at times damaged, and scanned. What is too small or too large, hidden by
damage, or in a face that the detector is not sure of, does not count.
"""

import math
from functools import cache
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from damage import preview_of, weighted_loss
from monochromic.core.degrade import ANY, degrade
from monochromic.core.degrade.aging import make_old, scan
from monochromic.core.detect.network import DamageNetwork
from numpy.random import Generator
from numpy.typing import NDArray
from task import StepResult
from torch import Tensor, nn

TAKES = {"network": {"widths"}, "data": {"eyes", "faces", "damaged"}, "losses": {"entropy", "tversky"}}
NAMES = ("eyes",)
SURE = 0.97  # of a face, from which its eyes count
DRAWN = 7.0, 32.0  # pixels between the eyes of the face that a sample is cut around
SOUGHT = 8.0, 28.0  # pixels between eyes that the network looks for
RADIUS = 0.25  # of the distance between the eyes: of an eye
UNSURE_RADIUS = 0.6  # of that distance: of what does not count around the eyes of others
MAX_SCALE = 1.6  # by which a photo is enlarged
MAX_ANGLE = 25.0  # degrees by which a photo is turned, half of them


class Eyes(NamedTuple):
    """The eyes in a photo: middles (N, 2) as x and y, distances to the other eye (N,), both in pixels, and how sure."""

    middles: NDArray[np.floating]
    distances: NDArray[np.float32]
    sure: NDArray[np.float32]


def make(network: dict) -> nn.Module:
    """The network with new weights."""
    return DamageNetwork(tuple(network["widths"]), kinds=1)


def sample(photos: list[np.ndarray], side: int, random: Generator, data: dict) -> tuple[Tensor, Tensor, Tensor]:
    """A part of a photo and the eyes in it.

    Args:
        photos: uint8 (H, W, 3) each.
        side: of the sample, in pixels.
        random: draws everything.
        data: of the recipe; `eyes` a file of `label_eyes.py`, `faces` the share of samples cut around a face, `damaged`
            the share that is damaged.

    Returns:
        The photo (3, side, side) in [0, 1], 0 or 1 for eyes, and 0 or 1 for what counts, both (1, side, side).
    """
    known = _known(data, len(photos))
    photo_index, middle, scale = _place(photos, known, side, random, data.get("faces", 0.7))
    photo, found = photos[photo_index], known.get(photo_index, _NONE)
    cut, placed = _cut(photo, found, side, min(scale, MAX_SCALE), middle, random)
    picture = torch.from_numpy(make_old(cut.astype(np.float32) / 255, random)).permute(2, 0, 1)[None]
    eyes, counts = _planes(placed, side)
    if random.random() < data.get("damaged", 0.4):
        seed, strength = int(random.integers(2**32)), random.uniform(0, 0.8)
        damaged = degrade(picture, [ANY] * int(random.integers(1, 3)), strength, seed, scale=256 / side)
        picture = damaged.image
        counts *= 1 - damaged.hole[0].numpy()
    scanned = scan(np.ascontiguousarray(picture[0].permute(1, 2, 0).numpy()), random)
    return torch.from_numpy(scanned).permute(2, 0, 1), torch.from_numpy(eyes), torch.from_numpy(counts)


def loss_of(network: nn.Module, batch: tuple[Tensor, Tensor, Tensor], losses: dict) -> StepResult:
    """The losses of `damage.loss_of`, of what counts.

    Args:
        network: from photos to logits.
        batch: photos (B, 3, H, W) in [0, 1], 0 or 1 for eyes, and 0 or 1 for what counts, both (B, 1, H, W).
        losses: weights by name.
    """
    image, eyes, counts = batch
    return weighted_loss(network(image).float(), eyes, counts, losses, NAMES)


def preview(network: nn.Module, batch: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """The photo, the prediction and the truth side by side, (B, 3, H, 3 W)."""
    return preview_of(network, batch[:2], [(1.0, 1.0, 0.0)])


_NONE = Eyes(np.zeros((0, 2), np.float32), np.zeros(0, np.float32), np.zeros(0, np.float32))


def _known(data: dict, count: int) -> dict[int, Eyes]:
    """The eyes by the index of their photo, of `count` photos."""
    if "eyes" not in data:
        raise SystemExit("where the eyes are is missing; give --eyes, a file of training/label_eyes.py")
    known = _eyes(data["eyes"])
    if max(known) >= count:
        raise SystemExit(f"{data['eyes']} has eyes in photo {max(known)}, of {count}; it was written for other photos")
    return known


@cache
def _eyes(file: str) -> dict[int, Eyes]:
    """The eyes of a file of `label_eyes.py`, by the index of their photo."""
    try:
        table = np.array([line.split(",") for line in Path(file).read_text().split()], np.float32).reshape(-1, 5)
    except ValueError:
        raise SystemExit(f"{file} is no file of training/label_eyes.py, which has five numbers in each line") from None
    if not len(table):
        raise SystemExit(f"there are no eyes in {file}; write it with training/label_eyes.py")
    return {int(i): Eyes(*_columns(table[table[:, 0] == i])) for i in np.unique(table[:, 0])}


def _columns(rows: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
    return rows[:, 1:3], np.maximum(rows[:, 3], 1.0), rows[:, 4]


def _place(
    photos: list[np.ndarray], known: dict[int, Eyes], side: int, random: Generator, faces: float
) -> tuple[int, NDArray[np.floating], float]:
    """The index of a photo, what of it a sample shows (x, y), and its scale; `faces` is the share cut around a face."""
    if random.random() < faces:
        i = int(random.choice([*known]))
        eye = int(random.integers(len(known[i].sure)))
        scale = math.exp(random.uniform(*np.log(DRAWN))) / float(known[i].distances[eye])
        return i, known[i].middles[eye], scale
    i = int(random.integers(len(photos)))
    h, w = photos[i].shape[:2]
    middle = np.array([random.uniform(0, w), random.uniform(0, h)], np.float32)
    return i, middle, side / min(h, w) * math.exp(random.uniform(0, math.log(4)))


def _cut(
    photo: np.ndarray, eyes: Eyes, side: int, scale: float, middle: NDArray[np.floating], random: Generator
) -> tuple[np.ndarray, Eyes]:
    """A square of a photo at another scale, that shows `middle` somewhere, and the eyes there.

    At times it is turned or mirrored; beyond the photo its border goes on.
    """
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    resized = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=way)
    angle = random.uniform(-MAX_ANGLE, MAX_ANGLE) if random.random() < 0.5 else 0.0
    matrix = cv2.getRotationMatrix2D([float(x) * scale for x in middle], angle, 1.0)
    matrix[:, 2] += np.rint(random.uniform(0.1, 0.9, 2) * side - middle * scale)
    cut = cv2.warpAffine(resized, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    middles = (eyes.middles * scale) @ matrix[:, :2].T + matrix[:, 2]
    if random.random() < 0.5:
        cut, middles[:, 0] = cut[:, ::-1], side - 1 - middles[:, 0]
    return np.ascontiguousarray(cut), eyes._replace(middles=middles, distances=eyes.distances * scale)


def _planes(eyes: Eyes, side: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Where there are eyes and what counts, float32 (1, side, side) of 0 and 1."""
    rows, columns = np.mgrid[:side, :side]
    found, counts = np.zeros((1, side, side), np.float32), np.ones((1, side, side), np.float32)
    for (x, y), distance, sure in zip(*eyes, strict=True):
        away = np.hypot(columns - x, rows - y)
        if sure >= SURE and SOUGHT[0] <= distance <= SOUGHT[1]:
            found[0][away <= RADIUS * distance] = 1
        else:
            counts[0][away <= UNSURE_RADIUS * distance] = 0
    return found, np.maximum(counts, found)
