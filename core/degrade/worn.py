"""Wear of old prints: worn borders, lost emulsion, tape, silvering, mold."""

import math

import numpy as np

from .scene import Layer, Scene, alpha_blend, coordinates, draw_shapes, fractal_noise, paper_color, value_noise


def worn_border(scene: Scene) -> Layer:
    """Sides and corners rubbed off in scallops, down to the paper."""
    (h, w), unit, (rows, columns) = scene.shape, scene.unit, coordinates(scene)
    sides = np.minimum(np.minimum(rows, h - rows), np.minimum(columns, w - columns))
    corner = np.minimum(np.hypot(rows, columns), np.hypot(h - rows, w - columns))
    corner = np.minimum(corner, np.minimum(np.hypot(h - rows, columns), np.hypot(rows, w - columns)))
    depth = unit * scene.random.uniform(2, 8)
    eaten = depth * (fractal_noise(scene, 30 * unit) + 0.5 * fractal_noise(scene, 7 * unit))
    eaten = eaten + np.float32(scene.random.uniform(0, 2)) * depth * np.exp(-corner / (12 * unit)) - sides
    low = np.quantile(eaten, 1 - scene.by_difficulty(0.07, 0.03) * scene.random.uniform(0.3, 1.2))
    alpha = np.clip((eaten - low) / max(unit, 1) + 0.5, 0, 1)
    return Layer(np.clip(_bare(scene), 0, 1), alpha.astype(np.float32) * np.float32(scene.by_difficulty(1, 0.6)))


def emulsion_loss(scene: Scene) -> Layer:
    """Ragged flakes of the picture that came off, with a rim in shade; alone, in crowds, or towards a side."""
    random, unit = scene.random, scene.unit
    hills = fractal_noise(scene, random.uniform(12, 50) * unit) + 0.4 * value_noise(scene, 4 * unit)
    hills = hills + random.uniform(0, 1.2) * fractal_noise(scene, 160 * unit)
    if scene.chance(0.4):
        hills = hills + 1.5 * _towards_a_side(scene)
    low = np.quantile(hills, 1 - scene.by_difficulty(0.06, 0.03) * random.uniform(0.1, 1.2))
    inside = (hills - low) * 8
    alpha = np.clip(inside + 0.5, 0, 1) * scene.by_difficulty(1, 0.6)
    rim = 1 - random.uniform(0, 0.4) * np.exp(-np.maximum(inside, 0))[..., None]
    return Layer(np.clip(_bare(scene) * rim, 0, 1).astype(np.float32), alpha.astype(np.float32))


def _towards_a_side(scene: Scene) -> np.ndarray:
    """From -1 to 1 across the photo, highest at one side, (H, W)."""
    (h, w), (rows, columns) = scene.shape, coordinates(scene)
    turn = scene.random.uniform(0, 2 * math.pi)
    across = (rows / h - 0.5) * math.sin(turn) + (columns / w - 0.5) * math.cos(turn)
    return (2 * across).astype(np.float32)


def _bare(scene: Scene) -> np.ndarray:
    """What shows where the picture is lost: paper with its fibers, board, or black, (H, W, 3)."""
    random = scene.random
    base = paper_color(scene)
    if scene.chance(0.25):
        base = base * np.array([0.72, 0.55, 0.38], np.float32)  # brown board
    elif scene.chance(0.12):
        base = base * np.float32(random.uniform(0.02, 0.2))  # black glass or tin
    grain = 0.03 * value_noise(scene, 1.5 * scene.unit) + 0.04 * fractal_noise(scene, 20 * scene.unit)
    return (base + grain[..., None] * random.uniform(0.2, 1)).astype(np.float32)


def tape(scene: Scene) -> Layer:
    """A strip of yellowed adhesive tape, half transparent, with cut or torn ends."""
    random, (h, w) = scene.random, scene.shape
    half = np.array([random.uniform(0.15, 0.6), random.uniform(0.03, 0.09)]) * min(h, w)
    turn = random.normal(0, 0.2) + random.choice([0, math.pi / 2, math.pi / 4])
    spin = np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    corners = (np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half) @ spin + scene.random_point()
    alpha = draw_shapes(scene.shape, [corners])
    yellow = np.array([0.85, 0.72, 0.42], np.float32) * np.float32(random.uniform(0.8, 1.15))
    hazy = np.clip(0.25 + 0.1 * fractal_noise(scene, 18 * scene.unit), 0.05, 0.6)[..., None]
    strength = np.float32(scene.by_difficulty(0.85, 0.3))
    seen = scene.photo * (1 - strength + strength * yellow)
    return Layer(np.clip(seen + strength * hazy * (yellow - seen), 0, 1).astype(np.float32), alpha)


def silvering(scene: Scene) -> Layer:
    """Silver that came to the surface: a bluish sheen over dark parts, strongest along the sides."""
    (h, w), (rows, columns) = scene.shape, coordinates(scene)
    sides = np.minimum(np.minimum(rows, h - rows) / h, np.minimum(columns, w - columns) / w)
    edge = np.clip(1 - sides / scene.random.uniform(0.1, 0.3), 0, 1)
    dark = 1 - scene.photo.mean(2)
    veil = np.clip(edge * dark * (1 + 0.5 * fractal_noise(scene, 50 * scene.unit)) * 1.6, 0, 1)
    sheen = np.array([0.62, 0.68, 0.76], np.float32)
    alpha = np.where(veil < 0.03, 0, veil).astype(np.float32)
    return Layer(alpha_blend(scene, sheen, scene.by_difficulty(0.85, 0.3)), alpha)


def mold(scene: Scene) -> Layer:
    """Colonies of mold: blurred dark or pale rosettes with hairy rims, in groups."""
    unit, random = scene.unit, scene.random
    (rows, columns), middle = coordinates(scene), scene.random_point()
    inside: np.ndarray = np.full(scene.shape, -1e9, np.float32)
    for _ in range(random.integers(4, 25)):
        x, y = random.normal(middle, 45 * unit)
        inside = np.maximum(inside, unit * random.uniform(1.5, 9) - np.hypot(columns - x, rows - y).astype(np.float32))
    inside = inside + 1.5 * unit * fractal_noise(scene, 5 * unit)
    alpha = np.clip(inside / (2 * unit) + 0.5, 0, 1).astype(np.float32)
    color = np.array([0.3, 0.3, 0.24], np.float32) if scene.chance(0.7) else np.array([0.85, 0.84, 0.78], np.float32)
    return Layer(alpha_blend(scene, color, scene.by_difficulty(0.85, 0.3)), alpha)
