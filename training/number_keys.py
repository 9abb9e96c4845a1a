"""Numbers beside the people of a photo, to which a list of names belongs, and numbers on hulls, doors and plates."""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

COUNTS = 1, 17  # numbers on a photo, the last excluded
HIGHEST = 30  # of most; the others have two to four digits
LONG_SHARE = 0.2
SIZES = 0.05, 0.13  # of the shorter side: sizes of the typeface, whose digits are about 0.7 of that high
TYPEFACES = None, cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_SCRIPT_SIMPLEX  # None: Pillow's
FINER = 4  # times: digits are drawn so much larger, and reduced
COVERED, SEEN = 0.3, 0.06  # coverage from which a pixel belongs to a number, if it changes by so much

Picture = NDArray[np.float32]  # (H, W, 3) in [0, 1]


def number_people(picture: Picture, random: Generator) -> tuple[Picture, NDArray[np.bool_]]:
    """A picture with numbers anywhere on it, all of one size and tone.

    Args:
        picture: (H, W, 3) in [0, 1].
        random: draws everything.

    Returns:
        The picture, and where the numbers are, (H, W).
    """
    h, w = picture.shape[:2]
    size = FINER * min(h, w) * np.exp(random.uniform(*np.log(SIZES)))
    typeface = TYPEFACES[random.integers(len(TYPEFACES))]
    page = np.zeros((FINER * h, FINER * w), np.uint8)
    for _ in range(random.integers(*COUNTS)):
        highest = 10 ** int(random.integers(2, 5)) if random.random() < LONG_SHARE else HIGHEST
        at = random.uniform(0, 1, 2) * (w, h) * FINER
        page = _with_number(page, str(random.integers(1, highest + 1)), at, size, typeface)
    coverage = cv2.resize(page, (w, h), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    color = random.random(3) if random.random() < 0.2 else np.full(3, float(random.random() < 0.65))
    change = (color.astype(np.float32) - picture) * (coverage * random.uniform(0.8, 1))[..., None]
    return picture + change.astype(np.float32), (coverage > COVERED) & (np.abs(change).max(-1) > SEEN)


def _with_number(page: np.ndarray, text: str, at: np.ndarray, size: float, typeface: int | None) -> np.ndarray:
    """A page (h, w) of 8 bits with a number in the middle of a place (x, y)."""
    x, y = at.tolist()
    if typeface is None:
        drawn = Image.fromarray(page)
        ImageDraw.Draw(drawn).text((x, y), text, 255, ImageFont.load_default(size), anchor="mm")
        return np.array(drawn)
    scale, stroke = size / 30, max(1, round(size / 11))
    (width, height), _ = cv2.getTextSize(text, typeface, scale, stroke)
    return cv2.putText(page, text, (int(x - width / 2), int(y + height / 2)), typeface, scale, 255, stroke, cv2.LINE_AA)
