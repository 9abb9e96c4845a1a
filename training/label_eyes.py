"""Find the eyes in photos to train on, by a face detector made by others (MTCNN, Zhang et al. 2016).

    pip install --no-deps facenet-pytorch torchvision
    python training/label_eyes.py PHOTOS EYES.csv

EYES.csv has a line for each eye, as `train.py --eyes EYES.csv` reads it: the index of its photo in PHOTOS, the middle
of the eye (x and y) and the distance between both eyes in pixels, and how sure the detector is of the face. Nothing but
the training of our own network for eyes needs that package.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch
from photos import load_photos
from PIL import Image

MIN_FACE = 16  # pixels
THRESHOLDS = [0.6, 0.7, 0.7]  # of its three networks; faces that it is not sure of are ignored in the training


def load_detector() -> Any:
    """The face detector of others, from a package of its own."""
    try:
        from facenet_pytorch import MTCNN  # type: ignore[import-not-found]  # only this needs it
    except ImportError:
        install = "pip install --no-deps facenet-pytorch torchvision"
        raise SystemExit(f"eyes are found by the package facenet-pytorch; install it: {install}") from None

    return MTCNN(keep_all=True, min_face_size=MIN_FACE, thresholds=THRESHOLDS, device="cpu")


def eyes_in(detector: Any, photo: np.ndarray) -> list[tuple[float, float, float, float]]:
    """The eyes in a photo, uint8 (H, W, 3): x, y, distance to the other eye, and how sure, in [0, 1]."""
    with torch.no_grad():
        faces, sure, points = detector.detect(Image.fromarray(photo), landmarks=True)
    eyes = []
    for probability, (left, right, *_) in () if faces is None else zip(sure, points, strict=True):
        distance = float(np.hypot(*(right - left)))
        eyes += [(float(x), float(y), distance, float(probability)) for x, y in (left, right)]
    return eyes


def main() -> None:
    """The command: finds eyes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("eyes", type=Path)
    options = parser.parse_args()
    detector, lines, seen = load_detector(), [], set()
    for i, photo in enumerate(load_photos(options.photos)):
        for x, y, distance, sure in eyes_in(detector, photo):
            lines.append(f"{i},{x:.1f},{y:.1f},{distance:.1f},{sure:.3f}\n")
            seen.add(i)
    options.eyes.write_text("".join(lines))
    print(f"{len(lines)} eyes in {len(seen)} photos")


if __name__ == "__main__":
    main()
