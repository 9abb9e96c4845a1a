"""Find the clean photos in which a damage detector has false alarms, to train on them more often.

    python training/mine.py STATE PHOTOS HARD.txt [--count 3000]

STATE is a checkpoint of a training, or weights. The worst tenth of `--count` photos is written to HARD.txt, a line each
with its index in PHOTOS. `train.py --hard HARD.txt` shows these undamaged. Gray photos are not used: among them are old
prints whose specks and borders are real damage.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from checkpoint import load_average
from monochromic.core.detect.network import DamageNetwork, build
from photos import load_photos
from torch import Tensor

HARD_SHARE = 0.1  # of the photos
MAX_GRAY_SPREAD = 6  # levels of 255 by which the channels of a gray scan may differ in the mean


def false_alarms(network: DamageNetwork, photo: np.ndarray) -> float:
    """How much of a clean photo, uint8 (H, W, 3), is taken for lines, specks or lost parts: a mean square in [0, 1]."""
    h, w = (side // network.multiple * network.multiple for side in photo.shape[:2])
    image = torch.from_numpy(photo[:h, :w].copy()).permute(2, 0, 1)[None].float() / 255
    with torch.no_grad():
        probability: Tensor = network(image.contiguous(memory_format=torch.channels_last)).sigmoid()[:, :3]
    return probability.amax(1).square().mean().item()


def is_gray(photo: np.ndarray) -> bool:
    """Whether uint8 (H, W, 3) is a scan in gray or in one tone."""
    channels = photo.astype(np.float32) - photo.mean(2, keepdims=True)
    return float((channels - channels.mean((0, 1))).std()) < MAX_GRAY_SPREAD


def main() -> None:
    """The command: finds the photos that the network fails on."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("state", type=Path)
    parser.add_argument("photos", type=Path)
    parser.add_argument("hard", type=Path)
    parser.add_argument("--count", type=int, default=3000, help="photos to use, evenly chosen")
    options = parser.parse_args()
    network = build(load_average(options.state)).to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # its stubs lack it
    photos = load_photos(options.photos)
    indices = np.unique(np.linspace(0, len(photos) - 1, options.count).astype(int))
    alarms = {int(i): false_alarms(network, photos[i]) for i in indices if not is_gray(photos[i])}
    worst = sorted(alarms, key=lambda i: alarms[i], reverse=True)[: max(1, round(HARD_SHARE * len(indices)))]
    options.hard.write_text("".join(f"{i}\n" for i in worst))
    print(f"{len(worst)} of {len(alarms)} photos; false alarms {alarms[worst[0]]:.4f} to {alarms[worst[-1]]:.4f}")


if __name__ == "__main__":
    main()
