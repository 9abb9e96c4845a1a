"""Another program's picture of a photo brought to the photo: size, place, brightness, sharpness, grain and edge."""

from typing import TYPE_CHECKING

from ..lazy import lazy

if TYPE_CHECKING:
    from .feather import MAX_FEATHER, UNCHANGED, check_feather, feather
    from .grain import add_grain, check_grain
    from .stage import MATCHES, Matched, match_picture

__all__ = [
    "MATCHES",
    "MAX_FEATHER",
    "UNCHANGED",
    "Matched",
    "add_grain",
    "check_feather",
    "check_grain",
    "feather",
    "match_picture",
]

lazy(__name__)
