"""What `core` promises to take: image and hole tensors, checked in one place."""

import torch
from torch import Tensor

from ..errors import InputError


def shape_of(tensor: Tensor) -> str:
    """Write a shape the way the messages quote it, `(2, 3, 37, 53)`."""
    return "(" + ", ".join(map(str, tensor.shape)) + ")"


def check_image(image: Tensor, name: str = "image", channels: tuple[int, ...] = (1, 3)) -> None:
    """Raise `InputError` unless `image` is float (B, C, H, W), finite and within [0, 1]."""
    if not isinstance(image, Tensor) or not image.is_floating_point():
        came = image.dtype if isinstance(image, Tensor) else type(image).__name__
        raise InputError(f"{name} must be a float tensor, got {came}; divide 8-bit values by 255")
    if image.ndim != 4 or image.shape[1] not in channels or 0 in image.shape:
        wanted = " or ".join(map(str, channels))
        raise InputError(f"{name} must be (B, {wanted}, H, W), got {shape_of(image)}")
    low, high = image.aminmax()
    if low.isnan() or high.isnan():
        raise InputError(f"{name} holds NaN; replace those pixels before the call")
    if low < 0 or high > 1:
        raise InputError(f"{name} must lie in [0, 1], got [{low:.4g}, {high:.4g}]; clamp or rescale it")


def check_hole(hole: Tensor, image: Tensor) -> Tensor:
    """Return `hole` as bool (B, 1, H, W), repeated for the batch.

    `hole` is (B, 1, H, W) or (1, 1, H, W), 1 or True = fill, and holds nothing but 0 and 1.
    Raises `InputError` for another shape or value, and for a photo of which nothing is known.
    """
    b, _, h, w = image.shape
    if hole.shape not in ((b, 1, h, w), (1, 1, h, w)):
        raise InputError(f"hole must be ({b}, 1, {h}, {w}) to match image {shape_of(image)}, got {shape_of(hole)}")
    if hole.device != image.device:
        raise InputError(f"hole must be on {image.device} like the image, it is on {hole.device}")
    if hole.dtype != torch.bool:
        if not ((hole == 0) | (hole == 1)).all():
            raise InputError("hole must hold only 0 and 1; make it so with masks.binarize(mask)")
        hole = hole.bool()
    for i, covered in enumerate(hole.flatten(1).all(1).tolist()):
        if covered:
            raise InputError(
                f"the hole covers all of photo {i + 1}: nothing is known to restore it from; "
                "is the mask inverted? 1 (white) means fill"
            )
    return hole.expand(b, 1, h, w)
