"""Numbers beside the people of a photo, to which a list of names belongs, and numbers on hulls, doors and plates."""

import cv2
import numpy as np
from handwriting import Picture, inked, placed
from monochromic.core.degrade.lettering import typeset
from numpy.random import Generator
from numpy.typing import NDArray

COUNTS = 1, 17  # numbers on a photo, the last excluded
HIGHEST = 30  # of most; the others have two to four digits
LONG_SHARE = 0.2
SIZES = 0.05, 0.13  # of the shorter side: sizes of the typeface, whose digits are about 0.7 of that high
TYPEFACES = None, cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_SCRIPT_SIMPLEX  # None: Pillow's


def number_people(picture: Picture, random: Generator) -> tuple[Picture, NDArray[np.bool_]]:
    """A picture with numbers anywhere on it, all of one size and tone.

    Args:
        picture: (H, W, 3) in [0, 1].
        random: draws everything.

    Returns:
        The picture, and where the numbers are, (H, W).
    """
    h, w = picture.shape[:2]
    size = min(h, w) * float(np.exp(random.uniform(*np.log(SIZES))))
    typeface = TYPEFACES[random.integers(len(TYPEFACES))]
    coverage = np.zeros((h, w), np.float32)
    for _ in range(random.integers(*COUNTS)):
        highest = 10 ** int(random.integers(2, 5)) if random.random() < LONG_SHARE else HIGHEST
        number = typeset([str(random.integers(1, highest + 1))], size, typeface)
        coverage = np.maximum(coverage, placed(number, h, w, random))
    ink = random.random(3) if random.random() < 0.2 else np.full(3, float(random.random() < 0.65))
    return inked(picture, ink, coverage, coverage * random.uniform(0.8, 1))
