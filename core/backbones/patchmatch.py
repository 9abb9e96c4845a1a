"""Filling by example: every patch of the hole becomes like some patch of the known picture. No weights.

Wexler, Shechtman, Irani, "Space-Time Completion of Video", PAMI 2007: from coarse to fine, and on each level in
turn find for every patch that touches the hole the known patch most like it, then let these patches vote for the
pixels. Barnes, Shechtman, Finkelstein, Goldman, "PatchMatch", SIGGRAPH 2009, is how they are found: good matches
pass on to neighbors, and each is bettered at random. Here all patches move at once and pass their matches
over distances 8, 4, 2, 1 (jump flooding) instead of one after another in the order of reading.

Our own program, on the gray picture. A patch is named by the flat index of its upper left pixel. A shift may wrap
around a side of the picture: that is one more candidate, used only if it is a known patch and better.
The time goes with the patches that touch the hole; the crop itself costs a few passes.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from ..host.cancel import check_cancelled
from ..image.color import to_y
from .opencv import opencv_inpaint
from .record import Backbone

SIDES = (7, 5, 3)  # of a patch: the first of which there are enough known ones
MIN_KNOWN, SHARE = 32, 0.5  # known patches that there must be, and when coarser how many for each open one
FADE, MAX_DEPTH = (
    1.3,
    12,
)  # a pixel counts less by this factor for each step into the hole, up to so many
JUMPS = (8, 4, 2, 1)
MIN_ROUNDS, MAX_ROUNDS, PATCHES = 3, 12, 60_000  # rounds of search and vote; between, as many as make so many patches
SHARPNESS, LAST_SHARPNESS = 2.0, 6.0  # how much more a similar patch counts in a vote, and in the last one of all
CHUNK = 1 << 13  # patches compared at once, so that they stay in the cache


@dataclass(frozen=True)
class Level:
    """A picture (H, W), its hole, bool, and the height and width of a patch."""

    gray: Tensor
    hole: Tensor
    patch: tuple[int, int]

    @cached_property
    def touching(self) -> Tensor:
        """Whether a patch inside the picture touches the hole, (H - PH + 1, W - PW + 1)."""
        ph, pw = self.patch
        rows = F.max_pool2d(self.hole[None].float(), (1, pw), 1)
        check_cancelled()
        return F.max_pool2d(rows, (ph, 1), 1)[0] > 0

    @cached_property
    def open(self) -> Tensor:
        """The patches that touch the hole, (N,)."""
        check_cancelled()
        y, x = self.touching.nonzero().unbind(1)
        return y * self.hole.shape[1] + x

    @cached_property
    def known(self) -> Tensor:
        """Whether a patch may be copied from: inside the picture and completely known, (H * W,)."""
        ph, pw = self.patch
        return F.pad(~self.touching, (0, pw - 1, 0, ph - 1)).flatten()

    @cached_property
    def confidence(self) -> Tensor:
        """Weight of a pixel: 1 where known, less and less into the hole, (H, W)."""
        depth, rest = torch.zeros_like(self.gray), self.hole[None].float()
        for _ in range(MAX_DEPTH):
            check_cancelled()
            depth += rest[0]
            rest = 1 - F.max_pool2d(1 - rest, 3, 1, 1)
        return FADE**-depth

    def is_shallow(self) -> bool:
        """Whether a patch at any pixel of the hole has something known in it."""
        ph, pw = (side // 2 for side in self.patch)
        known = (~self.hole)[None].float()
        check_cancelled()
        rows = F.max_pool2d(known, (1, 2 * pw + 1), 1, (0, pw))
        check_cancelled()
        return bool(F.max_pool2d(rows, (2 * ph + 1, 1), 1, (ph, 0)).all())


def level_of(gray: Tensor, hole: Tensor, share: float = 0) -> Level | None:
    """The level with the largest patches of which enough are known, and `share` of them for each open one."""
    for side in SIDES:
        check_cancelled()
        level = Level(gray, hole, (min(side, gray.shape[0]), min(side, gray.shape[1])))
        if level.known.sum() >= max(MIN_KNOWN, share * len(level.open)):
            return level
    return None


def pyramid(level: Level | None) -> list[Level]:
    """`level` and its halves, until the hole is shallow or gone or too little is known."""
    levels = []
    while level is not None and level.hole.any():
        levels.append(level)
        level = None if level.is_shallow() else level_of(*halved(level.gray, level.hole), SHARE)
    return levels


def halved(gray: Tensor, hole: Tensor) -> tuple[Tensor, Tensor]:
    """The mean of the known pixels of each 2 x 2, and a hole where less than half of them is known."""
    pads = (0, gray.shape[1] % 2, 0, gray.shape[0] % 2)
    known = F.pad((~hole)[None].float(), pads, mode="replicate")
    check_cancelled()
    share = F.avg_pool2d(known, 2)
    mean = F.avg_pool2d(F.pad(gray[None], pads, mode="replicate") * known, 2) / share.clamp(min=0.25)
    return mean[0], share[0] < 0.5


class Matching:
    """One level's picture under way, and for each open patch the known patch most like it so far.

    `match` (H * W,) is itself for a patch that is not open.
    """

    def __init__(self, level: Level, guess: Tensor, generator: torch.Generator) -> None:
        self.level, self.open, self.generator = level, level.open, generator
        (self.h, self.w), (ph, pw) = level.gray.shape, level.patch
        device = guess.device
        self.rows = torch.arange(ph, device=device) * self.w
        self.examples = level.gray.flatten().unfold(0, pw, 1).contiguous()
        weights = self.patches(level.confidence.flatten().unfold(0, pw, 1), self.open)
        self.weights = weights / weights.sum(1, keepdim=True)
        self.match = torch.arange(self.h * self.w, device=device)
        self.set_picture(torch.where(level.hole, guess, level.gray))

    def set_picture(self, picture: Tensor) -> None:
        """Go on with another picture (H, W). The matches stay; their costs are computed again."""
        self.picture = picture
        self.open_patches = self.patches(picture.flatten().unfold(0, self.level.patch[1], 1), self.open)
        self.cost = self.compare(self.match[self.open])

    def patches(self, runs: Tensor, at: Tensor) -> Tensor:
        """The patches (N, PH * PW) at `at`, copied run by run: `runs` has those of PW pixels from each pixel on."""
        check_cancelled()
        return runs[(at[:, None] + self.rows).flatten()].view(len(at), -1)

    def compare(self, candidates: Tensor) -> Tensor:
        """Mean squared difference of each open patch to its candidate, infinite where that is not known."""
        costs = [
            self.differences(at, patches, weights)
            for at, patches, weights in zip(
                candidates.split(CHUNK), self.open_patches.split(CHUNK), self.weights.split(CHUNK), strict=True
            )
        ]
        return torch.cat(costs).masked_fill_(~self.level.known[candidates], torch.inf)

    def differences(self, at: Tensor, patches: Tensor, weights: Tensor) -> Tensor:
        """Weighted mean squared difference of the patches at `at` to these, (N,)."""
        return torch.linalg.vecdot((self.patches(self.examples, at) - patches).square_(), weights)

    def offer(self, candidates: Tensor) -> None:
        """Take each candidate that is a known patch and more like the open one than what that has."""
        now = self.match[self.open]
        candidates = candidates.clamp(0, len(self.match) - 1)
        candidates = torch.where(self.level.known[candidates], candidates, now)
        cost = self.compare(candidates)
        self.match[self.open] = torch.where(cost < self.cost, candidates, now)
        self.cost = torch.minimum(cost, self.cost)

    def offer_neighbors(self) -> None:
        """Offer what a patch some steps away has, shifted back by as many."""
        for jump in JUMPS:
            for step in (jump, -jump, jump * self.w, -jump * self.w):
                there = (self.open + step).clamp(0, len(self.match) - 1)
                self.offer(self.match[there] - step)

    def offer_random(self) -> None:
        """Offer something near what there is, first from the whole picture, then from ever nearer."""
        radius = max(self.h, self.w)
        while radius:
            dy, dx = (self.draw(-min(radius, side), min(radius, side) + 1) for side in (self.h, self.w))
            self.offer(self.match[self.open] + dy * self.w + dx)
            radius //= 2

    def draw(self, low: int, high: int) -> Tensor:
        """A whole number from `low` to below `high` for each open patch, the same on every device."""
        drawn = torch.randint(low, high, self.open.shape, generator=self.generator, device="cpu")
        return drawn.to(self.open.device)

    def start(self, candidates: Tensor) -> None:
        """Begin with `candidates`, and with any known patch where they are none."""
        known = self.level.known.nonzero()[:, 0]
        usable = self.level.known[candidates]
        self.match[self.open] = torch.where(usable, candidates, known[self.draw(0, len(known))])
        self.cost = self.compare(self.match[self.open])

    def begin(self) -> None:
        """Begin with nothing: match what is known of each open patch, and use the picture the matches vote for.

        Where the hole is so deep that nothing is known about its middle, keep the guess, and match that.
        """
        self.start(self.open)
        if not self.level.is_shallow():
            return
        known = (~self.level.hole).float().flatten().unfold(0, self.level.patch[1], 1)
        weights, self.weights = self.weights, self.weights * self.patches(known, self.open)
        self.set_picture(self.picture)
        self.search()
        self.weights = weights
        self.set_picture(self.vote(SHARPNESS))

    def start_from(self, coarse: "Matching") -> None:
        """Begin with the shifts of the same positions at half the size, doubled, and the picture they vote for."""
        y, x = (
            ((at + side // 2) // 2 - half // 2).clamp(0, length - half)
            for at, side, half, length in zip(
                (self.open // self.w, self.open % self.w),
                self.level.patch,
                coarse.level.patch,
                (coarse.h, coarse.w),
                strict=True,
            )
        )
        there = y * coarse.w + x
        match = coarse.match[there]
        dy, dx = match // coarse.w - y, match % coarse.w - x
        self.start((self.open + 2 * dy * self.w + 2 * dx).clamp(0, len(self.match) - 1))
        self.set_picture(self.vote(SHARPNESS))

    def vote(self, sharpness: float) -> Tensor:
        """The picture whose hole is the mean of all matches there, weighted by likeness and confidence."""
        usual = self.cost.kthvalue(1 + 3 * (len(self.cost) - 1) // 4).values.clamp(min=1e-6)
        (ph, pw), flat = self.level.patch, self.level.gray.flatten()
        confidence = self.level.confidence.flatten()[self.open + ph // 2 * self.w + pw // 2]
        weights = torch.zeros_like(flat)
        weights[self.open] = torch.exp(-sharpness * self.cost / usual) * confidence + 1e-12  # never nothing for all
        at = self.level.hole.flatten().nonzero()[:, 0]
        total, votes = torch.zeros(2, len(at), device=at.device)
        for dy in range(ph):
            for dx in range(pw):
                check_cancelled()
                step = dy * self.w + dx
                inside = (at // self.w >= dy) & (at % self.w >= dx)
                patch = (at - step).where(inside, 0)
                weight = weights[patch] * inside
                total += weight * flat[(self.match[patch] + step).clamp(max=len(flat) - 1)]
                votes += weight
        return self.level.gray.flatten().index_copy(0, at, total / votes).view_as(self.picture)

    def search(self) -> None:
        """Two turns of offers."""
        for _ in range(2):
            self.offer_neighbors()
            self.offer_random()

    def run(self, last: bool) -> None:
        """Search and vote in turn. last: whether this is the finest level, which ends with a sharp vote."""
        rounds = min(max(PATCHES // len(self.open), MIN_ROUNDS), MAX_ROUNDS)
        for i in range(rounds):
            self.search()
            self.set_picture(self.vote(LAST_SHARPNESS if last and i == rounds - 1 else SHARPNESS))


def complete(levels: list[Level]) -> Tensor:
    """The picture (H, W) of the finest level, `levels[0]`, with its hole filled."""
    generator = torch.Generator().manual_seed(0)
    level = levels[-1]
    guess = opencv_inpaint(level.gray[None, None], level.hole[None, None], "INPAINT_TELEA")[0, 0]
    matching = Matching(level, guess, generator)
    matching.begin()
    matching.run(last=len(levels) == 1)
    for level in levels[-2::-1]:
        coarse, (h, w) = matching, level.gray.shape
        guess = F.interpolate(coarse.picture[None, None], scale_factor=2, mode="bilinear")[0, 0, :h, :w]
        matching = Matching(level, guess, generator)
        matching.start_from(coarse)
        matching.run(last=level is levels[0])
    return matching.picture


def fill(image: Tensor, hole: Tensor) -> Tensor:
    """(1, 3, H, W) in [0, 1] and (1, 1, H, W), True = fill, to gray (1, 1, H, W) within the range of what is known.

    Where hardly any patch of even 3 x 3 is known, this is Telea's method.
    """
    gray, inside = to_y(image)[0, 0], hole[0, 0]
    level = level_of(gray, inside)
    if level is None or not len(level.open):
        return opencv_inpaint(image, hole, "INPAINT_TELEA")
    known = gray[~inside]
    return complete(pyramid(level)).clamp(known.min(), known.max())[None, None]


PATCHMATCH = Backbone(
    id="patchmatch",
    title="PatchMatch (by example)",
    paper="Barnes et al. 2009, ACM Trans. Graphics 28(3); Wexler et al. 2007, IEEE PAMI 29(3)",
    license="MIT",
    fill=fill,
)
