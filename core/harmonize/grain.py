"""Grain: the noise of a photo, measured where it is known, and given to a fill that is too smooth.

The level of noise is taken from the flattest blocks of each brightness, as detail raises that of the others (Liu,
Freeman, Szeliski, Kang, "Noise Estimation from a Single Image", CVPR 2006), and its spectrum from the same blocks
(Galerne, Gousseau, Morel, "Random Phase Textures", IEEE TIP 2011: a Gaussian texture is its spectrum). Where even the
flattest blocks are not like Gaussian noise, they show lattices, leaves or walls, and nothing is taken from them.
"""

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import InputError
from ..image.boxes import hole_boxes
from ..image.color import to_y
from .smooth import gaussian, known_mean

CONTEXT = 64  # pixels around the hole in which noise is measured
BAND = 2.0  # pixels: noise is what is finer
BLOCK = 16  # pixels a side
FLATTEST = 0.2  # of the blocks of a brightness
RANGE = 6.0  # times the lowest level of all brightnesses, at most: more is detail
KURTOSIS = (2.5, 4.5)  # of noise: of lines and leaves it is above, of bars before a sky below
COHERENCE = 0.62  # of the gradients of noise within SPOT pixels, at most: edges have more
SPOT = 1.5
STRONG = 5 / 255  # a level above is noise only if it is so in the stricter sense of the next line too
STRONG_KURTOSIS, STRONG_COHERENCE, EVEN, TYPICAL = 3.4, 0.5, 1.2, 1.6
QUANTILE = -1.2816  # of the normal distribution: in the middle of the flattest fifth
BINS = 5  # of brightness
MAX_SIDE = 1024  # pixels: of larger parts not every block is looked at
MIN_BLOCKS = 12  # without so many there is no grain
MIN_LEVEL = 0.8 / 255  # less is the rounding of 8 bits
ENOUGH = 0.8  # of the energy of noise: where half of a fill has as much, as of the photo itself, it gets none
LOCAL = 5.0  # pixels around each in which the fill's own noise is measured


class Noise(NamedTuple):
    """Noise of a photo: its level at some brightnesses, (K,) in rising order, and a filter from white noise to it."""

    brightness: Tensor
    level: Tensor
    taps: Tensor


def add_grain(image: Tensor, hole: Tensor, amount: float = 1.0, seed: int = 0) -> Tensor:
    """Give the fill of a hole the noise that the known pixels have and it lacks.

    Args:
        image: (B, 1 or 3, H, W) in [0, 1], filled; of one in color the luminance gets it.
        hole: (B, 1, H, W), 1 or True = was filled.
        amount: in [0, 1]; 0 gives the fill back.
        seed: of the noise, 0 or more.

    Returns:
        The same shape, dtype and device; known pixels bit for bit. The fill as it was where the photo has no noise,
        and where the fill has as much.

    Raises:
        InputError: an amount or a seed out of range.
    """
    check_grain(amount, seed)
    result, inside = image.clone(), hole.bool()
    if amount > 0:
        for i in range(len(image)):
            for box in hole_boxes(inside[i, 0], CONTEXT):
                part, where = box.crop(result[i]), box.crop(inside[i, 0])
                if where.all():
                    continue
                grain = _grain_of(to_y(part[None])[0, 0].float(), where, amount, seed)
                if grain is not None:
                    part[:, where] = (part.float() + grain).clamp(0, 1)[:, where].to(part.dtype)
    return result


def check_grain(amount: float, seed: int) -> None:
    """Refuse an amount out of [0, 1] and a negative seed. Raises `InputError`."""
    if not 0 <= amount <= 1:
        raise InputError(f"grain must lie in [0, 1], got {amount:g}; 0 leaves the fill as it is")
    if seed < 0:
        raise InputError(f"seed must be 0 or more, got {seed}")


def _grain_of(gray: Tensor, hole: Tensor, amount: float, seed: int) -> Tensor | None:
    """What to add to a filled picture (h, w); None where nothing is."""
    noise = measure_noise(gray, ~hole)
    if noise is None:
        return None
    level = _interpolated(surround(gray), noise.brightness, noise.level)
    own = known_mean(fine(gray).abs()[None], hole.float(), LOCAL)[0].square() * (math.pi / 2)  # edges count little
    wanted = level.square()
    if (own >= ENOUGH * wanted)[hole].float().mean() >= 0.5:
        return None
    lacking = (wanted - own).clamp(min=0).sqrt()
    return amount * lacking * _drawn(noise.taps, gray, seed)


def surround(gray: Tensor) -> Tensor:
    """The brightness around each pixel, (h, w)."""
    return known_mean(gray[None], torch.ones_like(gray), BAND)[0]


def fine(gray: Tensor) -> Tensor:
    """What is finer than BAND in (h, w)."""
    return gray - surround(gray)


def measure_noise(gray: Tensor, known: Tensor) -> Noise | None:
    """The noise of the known part of a picture.

    Args:
        gray: (h, w) in [0, 1].
        known: bool (h, w); the rest is not looked at.

    Returns:
        None where there is none, or too little is known.
    """
    weight = known.float()
    detail = (gray - known_mean(gray[None], weight, BAND)[0]) * weight
    blocks, brightness = _blocks(detail, gray, known)
    if len(blocks) < MIN_BLOCKS:
        return None
    energy = blocks.square().mean((1, 2)).sqrt()
    bins = brightness.argsort().tensor_split(min(BINS, len(blocks) // MIN_BLOCKS))
    flattest = [part[energy[part].argsort()[: max(2, round(FLATTEST * len(part)))]] for part in bins]
    noisy = [
        _is_noise(blocks[flat], energy[flat], energy[part].median()) for part, flat in zip(bins, flattest, strict=True)
    ]
    if not any(noisy):
        return None
    light = torch.stack([brightness[part].mean() for part in bins])
    level = torch.stack([energy[flat].median() for flat in flattest])
    chosen = torch.cat([flat for flat, is_noise in zip(flattest, noisy, strict=True) if is_noise])
    power = _spectrum(blocks[chosen], energy[chosen])
    shown = torch.tensor(noisy, device=gray.device)
    level = level.minimum(_interpolated(light, light[shown], level[shown]))  # where detail hides it, it is no more
    level = level.clamp(max=RANGE * level.min()) / _share_in_flattest(power)
    return Noise(light, level, _taps(power)) if level.max() >= MIN_LEVEL else None


def _is_noise(flat: Tensor, energy: Tensor, typical: Tensor) -> bool:
    """Whether the flattest blocks (N, BLOCK, BLOCK) of a brightness show noise, and nothing else.

    energy: of each, (N,); typical: of all blocks of that brightness. Both vary little where noise is all there is.
    """
    square = (flat - flat.mean((1, 2), keepdim=True)).square()
    kurtosis = (square.square().mean((1, 2)) / square.mean((1, 2)).square().clamp(min=1e-16)).median()
    coherence, level = _coherence(flat).median(), energy.median()
    if level > STRONG:
        even = level < EVEN * energy.quantile(0.1) and typical < TYPICAL * level
        return bool(even and KURTOSIS[0] < kurtosis < STRONG_KURTOSIS and coherence < STRONG_COHERENCE)
    return bool(KURTOSIS[0] < kurtosis < KURTOSIS[1] and coherence < COHERENCE)


def _coherence(blocks: Tensor) -> Tensor:
    """How much the gradients around a pixel have one direction, 0 to 1, the mean of each block, (N,)."""
    right = (blocks[:, :, 2:] - blocks[:, :, :-2])[:, 1:-1]
    down = (blocks[:, 2:] - blocks[:, :-2])[:, :, 1:-1]
    xx, yy, xy = (gaussian(product, SPOT) for product in (right * right, down * down, right * down))
    along = ((xx - yy).square() + 4 * xy.square()).sqrt()
    return along.sum((1, 2)) / (xx + yy).sum((1, 2)).clamp(min=1e-12)


def _blocks(detail: Tensor, gray: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
    """Blocks (N, BLOCK, BLOCK) of detail that are wholly known and not clipped, and their brightness, (N,)."""
    fair = known & (gray > 0.01) & (gray < 0.99)
    planes = torch.stack([detail, gray, fair.float()])
    if min(gray.shape) < BLOCK:
        return detail.new_zeros(0, BLOCK, BLOCK), detail.new_zeros(0)
    step = BLOCK // 2 * max(1, round(math.sqrt(gray.numel()) / MAX_SIDE))
    found = planes.unfold(1, BLOCK, step).unfold(2, BLOCK, step).flatten(1, 2)
    found = found[:, found[2].mean((1, 2)) == 1]
    return found[0], found[1].mean((1, 2))


def _spectrum(blocks: Tensor, energy: Tensor) -> Tensor:
    """The mean power spectrum of blocks, (BLOCK, BLOCK)."""
    window = torch.hann_window(BLOCK, device=blocks.device)
    framed = blocks / energy.clamp(min=1e-6)[:, None, None] * (window[:, None] * window).sqrt()
    return torch.fft.fft2(framed).abs().square().mean(0)


def _share_in_flattest(power: Tensor) -> float:
    """Of the level of Gaussian noise with such a spectrum, what the flattest fifth of its blocks have.

    The energy of a block is a mean of as many independent values as its spectrum is wide.
    """
    count = BLOCK**2 * power.mean().square() / power.square().mean()
    return max(0.7, 1 + QUANTILE / math.sqrt(2 * float(count)))


def _taps(power: Tensor) -> Tensor:
    """The filter, (BLOCK, BLOCK), that gives white noise a spectrum, and a level of 1 in what is finer than BAND."""
    taps = torch.fft.fftshift(torch.fft.ifft2(power.sqrt()).real)
    return taps / fine(F.pad(taps, [math.ceil(3 * BAND)] * 4)).norm().clamp(min=1e-12)


def _drawn(taps: Tensor, like: Tensor, seed: int) -> Tensor:
    """Noise (h, w) of a filter's spectrum and level 1."""
    random = torch.Generator().manual_seed(seed)
    h, w = like.shape
    white = torch.randn((1, 1, h + BLOCK - 1, w + BLOCK - 1), generator=random).to(like)
    return F.conv2d(white, taps[None, None].to(like))[0, 0]


def _interpolated(at: Tensor, light: Tensor, level: Tensor) -> Tensor:
    """The level at each brightness of a tensor, linear between those of some in rising order, (K,) each."""
    if len(light) == 1:
        return level.expand_as(at)
    right = torch.searchsorted(light.contiguous(), at.contiguous()).clamp(1, len(light) - 1)
    share = ((at - light[right - 1]) / (light[right] - light[right - 1]).clamp(min=1e-6)).clamp(0, 1)
    return torch.lerp(level[right - 1], level[right], share)
