"""The door between ComfyUI's tensors and the library's: the only place that turns one into the other.

ComfyUI: IMAGE (B, H, W, C) with C of 1, 3 or 4, MASK (B, H, W) or (H, W), on the CPU.
Library: image (B, C, H, W) in [0, 1], hole (B, 1, H, W) of 0 and 1, on the device of the host.
"""

import logging

import torch
from torch import Tensor

from ..core.errors import InputError
from ..core.host.host import current_host
from ..core.image.checks import check_image, shape_of
from ..core.image.color import to_y
from ..core.image.masks import binarize, describe_stretch, dilate, resize_to
from ..core.io.mask_picture import describe_tones
from ..core.io.sheet import shrink
from . import runtime

log = logging.getLogger(__name__)

PREVIEW = 1024  # pixels a side at most


def image_in(image: Tensor, name: str = "image") -> Tensor:
    """IMAGE -> (B, 1 or 3, H, W): alpha is dropped, values are clamped to [0, 1]. Raises `InputError`."""
    return picture_in(image, name)[:, :3]


def picture_in(image: Tensor, name: str = "image") -> Tensor:
    """IMAGE -> (B, 1, 3 or 4, H, W), alpha kept."""
    if image.ndim != 4 or image.shape[-1] not in (1, 3, 4):
        raise InputError(f"{name} must be (B, H, W, 1, 3 or 4), got {shape_of(image)}")
    picture = image.movedim(-1, 1).to(current_host().device, torch.float32).clamp(0, 1)
    picture = picture.contiguous()  # channel by channel, as most of the work reads it
    check_image(picture, name, channels=(1, 3, 4))
    return picture


def gray_in(image: Tensor, name: str = "gray") -> Tensor:
    """IMAGE -> its luminance (B, 1, H, W). A gray picture in three channels comes back bit for bit."""
    return to_y(image_in(image, name))


def image_out(image: Tensor) -> Tensor:
    """(B, 1 or 3, H, W) -> IMAGE (B, H, W, 3) in [0, 1], where ComfyUI keeps what goes between nodes."""
    picture = image.expand(-1, 3, -1, -1).movedim(1, -1).float().clamp(0, 1)
    return picture.contiguous().to(current_host().intermediate_device)


def preview_of(image: Tensor) -> list[dict[str, str]]:
    """IMAGE, reduced, for the node to show after its run; what goes into its `ui`."""
    return runtime.preview(image_out(shrink(image.movedim(-1, 1)[:, :3].float(), PREVIEW)))


def soft_mask_in(mask: Tensor, image: Tensor, name: str = "mask") -> Tensor:
    """MASK of any size -> (B, 1, H, W) in [0, 1], at the size of `image`. Raises `InputError`."""
    return resize_to(_mask_in(mask, name), image)


def _mask_in(mask: Tensor, name: str = "mask") -> Tensor:
    mask = mask[None] if mask.ndim == 2 else mask
    if mask.ndim != 3 or 0 in mask.shape:
        raise InputError(f"{name} must be (B, H, W) or (H, W), got {shape_of(mask)}")
    return mask[:, None].float().clamp(0, 1)


def hole_in(mask: Tensor, image: Tensor, threshold: float = 0.5, pixels: int = 0, name: str = "mask") -> Tensor:
    """MASK of any size, 1 = fill -> hole (N, 1, H, W), as many as masks, at the size of `image` (B, C, H, W).

    Values above `threshold` are filled, and the hole is dilated by `pixels` of the photo.
    """
    return dilate(binarize(soft_mask_in(mask, image, name), threshold), pixels)


def matched(**pictures: Tensor) -> list[Tensor]:
    """Inputs (1 or N, C, H, W) by name, each as N pictures: one photo with N masks is N photos. Raises `InputError`."""
    count = max(len(picture) for picture in pictures.values())
    first = next(name for name, picture in pictures.items() if len(picture) == count)
    for name, picture in pictures.items():
        if len(picture) not in (1, count):
            raise InputError(
                f"{name} has {len(picture)} pictures and {first} has {count}; give {name} 1 picture, or {count}"
            )
    return [picture.expand(count, -1, -1, -1) for picture in pictures.values()]


def check_size(picture: Tensor, image: Tensor, name: str) -> None:
    """Raise `InputError` unless the input of that name is of the size of `image`."""
    (h, w), (height, width) = picture.shape[-2:], image.shape[-2:]
    if (h, w) != (height, width):
        raise InputError(f"{name} is {w} x {h} pixels and image {width} x {height}; give pictures of one size")


def notes_on(mask: Tensor, hole: Tensor, threshold: float = 0.5) -> list[str]:
    """What the user should know of a mask, a line each, for the node to show: stretched, a photo, nothing to fill.

    hole: what `hole_in` made of it. What resize_to has logged is not logged again.
    """
    soft = _mask_in(mask)
    stretched = describe_stretch((soft > threshold).float(), hole)
    empty = [i for i in range(len(hole)) if not hole[i].any()]
    nothing = _nothing(empty, len(hole), soft[empty].max().item(), threshold) if empty else ""
    photo = f"mask {tones}" if (tones := describe_tones(soft)) else ""
    for text in filter(None, (photo, nothing)):
        log.warning("%s", text)
    return [text for text in (stretched, photo, nothing) if text]


def _nothing(empty: list[int], count: int, largest: float, threshold: float) -> str:
    """That masks mark nothing, and what may be done."""
    numbers = ", ".join(str(i + 1) for i in empty[:5]) + (" ..." if len(empty) > 5 else "")
    which = "mask" if count == 1 else f"mask {numbers} of {count}"
    if largest:
        return f"{which}: nothing to fill, its largest value is {largest:.2f} and only above {threshold:.2f} is filled"
    return (
        f"{which}: nothing to fill, it is empty. Load Image gives an empty mask for a picture without transparency; "
        "paint one in its mask editor, or use Load Mask"
    )


def mask_out(hole: Tensor) -> Tensor:
    """(B, 1, H, W) -> MASK (B, H, W) in [0, 1], where ComfyUI keeps what goes between nodes."""
    return hole[:, 0].float().clamp(0, 1).contiguous().to(current_host().intermediate_device)
