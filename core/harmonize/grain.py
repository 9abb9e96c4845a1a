"""Grain: the noise of a photo, measured where it is known, and given to a fill that is too smooth.

The level of noise is taken from the flattest blocks of each brightness, as detail raises that of the others (Liu,
Freeman, Szeliski, Kang, "Noise Estimation from a Single Image", CVPR 2006), and its spectrum from the same blocks
(Galerne, Gousseau, Morel, "Random Phase Textures", IEEE TIP 2011: a Gaussian texture is its spectrum).
"""

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import InputError
from ..host.cancel import check_cancelled
from ..image.boxes import hole_boxes
from ..image.color import to_y
from .smooth import known_mean

CONTEXT = 64  # pixels around the hole in which noise is measured
BAND = 2.0  # pixels: noise is what is finer
BLOCK = 16  # pixels a side
FLATTEST = 0.2  # of the blocks of a brightness
RANGE = 6.0  # times the lowest level of all brightnesses, at most: more is detail, as of a lattice before the sky
BIAS = 0.92  # of the true level, what the flattest fifth of blocks with nothing but noise have
BINS = 5  # of brightness
MIN_BLOCKS = 12  # without so many there is no grain
MIN_LEVEL = 0.8 / 255  # less is the rounding of 8 bits
ENOUGH = 0.8  # of the energy of noise: a fill that has as much, such as the photo itself, gets none
LOCAL = 5.0  # pixels around each in which the fill's own noise is measured


class Noise(NamedTuple):
    """Noise of a photo: its level at some brightnesses, (K,) each, and a filter that gives white noise its spectrum."""

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
    level = _interpolated(surround(gray), noise)
    own = known_mean(fine(gray).square()[None], hole.float(), LOCAL)[0]
    if own[hole].mean() >= ENOUGH * level[hole].square().mean():
        return None
    lacking = (level.square() - own).clamp(min=0).sqrt()
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
    order = brightness.argsort()
    bins = order.tensor_split(min(BINS, len(blocks) // MIN_BLOCKS))
    flat = [part[energy[part].argsort()[: max(2, round(FLATTEST * len(part)))]] for part in bins]
    level = torch.stack([energy[part].median() for part in flat]) / BIAS
    level = level.clamp(max=RANGE * level.min())
    if level.max() < MIN_LEVEL:
        return None
    chosen = torch.cat(flat)
    return Noise(torch.stack([brightness[part].mean() for part in flat]), level, _taps(blocks[chosen], energy[chosen]))


def _blocks(detail: Tensor, gray: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
    """Blocks (N, BLOCK, BLOCK) of detail that are wholly known and not clipped, and their brightness, (N,)."""
    fair = known & (gray > 0.01) & (gray < 0.99)
    planes = torch.stack([detail, gray, fair.float()])
    if min(gray.shape) < BLOCK:
        return detail.new_zeros(0, BLOCK, BLOCK), detail.new_zeros(0)
    check_cancelled()
    found = planes.unfold(1, BLOCK, BLOCK // 2).unfold(2, BLOCK, BLOCK // 2).flatten(1, 2)
    found = found[:, found[2].mean((1, 2)) == 1]
    return found[0], found[1].mean((1, 2))


def _taps(blocks: Tensor, energy: Tensor) -> Tensor:
    """The filter, (BLOCK, BLOCK), that gives white noise the spectrum of blocks, and a level of 1 within the band."""
    window = torch.hann_window(BLOCK, device=blocks.device)
    framed = blocks / energy.clamp(min=1e-6)[:, None, None] * (window[:, None] * window).sqrt()
    power = torch.fft.rfft2(framed).abs().square().mean(0)
    taps = torch.fft.fftshift(torch.fft.irfft2(power.sqrt(), s=(BLOCK, BLOCK)))
    return taps / taps.square().sum().sqrt().clamp(min=1e-12)


def _drawn(taps: Tensor, like: Tensor, seed: int) -> Tensor:
    """Noise (h, w) of a filter's spectrum and level 1."""
    random = torch.Generator().manual_seed(seed)
    h, w = like.shape
    white = torch.randn((1, 1, h + BLOCK - 1, w + BLOCK - 1), generator=random).to(like)
    drawn = F.conv2d(white, taps[None, None].to(like))[0, 0]
    return drawn / fine(drawn).square().mean().sqrt().clamp(min=1e-6) if min(h, w) > 8 * math.ceil(BAND) else drawn


def _interpolated(light: Tensor, noise: Noise) -> Tensor:
    """The level of noise at each brightness of (h, w), linear between those measured."""
    order = noise.brightness.argsort()
    x, y = noise.brightness[order].contiguous(), noise.level[order]
    if len(x) == 1:
        return y.expand_as(light)
    right = torch.searchsorted(x, light.contiguous()).clamp(1, len(x) - 1)
    share = ((light - x[right - 1]) / (x[right] - x[right - 1]).clamp(min=1e-6)).clamp(0, 1)
    return torch.lerp(y[right - 1], y[right], share)
