"""Make the pictures of the workflows from five free photos of scikit-image (see README.md here).

python workflows/input/make.py
"""

from pathlib import Path

import cv2
import numpy as np
import torch
from monochromic.core import degrade, dilate, restore
from PIL import Image
from skimage import data

HERE = Path(__file__).parent


def scratches(height: int, width: int) -> np.ndarray:
    """A mask of what befalls a paper print: long scratches, a fold, flakes and dust."""
    random = np.random.default_rng(7)
    mask = np.zeros((height, width), np.uint8)
    for _ in range(9):
        start, end = random.uniform(0, (width, height), (2, 2))
        bend = (start + end) / 2 + random.normal(0, 30, 2)
        t = np.linspace(0, 1, 60)[:, None]
        curve = (1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t**2 * end
        cv2.polylines(mask, [curve.astype(np.int32)], False, 255, int(random.integers(2, 5)))
    fold = np.stack([np.arange(0, width, 8), 330 + random.normal(0, 1.5, width // 8)], axis=1)
    cv2.polylines(mask, [fold.astype(np.int32)], False, 255, 6)
    for _ in range(60):
        cv2.circle(mask, tuple(random.integers(0, (width, height)).tolist()), int(random.integers(1, 4)), 255, -1)
    for x, y, r in ((95, 250, 17), (420, 90, 14), (215, 455, 19)):
        around = np.linspace(0, 2 * np.pi, 14, endpoint=False)
        radius = r * random.uniform(0.6, 1.3, 14)
        flake = np.stack([x + radius * np.cos(around), y + radius * np.sin(around)], axis=1)
        cv2.fillPoly(mask, [flake.astype(np.int32)], 255)
    return mask


def save(name: str, array: np.ndarray) -> None:
    Image.fromarray(array).save(HERE / name, optimize=True)


def main() -> None:
    photo = data.astronaut()
    mask = scratches(*photo.shape[:2])
    paper = np.random.default_rng(8).normal(228, 9, photo.shape[:2])[..., None] + np.array([4, 0, -10])
    save("astronaut.png", photo)
    save("astronaut_scratches.png", mask)
    save("astronaut_scratched.png", np.where(mask[..., None] > 0, paper.clip(0, 255), photo).astype(np.uint8))

    photo = data.rocket()
    tower = np.array([(441, 116), (452, 116), (457, 190), (461, 222), (477, 362), (486, 427), (398, 427), (402, 375),
                      (430, 352), (437, 222), (440, 190)])  # fmt: skip
    alpha = cv2.fillPoly(np.full(photo.shape[:2], 255, np.uint8), [tower.astype(np.int32)], 0)
    save("rocket_tower.png", np.dstack([photo, alpha]))

    other_model()

    photo = data.coffee()
    stain = cv2.ellipse(np.zeros(photo.shape[:2], np.uint8), (287, 132), (96, 84), 8, 0, 360, 255, -1)
    gray = np.asarray(Image.fromarray(photo).convert("L"))[..., None]
    save("coffee_stain.png", stain)
    save("coffee_bleached.png", np.where(stain[..., None] > 0, gray, photo).astype(np.uint8))

    album()


def other_model() -> None:
    """The rocket without the tower as a diffusion model gives it back: brighter, redder, softer, at multiples of 32."""
    tower = Image.open(HERE / "rocket_tower.png")
    photo = torch.from_numpy(np.asarray(tower.convert("RGB")).transpose(2, 0, 1)[None] / np.float32(255))
    hole = torch.from_numpy(np.asarray(tower.getchannel("A"))[None, None] == 0).float()
    filled = restore(photo, dilate(hole, 2), pipeline="rgb")[0].permute(1, 2, 0).numpy()
    wide, high = 672, 448
    picture = cv2.GaussianBlur(cv2.resize(filled, (wide, high), interpolation=cv2.INTER_CUBIC), (0, 0), 0.6)
    across = np.linspace(0, 0.02, wide)[None, :, None]
    drifted = picture * np.array([1.12, 1.04, 0.97]) + np.array([0.05, 0.03, 0.02]) + across
    levels = (drifted * 255).clip(0, 255).round().astype(np.uint8)
    Image.fromarray(levels).save(HERE / "rocket_other_model.jpg", quality=92)


def album() -> None:
    """Photos, each damaged in another way, as three scans in a folder."""
    (HERE / "album").mkdir(exist_ok=True)
    cameraman = np.dstack([data.camera()] * 3)
    photos = (
        ("cat", data.chelsea(), "torn_corner", 1),
        ("coffee", data.coffee(), "fold", 0),
        ("cameraman", cameraman, "fold", 1),
    )
    for name, photo, kind, seed in photos:
        clean = torch.from_numpy(photo.transpose(2, 0, 1)[None] / np.float32(255))
        damaged = degrade(clean, kind, difficulty=0.1, seed=seed).image
        levels = (damaged[0].permute(1, 2, 0) * 255).round().byte().numpy()
        Image.fromarray(levels).save(HERE / "album" / f"{name}.jpg", quality=90)


if __name__ == "__main__":
    main()
