"""Lines that tests of finding damage share: ragged ones and smooth ones."""

import cv2
import numpy as np

SIDE = 400


def crack(row=100, left=50, length=200, rough=1.6, side=SIDE, seed=0, half=3):
    """A line whose upper and lower edges each wander by some pixels, uint8 (H, W)."""
    rng = np.random.default_rng(seed)
    edges = [np.convolve(rng.normal(0, 1, length + 8), np.ones(3) / 3, "valid")[:length] * rough for _ in range(2)]
    plane = np.zeros((side, side), np.uint8)
    for x, (up, down) in enumerate(zip(*edges, strict=True)):
        plane[round(row - half + up) : round(row + half + 1 + down), left + x] = 1
    return plane


def rod(row=100, **options):
    return crack(row, rough=0, **options)


def arc(radius=90):
    """A chain, or the rim of an oval portrait."""
    return cv2.ellipse(np.zeros((SIDE, SIDE), np.uint8), (200, 200), (radius, radius), 0, 30, 150, 1, 5)
