"""Parts of the print that are lost, so that the scan shows what lay behind: corners and borders."""

import numpy as np

from .scene import Layer, Scene, coordinates, fractal_noise, toward, value_noise


def torn_corner(scene: Scene) -> Layer:
    """A corner torn off, or two: a ragged edge of bare paper, its shadow, and the scanner's lid."""
    layer = _torn(scene)
    if scene.chance(0.25):
        second = _torn(scene._replace(photo=layer.content))
        layer = Layer(_composite(layer.content, second), np.maximum(layer.alpha, second.alpha))
    return layer


def _composite(photo: np.ndarray, layer: Layer) -> np.ndarray:
    return photo + layer.alpha[..., None] * (layer.content - photo)


def _torn(scene: Scene) -> Layer:
    unit, beyond = scene.unit, _beyond_the_tear(scene)
    alpha = np.clip(beyond + 0.5, 0, 1)
    paper = unit * np.clip(3 + 2 * fractal_noise(scene, 12 * unit), 0.5, 7)  # the width of the bare edge
    fibers = 0.9 + 0.05 * value_noise(scene, 1.5 * unit)[..., None] + np.array([0.02, 0.01, -0.02], np.float32)
    shadow = 1 - 0.35 * np.exp(-np.maximum(beyond - paper, 0) / (3 * unit))[..., None]
    lid = _backing(scene, alpha) * shadow
    content = np.where((beyond < paper)[..., None], toward(scene, fibers, alpha), lid)
    return Layer(np.clip(content, 0, 1).astype(np.float32), alpha)


def _beyond_the_tear(scene: Scene) -> np.ndarray:
    """How many pixels each pixel lies beyond a ragged line across one of the four corners, (H, W)."""
    random, (rows, columns), (h, w) = scene.random, coordinates(scene), scene.shape
    if scene.chance(0.5):
        rows = h - rows
    if scene.chance(0.5):
        columns = w - columns
    high, wide = min(h, w) * scene.by_difficulty(0.45, 0.2) * random.uniform(0.6, 1.3, 2)
    inwards = (rows / high + columns / wide - 1) / np.hypot(1 / high, 1 / wide)
    ragged = 5 * fractal_noise(scene, 35 * scene.unit) + 1.2 * fractal_noise(scene, 5 * scene.unit)
    return -inwards + scene.unit * ragged


def missing_border(scene: Scene) -> Layer:
    """One to three sides cut short: a strip that is not quite straight, white, gray or black."""
    sides = scene.random.permutation(4)[: scene.random.integers(1, 4)]
    depth = np.maximum.reduce([_strip(scene, int(side)) for side in sides])
    alpha = np.clip(depth + 0.5, 0, 1)
    return Layer(_backing(scene, alpha), alpha)


def _strip(scene: Scene, side: int) -> np.ndarray:
    """How many pixels each pixel lies beyond the cut along one side, (H, W)."""
    random, (rows, columns), (h, w) = scene.random, coordinates(scene), scene.shape
    depth, along = (rows / h, columns / w) if side < 2 else (columns / w, rows / h)
    depth = 1 - depth if side % 2 else depth
    cut = scene.by_difficulty(0.12, 0.06) * random.uniform(0.5, 1.4) + random.normal(0, 0.02) * (along - 0.5)
    ragged = 2 * scene.unit * fractal_noise(scene, 20 * scene.unit) if scene.chance(0.4) else 0
    outermost = (np.minimum(rows, h - rows) if side < 2 else np.minimum(columns, w - columns)) < 1
    beyond = (cut - depth) * (h if side < 2 else w) + ragged
    return np.where(outermost & (depth < 0.5), np.maximum(beyond, 0.5), beyond)


def _backing(scene: Scene, alpha: np.ndarray) -> np.ndarray:
    """What lies behind the print: a plain color with a little grain, (H, W, 3)."""
    level = scene.random.choice([0.97, 0.9, 0.5, 0.08, 0.0])
    color = np.clip(level + scene.random.normal(0, 0.02, 3), 0, 1)
    grain = scene.random.normal(0, 0.012, (*scene.shape, 1)).astype(np.float32)
    return np.clip(toward(scene, color, alpha) + grain, 0, 1)
