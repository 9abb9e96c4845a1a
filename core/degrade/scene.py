"""What the kinds of damage share: the photo and its random generator, noise, lines and shapes, and colors."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.random import Generator


class Scene(NamedTuple):
    """What a kind of damage is painted on.

    photo: float32 (H, W, 3) in [0, 1]. difficulty: of seeing the damage, 0 (plain) to 1 (hard). random: the generator
    from which everything is drawn. other: (h, w, 3), a photo to take foreign content from. scale: how thick lines and
    how large specks are, on top of what the size of the photo says.
    """

    photo: np.ndarray
    difficulty: float
    random: Generator
    other: np.ndarray | None = None
    scale: float = 1.0

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
        """`unit` for the thickness of dust and scratches, which grows slower than the photo."""
        return self.unit**0.75

    def by_difficulty(self, plain: float, hard: float) -> float:
        """A value from `plain` at difficulty 0 to `hard` at 1, linear."""
        return plain + (hard - plain) * self.difficulty

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return bool(self.random.random() < probability)

    def random_point(self) -> np.ndarray:
        """A point anywhere on the photo, x and y, (2,)."""
        h, w = self.shape
        return self.random.uniform((0, 0), (w, h))


class Layer(NamedTuple):
    """Damage over a photo: `content`, (H, W, 3) in [0, 1], blended in with the opacity `alpha`, (H, W) in [0, 1]."""

    content: np.ndarray
    alpha: np.ndarray


def value_noise(scene: Scene, size: float) -> np.ndarray:
    """Smooth noise around 0 of deviation near 1 (value noise: random values on a grid, interpolated).

    Args:
        scene: gives size and random generator.
        size: pixels from one grid point to the next.

    Returns:
        float32 (H, W).
    """
    import cv2

    h, w = scene.shape
    grid_shape = [max(2, round(side / max(size, 1)) + 1) for side in (h, w)]
    grid = scene.random.standard_normal(grid_shape, dtype=np.float32)
    return cv2.resize(grid, (w, h), interpolation=cv2.INTER_CUBIC)


def fractal_noise(scene: Scene, size: float) -> np.ndarray:
    """Noise of four octaves (fractal noise), from `size` pixels down to an eighth of that.

    Args:
        scene: gives size and random generator.
        size: pixels of the coarsest octave, see `value_noise`.

    Returns:
        float32 (H, W) around 0 of deviation near 1.
    """
    return sum(value_noise(scene, size / 2**i) / 2**i for i in range(4)) * np.float32(0.87)


def coordinates(scene: Scene) -> tuple[np.ndarray, np.ndarray]:
    """Rows (H, 1) and columns (1, W) of the middles of the pixels."""
    h, w = scene.shape
    return np.arange(h, dtype=np.float32)[:, None] + 0.5, np.arange(w, dtype=np.float32)[None] + 0.5


def draw_lines(shape: tuple[int, int], lines: Iterable[tuple[np.ndarray, float]]) -> np.ndarray:
    """Antialiased lines.

    Args:
        shape: height and width.
        lines: of each its points (N, 2) of x, y, and its width in pixels.

    Returns:
        How far each pixel is covered, float32 (H, W) in [0, 1].
    """
    import cv2

    k = _supersampling(shape)
    canvas = np.zeros((shape[0] * k, shape[1] * k), np.uint8)
    for points, width in lines:
        cv2.polylines(canvas, [_fixed_point(points * k)], False, 255, max(1, round(width * k)), cv2.LINE_AA, 4)
    return _coverage(canvas, shape)


def draw_shapes(shape: tuple[int, int], outlines: Iterable[np.ndarray]) -> np.ndarray:
    """Antialiased filled polygons.

    Args:
        shape: height and width.
        outlines: of each its corners (N, 2) of x, y.

    Returns:
        How far each pixel is covered, float32 (H, W) in [0, 1].
    """
    import cv2

    k = _supersampling(shape)
    canvas = np.zeros((shape[0] * k, shape[1] * k), np.uint8)
    for points in outlines:
        cv2.fillPoly(canvas, [_fixed_point(points * k)], 255, cv2.LINE_AA, 4)
    return _coverage(canvas, shape)


def _supersampling(shape: tuple[int, int]) -> int:
    """How many times larger to draw, so that lines thinner than a pixel become faint."""
    return min(max(2048 // min(shape), 1), 4)


def _fixed_point(points: np.ndarray) -> np.ndarray:
    """Points (N, 2) as OpenCV takes them with four fractional bits, (N, 1, 2)."""
    return np.round(points * 16).astype(np.int32)[:, None]


def _coverage(canvas: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A larger canvas of 8 bits reduced to a size, float32 (H, W) in [0, 1]."""
    import cv2

    return cv2.resize(canvas, shape[::-1], interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def paper_color(scene: Scene) -> np.ndarray:
    """A random color (3,) of photographic paper: white to cream, now and then grayed."""
    level = scene.random.uniform(0.72, 1.0)
    tint = np.array([1, scene.random.uniform(0.94, 1), scene.random.uniform(0.82, 1)])
    return np.clip(level * tint, 0, 1).astype(np.float32)


def mean_color(photo: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """The mean color (3,) of a photo (H, W, 3) under an alpha (H, W)."""
    weight = alpha[..., None].astype(np.float32) + np.float32(1e-6)
    return (photo * weight).sum((0, 1)) / weight.sum()


def downscale(picture: np.ndarray, times: float) -> np.ndarray:
    """A picture (H, W) or (H, W, 3) made `times` smaller; of its own size where that is below 1."""
    import cv2

    h, w = (max(1, round(side / max(times, 1))) for side in picture.shape[:2])
    return cv2.resize(picture, (w, h), interpolation=cv2.INTER_AREA)


def local_means(photo: np.ndarray, spread: float) -> np.ndarray:
    """Gaussian means of a photo (H, W, 3) with a deviation of `spread` pixels, computed at a reduced size."""
    import cv2

    times = max(spread / 4, 1)
    smooth = cv2.GaussianBlur(downscale(photo, times), (0, 0), max(spread / times, 0.5))
    return cv2.resize(smooth, photo.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def contrasting_color(scene: Scene, alpha: np.ndarray) -> np.ndarray:
    """A nearly white or nearly black random color (3,), whichever contrasts with the photo under an alpha (H, W)."""
    light = mean_color(scene.photo, alpha).mean() < 0.6
    level = scene.random.uniform(0.88, 1) if light else scene.random.uniform(0, 0.12)
    return np.clip(level + scene.random.normal(0, 0.03, 3), 0, 1).astype(np.float32)


def alpha_blend(scene: Scene, color: np.ndarray, opacity: float) -> np.ndarray:
    """The photo (H, W, 3) under a color (3,) or (H, W, 3) of this opacity, (H, W, 3)."""
    return scene.photo + np.float32(opacity) * (color.astype(np.float32) - scene.photo)


def toward(scene: Scene, color: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """A color moved toward the photo's mean under an alpha (H, W): by nothing at difficulty 0, by 3/4 at 1."""
    return (color + 0.75 * scene.difficulty * (mean_color(scene.photo, alpha) - color)).astype(np.float32)
