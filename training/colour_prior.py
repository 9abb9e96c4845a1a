"""Train the colour prior (core/colorize/prior_network.py): where in a photo to look for a missing colour.

    python training/colour_prior.py PHOTOS OUT.pt --side 128 --batch 16 --samples 520000 --rate 1e-3
    python training/colour_prior.py PHOTOS OUT.pt --export weights/colour_prior.safetensors

PHOTOS is a folder of pictures or of tar files of them. Stopped at any moment it goes on from OUT.pt when started
again; `--export` writes the averaged weights as safetensors and prints their row of weights_manifest.json.

The network sees a photo with a random hole, some colour points left in it, and is judged by the logarithm of
the mean squared RGB error in the hole, photo by photo: the mean PSNR. Half of the photos have their hues turned,
so that it learns where colours are and not which colours things have; in some the gray in the hole is blurred,
as a reconstruction is.
"""

import argparse
import hashlib
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from monochromic.core import chroma, luminance, random_hole, to_rgb
from monochromic.core.colorize.prior_network import CELL, PriorNetwork
from numpy.random import Generator
from photos import load_photos, random_cut
from safetensors.torch import save
from torch import Tensor

KEYS = 256  # cells that may be looked at, drawn anew for each sample
SAVE_EVERY = 120  # seconds
Sample = tuple[Tensor, Tensor, Tensor]


def sample(photo: np.ndarray, side: int, random: Generator) -> Sample:
    """Gray (1, side, side), chroma (2, side, side) and what is known (1, side, side) of one training photo."""
    image = random_cut(photo, side, random)[None]
    gray, colors = luminance(image), chroma(image)
    colors = _turn(colors, random)
    kind = random.choice(["free_form", "box", "blob"], p=[0.45, 0.35, 0.2])
    hole = random_hole(kind, side, side, random.uniform(0.05, 0.5), seed=int(random.integers(2**32)))
    known = 1 - hole
    if random.random() < 0.4:
        _leave_points(known, random)
    if random.random() < 0.15:
        gray = torch.where(hole > 0, _blurred(gray, random.uniform(1.5, 8)), gray)
    return gray[0], colors[0], known[0]


def _turn(colors: Tensor, random: Generator) -> Tensor:
    """Chroma with its hues turned, half of the time, and more or less of it."""
    angle = random.uniform(0, 2 * math.pi) * (random.random() < 0.5)
    gain = random.uniform(0.6, 1.4)
    cos, sin = gain * math.cos(angle), gain * math.sin(angle)
    return torch.einsum("ij,bjhw->bihw", torch.tensor([[cos, -sin], [sin, cos]]), colors)


def _leave_points(known: Tensor, random: Generator) -> None:
    """Up to 7 squares of 1 to 7 pixels that are known, like a user's hints."""
    side = known.shape[-1]
    for _ in range(random.integers(1, 8)):
        (row, column), reach = random.integers(0, side, 2), random.integers(0, 4)
        known[..., max(row - reach, 0) : row + reach + 1, max(column - reach, 0) : column + reach + 1] = 1


def _blurred(gray: Tensor, sigma: float) -> Tensor:
    reach = int(2 * sigma)
    taps = torch.softmax(-(torch.arange(-reach, reach + 1) ** 2) / (2 * sigma**2), 0).view(1, 1, 1, -1)
    gray = F.conv2d(F.pad(gray, (reach, reach, 0, 0), mode="replicate"), taps)
    return F.conv2d(F.pad(gray, (0, 0, reach, reach), mode="replicate"), taps.transpose(2, 3))


def random_keys(known: Tensor, random: Generator) -> Tensor:
    """KEYS cells of each sample, those of which something is known first: (B, KEYS)."""
    share = F.max_pool2d(known, CELL).flatten(1)
    order = share + torch.from_numpy(random.random(share.shape)).float() * 0.5
    return order.topk(min(KEYS, order.shape[1]), dim=1).indices


def rgb_error(found: Tensor, colors: Tensor, where: Tensor) -> Tensor:
    """Squared RGB error of chroma (B, 2, H, W), the luminance being equal, meaned over the channels: (B, 1, H, W)."""
    zero = torch.zeros_like(where)
    return (to_rgb(zero, found) - to_rgb(zero, colors)).square().mean(1, keepdim=True) * where


def loss_of(network: PriorNetwork, batch: Sample, keys: Tensor) -> tuple[Tensor, Tensor]:
    """The loss, and the mean PSNR in the hole."""
    gray, colors, known = batch
    with torch.autocast(gray.device.type, torch.bfloat16):
        found, doubt = network(gray, colors, known, keys)
    hole = 1 - known
    error = rgb_error(found.float(), colors, hole)
    mean = error.sum((1, 2, 3)) / hole.sum((1, 2, 3)).clamp(min=1)
    doubt = doubt.float().clamp(-12, 2)
    likelihood = ((error.detach() + 1e-5) * torch.exp(-doubt) + doubt) * hole
    loss = torch.log(mean + 3e-5).mean() + 0.05 * likelihood.sum() / hole.sum()
    return loss, (-10 * torch.log10(mean.detach() + 1e-6)).mean()


class Run:
    """A training that can be stopped and gone on with."""

    def __init__(self, out: Path, rate: float, start: Path | None) -> None:
        self.out, self.seen = out, 0
        self.network, self.average = PriorNetwork(), PriorNetwork()
        self.optimizer = torch.optim.AdamW(self.network.parameters(), lr=rate, weight_decay=1e-4, betas=(0.9, 0.98))
        if out.exists():
            self.load_state(torch.load(out, weights_only=True))
        elif start:
            self.network.load_state_dict(torch.load(start, weights_only=True)["average"])
            self.average.load_state_dict(self.network.state_dict())

    def load_state(self, state: dict) -> None:
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.seen = state["seen"]

    def save(self) -> None:
        state = {name: getattr(self, name).state_dict() for name in ("network", "average", "optimizer")}
        part = self.out.with_suffix(".part")
        torch.save({**state, "seen": self.seen}, part)
        part.replace(self.out)

    def step(self, loss: Tensor, rate: float, batch: int) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad()
        loss.backward()
        if torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0).isfinite():
            self.optimizer.step()
        self.seen += batch
        keep = min(0.999, 1 - 1 / (1 + self.seen / batch / 10))
        with torch.no_grad():
            for mean, value in zip(self.average.parameters(), self.network.parameters(), strict=True):
                mean.lerp_(value, 1 - keep)


def _pace(seen: int, samples: int) -> float:
    """The learning rate's share of its highest: up over 10 000 samples or a tenth, then down along a cosine."""
    return min(1, seen / min(10_000, samples / 10) + 0.01) * (1 + math.cos(math.pi * seen / samples)) / 2


def train(options: argparse.Namespace) -> None:
    photos = load_photos(options.photos)
    run = Run(options.out, options.rate, options.start)
    saved, scores = time.monotonic(), []
    while run.seen < options.samples:
        random = np.random.default_rng([options.seed, run.seen])  # the same batches, however often it is stopped
        chosen = [photos[i] for i in random.integers(0, len(photos), options.batch)]
        batch = tuple(torch.stack(t) for t in zip(*(sample(p, options.side, random) for p in chosen), strict=True))
        loss, score = loss_of(run.network, batch, random_keys(batch[2], random))
        run.step(loss, options.rate * _pace(run.seen, options.samples), options.batch)
        scores.append(score.item())
        if time.monotonic() - saved > SAVE_EVERY:
            run.save()
            print(f"{run.seen} samples, {np.mean(scores):.2f} dB in the hole", flush=True)
            saved, scores = time.monotonic(), []
    run.save()


def export(checkpoint: Path, target: Path) -> None:
    """Averaged weights at half precision, and what the manifest has to say of them."""
    state = torch.load(checkpoint, weights_only=True)
    data = save({k: v.half().contiguous() for k, v in state["average"].items()}, {"samples": str(state["seen"])})
    target.write_bytes(data)
    print(json.dumps({"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--side", type=int, default=128)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--samples", type=int, default=520_000)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=Path, help="weights to begin with")
    parser.add_argument("--export", type=Path, help="write OUT's weights here and do nothing else")
    options = parser.parse_args()
    if options.export:
        export(options.out, options.export)
    else:
        train(options)


if __name__ == "__main__":
    main()
