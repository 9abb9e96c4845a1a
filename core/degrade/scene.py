"""What the kinds of damage share: the photo they work on, random landscapes, lines and shapes with smooth edges."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from ..host.cancel import check_cancelled


class Scene(NamedTuple):
    """A photo to damage, float (H, W, 3) in [0, 1], how hard the damage shall be to see, and the dice."""

    photo: np.ndarray
    difficulty: float
    random: Generator
    other: np.ndarray | None = None  # (h, w, 3), a photo to take foreign content from
    scale: float = 1.0  # of the damage, beside what the size of the photo says

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.photo.shape[0], self.photo.shape[1]

    @property
    def unit(self) -> float:
        """Pixels for one pixel of a photo whose shorter side is 256: the damage grows with the photo."""
        return self.scale * min(self.shape) / 256

    @property
    def fine(self) -> float:
        """The same for how thick dust and scratches are, which grow slower than the photo."""
        return self.unit**0.75

    def between(self, plain: float, hard: float) -> float:
        """A setting that goes from `plain` to `hard` with the difficulty."""
        return plain + (hard - plain) * self.difficulty

    def chance(self, probability: float) -> bool:
        """True as often as `probability` says."""
        return bool(self.random.random() < probability)

    def point(self) -> np.ndarray:
        """Anywhere on the photo, x and y."""
        h, w = self.shape
        return self.random.uniform((0, 0), (w, h))


class Layer(NamedTuple):
    """Damage over a photo: `soft`, (H, W) in [0, 1], is the share of `content`, (H, W, 3), in each pixel."""

    content: np.ndarray
    soft: np.ndarray


def landscape(scene: Scene, size: float) -> np.ndarray:
    """A smooth random field (H, W) around 0 of deviation near 1, with hills of `size` pixels."""
    import cv2

    check_cancelled()
    h, w = scene.shape
    cells = [max(2, round(side / max(size, 1)) + 1) for side in (h, w)]
    grid = scene.random.standard_normal(cells, dtype=np.float32)
    return cv2.resize(grid, (w, h), interpolation=cv2.INTER_CUBIC)


def rough(scene: Scene, size: float) -> np.ndarray:
    """A landscape with hills upon its hills, down to an eighth of `size`."""
    return sum(landscape(scene, size / 2**i) / 2**i for i in range(4)) * np.float32(0.87)


def coordinates(scene: Scene) -> tuple[np.ndarray, np.ndarray]:
    """Rows (H, 1) and columns (1, W), the middles of the pixels."""
    check_cancelled()
    h, w = scene.shape
    return np.arange(h, dtype=np.float32)[:, None] + 0.5, np.arange(w, dtype=np.float32)[None] + 0.5


def draw_lines(shape: tuple[int, int], lines: Iterable[tuple[np.ndarray, float]]) -> np.ndarray:
    """How far each pixel is covered by lines, given as points (N, 2) of x, y and a width; float (H, W)."""
    import cv2

    k = _finer(shape)
    canvas = np.zeros((shape[0] * k, shape[1] * k), np.uint8)
    for points, width in lines:
        check_cancelled()
        cv2.polylines(canvas, [_fixed(points * k)], False, 255, max(1, round(width * k)), cv2.LINE_AA, 4)
    return _reduced(canvas, shape)


def draw_shapes(shape: tuple[int, int], outlines: Iterable[np.ndarray]) -> np.ndarray:
    """How far each pixel is covered by filled outlines, points (N, 2) of x, y; float (H, W)."""
    import cv2

    k = _finer(shape)
    canvas = np.zeros((shape[0] * k, shape[1] * k), np.uint8)
    for points in outlines:
        check_cancelled()
        cv2.fillPoly(canvas, [_fixed(points * k)], 255, cv2.LINE_AA, 4)
    return _reduced(canvas, shape)


def _finer(shape: tuple[int, int]) -> int:
    """How many times finer to draw, so that lines thinner than a pixel come out faint."""
    return min(max(2048 // min(shape), 1), 4)


def _fixed(points: np.ndarray) -> np.ndarray:
    return np.round(points * 16).astype(np.int32)[:, None]


def _reduced(canvas: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    import cv2

    check_cancelled()
    return cv2.resize(canvas, shape[::-1], interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def paper(scene: Scene) -> np.ndarray:
    """The color (3,) of photographic paper: white to cream, now and then grayed."""
    level = scene.random.uniform(0.72, 1.0)
    return np.clip(level * np.array([1, scene.random.uniform(0.94, 1), scene.random.uniform(0.82, 1)]), 0, 1).astype(
        np.float32
    )


def tone(photo: np.ndarray, soft: np.ndarray) -> np.ndarray:
    """Mean color (3,) of the photo under a layer."""
    check_cancelled()
    weight = soft[..., None].astype(np.float32) + np.float32(1e-6)
    return (photo * weight).sum((0, 1)) / weight.sum()


def reduced(picture: np.ndarray, times: float) -> np.ndarray:
    """A picture (H, W) or (H, W, 3) made smaller, or left alone where `times` is below 1."""
    import cv2

    h, w = (max(1, round(side / max(times, 1))) for side in picture.shape[:2])
    return cv2.resize(picture, (w, h), interpolation=cv2.INTER_AREA)


def tones_around(photo: np.ndarray, spread: float) -> np.ndarray:
    """The photo (H, W, 3) without what is smaller than `spread` pixels: Gaussian means, done at a reduced size."""
    import cv2

    check_cancelled()
    times = max(spread / 4, 1)
    smooth = cv2.GaussianBlur(reduced(photo, times), (0, 0), max(spread / times, 0.5))
    return cv2.resize(smooth, photo.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def contrasting(scene: Scene, soft: np.ndarray) -> np.ndarray:
    """A nearly white or nearly black color (3,), whichever stands out of what lies under the layer."""
    light = tone(scene.photo, soft).mean() < 0.6
    level = scene.random.uniform(0.88, 1) if light else scene.random.uniform(0, 0.12)
    return np.clip(level + scene.random.normal(0, 0.03, 3), 0, 1).astype(np.float32)


def laid_over(scene: Scene, color: np.ndarray, strength: float) -> np.ndarray:
    """The photo under a color (3,) or (H, W, 3) of `strength`, (H, W, 3)."""
    check_cancelled()
    return scene.photo + np.float32(strength) * (color.astype(np.float32) - scene.photo)


def nearer(scene: Scene, color: np.ndarray, soft: np.ndarray) -> np.ndarray:
    """A color moved towards the photo's under the layer: not at all when plain, by most of the way when hard."""
    return (color + 0.75 * scene.difficulty * (tone(scene.photo, soft) - color)).astype(np.float32)
