"""Marks of use on a print or a film: scratches, folds and dust."""

import math

import numpy as np

from .scene import (
    Layer,
    Scene,
    alpha_blend,
    contrasting_color,
    coordinates,
    draw_lines,
    draw_shapes,
    fractal_noise,
    value_noise,
)

Line = tuple[np.ndarray, float]  # points (N, 2) of x, y, and a width in pixels


def scratch(scene: Scene) -> Layer:
    """Long thin lines, nearly straight, that fade and break off; half of the time all in one direction."""
    random, (h, w) = scene.random, scene.shape
    main_angle = random.normal(math.pi / 2, 0.3) if scene.chance(0.5) else random.uniform(0, math.pi)
    parallel = scene.chance(0.5)
    lines: list[Line] = []
    for _ in range(random.integers(3, 10)):
        angle = main_angle + random.normal(0, 0.06) if parallel else random.uniform(0, math.pi)
        length = math.hypot(h, w) * min(random.lognormal(-1.1, 0.7), 1.2)
        width = scene.fine * random.uniform(0.7, scene.by_difficulty(2.4, 1.2))
        lines.append((random_path(scene, angle, length, 0.04), width))
        if scene.chance(0.3):
            lines += _scuffs(scene, lines[-1][0], angle)
    worn = np.clip(1.3 + fractal_noise(scene, 30 * scene.unit), 0, 1)
    alpha = draw_lines(scene.shape, lines) * worn
    color = contrasting_color(scene, alpha)
    return Layer(alpha_blend(scene, color, scene.by_difficulty(0.95, 0.3)), alpha)


def _scuffs(scene: Scene, path: np.ndarray, angle: float) -> list[Line]:
    """Hairlines beside a scratch, of the same direction."""
    offsets = scene.random.normal(0, 4 * scene.unit, (scene.random.integers(2, 6), 2))
    return [(_part(scene, path) + step, 0.5 * scene.fine) for step in offsets]


def _part(scene: Scene, path: np.ndarray) -> np.ndarray:
    start = scene.random.integers(0, len(path) - 2)
    return path[start : start + scene.random.integers(2, len(path))]


def random_path(scene: Scene, angle: float, length: float, bend: float) -> np.ndarray:
    """A line through a random point that keeps turning a little.

    Args:
        scene: gives size and random generator.
        angle: in which it starts, in radians.
        length: in pixels.
        bend: deviation of each turn, in radians.

    Returns:
        Its points (24, 2) of x, y.
    """
    turns = angle + np.cumsum(scene.random.normal(0, bend, 24))
    steps = np.stack([np.cos(turns), np.sin(turns)], 1) * length / 24
    return scene.random_point() + np.cumsum(steps, 0) - steps.sum(0) / 2


def fold(scene: Scene) -> Layer:
    """A crease from side to side: cracked along its middle, flaking, lit on one slope and dark on the other."""
    upright = scene.chance(0.5)
    layers = [_crease(scene, upright)]
    if scene.chance(0.35):
        layers.append(_crease(scene._replace(photo=layers[0].content), not upright))
    return Layer(layers[-1].content, np.maximum.reduce([layer.alpha for layer in layers]))


def _crease(scene: Scene, upright: bool) -> Layer:
    unit, random = scene.unit, scene.random
    offset = _line_distance(scene, upright)
    far = np.abs(offset)
    strength = np.float32(scene.by_difficulty(0.3, 0.08) * random.choice([-1, 1]))
    shade = strength * np.sign(offset) * np.exp(-far / (5 * unit))
    slope = np.clip(scene.photo + shade[..., None], 0, 1)
    crack = np.clip(unit * (0.7 + fractal_noise(scene, 24 * unit)) - far + 0.5, 0, 1)
    flakes = np.clip(4 * (fractal_noise(scene, 5 * unit) - 1 - far / (3 * unit)), 0, 1)
    bare = np.maximum(crack, flakes) * scene.by_difficulty(1, 0.35)
    paper = 0.9 + 0.04 * value_noise(scene, 2 * unit)[..., None] + np.array([0.03, 0.02, -0.02], np.float32)
    content = slope + bare[..., None] * (np.clip(paper, 0, 1) - slope)
    return Layer(content.astype(np.float32), np.clip(scene.by_difficulty(1.9, 1.5) - far / (4 * unit), 0, 1))


def _line_distance(scene: Scene, upright: bool) -> np.ndarray:
    """Signed distance (H, W) from a line across the middle half of the photo, not quite straight."""
    (h, w), (rows, columns) = scene.shape, coordinates(scene)
    angle = scene.random.normal(0, 0.08) + (0 if upright else math.pi / 2)
    y, x = scene.random.uniform(0.25, 0.75, 2) * (h, w)
    distance = (columns - x) * math.cos(angle) + (rows - y) * math.sin(angle)
    distance = distance.astype(np.float32)
    return distance + scene.unit * (value_noise(scene, 60 * scene.unit) + 0.5 * fractal_noise(scene, 12 * scene.unit))


def dust(scene: Scene) -> Layer:
    """Specks, some in clusters, and a few curled fibers; most contrast with the photo, some have the inverse color."""
    usual, inverse = (_specks(scene, int(scene.random.integers(*counts))) for counts in ((30, 90), (0, 12)))
    fibers = [_fiber(scene) for _ in range(scene.random.integers(1, 6))]
    usual = np.maximum(usual, draw_lines(scene.shape, fibers))
    color = contrasting_color(scene, usual)
    mixed = color + (inverse > usual)[..., None] * (1 - 2 * color)
    return Layer(alpha_blend(scene, mixed, scene.by_difficulty(0.95, 0.35)), np.maximum(usual, inverse))


def _specks(scene: Scene, count: int) -> np.ndarray:
    cluster, spread = scene.random_point(), 0.12 * min(scene.shape)
    outlines = []
    for _ in range(count):
        middle = scene.random.normal(cluster, spread) if scene.chance(0.3) else scene.random_point()
        outlines.append(middle + _speck(scene))
    return draw_shapes(scene.shape, outlines)


def _speck(scene: Scene) -> np.ndarray:
    """An angular outline around 0, longer than wide."""
    size = scene.fine * scene.by_difficulty(1, 0.65) * min(scene.random.lognormal(0.1, 0.5), 5)
    around = np.arange(9) * 2 * math.pi / 9
    radius = size * scene.random.uniform(0.6, 1.3, (9, 1))
    outline = radius * np.stack([np.cos(around), np.sin(around) * scene.random.uniform(0.4, 1)], 1)
    turn = scene.random.uniform(0, math.pi)
    return outline @ np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])


def _fiber(scene: Scene) -> Line:
    length = scene.unit * scene.random.uniform(8, 45)
    path = random_path(scene, scene.random.uniform(0, math.pi), length, scene.random.uniform(0.05, 0.35))
    return path, scene.fine * scene.random.uniform(0.5, 1.1)
