"""The pyramid that filling by example works on: pictures with their holes, patches and texture, from fine to coarse."""

from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..host.cancel import check_cancelled
from ..image.strips import filter_in_strips

SIDES = (7, 5, 3)  # of a patch: the first of which there are enough known ones
MIN_KNOWN, MIN_COARSE = 32, 64  # known patches that there must be, at full size and when coarser
MIN_SIDE = 10  # pixels of the coarsest level
STRIDES = ((6_000, 1), (240_000, 2))  # up to so many open patches each is used, then each second, then each third
FADE, MAX_DEPTH = 1.15, 12  # a pixel counts less by this factor for each step into the hole, up to so many
TEXTURE_SIDE = 5  # pixels over which gradients are averaged


@dataclass(frozen=True)
class Level:
    """One size of the picture.

    Attributes:
        planes: The gray picture and the strength of its gradients along both axes, (3, H, W).
        hole: bool (H, W), True = fill.
        patch: Height and width of a patch.
    """

    planes: Tensor
    hole: Tensor
    patch: tuple[int, int]

    @cached_property
    def touching(self) -> Tensor:
        """Whether a patch inside the picture touches the hole, (H - PH + 1, W - PW + 1)."""
        ph, pw = self.patch
        check_cancelled()
        rows = F.max_pool2d(self.hole[None].float(), (1, pw), 1)
        return F.max_pool2d(rows, (ph, 1), 1)[0] > 0

    @cached_property
    def stride(self) -> int:
        """How far the patches are apart that the hole is filled by."""
        count = int(self.touching.sum())
        return next((stride for most, stride in STRIDES if count <= most), len(STRIDES) + 1)

    @cached_property
    def open(self) -> Tensor:
        """The patches that touch the hole, each `stride` pixels and at the far sides, (N,)."""
        chosen = torch.zeros_like(self.touching)
        rows, columns = (_spaced(n, self.stride) for n in chosen.shape)
        chosen[rows[:, None], columns] = self.touching[rows[:, None], columns]
        y, x = chosen.nonzero().unbind(1)
        return y * self.hole.shape[1] + x

    @cached_property
    def known(self) -> Tensor:
        """Whether a patch may be copied from: inside the picture and completely known, (H * W,)."""
        ph, pw = self.patch
        return F.pad(~self.touching, (0, pw - 1, 0, ph - 1)).flatten()

    @cached_property
    def confidence(self) -> Tensor:
        """Weight of a pixel: 1 where known, less and less into the hole, (H, W)."""
        import cv2

        depth = cv2.distanceTransform(self.hole.numpy().astype(np.uint8), cv2.DIST_C, 3)
        return FADE ** -torch.from_numpy(depth).clamp(max=MAX_DEPTH)


def _spaced(length: int, stride: int) -> Tensor:
    """Each `stride`-th position, and the last one."""
    positions = torch.arange(0, length, stride)
    return positions if int(positions[-1]) == length - 1 else F.pad(positions, (0, 1), value=length - 1)


def first_level(gray: Tensor, hole: Tensor) -> Level | None:
    """The level of full size, with the largest patches of which enough are known; None where hardly any is."""
    planes = torch.cat([gray[None], gradients(gray, hole)]).masked_fill(hole, 0)
    levels = (level_of(planes, hole, side) for side in SIDES)
    return next((level for level in levels if level.known.sum() >= MIN_KNOWN), None)


def level_of(planes: Tensor, hole: Tensor, side: int) -> Level:
    """A level with patches of a side, or as large as the picture allows."""
    return Level(planes, hole, (min(side, hole.shape[0]), min(side, hole.shape[1])))


def pyramid(level: Level) -> list[Level]:
    """`level` and its halves, until the hole is gone or too little is known."""
    levels = [level]
    while min(level.hole.shape) >= 2 * MIN_SIDE:
        level = level_of(*halved(smoothed(level.planes, level.hole), level.hole), SIDES[0])
        if not level.hole.any() or level.known.sum() < MIN_COARSE:
            break
        levels.append(level)
    return levels


def smoothed(planes: Tensor, hole: Tensor) -> Tensor:
    """Planes (C, H, W) with each known pixel the (1, 2, 1) mean of the known ones around it."""
    known = (~hole).to(planes)
    share = _smooth(known).clamp(min=1e-3)
    return torch.where(hole, planes, torch.stack([_smooth(plane * known) / share for plane in planes]))


def _smooth(plane: Tensor) -> Tensor:
    kernel = torch.tensor([1.0, 2, 1]) / 4
    weights = (kernel[:, None] * kernel)[None, None]
    return filter_in_strips(partial(F.conv2d, weight=weights), F.pad(plane, [1] * 4)[None, None], overlap=2)[0, 0]


def halved(planes: Tensor, hole: Tensor) -> tuple[Tensor, Tensor]:
    """The mean of the known pixels of each 2 x 2, and a hole where less than half of them is known."""
    check_cancelled()
    pads = (0, hole.shape[1] % 2, 0, hole.shape[0] % 2)
    known = F.pad((~hole)[None].to(planes), pads, mode="replicate")
    share = F.avg_pool2d(known, 2)
    mean = F.avg_pool2d(F.pad(planes, pads, mode="replicate") * known, 2) / share.clamp(min=0.25)
    return mean, share[0] < 0.5


def gradients(gray: Tensor, hole: Tensor) -> Tensor:
    """How strong the gradients of the known pixels are nearby, along rows and along columns, (2, H, W)."""
    known = (~hole).to(gray)
    planes = []
    for axis, pads in ((1, (0, 1, 0, 0)), (0, (0, 0, 0, 1))):
        steps = gray.shape[axis] - 1
        both = known.narrow(axis, 1, steps) * known.narrow(axis, 0, steps)
        change = (gray.narrow(axis, 1, steps) - gray.narrow(axis, 0, steps)).abs() * both
        total, share = (_mean_nearby(F.pad(plane, pads)) for plane in (change, both))
        planes.append(total / share.clamp(min=1e-3))
    return torch.stack(planes)


def _mean_nearby(plane: Tensor) -> Tensor:
    check_cancelled()
    return F.avg_pool2d(plane[None, None], TEXTURE_SIDE, 1, TEXTURE_SIDE // 2)[0, 0]
