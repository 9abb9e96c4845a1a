"""Another program's picture of a photo brought to the photo: its size, its place, its brightness, its grain."""

from .grain import add_grain, check_grain
from .stage import MATCHES, Matched, match_picture

__all__ = ["MATCHES", "Matched", "add_grain", "check_grain", "match_picture"]
