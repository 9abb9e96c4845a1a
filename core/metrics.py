"""How close a picture is to its reference: PSNR, SSIM, L1, MSE; and how rough it is: TV.

Pictures are (B, 1 or 3, H, W) in [0, 1]. Each metric counts the pixels of `where`, bool (B, 1, H, W), or
all of them, and returns (B,). Colour counts as the mean over the channels.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from .checks import check_hole, check_image, shape_of
from .errors import InputError, UnknownNameError
from .masks import Box, bounding_box

REGIONS = ("hole", "box", "full")
METRICS = ("psnr", "ssim", "l1", "mse", "tv")
WINDOW = 11  # of SSIM, and sigma 1.5, as Wang et al.
SIGMA = 1.5


def l1(image: Tensor, reference: Tensor, where: Tensor | None = None) -> Tensor:
    """Mean absolute difference, in [0, 1]. (mmagic's tables give 100 times this over the hole.)"""
    return _mean((image - reference).abs(), where)


def mse(image: Tensor, reference: Tensor, where: Tensor | None = None) -> Tensor:
    """Mean squared difference, in [0, 1]."""
    return _mean((image - reference).square(), where)


def psnr(image: Tensor, reference: Tensor, where: Tensor | None = None) -> Tensor:
    """Peak signal-to-noise ratio in dB for a data range of 1; infinite for equal pictures."""
    return -10 * mse(image, reference, where).log10()


def tv(image: Tensor, where: Tensor | None = None) -> Tensor:
    """Anisotropic total variation a pixel: mean of |right - here| + |below - here| (Rudin et al. 1992)."""
    across = F.pad((image[..., 1:] - image[..., :-1]).abs(), (0, 1))
    down = F.pad((image[..., 1:, :] - image[..., :-1, :]).abs(), (0, 0, 0, 1))
    return _mean(across + down, where)


def ssim(image: Tensor, reference: Tensor, where: Tensor | None = None) -> Tensor:
    """Structural similarity (Wang, Bovik, Sheikh, Simoncelli 2004), in [-1, 1], 1 = equal.

    11 x 11 Gaussian window of sigma 1.5, K1 = 0.01, K2 = 0.03, data range 1, biased variances. Without
    `where` the mean is over windows that lie wholly in the picture, as in the authors' program; with it,
    over the windows centred on those pixels, the picture mirrored beyond its border. Raises `InputError`
    for pictures of less than 11 pixels a side.
    """
    if min(image.shape[-2:]) < WINDOW:
        raise InputError(f"SSIM needs pictures of at least {WINDOW} x {WINDOW} pixels, got {shape_of(image)}")
    channels = zip(image.split(1, dim=1), reference.split(1, dim=1), strict=True)
    similarity = torch.cat([_ssim_map(a, b) for a, b in channels], dim=1)
    if where is None:
        reach = WINDOW // 2
        similarity = similarity[..., reach:-reach, reach:-reach]
    return _mean(similarity, where)


def measure(
    image: Tensor, reference: Tensor, hole: Tensor | None = None, region: str = "full"
) -> list[dict[str, float]]:
    """Every metric for every photo of a batch: one {"psnr", "ssim", "l1", "mse", "tv"} each.

    region: "full" picture; "hole", its pixels alone; "box", the smallest box around the hole, at least 11
    pixels a side for the sake of SSIM. A gray picture is compared with each channel of a colour one.
    Raises `InputError` for shapes that differ or an empty hole, and `UnknownNameError`.
    """
    check_image(image)
    check_image(reference, "reference")
    if image.shape[0] != reference.shape[0] or image.shape[-2:] != reference.shape[-2:]:
        raise InputError(f"image and reference must match, got {shape_of(image)} and {shape_of(reference)}")
    if region not in REGIONS:
        raise UnknownNameError("region", region, REGIONS)
    if region != "full" and hole is None:
        raise InputError(f"region {region!r} needs the hole; give one, or ask for 'full'")
    image, reference = torch.broadcast_tensors(image, reference)
    if hole is not None and region != "full":
        hole = check_hole(hole, image)
    return [
        _measure_one(image[[i]], reference[[i]], hole if hole is None else hole[[i]], region) for i in range(len(image))
    ]


def table_cells(rows: dict[str, dict[str, float]]) -> list[list[str]]:
    """Scores by region as the cells of a table, its heading first."""
    heading = ["", "PSNR dB", "SSIM", "L1", "MSE", "TV"]
    formats = {"psnr": ".2f", "ssim": ".4f", "l1": ".5f", "mse": ".3e", "tv": ".4f"}
    return [heading] + [[name, *(format(s[m], formats[m]) for m in METRICS)] for name, s in rows.items()]


def format_table(rows: dict[str, dict[str, float]]) -> str:
    """Scores by region as aligned text, a line a region."""
    return "\n".join(f"{name:5}" + "".join(f"{c:>11}" for c in cells) for name, *cells in table_cells(rows))


def mean_scores(scores: list[dict[str, float]]) -> dict[str, float]:
    """Mean of each metric over the photos of a batch."""
    return {name: sum(s[name] for s in scores) / len(scores) for name in METRICS}


def _measure_one(image: Tensor, reference: Tensor, hole: Tensor | None, region: str) -> dict[str, float]:
    where = None
    if region == "box":
        box = _at_least(bounding_box(hole), WINDOW, *hole.shape[-2:])
        image, reference = box.crop(image), box.crop(reference)
    elif region == "hole":
        box = _at_least(bounding_box(hole), WINDOW, *hole.shape[-2:], margin=WINDOW)
        image, reference, where = box.crop(image), box.crop(reference), box.crop(hole)
    return {
        "psnr": psnr(image, reference, where).item(),
        "ssim": ssim(image, reference, where).item(),
        "l1": l1(image, reference, where).item(),
        "mse": mse(image, reference, where).item(),
        "tv": tv(image, where).item(),
    }


def _at_least(box: Box, side: int, height: int, width: int, margin: int = 0) -> Box:
    """`box` widened by `margin` and to `side` pixels a side, as far as the picture goes."""

    def widen(low: int, high: int, size: int) -> tuple[int, int]:
        low, high = max(low - margin, 0), min(high + margin, size)
        low = max(min(low, (low + high - side) // 2), 0)
        high = min(max(high, low + side), size)
        return min(low, max(high - side, 0)), high

    top, bottom = widen(box.top, box.bottom, height)
    left, right = widen(box.left, box.right, width)
    return Box(top, left, bottom, right)


def _mean(values: Tensor, where: Tensor | None) -> Tensor:
    if where is None:
        return values.flatten(1).mean(1)
    return (values * where).flatten(1).sum(1) / (where.flatten(1).sum(1) * values.shape[1])


def _ssim_map(x: Tensor, y: Tensor) -> Tensor:
    """Similarity at every pixel of one channel, (B, 1, H, W) -> (B, 1, H, W)."""
    mean_x, mean_y = _smooth(x), _smooth(y)
    var_x, var_y = _smooth(x * x) - mean_x**2, _smooth(y * y) - mean_y**2
    cov = _smooth(x * y) - mean_x * mean_y
    c1, c2 = 0.01**2, 0.03**2
    return (2 * mean_x * mean_y + c1) * (2 * cov + c2) / ((mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2))


def _smooth(x: Tensor) -> Tensor:
    """Gaussian mean over the window, mirrored at the border (the edge pixel counts twice)."""
    reach = WINDOW // 2
    taps = torch.arange(-reach, reach + 1, dtype=x.dtype, device=x.device)
    taps = torch.softmax(-taps.square() / (2 * SIGMA**2), 0).view(1, 1, 1, -1)
    x = x[..., _mirrored(x.shape[-2], reach), :][..., _mirrored(x.shape[-1], reach)]
    return F.conv2d(F.conv2d(x, taps), taps.transpose(2, 3))


def _mirrored(size: int, reach: int) -> list[int]:
    """Row numbers with `reach` more at each end, `1 0 | 0 1 2 ... `."""
    return [min(max(i, -i - 1), 2 * size - 1 - max(i, -i - 1)) for i in range(-reach, size + reach)]
