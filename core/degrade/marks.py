"""Marks that use leaves on a print or a film: scratches, folds and dust."""

import math

import numpy as np

from .scene import Layer, Scene, contrasting, coordinates, draw_lines, draw_shapes, laid_over, landscape, rough

Line = tuple[np.ndarray, float]


def scratch(scene: Scene) -> Layer:
    """Long thin lines, nearly straight, that fade and break off; half of the time all in one direction."""
    random, (h, w) = scene.random, scene.shape
    main = random.normal(math.pi / 2, 0.3) if scene.chance(0.5) else random.uniform(0, math.pi)
    alike = scene.chance(0.5)
    lines: list[Line] = []
    for _ in range(random.integers(3, 10)):
        angle = main + random.normal(0, 0.06) if alike else random.uniform(0, math.pi)
        length = math.hypot(h, w) * min(random.lognormal(-1.1, 0.7), 1.2)
        width = scene.fine * random.uniform(0.7, scene.between(2.4, 1.2))
        lines.append((random_path(scene, angle, length, 0.04), width))
        if scene.chance(0.3):
            lines += _scuffs(scene, lines[-1][0], angle)
    worn = np.clip(1.3 + rough(scene, 30 * scene.unit), 0, 1)
    soft = draw_lines(scene.shape, lines) * worn
    color = contrasting(scene, soft)
    return Layer(laid_over(scene, color, scene.between(0.95, 0.3)), soft)


def _scuffs(scene: Scene, path: np.ndarray, angle: float) -> list[Line]:
    """Hairlines beside a scratch, of the same direction."""
    away = scene.random.normal(0, 4 * scene.unit, (scene.random.integers(2, 6), 2))
    return [(_part(scene, path) + step, 0.5 * scene.fine) for step in away]


def _part(scene: Scene, path: np.ndarray) -> np.ndarray:
    start = scene.random.integers(0, len(path) - 2)
    return path[start : start + scene.random.integers(2, len(path))]


def random_path(scene: Scene, angle: float, length: float, bend: float) -> np.ndarray:
    """A line through a random point that keeps turning a little, 24 points (24, 2)."""
    turns = angle + np.cumsum(scene.random.normal(0, bend, 24))
    steps = np.stack([np.cos(turns), np.sin(turns)], 1) * length / 24
    return scene.point() + np.cumsum(steps, 0) - steps.sum(0) / 2


def fold(scene: Scene) -> Layer:
    """A crease from side to side: cracked along its middle, flaking, lit on one slope and dark on the other."""
    upright = scene.chance(0.5)
    layers = [_crease(scene, upright)]
    if scene.chance(0.35):
        layers.append(_crease(scene._replace(photo=layers[0].content), not upright))
    return Layer(layers[-1].content, np.maximum.reduce([layer.soft for layer in layers]))


def _crease(scene: Scene, upright: bool) -> Layer:
    unit, random = scene.unit, scene.random
    away = _from_the_line(scene, upright)
    far = np.abs(away)
    shade = np.float32(scene.between(0.3, 0.08) * random.choice([-1, 1])) * np.sign(away) * np.exp(-far / (5 * unit))
    slope = np.clip(scene.photo + shade[..., None], 0, 1)
    crack = np.clip(unit * (0.7 + rough(scene, 24 * unit)) - far + 0.5, 0, 1)
    flakes = np.clip(4 * (rough(scene, 5 * unit) - 1 - far / (3 * unit)), 0, 1)
    bare = np.maximum(crack, flakes) * scene.between(1, 0.35)
    paper = 0.9 + 0.04 * landscape(scene, 2 * unit)[..., None] + np.array([0.03, 0.02, -0.02], np.float32)
    content = slope + bare[..., None] * (np.clip(paper, 0, 1) - slope)
    return Layer(content.astype(np.float32), np.clip(scene.between(1.9, 1.5) - far / (4 * unit), 0, 1))


def _from_the_line(scene: Scene, upright: bool) -> np.ndarray:
    """Signed distance (H, W) from a line across the middle half of the photo, not quite straight."""
    (h, w), (rows, columns) = scene.shape, coordinates(scene)
    angle = scene.random.normal(0, 0.08) + (0 if upright else math.pi / 2)
    y, x = scene.random.uniform(0.25, 0.75, 2) * (h, w)
    away = (columns - x) * math.cos(angle) + (rows - y) * math.sin(angle)
    away = away.astype(np.float32)
    return away + scene.unit * (landscape(scene, 60 * scene.unit) + 0.5 * rough(scene, 12 * scene.unit))


def dust(scene: Scene) -> Layer:
    """Specks, some in clusters, and a few curled fibres; most stand out, some are the other way."""
    most, few = _specks(scene, scene.random.integers(30, 90)), _specks(scene, scene.random.integers(0, 12))
    fibres = [_fibre(scene) for _ in range(scene.random.integers(1, 6))]
    most = np.maximum(most, draw_lines(scene.shape, fibres))
    color = contrasting(scene, most)
    mixed = color + (few > most)[..., None] * (1 - 2 * color)
    return Layer(laid_over(scene, mixed, scene.between(0.95, 0.35)), np.maximum(most, few))


def _specks(scene: Scene, count: int) -> np.ndarray:
    cluster, spread = scene.point(), 0.12 * min(scene.shape)
    outlines = []
    for _ in range(count):
        middle = scene.random.normal(cluster, spread) if scene.chance(0.3) else scene.point()
        outlines.append(middle + _speck(scene))
    return draw_shapes(scene.shape, outlines)


def _speck(scene: Scene) -> np.ndarray:
    """An angular outline around 0, longer than wide."""
    size = scene.fine * scene.between(1, 0.65) * min(scene.random.lognormal(0.1, 0.5), 5)
    around = np.arange(9) * 2 * math.pi / 9
    reach = size * scene.random.uniform(0.6, 1.3, (9, 1))
    outline = reach * np.stack([np.cos(around), np.sin(around) * scene.random.uniform(0.4, 1)], 1)
    turn = scene.random.uniform(0, math.pi)
    return outline @ np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])


def _fibre(scene: Scene) -> Line:
    length = scene.unit * scene.random.uniform(8, 45)
    path = random_path(scene, scene.random.uniform(0, math.pi), length, scene.random.uniform(0.05, 0.35))
    return path, scene.fine * scene.random.uniform(0.5, 1.1)
