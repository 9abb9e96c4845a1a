"""The checks at the door of every public function that takes images and holes: once there, and nowhere inside."""

import torch
from torch import Tensor

from ..errors import InputError
from ..host.cancel import check_cancelled


def shape_of(tensor: Tensor) -> str:
    """A shape as messages quote it.

    Args:
        tensor: any.

    Returns:
        Text such as `(2, 3, 37, 53)`.
    """
    return "(" + ", ".join(map(str, tensor.shape)) + ")"


def check_image(image: Tensor, name: str = "image", channels: tuple[int, ...] = (1, 3)) -> None:
    """Check that a tensor is an image: float (B, C, H, W), finite and within [0, 1].

    Args:
        image: what the caller gave.
        name: what messages call it.
        channels: numbers of channels that are taken.

    Raises:
        InputError: for another type, shape or range; it says which.
    """
    if not isinstance(image, Tensor):
        raise InputError(f"{name} must be a float tensor, got {type(image).__name__}; load_image makes one of a file")
    if not image.is_floating_point():
        raise InputError(f"{name} must be a float tensor, got {image.dtype}; divide 8-bit values by 255")
    if image.ndim != 4 or image.shape[1] not in channels or 0 in image.shape:
        numbers = " or ".join(map(str, channels))
        raise InputError(f"{name} must be (B, {numbers}, H, W), got {shape_of(image)}")
    check_cancelled()
    low, high = in_memory_order(image).aminmax()
    if low.isnan() or high.isnan():
        raise InputError(f"{name} holds NaN; replace those pixels before the call")
    if low < 0 or high > 1:
        raise InputError(f"{name} must lie in [0, 1], got [{low:.4g}, {high:.4g}]; clamp or rescale it")


def in_memory_order(tensor: Tensor) -> Tensor:
    """The same values with the dimensions ordered as they lie in memory: channels last are read ten times as fast.

    Args:
        tensor: of any shape.

    Returns:
        A view of it.
    """
    return tensor.permute(sorted(range(tensor.ndim), key=tensor.stride, reverse=True))


def check_hole(hole: Tensor, image: Tensor) -> Tensor:
    """Check that a hole fits an image.

    Args:
        hole: (B, 1, H, W) or (1, 1, H, W), 1 or True = fill, nothing but 0 and 1.
        image: (B, C, H, W), checked already.

    Returns:
        The hole as bool (B, 1, H, W), repeated for the batch.

    Raises:
        InputError: for another shape, device or value, and for a photo of which nothing is known.
    """
    b, _, h, w = image.shape
    if not isinstance(hole, Tensor):
        raise InputError(
            f"hole must be a tensor, got {type(hole).__name__}; load_hole reads a mask, a Detection has .hole"
        )
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
                "is the mask inverted, or grown by too much? 1 (white) means fill"
            )
    return hole.expand(b, 1, h, w)


def check_answer(answer: Tensor, source: str) -> Tensor:
    """Check that a network or solver gave numbers, before they go into the photo.

    Args:
        answer: any shape.
        source: what gave it, such as the id of a backbone.

    Returns:
        The answer, as it is.

    Raises:
        InputError: where it holds NaN.
    """
    if answer.isnan().any():
        raise InputError(f"{source} gave NaN for this photo; try other weights, or another method")
    return answer
