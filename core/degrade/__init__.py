"""Damage put on clean photos, with the true mask: for training, for measuring, and for trying out a pipeline.

VCNet (Wang, Chen, Tao, Jia, "VCNet: A Robust Approach to Blind Image Inpainting", ECCV 2020, arXiv 2003.06816)
makes its training pairs as `I = O (1 - M) + N M`: strokes M that show another photo N. Networks trained on
that learn strokes, not damage. So there is a kind for each thing that old and misused photos suffer from.
"""

from typing import TYPE_CHECKING

from ..lazy import lazy

if TYPE_CHECKING:
    from .kinds import KINDS, Kind, draw_kind
    from .stage import ANY, VISIBLE, Degraded, degrade

__all__ = ["ANY", "KINDS", "VISIBLE", "Degraded", "Kind", "degrade", "draw_kind"]

lazy(__name__)
