"""The whole restoration: the hole in gray first, then its color from the photo itself."""

from torch import Tensor

from .backbones import DEFAULT
from .backbones.loaded import Model
from .backbones.record import Backbone
from .colorize import Guide, Settings, colorize
from .host.cancel import Progress
from .inpaint.stage import fill


def restore(
    image: Tensor,
    hole: Tensor,
    *,
    backbone: str | Backbone | Model = DEFAULT,
    method: str = "propagate",
    guide: Guide | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> Tensor:
    """Fill the hole of each photo and give it color.

    image: float (B, 1 or 3, H, W) in [0, 1]. hole: (B or 1, 1, H, W), 1 = fill. guide: color hints.
    settings: for the color methods that train on the photo.
    progress: called as `progress(done, total)` through the gray stage, then once more through the color.

    Returns the shape, dtype and device of `image`, the known pixels bit for bit; an empty hole gives the
    image back. Raises `InputError` and `UnknownNameError`.

    >>> import torch
    >>> from monochromic.core import restore
    >>> photo = torch.full((1, 3, 32, 32), 0.5)
    >>> hole = torch.zeros(1, 1, 32, 32)
    >>> hole[..., 10:20, 10:20] = 1
    >>> restored = restore(photo, hole)
    >>> restored.shape, bool((restored - photo).abs().max() < 0.01)
    (torch.Size([1, 3, 32, 32]), True)
    """
    gray = fill(image, hole, backbone, progress=progress)
    return colorize(image, gray, hole, method, guide, settings=settings, progress=progress)
