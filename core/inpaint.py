"""The gray stage: fill the hole in grayscale, where structure is all there is to learn.

This is the external stage of Wang, Ouyang, Chen, "Image Inpainting with External-Internal Learning and
Monochromic Bottleneck", CVPR 2021, with a backbone of your choice.
"""

import torch.nn.functional as F
from torch import Tensor

from .backbone import Backbone
from .backbones import get_backbone
from .checks import check_hole, check_image
from .color import luminance
from .errors import InputError
from .masks import composite
from .progress import Progress
from .regions import hole_boxes


def fill(
    image: Tensor,
    hole: Tensor,
    backbone: str | Backbone = "telea",
    *,
    context: int = 64,
    progress: Progress | None = None,
) -> Tensor:
    """Reconstruct the gray image inside the hole.

    image: float (B, 1 or 3, H, W) in [0, 1]; what lies under the hole is never looked at.
    hole: (B or 1, 1, H, W), 1 = fill. context: pixels around the hole that the backbone gets to see.

    Returns (B, 1, H, W) in [0, 1] on the image's device and dtype: the luminance of the known pixels,
    bit for bit, and the backbone's answer in the hole. Raises `InputError` and `UnknownNameError`.
    """
    check_image(image)
    hole = check_hole(hole, image)
    if context < 1:
        raise InputError(f"context must be at least 1 pixel, got {context}")
    if isinstance(backbone, str):
        backbone = get_backbone(backbone)
    gray = luminance(image).clone()
    work = [(i, box) for i in range(len(image)) for box in hole_boxes(hole[i, 0], context)]
    for done, (i, box) in enumerate(work):
        if progress:
            progress(done, len(work))
        photo, inside, known = (box.crop(t[i : i + 1]) for t in (image, hole, gray))
        known[:] = composite(_answer(backbone, photo, inside), known, inside)
    if progress:
        progress(len(work), len(work))
    return gray


def _answer(backbone: Backbone, photo: Tensor, inside: Tensor) -> Tensor:
    """The backbone's gray image of one crop, padded to its liking and cut back."""
    h, w = photo.shape[-2:]
    known = photo.float().expand(-1, 3, -1, -1).masked_fill(inside, 0)
    pads = _pads(backbone, h, w)
    padded = F.pad(inside.float(), pads, mode="replicate").bool()
    gray = backbone.fill(F.pad(known, pads, mode="replicate"), padded)
    return gray[..., :h, :w].clamp(0, 1)


def _pads(backbone: Backbone, h: int, w: int) -> tuple[int, int, int, int]:
    """Pixels to add right and below so that the sides suit the backbone."""

    def missing(side: int) -> int:
        wanted = max(side, backbone.minimum)
        return wanted + (-wanted) % backbone.multiple - side

    return 0, missing(w), 0, missing(h)
