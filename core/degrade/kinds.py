"""The list of the kinds of damage, one record each, and how one is drawn by a seed.

A new kind is a function from a `Scene` to a `Layer`, in the module of its relatives, and a record at the end of the
list. What a seed draws stays the same, unless it draws the new kind.
"""

import zlib
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from ..damage_kinds import KIND_NAMES
from .covers import constant, free_form, mosaic, noise
from .creases import crackle, crease, film_scratch, hair
from .lettering import plain_text, text, watermark
from .lost import missing_border, torn_corner
from .marks import dust, fold, scratch
from .scene import Layer, Scene
from .surface import faded, stain
from .worn import emulsion_loss, mold, silvering, tape, worn_border


class Kind(NamedTuple):
    """A kind of damage.

    id: its name. paint: makes the damage. group: which of `KIND_NAMES` it is found as. frequency: how often archives
    have it, compared with scratches (1).
    """

    id: str
    paint: Callable[[Scene], Layer]
    group: str
    frequency: float


def by_id(kinds: Iterable[Kind]) -> dict[str, Kind]:
    """Kinds by their ids, in order.

    Raises:
        ValueError: an id is there twice, a group is none of `KIND_NAMES`, or a frequency is not above 0.
    """
    registry: dict[str, Kind] = {}
    for kind in kinds:
        if kind.id in registry:
            raise ValueError(f"there are two kinds of damage with the id {kind.id!r}")
        if kind.group not in KIND_NAMES:
            raise ValueError(f"the group of {kind.id!r} must be one of {', '.join(KIND_NAMES)}, got {kind.group!r}")
        if not kind.frequency > 0:
            raise ValueError(f"the frequency of {kind.id!r} must be above 0, got {kind.frequency}; scratches have 1")
        registry[kind.id] = kind
    return registry


KINDS = by_id(
    (
        Kind("free_form", free_form, "overlays", 0.3),
        Kind("scratch", scratch, "lines", 1.0),
        Kind("fold", fold, "lines", 0.03),
        Kind("dust", dust, "specks", 1.5),
        Kind("stain", stain, "areas", 0.7),
        Kind("torn_corner", torn_corner, "lost", 0.7),
        Kind("text", text, "overlays", 0.4),
        Kind("watermark", watermark, "overlays", 0.3),
        Kind("mosaic", mosaic, "overlays", 0.2),
        Kind("constant", constant, "overlays", 0.3),
        Kind("noise", noise, "overlays", 0.1),
        Kind("missing_border", missing_border, "lost", 0.1),
        Kind("faded", faded, "areas", 0.4),
        Kind("crease", crease, "lines", 1.5),
        Kind("crackle", crackle, "lines", 1.5),
        Kind("film_scratch", film_scratch, "lines", 0.4),
        Kind("hair", hair, "lines", 0.5),
        Kind("worn_border", worn_border, "lost", 1.2),
        Kind("emulsion_loss", emulsion_loss, "lost", 1.0),
        Kind("tape", tape, "areas", 0.3),
        Kind("silvering", silvering, "areas", 0.3),
        Kind("mold", mold, "areas", 0.3),
        Kind("plain_text", plain_text, "overlays", 0.3),
    )
)


def draw_kind(seed: int, layer: int = 0) -> str:
    """The id of a kind drawn by a seed, as often as its frequency says.

    Each kind gets a key from its own random generator, and the highest key wins (the Gumbel-max trick, Gumbel 1954).
    So a new kind only takes the draws that it wins.

    Args:
        seed: 0 or more.
        layer: which damage of a photo is drawn, 0 for the first.
    """

    def key(kind: Kind) -> float:
        generator = np.random.default_rng([seed, layer, zlib.crc32(kind.id.encode())])
        return float(np.log(kind.frequency) + generator.gumbel())

    return max(KINDS.values(), key=key).id
