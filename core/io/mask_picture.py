"""What a picture marks as a mask: the soft mask in it, and words where that is not plainly white on black."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import InputError, UnknownNameError
from ..image.color import to_y

CHANNELS = ("luminance", "alpha", "red", "green", "blue", "auto")
COLORS = ("red", "green", "blue")
DEPTHS = (2**32 - 1, 65535, 255)  # the largest value of an integer of 32, 16 and 8 bits
FEW = 32  # gray levels that a label image has at most
LABELS = 33 / 255  # the largest label of an image that may hold all below it; a palette has nothing so dark
MUCH = 0.5  # of the pixels of a mask: if more are neither dark nor bright, it looks like a photo
TONES = 2.5  # bits of information in the tones of a picture: above it looks like a photo
DETAIL = 0.0025  # of 1: by how much pixels differ from the mean of their neighbors, at a side of LOOKED_AT; a soft mask
LOOKED_AT = 512  # has 0.001, a photo 0.01
COPY = 0.03  # of 1: what a copy of the photo differs by at most
FAINT, PLAIN = 0.08, 0.25  # of 1: by how much a retouched part differs, and a retouched pixel
BLACK, WHITE = 0.1, 0.9  # what is darker or lighter is black or white, as in a mask
NEARLY_ALL = 0.8  # of a photo: a larger hole may be a mistake


class SoftMask(NamedTuple):
    """A mask (1, 1, H, W) in [0, 1], 1 = fill, and how the picture was understood; no words for white on black."""

    soft: Tensor
    words: str = ""


def soft_mask(
    colors: Tensor, alpha: Tensor | None, channel: str = "auto", photo: Tensor | None = None, name: str = "mask"
) -> SoftMask:
    """Read a mask out of a picture.

    Args:
        colors: (1, 1 or 3, H, W) in [0, 1].
        alpha: opacity, (1, 1, H, W) in [0, 1]; None = opaque.
        channel: "luminance", "red", "green", "blue": bright = fill, what is transparent is not; "alpha": transparent =
            fill; "auto": what the picture most probably marks. That is what is white or of a strong color, and what
            is not 0 in a label image; in dark strokes on a transparent ground what is opaque; in a photo with an erased
            part what is transparent, or what differs from `photo`.
        photo: that the mask belongs to, (B, 1 or 3, H, W); None where it is not known.
        name: what errors call the mask.

    Returns:
        The `SoftMask`.

    Raises:
        UnknownNameError: for another channel.
        InputError: for "auto" where the picture is the photo itself, or another photo without a transparent part.
    """
    check_channel(channel)
    if channel == "auto":
        return _opaque_mask(colors, photo, name) if alpha is None else _transparent_mask(colors, alpha)
    opacity = torch.ones_like(colors[:, :1]) if alpha is None else alpha
    if channel == "alpha":
        return SoftMask(1 - opacity)
    gray = channel == "luminance" or colors.shape[1] == 1
    return SoftMask((to_y(colors) if gray else colors[:, [COLORS.index(channel)]]) * opacity)


def check_channel(channel: str) -> None:
    """Raise `UnknownNameError` unless a channel is one of `CHANNELS`."""
    if channel not in CHANNELS:
        raise UnknownNameError("mask channel", channel, CHANNELS)


def describe_tones(gray: Tensor) -> str:
    """That a mask looks like a photo.

    Args:
        gray: (B, 1, H, W) in [0, 1].

    Returns:
        The end of a sentence that begins with "the mask", or an empty text.
    """
    if not _looks_like_photo(gray):
        return ""
    between = 100 * _between(gray)
    return f"looks like a photo, not a mask: {between:.0f} % of it is neither black nor white; white means fill"


def describe_hole(mask: Tensor, hole: Tensor, threshold: float = 0.5, invert: bool = False) -> str:
    """What is suspicious about the hole of a mask: that it is empty, or that it is nearly all.

    Args:
        mask: in [0, 1], any shape.
        hole: what `binarize` made of it, 0 and 1.
        threshold: it was made with.
        invert: whether it was turned over.

    Returns:
        The end of a sentence that begins with "the mask", or an empty text.
    """
    share = hole.float().mean().item()
    if share > NEARLY_ALL:
        return f"marks {100 * share:.0f} % of the picture; {'black' if invert else 'white'} means fill: is it inverted?"
    if share:
        return ""
    level, which = (mask.min().item(), "smallest") if invert else (mask.max().item(), "largest")
    seen = f"its {which} value is {_level(level)}, and only what is {'darker' if invert else 'brighter'} than"
    limit = _level(1 - threshold if invert else threshold)
    return f"marks nothing to fill: {seen} {limit} is filled; choose another threshold or channel, or draw in white"


def _level(value: float) -> str:
    """A value in [0, 1] as pictures hold it."""
    depth = 255 if value == 0 or value * 255 > 0.99 else 65535
    return f"{value * depth:.0f} of {depth}"


def _transparent_mask(colors: Tensor, alpha: Tensor) -> SoftMask:
    """The mask in a picture of which a part is transparent."""
    opaque = alpha >= 0.5
    value = colors.amax(1, keepdim=True)
    if _looks_like_photo(to_y(colors), opaque) and not opaque.all():
        return SoftMask(
            1 - alpha,
            "has many tones and a transparent part, as a photo with a part erased: what is transparent is filled",
        )
    if (value * alpha).max() > 0.5 or not opaque.any():
        return SoftMask(value * alpha)
    if opaque.float().mean() > 0.5:
        return SoftMask(1 - alpha, "is dark with a transparent part: what is transparent is filled")
    return SoftMask(alpha, "is dark on a transparent ground: what is opaque is filled")


def _opaque_mask(colors: Tensor, photo: Tensor | None, name: str) -> SoftMask:
    """The mask in a picture without transparency."""
    gray = to_y(colors)
    if photo is not None and photo.shape[-2:] == colors.shape[-2:] and _is_copy(colors, photo[:1].to(colors)):
        changed = _difference(colors, photo[:1].to(colors), name)
        return SoftMask(changed, "is a copy of the photo: what differs is filled")
    if words := describe_tones(gray):
        if _has_detail(gray):
            raise InputError(f"the {name} {_refusal(colors, photo)}")
        return SoftMask(gray, words)
    value = _full_scale(colors.amax(1, keepdim=True))
    largest, colored, few = value.max().item(), _is_colored(colors), _is_few(value)
    if (colored or (few and largest <= 0.5)) and few and (largest <= LABELS or not _has_faint(value)):
        soft = (value > 0).float()
        words = (
            f"is taken for a label image, its largest value is {_level(gray.max().item())}: what is not black is filled"
        )
    elif colored and not (value > 0.5).all():
        soft, words = value / largest, "is drawn in color: what is as bright as it, in any color, is filled"
    elif few and 0 < largest <= 0.5:
        soft, words = (
            value / largest,
            f"is dark, its largest value is {_level(largest)}: what is nearly as bright is filled",
        )
    else:
        return SoftMask(gray if colored else value)
    return SoftMask(soft, "" if torch.equal(soft > 0.5, gray > 0.5) else words)


def _full_scale(value: Tensor) -> Tensor:
    """Values of 8 bits that a file of 16 or 32 bits holds, and of 16 in one of 32, on their own scale."""
    largest = value.max().item()
    for held in DEPTHS[:-1]:
        fits = [depth for depth in DEPTHS if depth < held and largest * held <= depth + 0.5]
        if fits and largest:
            return (value * (held / fits[-1])).clamp(max=1)
    return value


def _looks_like_photo(gray: Tensor, where: Tensor | None = None) -> bool:
    """Whether the tones (1, 1, H, W), or those of the pixels that count, are many."""
    tones = gray.flatten() if where is None else gray[where]
    if not len(tones):
        return False
    counts = torch.histc(tones.float(), 32, 0, 1)
    shares = counts[counts > 0] / len(tones)
    return (_between(tones) > MUCH and len(shares) > 2) or -(shares * shares.log2()).sum().item() > TONES


def _between(gray: Tensor) -> float:
    """How much is neither black nor white."""
    return ((gray > BLACK) & (gray < WHITE)).float().mean().item()


def _is_few(value: Tensor) -> bool:
    """Whether there is black, and few levels beside it."""
    counts = torch.histc(value.float(), 256, 0, 1)
    return value.min().item() == 0 and 1 < int((counts > 0).sum()) <= FEW


def _has_faint(value: Tensor) -> bool:
    """Whether some is nearly black, as compression leaves it around strokes and no palette has it."""
    return bool(((value > 0) & (value < LABELS)).any())


def _is_colored(colors: Tensor) -> bool:
    return colors.shape[1] == 3 and bool((colors.amax(1) - colors.amin(1)).max() > 0.2)


def _is_copy(colors: Tensor, photo: Tensor) -> bool:
    """Whether most pixels are those of the photo, and not only because both are black or white there."""
    same = (colors - photo).abs().amax(1, keepdim=True) < COPY
    gray = to_y(photo)
    parts = same, same[gray > BLACK], same[gray < WHITE]
    if any(not len(part) or part.float().mean() <= 0.5 for part in parts):
        return False
    tones = gray[same]
    return _looks_like_photo(tones) or bool(tones.std() > 0.1)


def _has_detail(gray: Tensor) -> bool:
    """Whether the tones between black and white vary from pixel to pixel, as in a photo and in no soft mask."""
    side = max(gray.shape[-2:])
    if side > LOOKED_AT:
        size = [max(1, round(length * LOOKED_AT / side)) for length in gray.shape[-2:]]
        gray = F.interpolate(gray, size, mode="area")
    between = (gray > BLACK) & (gray < WHITE)
    padded = F.pad(gray, (1, 1, 1, 1), mode="replicate")
    shifts = ((0, 1), (2, 1), (1, 0), (1, 2))
    height, width = gray.shape[-2:]
    mean = torch.stack([padded[..., y : y + height, x : x + width] for y, x in shifts]).mean(0)
    return bool(between.any()) and (gray - mean).abs()[between].mean().item() > DETAIL


def _refusal(colors: Tensor, photo: Tensor | None) -> str:
    """Why a photo is no mask, and what to give instead: the end of a sentence."""
    seen, copied = "looks like a photo, not a mask", "erased" if photo is not None else "made transparent"
    if photo is not None and photo.shape[-2:] != colors.shape[-2:]:
        sizes = [f"{each.shape[-1]} x {each.shape[-2]}" for each in (colors, photo)]
        seen += f", and is {sizes[0]} where the photo is {sizes[1]}, so what differs cannot be told"
    elif photo is not None:
        seen += ", and is no copy of the photo"
    return (
        f"{seen}; give a picture that is white where to fill, or a copy of the photo with that part {copied}, or "
        "choose the channel luminance (--mask-channel luminance) to fill what is bright in it"
    )


def _difference(colors: Tensor, photo: Tensor, name: str) -> Tensor:
    """Where a copy differs from the photo by more than compression does, 0 and 1."""
    difference = (colors - photo).abs().amax(1, keepdim=True)
    around = F.avg_pool2d(difference, 3, 1, 1, count_include_pad=False)
    changed = (around > FAINT) | (difference > PLAIN)
    if not changed.any():
        raise InputError(
            f"the {name} is the photo itself, nothing in it differs; give a picture that is white where to fill, or a "
            "copy of the photo with that part erased"
        )
    return changed.float()
