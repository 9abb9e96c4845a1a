"""What spreads over the surface of a print: stains and bleached patches."""

import math

import numpy as np

from .scene import Layer, Scene, alpha_blend, coordinates, draw_shapes, fractal_noise, value_noise

SPILLS = np.array(  # coffee, tea, rust, ink, dried water, mold
    [[0.5, 0.33, 0.16], [0.72, 0.58, 0.3], [0.55, 0.28, 0.12], [0.12, 0.16, 0.3], [0.85, 0.82, 0.74], [0.4, 0.42, 0.3]],
    np.float32,
)


def stain(scene: Scene) -> Layer:
    """A spill with a darker rim and drops beside it, or a crowd of spots of mold (foxing)."""
    inside = _foxing(scene) if scene.chance(0.3) else _spill(scene)  # 0 at the rim, growing inwards
    alpha = np.clip(inside / max(scene.unit, 1) + 0.5, 0, 1)
    rim = np.exp(-np.maximum(inside, 0) / (scene.unit * scene.random.uniform(1.5, 4)))
    depth = np.clip(0.7 + 0.3 * rim + 0.12 * fractal_noise(scene, 40 * scene.unit), 0.4, 1)
    depth = depth * scene.by_difficulty(1, 0.35)
    soaked = _soaked(scene, alpha) * (1 - 0.35 * rim)[..., None]
    return Layer(scene.photo + depth[..., None].astype(np.float32) * (soaked - scene.photo), alpha)


def _soaked(scene: Scene, alpha: np.ndarray) -> np.ndarray:
    """The photo soaked with the one of three liquids that changes its colors most."""
    candidates = [_stained(scene.photo, color) for color in scene.random.choice(SPILLS, 3, replace=False)]
    return max(candidates, key=lambda soaked: float((np.abs((soaked - scene.photo).mean(2)) * alpha).sum()))


def _stained(photo: np.ndarray, color: np.ndarray) -> np.ndarray:
    """A photo seen through a stain: darker where it is light, hazy where it is dark."""
    return photo * (0.3 + 0.7 * color) + 0.45 * color * (1 - photo)


def _spill(scene: Scene) -> np.ndarray:
    """Signed distance in pixels to the rim of a ragged round patch and of drops around it, above 0 inside, (H, W)."""
    size = min(scene.shape) * scene.random.uniform(0.12, 0.3)
    middle = scene.random.uniform(0.1, 0.9, 2) * scene.shape[::-1]
    inside = _round(scene, middle, size)
    for _ in range(scene.random.integers(0, 8)):
        drop = scene.random.normal(middle, 1.3 * size)
        inside = np.maximum(inside, _round(scene, drop, size * scene.random.uniform(0.03, 0.15)))
    wobble = 0.12 * size * fractal_noise(scene, size) + 0.02 * size * fractal_noise(scene, size / 6)
    return inside + wobble


def _foxing(scene: Scene) -> np.ndarray:
    """Signed distance as of `_spill` for many small spots, denser in some places than in others."""
    spots = fractal_noise(scene, 9 * scene.unit) + 0.9 * value_noise(scene, 70 * scene.unit)
    highest = np.quantile(spots, 1 - scene.random.uniform(0.02, 0.06))
    return (spots - highest) * 5 * scene.unit


def _round(scene: Scene, middle: np.ndarray, size: float) -> np.ndarray:
    rows, columns = coordinates(scene)
    return size - np.hypot(columns - np.float32(middle[0]), rows - np.float32(middle[1]))


def faded(scene: Scene) -> Layer:
    """A patch that light has bleached: pale, warm, without dark tones; a blotch, or what a frame left open."""
    alpha = _blotch(scene) if scene.chance(0.5) else _window(scene)
    gray = scene.photo.mean(2, keepdims=True)
    white = np.array([1, 0.97, 0.89], np.float32)
    pale = 0.3 * (0.4 * scene.photo + 0.6 * gray) + 0.7 * white
    return Layer(alpha_blend(scene, pale, scene.by_difficulty(0.9, 0.25)), alpha)


def _blotch(scene: Scene) -> np.ndarray:
    hills = fractal_noise(scene, 0.4 * min(scene.shape))
    covered = scene.random.uniform(0.1, 0.3)
    low, high = np.quantile(hills, [1 - 1.25 * covered, 1 - 0.75 * covered])
    return np.clip((hills - low) / (high - low + 1e-6), 0, 1)


def _window(scene: Scene) -> np.ndarray:
    """A tilted rectangle with a blurred edge."""
    import cv2

    h, w = scene.shape
    turn = scene.random.normal(0, 0.15)
    half = scene.random.uniform(0.12, 0.35, 2) * (w, h)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    turned = corners @ np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    sharp = draw_shapes(scene.shape, [turned + scene.random.uniform(0.25, 0.75, 2) * (w, h)])
    alpha = cv2.GaussianBlur(sharp, (0, 0), max(scene.unit * scene.random.uniform(1, 6), 0.3))
    return np.where(alpha < 0.02, 0, alpha)
