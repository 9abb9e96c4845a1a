"""From files to tensors and back, and pictures made to be looked at."""

from typing import TYPE_CHECKING

from ..lazy import lazy

if TYPE_CHECKING:
    from .images import load_image, read_mask
    from .samples import ALBUM, SAMPLES, load_sample

__all__ = ["ALBUM", "SAMPLES", "load_image", "load_sample", "read_mask"]

lazy(__name__)
