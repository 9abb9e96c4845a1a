"""What time and reproduction make of any photo, damaged or not: an old print before its damage, a scan after it.

Neither is damage. A detector of damage has to see through both, so they belong into what it is trained and tested on.
"""

import numpy as np
from numpy.random import Generator

TONES = ((1.0, 0.97, 0.88), (1.0, 0.9, 0.72), (1.0, 0.84, 0.62), (0.96, 0.98, 1.0))  # warm paper to sepia; cold


def make_old(photo: np.ndarray, random: Generator) -> np.ndarray:
    """A photo as an old print: gray or toned, faded, of low contrast, soft, halftoned, on paper with a margin.

    Args:
        photo: float32 (H, W, 3) in [0, 1].
        random: the generator that draws what happens.

    Returns:
        The same shape and range.
    """
    import cv2

    if random.random() < 0.65:
        photo = photo.mean(2, keepdims=True).repeat(3, 2)
        if random.random() < 0.6:
            photo = photo * np.array(TONES[random.integers(len(TONES))], np.float32)
    if random.random() < 0.5:
        low, high = random.uniform(0, 0.3), random.uniform(0.6, 1)
        photo = low + (max(high, low + 0.3) - low) * photo
    if random.random() < 0.25:
        photo = np.clip(photo, 0, 1) ** random.uniform(0.6, 1.7)
    if random.random() < 0.45:
        photo = cv2.GaussianBlur(photo.astype(np.float32), (0, 0), random.uniform(0.4, 1.6))
    if random.random() < 0.15:
        photo = photo + _screen(photo.shape[:2], random)[..., None]
    if random.random() < 0.25:
        photo = _vignetted(photo, random)
    if random.random() < 0.15:
        photo = _on_paper(photo, random)
    return np.clip(photo, 0, 1).astype(np.float32)


def _screen(shape: tuple[int, int], random: Generator) -> np.ndarray:
    """The dots of a printing screen, (H, W) around 0, at 2.2 to 6 pixels, which is 60 to 150 lines in usual scans."""
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    pitch, turn = random.uniform(2.2, 6), random.uniform(0, np.pi / 2)
    along = (columns * np.cos(turn) + rows * np.sin(turn)) * 2 * np.pi / pitch
    across = (rows * np.cos(turn) - columns * np.sin(turn)) * 2 * np.pi / pitch
    return np.float32(random.uniform(0.03, 0.15)) * np.cos(along) * np.cos(across)


def _vignetted(photo: np.ndarray, random: Generator) -> np.ndarray:
    """Lighter or darker towards the corners."""
    h, w = photo.shape[:2]
    rows, columns = np.mgrid[:h, :w].astype(np.float32)
    far = np.hypot(rows / h - random.uniform(0.3, 0.7), columns / w - random.uniform(0.3, 0.7))
    return photo + np.float32(random.uniform(-0.5, 0.35)) * (far**2)[..., None]


def _on_paper(photo: np.ndarray, random: Generator) -> np.ndarray:
    """On a sheet whose margin shows on one to four sides, at times with a line around the picture."""
    h, w = photo.shape[:2]
    sides = (random.random(4) < 0.6) * random.uniform(0.02, 0.16, 4)
    top, bottom, left, right = (int(share * length) for share, length in zip(sides, (h, h, w, w), strict=True))
    level = random.choice([random.uniform(0.78, 1), random.uniform(0.78, 1), random.uniform(0, 0.12)])
    tone = np.array([1, random.uniform(0.94, 1), random.uniform(0.82, 1)], np.float32)
    sheet = np.full_like(photo, level) * tone
    sheet[top : h - bottom, left : w - right] = photo[top : h - bottom, left : w - right]
    if random.random() < 0.3:
        line = max(1, round(min(h, w) / 200))
        sheet[top : top + line, left : w - right] = sheet[h - bottom - line : h - bottom, left : w - right] = 0.2
    return sheet


def scan(photo: np.ndarray, random: Generator) -> np.ndarray:
    """A photo after a lens, film grain, a sensor and a JPEG file, each at times.

    Args:
        photo: float32 (H, W, 3) in [0, 1].
        random: the generator that draws what happens.

    Returns:
        The same shape and range.
    """
    import cv2

    if random.random() < 0.3:
        photo = cv2.GaussianBlur(photo, (0, 0), random.uniform(0.3, 0.9))
    if random.random() < 0.6:
        photo = photo + _grain(photo.shape, random)
    if random.random() < 0.15:
        photo = photo + random.uniform(0.3, 1.2) * (photo - cv2.GaussianBlur(photo, (0, 0), random.uniform(0.8, 2)))
    photo = np.clip(photo, 0, 1).astype(np.float32)
    if random.random() < 0.65:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(30, 96))]
        levels = np.round(photo * 255).astype(np.uint8)
        decoded = cv2.imdecode(cv2.imencode(".jpg", levels, quality)[1], cv2.IMREAD_COLOR)
        photo = np.asarray(decoded, np.float32) / 255
    return photo


def _grain(shape: tuple[int, ...], random: Generator) -> np.ndarray:
    """Noise of one or three channels, fine or in clumps."""
    import cv2

    channels = 1 if random.random() < 0.7 else 3
    noise = random.standard_normal((*shape[:2], channels), dtype=np.float32)
    if random.random() < 0.5:
        size = random.uniform(0.4, 1.3)
        noise = cv2.GaussianBlur(noise, (0, 0), size).reshape(noise.shape) * np.float32(1 + 2 * size)
    return noise * np.float32(random.uniform(0.004, 0.045))
