"""Another program's picture of a photo brought to the photo: its size, its place, its brightness."""

from .stage import MATCHES, Matched, match_picture

__all__ = ["MATCHES", "Matched", "match_picture"]
