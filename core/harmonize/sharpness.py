"""What another program's picture has softened, measured where it shows what the photo shows.

A model that works in the latent space of a VAE, a file as JPEG and another size take detail off. Outside the hole it is
known how much: there the photo is fitted by least squares with octave bands of the picture, split by how much detail
there is around, so that the noise of a sky has a gain of its own (its coring: Rossi, "Digital techniques for reducing
television noise", SMPTE 1978):

    photo(x) = picture(x) + sum over bands b, levels l of (gain(b, l) - 1) * share(l, x) * band(b, x)

As each gain is the least squares one, it is that of a Wiener filter: what does not go along with the photo, as noise
and the blocks of JPEG, is not amplified. Gains are 1 to 3, and found by coordinate descent (Hildreth, "A quadratic
programming procedure", 1957).
"""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor

from ..host.cancel import check_cancelled
from .smooth import gaussian, known_mean

SIGMAS = (0.7, 1.4, 2.8)  # pixels: what is finer than the first is a band, and what lies between two
MAX_GAIN = 3.0
LEVELS = (0.1, 0.5, 0.9)  # quantiles of detail at which bands have gains of their own
AROUND = 2.0  # pixels in which detail is measured
MIN_DETAIL = 1e-8  # of 1, squared
MIDDLE = (0.7, 2.5)  # pixels of half the size: details between these show what was drawn anew
PLACE = 4.0  # such pixels, in which these are compared
ANEW = 0.25  # of their energy: where pictures differ by more, they show different things
STEP = 0.004  # of 1: differences of this size show nothing
WORTH = 0.9  # of the squared error: a filter that leaves more is none
FAINT = 0.001  # of 1: nor is one that changes less
PRIOR = 0.004  # of 1, squared: as much detail, over all pixels, does not count
MAX_SAMPLES = 1 << 17
SWEEPS = 300


def sharpen(photo: Tensor, plane: Tensor, known: Tensor) -> Tensor:
    """Make a plane of a picture as sharp as that of the photo, as far as what it shows of the known part tells.

    Args:
        photo: (h, w); only what is known is looked at.
        plane: the same plane of a picture that shows what the photo shows there, its drift taken off.
        known: bool (h, w), what the photo shows without clipping; not all of it False.

    Returns:
        (h, w), not clamped; the plane itself where it is about as sharp as the photo, or shows something else.
    """
    places = _comparable(photo, plane, known).flatten().nonzero()[:, 0]
    if not len(places):
        return plane
    places = places[:: -(-len(places) // MAX_SAMPLES)]
    columns = _columns(plane, places)
    seen = columns.flatten(1)[:, places].double()
    wanted = (photo - plane).flatten()[places].double()
    gains = _bounded_fit(seen, wanted)
    before, after = (error.square().mean() for error in (wanted, wanted - gains @ seen))
    if after >= WORTH * before or before - after < FAINT**2:
        return plane
    return plane + torch.einsum("c,chw->hw", gains.to(plane), columns)


def _comparable(photo: Tensor, plane: Tensor, known: Tensor) -> Tensor:
    """Where the two show the same, bool (h, w), looked at in half the size."""
    height, width = known.shape
    mask = known.float()
    halves = F.avg_pool2d(torch.stack([photo * mask, plane * mask, mask])[None], 2, ceil_mode=True)[0]
    weight = halves[2]
    pictures = halves[:2] / weight.clamp(min=0.1)
    fine, coarse = (known_mean(pictures, weight, sigma) for sigma in MIDDLE)
    here, there = fine - coarse
    energy = known_mean(torch.stack([(here - there).square(), here.square() + there.square()]), weight, PLACE)
    same = energy[0] < ANEW * (energy[1] + STEP**2)
    return known & same.repeat_interleave(2, 0).repeat_interleave(2, 1)[:height, :width]


def _columns(plane: Tensor, places: Tensor) -> Tensor:
    """Each band of a plane (h, w) times the share of each level, (bands * levels, h, w)."""
    everywhere = torch.ones_like(plane)
    smooth = [plane, *(known_mean(plane[None], everywhere, sigma)[0] for sigma in SIGMAS)]
    bands = torch.stack([finer - coarser for finer, coarser in pairwise(smooth)])
    detail = gaussian((bands[0] + bands[1]).square()[None], AROUND)[0].clamp(min=MIN_DETAIL).log()
    levels = detail.flatten()[places].quantile(detail.new_tensor(LEVELS))
    return (_shares(detail, levels)[:, None] * bands).flatten(0, 1)


def _shares(values: Tensor, levels: Tensor) -> Tensor:
    """How much each of some levels, rising, counts at each of (h, w): between two of them linear, together 1."""
    steps = [((values - low) / (high - low).clamp(min=1e-3)).clamp(0, 1) for low, high in pairwise(levels)]
    above = [torch.ones_like(values), *steps, torch.zeros_like(values)]
    return torch.stack([lower - upper for lower, upper in pairwise(above)])


def _bounded_fit(columns: Tensor, wanted: Tensor) -> Tensor:
    """The factors (K,) from 0 to MAX_GAIN - 1 with which columns (K, N) come nearest to wanted (N,)."""
    normal = columns @ columns.T
    normal.diagonal().add_(PRIOR)
    rows, right = normal.tolist(), (columns @ wanted).tolist()
    factors = [0.0] * len(right)
    for _ in range(SWEEPS):
        check_cancelled()
        before = list(factors)
        for i, row in enumerate(rows):
            rest = right[i] - sum(a * b for a, b in zip(row, factors, strict=True))
            factors[i] = min(max(factors[i] + rest / row[i], 0.0), MAX_GAIN - 1)
        if max(abs(a - b) for a, b in zip(before, factors, strict=True)) < 1e-4:
            break
    return columns.new_tensor(factors)
