"""The door between ComfyUI's tensors and the library's: the only place that turns one into the other.

ComfyUI: IMAGE (B, H, W, C) with C of 1, 3 or 4, MASK (B, H, W) or (H, W), on the CPU.
Library: image (B, C, H, W) in [0, 1], hole (B, 1, H, W) of 0 and 1, on the device of the host.
"""

import torch
from torch import Tensor

from ..core.errors import InputError
from ..core.host.host import current_host
from ..core.image.checks import check_image, shape_of
from ..core.image.color import to_y
from ..core.image.masks import binarize, dilate, resize_to
from ..core.io.sheet import shrink
from . import runtime

PREVIEW = 1024  # pixels a side at most


def image_in(image: Tensor, name: str = "image") -> Tensor:
    """IMAGE -> (B, 1 or 3, H, W): alpha is dropped, values are clamped to [0, 1]. Raises `InputError`."""
    return picture_in(image, name)[:, :3]


def picture_in(image: Tensor, name: str = "image") -> Tensor:
    """IMAGE -> (B, 1, 3 or 4, H, W), alpha kept."""
    if image.ndim != 4 or image.shape[-1] not in (1, 3, 4):
        raise InputError(f"{name} must be (B, H, W, 1, 3 or 4), got {shape_of(image)}")
    picture = image.movedim(-1, 1).to(current_host().device, torch.float32).clamp(0, 1)
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


def soft_mask_in(mask: Tensor, image: Tensor) -> Tensor:
    """MASK of any size -> (B, 1, H, W) in [0, 1], at the size of `image`. Raises `InputError`."""
    mask = mask[None] if mask.ndim == 2 else mask
    if mask.ndim != 3 or 0 in mask.shape:
        raise InputError(f"mask must be (B, H, W) or (H, W), got {shape_of(mask)}")
    return resize_to(mask[:, None].float().clamp(0, 1), image)


def hole_in(mask: Tensor, image: Tensor, threshold: float = 0.5, pixels: int = 0) -> Tensor:
    """MASK of any size, 1 = fill -> hole (B or 1, 1, H, W) that fits `image` (B, C, H, W).

    Values above `threshold` are filled, and the hole is dilated by `pixels` of the photo.
    """
    return dilate(binarize(soft_mask_in(mask, image), threshold), pixels)


def mask_out(hole: Tensor) -> Tensor:
    """(B, 1, H, W) -> MASK (B, H, W) in [0, 1], where ComfyUI keeps what goes between nodes."""
    return hole[:, 0].float().clamp(0, 1).contiguous().to(current_host().intermediate_device)
