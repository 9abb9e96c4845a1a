"""Areas covered by something else: another photo, mosaic blocks, one color, noise."""

import math

import numpy as np

from ..image.random_masks import random_hole
from .scene import Layer, Scene, downscale, draw_lines, local_means, toward

AREA_SIDE = 1024  # larger photos get their areas drawn at this size of the shorter side


def free_form(scene: Scene) -> Layer:
    """Brush strokes that show another photo, after VCNet (Wang et al. 2020).

    Eight strokes of up to 16 corners, 80 long and 20 wide on a photo of 256; half of the time with hard
    edges, else softened by four 15 x 15 Gaussian windows. Harder: fewer strokes, and the other photo takes
    on the colors of what it covers.
    """
    strokes = [_stroke(scene) for _ in range(round(scene.by_difficulty(8, 3)))]
    alpha = (draw_lines(scene.shape, strokes) > 0.5).astype(np.float32)
    if scene.chance(0.5):
        alpha = _softened(alpha, scene.unit)
    return Layer(_foreign(scene), alpha)


def _stroke(scene: Scene) -> tuple[np.ndarray, float]:
    random, unit = scene.random, scene.unit
    corners = random.integers(1, 17)
    angle = random.uniform(0, 2 * math.pi, corners)
    legs = random.uniform(0, 80, (corners, 1)) * unit * np.stack([np.cos(angle), np.sin(angle)], 1)
    points = np.cumsum(np.concatenate([scene.random_point()[None], legs]), 0)
    return np.clip(points, 0, (scene.shape[1], scene.shape[0])), max(random.uniform(10, 20) * unit, 1.5)


def _softened(alpha: np.ndarray, unit: float) -> np.ndarray:
    """The mask after four Gaussian windows of 15 x 15 on a photo of 256; on larger ones, at about that size."""
    import cv2

    smooth = downscale(alpha, unit)
    side = 2 * round(min(unit, 1) * 7) + 1
    for _ in range(4 if side > 1 else 0):
        smooth = cv2.GaussianBlur(smooth, (side, side), 0)
    smooth = cv2.resize(smooth, alpha.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.where(smooth < 0.01, 0, smooth)


def _foreign(scene: Scene) -> np.ndarray:
    """The other photo at this one's size, or this one moved and mirrored; harder: in the colors of what it covers."""
    content = _moved(scene) if scene.other is None else _fitted(scene.other, scene.shape)
    change = local_means(scene.photo, 16 * scene.unit) - local_means(content, 16 * scene.unit)
    return np.clip(content + np.float32(0.8 * scene.difficulty) * change, 0, 1)


def _moved(scene: Scene) -> np.ndarray:
    """The photo mirrored, and moved by a third to two thirds of its sides."""
    steps = [int(side * scene.random.uniform(1 / 3, 2 / 3)) for side in scene.shape]
    return np.ascontiguousarray(np.roll(scene.photo, steps, (0, 1))[:, ::-1])


def _fitted(other: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The middle of a photo, of the same aspect as `shape`, at that size."""
    import cv2

    (h, w), scale = other.shape[:2], min(other.shape[0] / shape[0], other.shape[1] / shape[1])
    high, wide = min(max(round(shape[0] * scale), 1), h), min(max(round(shape[1] * scale), 1), w)
    top, left = (h - high) // 2, (w - wide) // 2
    crop = other[top : top + high, left : left + wide]
    return cv2.resize(crop, shape[::-1], interpolation=cv2.INTER_AREA if scale > 1 else cv2.INTER_LINEAR)


def mosaic(scene: Scene) -> Layer:
    """Areas shown in square blocks of one color each; harder: smaller blocks."""
    h, w = scene.shape
    side = round(scene.unit * scene.by_difficulty(20, 7) * scene.random.uniform(0.7, 1.3))
    side = min(max(side, 2), min(h, w) // 2)
    blurred = _blocks(scene.photo, side)
    share = _blocks(_area(scene)[..., None], side)[..., 0]
    return Layer(blurred, (share >= min(0.5, share.max())).astype(np.float32))


def _blocks(picture: np.ndarray, side: int) -> np.ndarray:
    """The mean of each block of `side` pixels, in all of its pixels; (H, W, C)."""
    h, w, c = picture.shape
    framed = np.pad(picture, ((0, -h % side), (0, -w % side), (0, 0)), mode="edge")
    means = framed.reshape(framed.shape[0] // side, side, framed.shape[1] // side, side, c).mean((1, 3))
    return means.repeat(side, 0).repeat(side, 1)[:h, :w]


def constant(scene: Scene) -> Layer:
    """Areas of one color, often white, gray or black; harder: closer to what they cover."""
    alpha = _area(scene)
    plain = scene.chance(0.6)
    color = np.full(3, scene.random.choice([0, 0.5, 1.0])) if plain else scene.random.random(3)
    return Layer(np.broadcast_to(toward(scene, color, alpha), scene.photo.shape), alpha)


def noise(scene: Scene) -> Layer:
    """Areas of colored or gray noise, fine or in grains; harder: weaker, around the colors of what it covers."""
    grain = scene.random.choice([1, 1, max(1, round(2 * scene.unit))])
    h, w = (-(-side // grain) for side in scene.shape)
    dots = scene.random.random((h, w, scene.random.choice([1, 3])), np.float32)
    dots = dots.repeat(grain, 0).repeat(grain, 1)[: scene.shape[0], : scene.shape[1]]
    means = local_means(scene.photo, 8 * scene.unit)
    hard = np.clip(means + 0.3 * (dots - 0.5), 0, 1)
    return Layer((dots + np.float32(scene.difficulty) * (hard - dots)).astype(np.float32), _area(scene))


def _area(scene: Scene) -> np.ndarray:
    """Boxes, blobs or brush strokes over a part of the photo, smaller when harder; 0 and 1, (H, W)."""
    import cv2

    kind = scene.random.choice(["box", "blob", "free_form"])
    share = scene.by_difficulty(0.2, 0.08) * scene.random.uniform(0.6, 1.2)
    seed = int(scene.random.integers(0, 2**32))
    shrink = max(min(scene.shape) / AREA_SIDE, 1)
    h, w = (round(side / shrink) for side in scene.shape)
    drawn = random_hole(str(kind), h, w, share, seed)[0, 0].numpy()
    return (cv2.resize(drawn, scene.shape[::-1], interpolation=cv2.INTER_LINEAR) >= 0.5).astype(np.float32)
