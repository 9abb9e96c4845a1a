"""The closed-form colour stage: keep the luminance, carry the photo's own chroma into the hole.

1. A prior for every hole pixel by attention to this photo's known pixels (`prior.py`), at a reduced
   size, because chroma is smooth.
2. The screened Levin system (`stencil.py`): chroma flows from the border of the hole along similar gray,
   and is drawn to the prior as strongly as the prior is sure of itself.

Hints are given pixels of that system like the known ones, so a hint wins at its place, and they are
looked at by the prior like known pixels.

Nothing is random and nothing is trained: the same photo gives the same colours.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from ..color import chroma
from .prior import attend, describe
from .stencil import OFFSETS, Stencil, number, solve

PRIOR_AREA = 256 * 256  # pixels at which the prior is made
KEYS = 4096  # known pixels that the prior looks at
CONTRAST = 0.01  # luminance step at which two neighbours' tie falls to 1/e
FLOOR = 1e-3  # least tie, so that no pixel stands alone
SCREENING = 3e-3  # pull of a prior that is sure
DOUBT = 0.05  # chroma spread at which a prior is half sure


def propagate(image: Tensor, gray: Tensor, hole: Tensor, hinted: Tensor, hints: Tensor) -> Tensor:
    """Chroma for the hole of one photo, or of a crop of it.

    image: (1, 3, H, W), never looked at under the hole. gray: (1, 1, H, W), the luminance everywhere.
    hole, hinted: bool (1, 1, H, W), hinted within the hole. hints: (1, 2, H, W), chroma where hinted.
    All float32 but the masks. Returns chroma (1, 2, H, W), for the hole.
    """
    given = torch.where(hinted, hints, chroma(image))
    unknown = hole & ~hinted
    if unknown.any():
        given[0, :, unknown[0, 0]] = _solve(given, gray, unknown).T
    return given


def _solve(given: Tensor, gray: Tensor, unknown: Tensor) -> Tensor:
    """Chroma (N, 2) of the N unknown pixels, in raster order."""
    guess, spread = _guess(given, gray, unknown)
    pull = SCREENING / (1 + (spread / DOUBT) ** 2)
    row, column = unknown[0, 0].nonzero(as_tuple=True)
    ties = affinities(gray[0, 0], row, column)
    neighbour = number(row, column, *gray.shape[-2:])
    outside = neighbour == len(row)
    edge = F.pad(given[0], (1, 1, 1, 1))
    right = pull[:, None] * guess
    for k, (dy, dx) in enumerate(OFFSETS):
        beside = edge[:, row + 1 + dy, column + 1 + dx].T
        right += torch.where(outside[:, k], ties[:, k], 0)[:, None] * beside
    weight = ties.masked_fill(outside, 0)
    system = Stencil(row, column, neighbour, weight, ties.sum(1) + pull)
    return solve(system, right, guess)


def affinities(gray: Tensor, row: Tensor, column: Tensor) -> Tensor:
    """Ties of each pixel to its eight neighbours, exp(-|dY| / CONTRAST) + FLOOR; 0 beyond the crop: (N, 8)."""
    padded = F.pad(gray, (1, 1, 1, 1), value=torch.inf)
    here = gray[row, column]
    beside = torch.stack([padded[row + 1 + dy, column + 1 + dx] for dy, dx in OFFSETS], dim=1)
    ties = torch.exp((beside - here[:, None]).abs() / -CONTRAST) + FLOOR
    return ties.masked_fill(beside.isinf(), 0)


def _guess(given: Tensor, gray: Tensor, unknown: Tensor) -> tuple[Tensor, Tensor]:
    """Prior chroma (N, 2) and its spread (N,) for the unknown pixels of one crop."""
    h, w = gray.shape[-2:]
    shrink = max(1.0, (h * w / PRIOR_AREA) ** 0.5)
    size = (max(1, round(h / shrink)), max(1, round(w / shrink)))
    share = F.interpolate((~unknown).float(), size, mode="area")
    mean = F.interpolate(given.masked_fill(unknown, 0), size, mode="area") / share.clamp(min=1e-6)
    described = describe(F.interpolate(gray, size, mode="area")).flatten(1).T
    share, mean = share.flatten(), mean.flatten(2)[0].T
    asking, telling = share < 1, share == 1
    if not telling.any():
        telling = share > 0
    pick = telling.nonzero().squeeze(1)
    pick = pick[:: -(-len(pick) // KEYS)]
    guess = torch.cat([mean, torch.zeros_like(mean[:, :1])], dim=1)
    colour, spread = attend(described[asking], described[pick], mean[pick])
    guess[asking] = torch.cat([colour, spread[:, None]], dim=1)
    full = F.interpolate(guess.T.reshape(1, 3, *size), (h, w), mode="bilinear", align_corners=False)
    picked = full[0, :, unknown[0, 0]]
    return picked[:2].T, picked[2]
