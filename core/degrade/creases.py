"""Lines that age and use leave: creases with relief, crackle of the emulsion, scratches of a projector, hairs."""

import math

import numpy as np

from .marks import Line, random_path
from .scene import Layer, Scene, contrasting_color, draw_lines, fractal_noise, paper_color, value_noise

POINTS = 24  # of a scratch


def crease(scene: Scene) -> Layer:
    """One to three bends of the paper: a broken white crack, a light and a dark flank, and lost flakes along it."""
    count = scene.random.choice([1, 1, 1, 2, 3])
    cracks, shades = zip(*(_one_crease(scene) for _ in range(count)), strict=True)
    crack, shade = np.maximum.reduce(cracks), np.sum(shades, 0)
    flank = 0.3 * (np.abs(shade) > 0.004)  # the alpha of the flanks, which is below that of the crack
    alpha = np.maximum(crack * scene.by_difficulty(1, 0.55), flank).astype(np.float32)
    shaded = scene.photo + shade[..., None] / 0.3
    content = np.where((crack > 0.05)[..., None], _crack_color(scene), shaded)
    return Layer(np.clip(content, 0, 1).astype(np.float32), alpha)


def _one_crease(scene: Scene) -> tuple[np.ndarray, np.ndarray]:
    """The crack's coverage in [0, 1], and the light that its flanks gain or lose; both (H, W)."""
    import cv2

    random, unit, (h, w) = scene.random, scene.unit, scene.shape
    length = math.hypot(h, w) * (2 if scene.chance(0.6) else random.uniform(0.15, 0.7))
    path = random_path(scene, random.uniform(0, math.pi), length, random.choice([0.01, 0.03, 0.1]))
    crack = _ragged(scene, [(path, scene.fine * random.uniform(1, 5))], broken=scene.by_difficulty(0.3, 0.7))
    side_offset = random.uniform(-2.5, 2.5, 2) * unit
    sides = (path + side_offset, path - side_offset)
    flanks = [draw_lines(scene.shape, [(side, random.uniform(2, 6) * unit)]) for side in sides]
    light, dark = (cv2.GaussianBlur(flank, (0, 0), max(1.5 * unit, 0.5)) for flank in flanks)
    return crack, np.float32(scene.by_difficulty(0.22, 0.05) * random.uniform(0, 1)) * (light - dark)


def _crack_color(scene: Scene) -> np.ndarray:
    """The color (3,) of white paper most of the time, now and then of dirt."""
    if scene.chance(0.85):
        return paper_color(scene)
    return paper_color(scene) * np.float32(scene.random.uniform(0.05, 0.35))


def _ragged(scene: Scene, lines: list[Line], broken: float) -> np.ndarray:
    """Lines of varying width that break off, as torn paper does; coverage (H, W) in [0, 1]."""
    import cv2

    unit = scene.unit
    wide = draw_lines(scene.shape, lines)
    worn = 1.1 - 1.6 * broken + 0.55 * fractal_noise(scene, 16 * unit) + 0.35 * value_noise(scene, 3 * unit)
    smooth = cv2.GaussianBlur(wide, (0, 0), 0.6)
    return np.clip(smooth * 2.2 * np.clip(worn, 0, 1.2), 0, 1)


def crackle(scene: Scene) -> Layer:
    """A branching network of fine cracks, over all of the photo or thickest near one place."""
    random = scene.random
    lines = [line for _ in range(random.integers(1, 5)) for line in _branching(scene)]
    alpha = _ragged(scene, lines, broken=scene.by_difficulty(0.1, 0.55))
    if scene.chance(0.3):
        alpha = alpha * np.clip(0.4 + fractal_noise(scene, 120 * scene.unit), 0, 1)
    color = _crack_color(scene)
    return Layer(np.broadcast_to(color, scene.photo.shape), (alpha * scene.by_difficulty(1, 0.5)).astype(np.float32))


def _branching(scene: Scene) -> list[Line]:
    """A trunk and its branches, each thinner than what it branches from."""
    random, (h, w) = scene.random, scene.shape
    width = scene.fine * random.uniform(0.8, scene.by_difficulty(3.2, 1.8))
    trunk = random_path(scene, random.uniform(0, math.pi), math.hypot(h, w) * random.uniform(0.2, 1.1), 0.25)
    lines, open_ends = [(trunk, width)], [(trunk, width, 0)]
    while open_ends:
        path, parent_width, depth = open_ends.pop()
        for _ in range(random.integers(0, 5 - depth)):
            length = math.hypot(h, w) * random.uniform(0.04, 0.35) / (1 + depth)
            branch = random_path(scene, random.uniform(0, 2 * math.pi), length, 0.3)
            branch = branch + path[random.integers(len(path))] - branch[0]
            thinner = max(parent_width * random.uniform(0.5, 0.9), 0.5)
            lines.append((branch, thinner))
            if depth < 1:
                open_ends.append((branch, thinner, depth + 1))
    return lines


def film_scratch(scene: Scene) -> Layer:
    """Scratches in the direction in which a film travels: upright, parallel, through the whole frame or most of it."""
    random, (h, w) = scene.random, scene.shape
    lines = []
    for _ in range(random.integers(1, 6)):
        x, lean = random.uniform(0, w), random.normal(0, 0.004) * h
        top, bottom = (-1.0, h + 1.0) if scene.chance(0.5) else np.sort(random.uniform(-0.2, 1.2, 2)) * h
        at = np.linspace(top, max(bottom, top + 0.1 * h), POINTS)
        sway = np.cumsum(random.normal(0, 0.05 * scene.unit, POINTS))
        lines.append((np.stack([x + lean * at / h + sway, at], 1), scene.fine * random.uniform(0.6, 2.2)))
    worn = np.clip(1.2 + 0.7 * value_noise(scene, 40 * scene.unit), 0, 1)
    alpha = draw_lines(scene.shape, lines) * worn
    level = np.full(3, random.choice([random.uniform(0.8, 1), random.uniform(0, 0.15)]), np.float32)
    return Layer(np.broadcast_to(level, scene.photo.shape), (alpha * scene.by_difficulty(1, 0.45)).astype(np.float32))


def hair(scene: Scene) -> Layer:
    """Hairs and fibers on the scanner's glass or in the enlarger: long, thin, curled, all dark or all light."""
    random = scene.random
    lines = []
    for _ in range(random.integers(1, 5)):
        length = scene.unit * random.uniform(25, 180)
        path = random_path(scene, random.uniform(0, 2 * math.pi), length, random.uniform(0.05, 0.4))
        lines.append((path, scene.fine * random.uniform(0.7, 1.8)))
    alpha = draw_lines(scene.shape, lines)
    color = contrasting_color(scene, alpha) if scene.chance(0.7) else np.full(3, random.uniform(0.1, 0.9), np.float32)
    return Layer(np.broadcast_to(color, scene.photo.shape), (alpha * scene.by_difficulty(1, 0.5)).astype(np.float32))
