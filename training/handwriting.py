"""Handwriting with pen or pencil on a print or its mount: captions, names and dates in script, as on albums.

Half of the lines are words in OpenCV's script typefaces, half are loops that look like running hand. They are slanted,
warped and of uneven pressure. Handwriting is as old as the print, and scanned with it.
"""

import cv2
import numpy as np
from monochromic.core.degrade.lettering import SYLLABLES, rotated
from numpy.random import Generator
from numpy.typing import NDArray

TYPEFACES = cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, cv2.FONT_HERSHEY_SCRIPT_COMPLEX
HEIGHT = 22  # pixels of a capital letter in them
FINER = 4  # times: letters are drawn so much larger, and reduced
SIZES = 0.035, 0.16  # of the shorter side: heights of capital letters
WEIGHTS = 0.03, 0.1  # of the height of a capital letter: widths of a stroke
INKS = (0.05, 0.05, 0.07), (0.1, 0.1, 0.25), (0.1, 0.15, 0.45), (0.25, 0.15, 0.08), (0.3, 0.3, 0.3), (0.95, 0.95, 0.92)
SLANTING_SHARE = 0.2  # of photos, across which is written at any angle, as names are
MOUNT_SHARE = 0.4  # of photos, at a side of which is light or dark paper
TALL_SHARE, DEEP_SHARE, DOT_SHARE, END_SHARE = 0.25, 0.15, 0.12, 0.15  # of loops: l, g, i, and the last of a word
LOOP_POINTS = 24  # of the path of a loop
COVERED, SEEN = 0.3, 0.06  # coverage from which a pixel belongs to a letter, if it changes by so much

Picture = NDArray[np.float32]  # (H, W, 3) in [0, 1]
Coverage = NDArray[np.float32]  # (h, w) in [0, 1]


def write_on(picture: Picture, random: Generator) -> tuple[Picture, NDArray[np.bool_]]:
    """A picture with one to three lines of handwriting.

    Args:
        picture: (H, W, 3) in [0, 1].
        random: draws everything.

    Returns:
        The picture, and where the letters are, (H, W).
    """
    if random.random() < MOUNT_SHARE:
        picture = _on_mount(picture, random)
    h, w = picture.shape[:2]
    size = min(h, w) * np.exp(random.uniform(*np.log(SIZES)))
    hand = _loops if random.random() < 0.5 else _script
    stroke = max(1, round(FINER * size * random.uniform(*WEIGHTS)))
    rows = [hand(size, stroke, random) for _ in range(random.integers(1, 4))]
    letters = np.concatenate([np.pad(row, ((0, 0), (0, max(r.shape[1] for r in rows) - row.shape[1]))) for row in rows])
    degrees = random.uniform(-60, 60) if random.random() < SLANTING_SHARE else random.normal(0, 5)
    coverage = placed(rotated(_warped(letters, size, random), degrees), h, w, random)
    ink = np.array(INKS[random.integers(len(INKS))], np.float32)
    opacity = coverage * random.uniform(0.6, 1.0) * _pressure(h, w, size, random)
    return inked(picture, ink, coverage, opacity)


def inked(picture: Picture, ink: NDArray, coverage: Coverage, opacity: NDArray) -> tuple[Picture, NDArray[np.bool_]]:
    """A picture under letters, and where these can be seen.

    Args:
        picture: (H, W, 3) in [0, 1].
        ink: its color, (3,) in [0, 1].
        coverage: of each pixel by letters, (H, W) in [0, 1].
        opacity: of the ink there, (H, W) in [0, 1], 0 where nothing is covered.

    Returns:
        The picture (H, W, 3), and which pixels belong to letters, (H, W).
    """
    change = ((ink - picture) * opacity[..., None]).astype(np.float32)
    return picture + change, (coverage > COVERED) & (np.abs(change).max(-1) > SEEN)


def _text(random: Generator) -> str:
    """A word to four, a date, or a number."""
    if random.random() < 0.25:
        return str(random.choice(["19", "18"])) + str(random.integers(10, 100)) + "." * int(random.integers(2))
    words = ("".join(random.choice(SYLLABLES, random.integers(1, 4))) for _ in range(random.integers(1, 5)))
    ends = random.choice(["", "", "", ",", ".", " -", "i", "'"], 4)
    return " ".join(word.capitalize() + end for word, end in zip(words, ends, strict=False))


def _script(size: float, stroke: int, random: Generator) -> Coverage:
    """A line of text with capital letters `FINER` times `size` pixels high."""
    text, typeface, scale = _text(random), int(random.choice(TYPEFACES)), FINER * size / HEIGHT
    (width, height), below = cv2.getTextSize(text, typeface, scale, stroke)
    page = np.zeros((height + 2 * below + 2 * stroke, width + 4 * stroke), np.uint8)
    start = 2 * stroke, height + stroke + below // 2
    cv2.putText(page, text, start, typeface, scale, 255, stroke, cv2.LINE_AA)
    return np.asarray(page / 255, np.float32)


def _loops(size: float, stroke: int, random: Generator) -> Coverage:
    """A line of loops like running hand, as high as a line of `_script`."""
    high, x = FINER * size, 0.0
    turn = np.linspace(0, 2 * np.pi, LOOP_POINTS)
    count, step = int(random.integers(3, 26)), high * random.uniform(0.25, 0.5)
    page = np.zeros((round(2.2 * high) + 2 * stroke, round(1.4 * step * count + high) + 2 * stroke), np.uint8)
    foot = 1.5 * high + stroke
    for _ in range(count):
        tall, deep = random.random(2) < (TALL_SHARE, DEEP_SHARE)
        top = high * (random.uniform(0.8, 1.2) if tall else random.uniform(0.35, 0.55))
        bottom = high * random.uniform(0.3, 0.6) * deep
        lean = np.sin(turn) * step * random.uniform(0.1, 0.7)
        path = np.stack([x + step * turn / (2 * np.pi) + lean, foot + bottom - (top + bottom) * (1 - np.cos(turn)) / 2])
        cv2.polylines(
            page, [np.asarray(path.T + np.array([stroke + step, 0]), np.int32)], False, 255, stroke, cv2.LINE_AA
        )
        if random.random() < DOT_SHARE:
            dot = int(x + stroke + 1.5 * step), int(foot - high * random.uniform(0.8, 1.1))
            cv2.circle(page, dot, max(1, round(0.8 * stroke)), 255, -1, cv2.LINE_AA)
        x += step * (1 if random.random() > END_SHARE else random.uniform(1.5, 2))
    return np.asarray(page[:, : round(x + 2 * step) + 2 * stroke] / 255, np.float32)


def _warped(letters: Coverage, size: float, random: Generator) -> Coverage:
    """Letters slanted and made uneven, at their own size."""
    pad = round(FINER * size)
    letters = np.pad(letters, pad)
    h, w = letters.shape
    rows, columns = np.indices((h, w), np.float32)
    slant = random.uniform(-0.1, 0.5)
    across, along = (_noise(h, w, random.uniform(0.8, 2.5) * pad, random) * pad * 0.12 for _ in range(2))
    source = np.asarray(columns + slant * (rows - h / 2) + along, np.float32), np.asarray(rows + across, np.float32)
    bent = cv2.remap(letters, source[0], source[1], cv2.INTER_LINEAR)
    small = cv2.resize(bent, (max(1, w // FINER), max(1, h // FINER)), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def _noise(h: int, w: int, scale: float, random: Generator) -> NDArray[np.float32]:
    """Smooth noise of deviation 1, whose parts are about `scale` pixels wide."""
    grid = random.normal(size=(max(2, round(h / scale)), max(2, round(w / scale)))).astype(np.float32)
    return np.asarray(cv2.resize(grid, (w, h), interpolation=cv2.INTER_CUBIC), np.float32)


def _pressure(h: int, w: int, size: float, random: Generator) -> NDArray[np.float32]:
    """How dark the ink of each pixel is, in [0, 1]."""
    return np.clip(1 - random.uniform(0, 0.3) * np.abs(_noise(h, w, size, random)), 0.2, 1)


def placed(letters: Coverage, h: int, w: int, random: Generator) -> Coverage:
    """Letters anywhere on a picture, cut at its sides where they are larger; (h, w)."""
    high, wide = letters.shape
    top, left = (
        random.integers(min(0, whole - part), max(0, whole - part) + 1) for whole, part in ((h, high), (w, wide))
    )
    page = np.zeros((h, w), np.float32)
    inside = slice(max(0, top), min(h, top + high)), slice(max(0, left), min(w, left + wide))
    page[inside] = letters[inside[0].start - top : inside[0].stop - top, inside[1].start - left : inside[1].stop - left]
    return page


def _on_mount(picture: Picture, random: Generator) -> Picture:
    """A picture with paper of one tone along one side."""
    tone = random.uniform(0.75, 0.98) if random.random() < 0.75 else random.uniform(0.1, 0.4)
    paper = np.float32(tone) * np.array([1, random.uniform(0.92, 1), random.uniform(0.8, 1)], np.float32)
    turns = int(random.integers(4))
    mounted = np.rot90(picture, turns).copy()
    depth = round(mounted.shape[0] * random.uniform(0.15, 0.8))
    grain = random.normal(0, random.uniform(0, 0.02), (depth, mounted.shape[1], 1)).astype(np.float32)
    mounted[-depth:] = np.clip(paper + grain, 0, 1)
    return np.ascontiguousarray(np.rot90(mounted, -turns))
