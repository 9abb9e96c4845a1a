"""Higher-order statistics of texture: what tells texture from noise of the same energy.

Tile by tile: how sparse the responses of Gabor filters are, how their magnitudes go together across orientations and
scales (after Portilla, Simoncelli, "A Parametric Texture Model Based on Joint Statistics of Complex Wavelet
Coefficients", IJCV 2000), and quantiles of the coherence of the structure tensor (Bigun, Granlund 1987). Noise with the
energies of the truth is right in what PSNR of bands and histograms of responses measure, and wrong in these.
"""

import math
from collections.abc import Iterator
from itertools import combinations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import InputError
from ..host.cancel import check_cancelled
from ..image.boxes import Box
from ..image.checks import shape_of
from ..image.color import to_y
from .regions import box_around

TILE = 32  # pixels a side
WAVELENGTHS, ORIENTATIONS = (4.0, 8.0, 16.0), 4
SIGMA = math.sqrt(math.log(2) / 2) / math.pi * 3  # wavelengths: a bandwidth of one octave
RADIUS = math.ceil(3 * SIGMA * WAVELENGTHS[-1])  # pixels that the widest filter sees
FLOOR = 0.002  # of magnitudes: half a level of 255
TENSOR_SIGMA = 2.0  # pixels
QUANTILES = (0.25, 0.5, 0.75)
UNRELATED = (0.24, 0.29, 0.20)  # mean difference of each group between tiles of different photos: the unit
ROWS = 8  # of tiles at once

_FILTERS = len(WAVELENGTHS) * ORIENTATIONS
_ACROSS = [
    (i, j)
    for i, j in combinations(range(_FILTERS), 2)
    if i // ORIENTATIONS == j // ORIENTATIONS or j - i == ORIENTATIONS
]


def stru(image: Tensor, reference: Tensor, where: Tensor | None = None) -> Tensor:
    """Distance of the higher-order texture statistics, tile by tile of 32 x 32 pixels.

    Of the luminance, three groups: log of the mean square over the squared mean of Gabor magnitudes (wavelengths 4, 8
    and 16 pixels, 4 orientations); correlations of these magnitudes between orientations of a scale and between
    neighboring scales; quartiles of the coherence of the structure tensor. The mean absolute difference in each group,
    in units of what differs between tiles of unrelated photos; of these the mean. Our own measure: no paper reports
    it, and it is not validated against people.

    Args:
        image: (B, C, H, W) in [0, 1].
        reference: (B, C, H, W) in [0, 1].
        where: bool (B, 1, H, W), pixels that count: a tile's statistics are of those in it, and it counts by their
            number; None = all.

    Returns:
        (B,), 0 or more; 0 = equal, about 1 = as texture of another photo.

    Raises:
        InputError: for pictures of less than 32 pixels a side and an empty `where`.
    """
    if min(image.shape[-2:]) < TILE:
        raise InputError(f"stru needs pictures of at least {TILE} x {TILE} pixels, got {shape_of(image)}")
    counted = torch.ones_like(image[:, :1]) if where is None else where.to(image)
    pairs = zip(to_y(image).split(1), to_y(reference).split(1), counted.split(1), strict=True)
    return torch.stack([_distance(*pair) for pair in pairs])


def _distance(image: Tensor, reference: Tensor, counted: Tensor) -> Tensor:
    """Of one picture, (1, 1, H, W) each."""
    total, weight = image.new_zeros(()), image.new_zeros(())
    units = [image.new_tensor(unit) for unit in UNRELATED]
    for a, b, pixels in _strips(image, reference, counted):
        groups = zip(_statistics(a, pixels), _statistics(b, pixels), units, strict=True)
        apart = torch.stack([(x - y).abs().mean(1) / unit for x, y, unit in groups]).mean(0)
        counts = pixels.sum(1)
        total, weight = total + (apart * counts).sum(), weight + counts.sum()
    return total / weight


def _strips(image: Tensor, reference: Tensor, counted: Tensor) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Rows of tiles around what counts: both pictures with `RADIUS` more at each side, and the pixels that count.

    The latter are (T, TILE * TILE), of tiles that have any; the pictures give as many columns of tiles, see `_tiles`.
    """
    box = _aligned(box_around(counted, 1))
    tall, wide = box.bottom - box.top, box.right - box.left
    extra = [max(0, end - size) for end, size in ((box.bottom, image.shape[-2]), (box.right, image.shape[-1]))]
    counted = F.pad(counted, (0, extra[1], 0, extra[0]))
    padded = [_mirror(picture, extra) for picture in (image, reference)]
    for top in range(box.top, box.bottom, ROWS * TILE):
        rows = min(ROWS * TILE, box.top + tall - top)
        seen = Box(top, box.left, top + rows + 2 * RADIUS, box.left + wide + 2 * RADIUS)
        pixels = _tiles(counted[..., top : top + rows, box.left : box.right])[0]
        if pixels.any():
            yield seen.crop(padded[0]), seen.crop(padded[1]), pixels


def _aligned(box: Box) -> Box:
    """The box widened to the grid of tiles."""
    top, left = (n // TILE * TILE for n in (box.top, box.left))
    return Box(top, left, *(-(-n // TILE) * TILE for n in (box.bottom, box.right)))


def _mirror(picture: Tensor, extra: list[int]) -> Tensor:
    """With `RADIUS` mirrored pixels at each side, and zeros up to full tiles at the bottom and right."""
    mirrored = F.pad(picture, [RADIUS] * 4, mode="reflect")
    return F.pad(mirrored, (0, extra[1], 0, extra[0]))


def _tiles(planes: Tensor) -> Tensor:
    """(1, P, rows * TILE, columns * TILE) -> (P, rows * columns, TILE * TILE)."""
    p, h, w = planes.shape[1:]
    cut = planes.view(p, h // TILE, TILE, w // TILE, TILE)
    return cut.transpose(2, 3).reshape(p, -1, TILE * TILE)


def _statistics(picture: Tensor, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Of each tile: sparseness (T, 12), correlations (T, 26), quantiles of coherence (T, 3). pixels: those counted."""
    weights = (pixels / pixels.sum(1, keepdim=True).clamp(min=1))[:, None]
    magnitudes = _tiles(_gabor(picture)).transpose(0, 1)
    mean = (magnitudes * weights).sum(2, keepdim=True)
    centered = magnitudes - mean
    covariance = (centered * weights) @ centered.mT
    variance = covariance.diagonal(dim1=1, dim2=2)
    mean_square = mean[..., 0] ** 2 + FLOOR**2
    sparseness = torch.log1p(variance / mean_square)
    deviation = (variance + FLOOR**2).sqrt()
    first, second = zip(*_ACROSS, strict=True)
    correlation = covariance[:, first, second] / (deviation[:, first] * deviation[:, second])
    return sparseness, correlation, _quantiles(_tiles(_coherence(picture))[0], pixels)


def _gabor(picture: Tensor) -> Tensor:
    """Magnitudes of the responses inside the margin, (1, 12, H - 2 RADIUS, W - 2 RADIUS)."""
    found = []
    for wavelength in WAVELENGTHS:
        for k in range(ORIENTATIONS):
            angle = math.pi * k / ORIENTATIONS
            across, down = (_taps(picture, wavelength, part) for part in (math.cos(angle), math.sin(angle)))
            found.append(_filtered(picture, across, down))
    return torch.cat(found, 1)


def _taps(like: Tensor, wavelength: float, part: float) -> Tensor:
    """One side of a Gabor filter, which is a product of two: (2, taps), real and imaginary."""
    sigma = SIGMA * wavelength
    at = torch.arange(-math.ceil(3 * sigma), math.ceil(3 * sigma) + 1, dtype=like.dtype, device=like.device)
    phase = 2 * math.pi * part / wavelength * at
    return torch.softmax(-at.square() / (2 * sigma**2), 0) * torch.stack([phase.cos(), phase.sin()])


def _filtered(picture: Tensor, across: Tensor, down: Tensor) -> Tensor:
    """The magnitude of a separable complex filter inside the margin, (1, 1, h, w)."""
    check_cancelled()
    cut = RADIUS - across.shape[1] // 2
    picture = picture[..., cut : picture.shape[-2] - cut, cut : picture.shape[-1] - cut]
    rows = F.conv2d(picture, across[:, None, None])
    real, imaginary = down[:, None, :, None]
    both = F.conv2d(rows, torch.stack([torch.stack([real, -imaginary]), torch.stack([imaginary, real])]).squeeze(2))
    return both.square().sum(1, keepdim=True).sqrt()


def _coherence(picture: Tensor) -> Tensor:
    """Of the structure tensor inside the margin: 0 where no direction wins, 1 on a line. (1, 1, h, w)."""
    radius = math.ceil(3 * TENSOR_SIGMA)
    cut = RADIUS - radius - 1
    picture = picture[..., cut : picture.shape[-2] - cut, cut : picture.shape[-1] - cut]
    dx = (picture[..., 1:-1, 2:] - picture[..., 1:-1, :-2]) / 2
    dy = (picture[..., 2:, 1:-1] - picture[..., :-2, 1:-1]) / 2
    at = torch.arange(-radius, radius + 1, dtype=picture.dtype, device=picture.device)
    taps = torch.softmax(-at.square() / (2 * TENSOR_SIGMA**2), 0).view(1, 1, 1, -1)
    products = torch.cat([dx * dx, dy * dy, dx * dy])
    xx, yy, xy = F.conv2d(F.conv2d(products, taps), taps.mT).split(1)
    return ((xx - yy).square() + 4 * xy.square()).sqrt() / (xx + yy + FLOOR**2)


def _quantiles(values: Tensor, pixels: Tensor) -> Tensor:
    """Of the counted pixels of each tile, interpolated: (T, pixels) -> (T, quantiles)."""
    ordered = values.masked_fill(pixels == 0, torch.inf).sort(1).values
    last = (pixels.sum(1, keepdim=True) - 1).clamp(min=0)
    rank = last * values.new_tensor(QUANTILES)
    low = rank.floor().long()
    here, there = ordered.gather(1, low), ordered.gather(1, torch.minimum(low + 1, last.long()))
    found = here + (there - here) * (rank - low)
    return torch.where(last > 0, found, here).nan_to_num(posinf=0, nan=0)
