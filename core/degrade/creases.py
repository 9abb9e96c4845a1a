"""Lines that a hard life leaves: creases with relief, crackle of the emulsion, scratches of a projector, hair."""

import math

import numpy as np

from .marks import Line, random_path
from .scene import Layer, Scene, contrasting, draw_lines, landscape, paper, rough

POINTS = 24  # of a path


def crease(scene: Scene) -> Layer:
    """One to three bends of the paper: a broken white crack, a light and a dark flank, flakes lost along it."""
    count = scene.random.choice([1, 1, 1, 2, 3])
    cracks, shades = zip(*(_bend(scene) for _ in range(count)), strict=True)
    crack, shade = np.maximum.reduce(cracks), np.sum(shades, 0)
    flank = 0.3 * (np.abs(shade) > 0.004)  # the share of the flanks, which is below the crack's
    soft = np.maximum(crack * scene.between(1, 0.55), flank).astype(np.float32)
    shaded = scene.photo + shade[..., None] / 0.3
    content = np.where((crack > 0.05)[..., None], _crack_color(scene), shaded)
    return Layer(np.clip(content, 0, 1).astype(np.float32), soft)


def _bend(scene: Scene) -> tuple[np.ndarray, np.ndarray]:
    """The crack's coverage in [0, 1], and the light that its flanks gain or lose; both (H, W)."""
    import cv2

    random, unit, (h, w) = scene.random, scene.unit, scene.shape
    length = math.hypot(h, w) * (2 if scene.chance(0.6) else random.uniform(0.15, 0.7))
    path = random_path(scene, random.uniform(0, math.pi), length, random.choice([0.01, 0.03, 0.1]))
    crack = _ragged(scene, [(path, scene.fine * random.uniform(1, 5))], broken=scene.between(0.3, 0.7))
    aside = random.uniform(-2.5, 2.5, 2) * unit
    flanks = [draw_lines(scene.shape, [(path + side, random.uniform(2, 6) * unit)]) for side in (aside, -aside)]
    light, dark = (cv2.GaussianBlur(flank, (0, 0), max(1.5 * unit, 0.5)) for flank in flanks)
    return crack, np.float32(scene.between(0.22, 0.05) * random.uniform(0, 1)) * (light - dark)


def _crack_color(scene: Scene) -> np.ndarray:
    """White paper most of the time, now and then the dirt that gathered in it."""
    return paper(scene) if scene.chance(0.85) else paper(scene) * np.float32(scene.random.uniform(0.05, 0.35))


def _ragged(scene: Scene, lines: list[Line], broken: float) -> np.ndarray:
    """Lines whose width wanders and which break off, as torn paper does; coverage (H, W) in [0, 1]."""
    import cv2

    unit = scene.unit
    wide = draw_lines(scene.shape, lines)
    worn = 1.1 - 1.6 * broken + 0.55 * rough(scene, 16 * unit) + 0.35 * landscape(scene, 3 * unit)
    smooth = cv2.GaussianBlur(wide, (0, 0), 0.6)
    return np.clip(smooth * 2.2 * np.clip(worn, 0, 1.2), 0, 1)


def crackle(scene: Scene) -> Layer:
    """A branching network of fine cracks, over all of the photo or thickest near one place."""
    random = scene.random
    lines = [line for _ in range(random.integers(1, 5)) for line in _branching(scene)]
    soft = _ragged(scene, lines, broken=scene.between(0.1, 0.55))
    if scene.chance(0.3):
        soft = soft * np.clip(0.4 + rough(scene, 120 * scene.unit), 0, 1)
    color = _crack_color(scene)
    return Layer(np.broadcast_to(color, scene.photo.shape), (soft * scene.between(1, 0.5)).astype(np.float32))


def _branching(scene: Scene) -> list[Line]:
    """A trunk and its branches, each thinner than what it leaves."""
    random, (h, w) = scene.random, scene.shape
    width = scene.fine * random.uniform(0.8, scene.between(3.2, 1.8))
    trunk = random_path(scene, random.uniform(0, math.pi), math.hypot(h, w) * random.uniform(0.2, 1.1), 0.25)
    lines, open_ends = [(trunk, width)], [(trunk, width, 0)]
    while open_ends:
        path, thick, depth = open_ends.pop()
        for _ in range(random.integers(0, 5 - depth)):
            length = math.hypot(h, w) * random.uniform(0.04, 0.35) / (1 + depth)
            branch = random_path(scene, random.uniform(0, 2 * math.pi), length, 0.3)
            branch = branch + path[random.integers(len(path))] - branch[0]
            thinner = max(thick * random.uniform(0.5, 0.9), 0.5)
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
    worn = np.clip(1.2 + 0.7 * landscape(scene, 40 * scene.unit), 0, 1)
    soft = draw_lines(scene.shape, lines) * worn
    level = np.full(3, random.choice([random.uniform(0.8, 1), random.uniform(0, 0.15)]), np.float32)
    return Layer(np.broadcast_to(level, scene.photo.shape), (soft * scene.between(1, 0.45)).astype(np.float32))


def hair(scene: Scene) -> Layer:
    """Hairs and fibres on the scanner's glass or in the enlarger: long, thin, curled, all dark or all light."""
    random = scene.random
    lines = []
    for _ in range(random.integers(1, 5)):
        length = scene.unit * random.uniform(25, 180)
        path = random_path(scene, random.uniform(0, 2 * math.pi), length, random.uniform(0.05, 0.4))
        lines.append((path, scene.fine * random.uniform(0.7, 1.8)))
    soft = draw_lines(scene.shape, lines)
    color = contrasting(scene, soft) if scene.chance(0.7) else np.full(3, random.uniform(0.1, 0.9), np.float32)
    return Layer(np.broadcast_to(color, scene.photo.shape), (soft * scene.between(1, 0.5)).astype(np.float32))
