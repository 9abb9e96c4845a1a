"""From a filled gray picture to one whose hole has the mid-level features of known patches, from coarse to fine."""

import inspect

import torch
import torch.nn.functional as F
from torch import Tensor

from ...host.cancel import check_cancelled
from ...host.thread import run_in_thread
from .features import Features, load_features
from .matching import Target, match_patches

MIN_SIDE = 48  # pixels: scales are halves of the picture, as far as their shorter side is at least that
MAX_SIDE = 512  # pixels: larger pictures are reduced to it, and get the change of that
ROUNDS = (4, 6, 8)  # of matching, from the largest scale on,
STEPS = 5  # and of the optimizer in each
CONTENT, VARIATION = 30.0, 3.0  # weights of mean squared differences beside the relative one of features
OFFSETS = ((0, 0), (1, 1), (2, 3), (3, 2), (1, 2), (0, 3), (3, 1), (2, 0))  # of the picture in the grid of features


def synthesize_patches(gray: Tensor, hole: Tensor, seed: int = 0, features: Features | None = None) -> Tensor:
    """Change the hole of a filled picture so that its features become those of known patches.

    Args:
        gray: (1, 1, H, W) in [0, 1], filled.
        hole: bool (1, 1, H, W), True = was filled.
        seed: Of the choice among many patches.
        features: Those to compare by; None: see `load_features`.

    Returns:
        float32 (1, 1, H, W) in [0, 1], with the known pixels of `gray`; all of it as it was where too little is known.
    """
    h, w = gray.shape[-2:]
    if min(h, w) * min(1, MAX_SIDE / max(h, w)) < MIN_SIDE:
        return gray.float()
    random = torch.Generator().manual_seed(seed)
    with torch.inference_mode(False), torch.enable_grad():
        features = features or load_features()
        picture, inside = gray.detach().float().cpu().clone(), hole.cpu().clone()
        start, change = picture, torch.zeros_like(picture)
        for rounds, size in _sizes(picture):
            scaled = start if size == start.shape[-2:] else F.interpolate(start, size, mode="area")
            inside_scaled = F.interpolate(inside.float(), size, mode="area") > 0
            at_first = (scaled + F.interpolate(change, size, mode="bilinear") * inside_scaled).clamp(0, 1)
            change = Scale(at_first, inside_scaled, features, random).optimized(rounds) - scaled
        change = change if change.shape == start.shape else F.interpolate(change, start.shape[-2:], mode="bilinear")
        return torch.where(inside, (start + change).clamp(0, 1), start).detach().to(gray.device)


def _sizes(picture: Tensor) -> list[tuple[int, tuple[int, int]]]:
    """The rounds and the size of each scale, the smallest first."""
    h, w = picture.shape[-2:]
    largest = min(1.0, MAX_SIDE / max(h, w))
    factors = [largest / 2**k for k in range(len(ROUNDS))]
    used = [(n, f) for n, f in zip(ROUNDS, factors, strict=True) if f * min(h, w) >= MIN_SIDE]
    return [(n, (round(f * h), round(f * w))) for n, f in reversed(used)]


class Descent(torch.optim.LBFGS):
    """torch's own, but one that does not load torch's compiler, which makes a folder in the temporary folder.

    The compiler is what the method is wrapped in; `zero_grad`, which is wrapped too, is not to be called.
    """

    add_param_group = inspect.unwrap(torch.optim.LBFGS.add_param_group)


class Scale:
    """One scale: the filled picture and its hole, (1, 1, H, W) both, and the pixels of the hole that change."""

    def __init__(self, filled: Tensor, hole: Tensor, features: Features, random: torch.Generator) -> None:
        self.filled, self.hole, self.features, self.random = filled, hole, features, random
        self.pixels = filled[hole].clone().requires_grad_()

    def optimized(self, rounds: int) -> Tensor:
        """The picture after some rounds, or as it was where too little is known."""
        for turn in range(rounds):
            offset = OFFSETS[turn % len(OFFSETS)]
            targets = self.targets(offset)
            if targets is None:
                break
            run_in_thread(self.filled.numel(), self.descend, targets, offset)
        return self.picture().detach()

    def picture(self) -> Tensor:
        """As it stands."""
        return self.filled.masked_scatter(self.hole, self.pixels)

    def targets(self, offset: tuple[int, int]) -> list[Target] | None:
        """What the maps should be in the hole; None where too little is known."""
        with torch.no_grad():
            inside, found = self.placed(self.hole.float(), offset), []
            maps = self.features.maps(self.placed(self.picture(), offset))
            for features, stride in zip(maps, self.features.strides, strict=True):
                target = match_patches(features, F.max_pool2d(inside, stride) > 0, self.random)
                if target is None:
                    return None
                found.append(target)
        return found

    def descend(self, targets: list[Target], offset: tuple[int, int]) -> None:
        """Some steps toward the targets."""
        optimizer = Descent([self.pixels], max_iter=STEPS, max_eval=STEPS + 3, line_search_fn="strong_wolfe")

        def closure() -> Tensor:
            check_cancelled()
            self.pixels.grad = None
            loss = self.loss(targets, offset)
            loss.backward()
            return loss

        optimizer.step(closure)
        with torch.no_grad():
            self.pixels.clamp_(0, 1)

    def loss(self, targets: list[Target], offset: tuple[int, int]) -> Tensor:
        """Of the picture as it stands: texture, content and total variation."""
        picture = self.picture()
        maps = self.features.maps(self.placed(picture, offset))
        texture = torch.stack([target.distance(found) for target, found in zip(targets, maps, strict=True)]).sum()
        content = (picture - self.filled).square().sum()
        down, right = picture.diff(dim=-2).square().sum(), picture.diff(dim=-1).square().sum()
        return texture + (CONTENT * content + VARIATION * (down + right)) / len(self.pixels)

    def placed(self, picture: Tensor, offset: tuple[int, int]) -> Tensor:
        """The picture in the grid of features, which is another one in each round, so that it leaves no pattern."""
        multiple = self.features.strides[-1]
        (h, w), (top, left) = picture.shape[-2:], offset
        pads = (left, -(w + left) % multiple, top, -(h + top) % multiple)
        return F.pad(picture, pads, mode="reflect")
