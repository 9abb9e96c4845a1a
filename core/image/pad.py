"""A larger canvas around a photo, with the mask of what is new: to fill beyond the border, or a torn-off edge."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import InputError
from .checks import check_image

MAX_PIXELS = 178_956_970  # of the larger photo: more is not read as a picture


def pad_canvas(image: Tensor, left: int = 0, top: int = 0, right: int = 0, bottom: int = 0) -> tuple[Tensor, Tensor]:
    """Put a photo on a larger canvas.

    Args:
        image: float (B, C, H, W) in [0, 1].
        left: pixels to add, 0 or more; and so are the others.
        top: pixels to add.
        right: pixels to add.
        bottom: pixels to add.

    Returns:
        The photo on the canvas, (B, C, H + top + bottom, W + left + right), its border repeated around it; and the
        hole, (B, 1, ...) of 0 and 1, 1 = new.

    Raises:
        InputError: for an image that does not fit, negative numbers, and a canvas that is too large.
    """
    check_image(image, channels=(1, 3, 4))
    sides = {"left": left, "top": top, "right": right, "bottom": bottom}
    for name, pixels in sides.items():
        if pixels < 0:
            raise InputError(f"{name} must be 0 pixels or more, got {pixels}; padding never cuts anything off")
    (b, _, h, w), height, width = image.shape, image.shape[-2] + top + bottom, image.shape[-1] + left + right
    if height * width > MAX_PIXELS:
        raise InputError(f"the padded photo would have {width} x {height} pixels, more than {MAX_PIXELS}; add fewer")
    rows, columns = (
        (torch.arange(size, device=image.device) - before).clamp(0, side - 1)
        for size, before, side in ((height, top, h), (width, left, w))
    )
    known = image.new_zeros(b, 1, h, w, dtype=torch.float32)
    hole = F.pad(known, (left, right, top, bottom), value=1)
    return image[..., rows, :][..., columns], hole
