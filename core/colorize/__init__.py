"""The colour stage: give the filled hole its colour from this photo alone."""

from collections.abc import Callable

import torch
from torch import Tensor

from ..checks import check_hole, check_image, shape_of
from ..color import chroma, to_rgb_in_gamut
from ..errors import InputError, UnknownNameError
from ..masks import composite
from ..progress import Progress
from ..regions import hole_boxes
from .guide import Guide, Point, parse_points
from .propagate import propagate

__all__ = ["METHODS", "Guide", "Point", "colorize", "parse_points"]

Method = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], Tensor]
METHODS: dict[str, Method] = {"propagate": propagate}
CONTEXT = 64  # least pixels around a part of the hole that lend it their colour


def colorize(
    image: Tensor,
    gray: Tensor,
    hole: Tensor,
    method: str = "propagate",
    guide: Guide | None = None,
    *,
    progress: Progress | None = None,
) -> Tensor:
    """Colour the hole: its luminance is `gray`, its chroma comes from the known pixels and the hints.

    image: float (B, 3, H, W) in [0, 1], never looked at under the hole; a gray one (B, 1, H, W) has no
    colour to give, and comes back with `gray` in the hole. gray: (B, 1, H, W) in [0, 1].
    hole: (B or 1, 1, H, W), 1 = fill. guide: hints; those outside the hole are passed over.

    Returns the size, dtype and device of `image`, the known pixels bit for bit. In the hole the
    luminance is `gray`; where that leaves no room for a colour it is paled (`to_rgb_in_gamut`). Raises
    `InputError` and `UnknownNameError`.
    """
    check_image(image)
    check_image(gray, "gray", channels=(1,))
    hole = check_hole(hole, image)
    if gray.shape != hole.shape:
        raise InputError(f"gray must be {shape_of(hole)} to match the image, got {shape_of(gray)}")
    if method not in METHODS:
        raise UnknownNameError("colour method", method, METHODS)
    if image.shape[1] == 1:
        return composite(gray, image, hole)
    hints, hinted = guide.draw(image) if guide else (None, None)
    result = image.clone()
    work = [(i, box) for i in range(len(image)) for box in hole_boxes(hole[i, 0], CONTEXT)]
    for done, (i, box) in enumerate(work):
        if progress:
            progress(done, len(work))
        photo, light, inside = (box.crop(t[i : i + 1]) for t in (result, gray, hole))
        if guide:
            pinned, colors = box.crop(hinted[i : i + 1]) & inside, chroma(box.crop(hints[i : i + 1]))
        else:
            pinned, colors = torch.zeros_like(inside), torch.zeros_like(photo[:, 1:])
        known = photo.masked_fill(inside, 0).float()
        found = METHODS[method](known, light.float(), inside, pinned, colors.float())
        photo[:] = composite(to_rgb_in_gamut(light.float(), found), photo, inside)
    if progress:
        progress(len(work), len(work))
    return result
