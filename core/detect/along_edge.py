"""What runs along the edge of the scan: the edge of the print on a mount, on a table, or of a plate.

It looks like a crease, or like a strip that is lost, however worn the print is.
"""

from torch import Tensor

from .planes import Bytes, by_photo, long_parts, mostly_inside, near_edge

MIN_LENGTH = 1 / 4  # of the shorter side
RIM = 1 / 14  # of the shorter side: a mark runs along the edge if nearly all of it
MOSTLY = 0.9  # lies so near to it


def along_edge(marks: Tensor, margin: Tensor) -> Tensor:
    """The marks that run along the edge.

    Args:
        marks: uint8 (B, 1, H, W) of 0 and 1, 1 = looks like a scratch or a crease, or like a lost part.
        margin: the same of blank margins, at which the print ends.

    Returns:
        uint8 (B, 1, H, W), 1 = part of such a mark.
    """
    return by_photo(_along_edge, marks, margin)


def _along_edge(marks: Bytes, margin: Bytes) -> Bytes:
    """The long marks (H, W) nearly all of which lies near a margin (H, W) or the border."""
    candidates = long_parts(marks, MIN_LENGTH)
    if not candidates.any():
        return candidates
    return mostly_inside(candidates, near_edge(margin, round(RIM * min(marks.shape))), MOSTLY)
