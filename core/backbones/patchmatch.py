"""Filling by example: every patch of the hole becomes like some patch of the known picture. No weights.

Wexler, Shechtman, Irani, "Space-Time Completion of Video", PAMI 2007: from coarse to fine, and on each level in
turn find for every patch that touches the hole the known patch most like it, then let these patches vote for the
pixels. Barnes, Shechtman, Finkelstein, Goldman, "PatchMatch", SIGGRAPH 2009, is how they are found: good matches
pass on to neighbors, and each is bettered at random. Newson, Almansa, Fradet, Gousseau, Perez, "Video Inpainting of
Complex Scenes", SIAM J. Imaging Sciences 2014: patches are compared by the strength of their gradients too, so that
texture does not drift to what is smooth, and the coarsest level is filled from the rim inwards.

Our own program, on the gray picture. A patch is named by the flat index of its upper left pixel. All patches move at
once. A shift may wrap around a side of the picture: that is one more candidate, used only if it is a known patch and
better. Where many patches touch the hole only each second or third is used, so that time grows slowly with size. All
is done on the CPU, in an order that is the same each time: on a GPU sums differ from run to run.
"""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from ..host.cancel import check_cancelled
from ..image.color import to_y
from .opencv import opencv_inpaint
from .patchmatch_parts import Level, first_level, pyramid
from .record import Backbone

TEXTURE = 10.0**0.5  # weight of a difference in the strength of gradients
JUMPS = (4, 2, 1)  # strides to the neighbors whose matches are tried
RADII = (16, 8, 4, 2, 1)  # pixels around a match within which others are tried
ROUNDS = (20, 12, 6, 4, 3)  # of search and vote, from the coarsest level on,
MIN_ROUNDS, PATCHES = 2, 60_000  # but no more than make so many patches
SHARPNESS, LAST_SHARPNESS = 2.0, 8.0  # how much more a similar patch counts in a vote, and in the last one of all
MIN_SUPPORT = 0.5  # part of a patch that is known or filled before the patch is, on the coarsest level
SOURCES, PAIRS = 8_192, 2**25  # known patches looked at there, and pairs of patches compared
CHUNK = 1 << 13  # patches compared at once, so that they stay in the cache


class Matching:
    """One level's picture under way, and for each open patch the known patch most like it so far.

    `match` (H * W,) is itself for a patch that is not open.
    """

    def __init__(self, level: Level, guess: Tensor, generator: torch.Generator) -> None:
        self.level, self.open, self.generator = level, level.open, generator
        (self.h, self.w), (ph, pw) = level.hole.shape, level.patch
        self.rows = torch.arange(ph) * self.w
        self.middle = ph // 2 * self.w + pw // 2
        self.examples = self.runs(level.planes[0])
        self.textures = self.texture_of(level.planes)
        weights = self.patches(self.runs(level.confidence), self.open)
        self.weights = weights / weights.sum(1, keepdim=True)
        self.match = torch.arange(self.h * self.w)
        self.set_picture(torch.where(level.hole, guess, level.planes))

    def set_picture(self, planes: Tensor) -> None:
        """Go on with another picture (3, H, W). The matches stay."""
        self.planes = planes
        self.open_patches = self.patches(self.runs(planes[0]), self.open)
        self.open_textures = self.texture_of(planes)[self.open]

    def runs(self, plane: Tensor) -> Tensor:
        """The pixels of a patch's width from each pixel of a plane (H, W) on, (H * W - PW + 1, PW)."""
        check_cancelled()
        return plane.flatten().unfold(0, self.level.patch[1], 1).contiguous()

    def patches(self, runs: Tensor, at: Tensor) -> Tensor:
        """The patches (N, PH * PW) at `at`, copied run by run."""
        check_cancelled()
        return runs[(at[:, None] + self.rows).flatten()].view(len(at), self.level.patch[0] * self.level.patch[1])

    def texture_of(self, planes: Tensor) -> Tensor:
        """The texture in the middle of each patch of a picture, weighed, (H * W - middle, 2)."""
        return (planes[1:].flatten(1)[:, self.middle :].T * TEXTURE).contiguous()

    def compare(self, candidates: Tensor, which: Tensor) -> Tensor:
        """How much some open patches differ from known candidates, (N,)."""
        costs = [candidates.new_zeros(0, dtype=self.examples.dtype)]
        for at, chosen in zip(candidates.split(CHUNK), which.split(CHUNK), strict=True):
            difference = self.patches(self.examples, at).sub_(self.open_patches[chosen]).square_()
            texture = (self.textures[at] - self.open_textures[chosen]).square_().sum(1)
            costs.append(torch.linalg.vecdot(difference, self.weights[chosen]) + texture)
        return torch.cat(costs)

    def measure(self) -> None:
        """Compute the costs of the matches anew."""
        self.cost = self.compare(self.match[self.open], torch.arange(len(self.open)))

    def offer(self, candidates: Tensor) -> None:
        """Take the best of candidates (M, N) that are known patches, where it is better than what is there."""
        candidates = candidates.clamp(0, len(self.match) - 1)
        usable = self.level.known[candidates] & (candidates != self.match[self.open])
        tried, which = usable.nonzero().unbind(1)
        costs = torch.full(candidates.shape, torch.inf)
        costs[tried, which] = self.compare(candidates[tried, which], which)
        cost, best = costs.min(0)
        better = (cost < self.cost).nonzero()[:, 0]
        self.match[self.open[better]] = candidates[best[better], better]
        self.cost[better] = cost[better]

    def search(self, radii: tuple[int, ...]) -> None:
        """Offer what neighbors have, shifted back, and something near what there is."""
        for jump in JUMPS:
            side = jump * self.level.stride
            steps = torch.tensor([side, -side, side * self.w, -side * self.w])[:, None]
            self.offer(self.match[(self.open + steps).clamp(0, len(self.match) - 1)] - steps)
        self.offer(self.match[self.open] + torch.stack([self.draw(radius) for radius in radii]))

    def draw(self, radius: int) -> Tensor:
        """A random shift for each open patch."""
        reach = [min(radius, side - 1) for side in (self.h, self.w)]
        dy, dx = (torch.randint(-r, r + 1, self.open.shape, generator=self.generator) for r in reach)
        return dy * self.w + dx

    def draw_known(self, count: int) -> Tensor:
        """So many known patches at random."""
        known = self.level.known.nonzero()[:, 0]
        return known[torch.randint(0, len(known), (count,), generator=self.generator)]

    def fill_inwards(self) -> None:
        """Begin with nothing: from the rim inwards, match what is there of each patch, and let the matches vote."""
        there = ~self.level.hole
        sources = self.level.known.nonzero()[:, 0]
        most = min(SOURCES, max(PAIRS // len(self.open), MIN_ROUNDS))
        sources = sources if len(sources) <= most else self.draw_known(most)
        while not there.all():
            support = self.patches(self.runs(there.float()), self.open)
            share = support.mean(1)
            share[share == 1] = 0
            ready = (share >= min(MIN_SUPPORT, float(share.max()))).nonzero()[:, 0]
            cost = self.match_all(ready, support[ready], sources)
            near = F.max_pool2d(there[None].float(), 5, 1, 2)[0] > 0
            voted, voters = self.vote(SHARPNESS, ready, cost)
            fresh = near & ~there & voters
            self.set_picture(torch.where(fresh, voted, self.planes))
            there = there | fresh
        rest = self.open[~self.level.known[self.match[self.open]]]
        self.match[rest] = self.draw_known(len(rest))
        self.measure()

    def match_all(self, which: Tensor, support: Tensor, sources: Tensor) -> Tensor:
        """Match some open patches, as far as they are there, with the best of all sources; returns the costs."""
        examples, textures = self.patches(self.examples, sources), self.textures[sources]
        squares, examples_t = examples.square().T.contiguous(), examples.T.contiguous()
        middle = support[:, self.middle // self.w * self.level.patch[1] + self.middle % self.w]
        costs = []
        for some, seen, inside in self.few(which, support, middle, count=len(sources)):
            check_cancelled()
            weights = self.weights[some] * seen
            weights = weights / weights.sum(1, keepdim=True)
            weighed = weights * self.open_patches[some]
            apart = (weighed * self.open_patches[some]).sum(1, keepdim=True) + weights @ squares
            apart -= 2 * (weighed @ examples_t)
            apart += torch.cdist(self.open_textures[some], textures).square_() * inside[:, None]
            cost, best = apart.min(1)
            self.match[self.open[some]] = sources[best]
            costs.append(cost.clamp(min=0))
        return torch.cat(costs)

    def few(self, *tensors: Tensor, count: int) -> Iterator[tuple[Tensor, ...]]:
        """Rows of tensors, so many at a time as can be compared with `count` patches in the cache."""
        return zip(*(tensor.split(max(1, 2**21 // count)) for tensor in tensors), strict=True)

    def start_from(self, coarse: "Matching") -> None:
        """Begin with the shifts of the same positions at half the size, doubled, and the picture they vote for."""
        stride, places = coarse.level.stride, (self.open // self.w, self.open % self.w)
        sides, halves = self.level.patch, coarse.level.patch
        y, x = (
            (((at + side // 2) // 2 - half // 2) // stride * stride).clamp(0, length - half)
            for at, side, half, length in zip(places, sides, halves, (coarse.h, coarse.w), strict=True)
        )
        there = y * coarse.w + x
        match = coarse.match[there]
        shifts = match // coarse.w - y, match % coarse.w - x
        rows, columns = (
            (at + 2 * shift).clamp(0, length - side)
            for at, shift, length, side in zip(places, shifts, (self.h, self.w), sides, strict=True)
        )
        candidates = rows * self.w + columns
        usable = self.level.known[candidates]
        self.match[self.open] = torch.where(usable, candidates, self.draw_known(len(self.open)))
        self.measure()
        self.set_picture(self.vote(SHARPNESS)[0])

    def vote(self, sharpness: float, which: Tensor | None = None, cost: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The picture whose hole is the mean of all matches there, weighted by likeness and confidence.

        which, cost: only of some open patches. Returns where there were votes as well.
        """
        cost = self.cost if cost is None else cost
        at = self.open if which is None else self.open[which]
        usual = cost.kthvalue(1 + 3 * (len(cost) - 1) // 4).values.clamp(min=1e-6)
        confidence = self.level.confidence.flatten()[at + self.middle]
        weights = torch.exp(-sharpness * cost / usual) * confidence + 1e-12  # never nothing for all
        steps = (self.rows[:, None] + torch.arange(self.level.patch[1])).flatten()
        flat = self.level.planes.flatten(1)
        total, votes = torch.zeros_like(flat), torch.zeros_like(flat[0])
        for to, source, weight in zip(at.split(CHUNK), self.match[at].split(CHUNK), weights.split(CHUNK), strict=True):
            check_cancelled()
            pixels, sources = ((places[:, None] + steps).flatten() for places in (to, source))
            each = weight.repeat_interleave(len(steps))
            votes.scatter_add_(0, pixels, each)
            for plane, values in zip(total, flat, strict=True):
                plane.scatter_add_(0, pixels, values[sources] * each)
        voted = (votes > 0).view(self.h, self.w)
        mean = (total / votes.clamp(min=1e-30)).view_as(self.planes)
        return torch.where(self.level.hole & voted, mean, self.planes), voted

    def run(self, most: int, last: bool, radii: tuple[int, ...] = RADII) -> None:
        """Search and vote in turn. last: whether this is the finest level, which ends with a sharp vote."""
        rounds = min(max(PATCHES // len(self.open), MIN_ROUNDS), most)
        for i in range(rounds):
            self.measure()
            self.search(radii)
            self.set_picture(self.vote(LAST_SHARPNESS if last and i == rounds - 1 else SHARPNESS)[0])


def complete(levels: list[Level]) -> Tensor:
    """The picture (H, W) of the finest level, `levels[0]`, with its hole filled."""
    generator = torch.Generator().manual_seed(0)
    level = levels[-1]
    matching = Matching(level, torch.zeros_like(level.planes), generator)
    matching.fill_inwards()
    matching.run(ROUNDS[0], last=len(levels) == 1, radii=(max(level.hole.shape), *RADII))
    for i, level in enumerate(levels[-2::-1], 1):
        coarse, (h, w) = matching, level.hole.shape
        guess = F.interpolate(coarse.planes[None], scale_factor=2, mode="bilinear")[0, :, :h, :w]
        matching = Matching(level, guess, generator)
        matching.start_from(coarse)
        matching.run(ROUNDS[min(i, len(ROUNDS) - 1)], last=level is levels[0])
    return matching.planes[0]


def fill(image: Tensor, hole: Tensor) -> Tensor:
    """(1, 3, H, W) in [0, 1] and (1, 1, H, W), True = fill, to gray (1, 1, H, W) within the range of what is known.

    Where hardly any patch of even 3 x 3 is known, this is Telea's method.
    """
    gray, inside = to_y(image)[0, 0].cpu(), hole[0, 0].cpu()
    level = first_level(gray, inside)
    if level is None or not inside.any():
        return opencv_inpaint(image, hole, "INPAINT_TELEA")
    known = gray[~inside]
    return complete(pyramid(level)).clamp(known.min(), known.max()).to(image.device)[None, None]


PATCHMATCH = Backbone(
    id="patchmatch",
    title="PatchMatch (by example)",
    paper="Barnes et al. 2009, ACM Trans. Graphics 28(3); Wexler et al. 2007, IEEE PAMI 29(3)",
    license="MIT",
    fill=fill,
)
