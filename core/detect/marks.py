"""From probabilities to marks: where each kind of damage is, as 0 and 1, with hysteresis.

A mark is a connected part of rather probable pixels with one that is above the threshold (Canny 1986): so the faint
end of a sure scratch belongs to it, and a part of which nothing is sure is none.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..damage_kinds import DAMAGE_KINDS, KIND_NAMES
from ..errors import InputError, UnknownNameError
from ..host.cancel import check_cancelled

Kinds = Iterable[str] | Mapping[str, float | None] | None
"""Which kinds are filled: names; names with thresholds of their own or None; None for those restored by default."""


def parse_kinds(text: str) -> dict[str, float | None]:
    """Kinds of damage from a line such as "lines, specks=0.3": names, and the thresholds of those that have their own.

    Args:
        text: names of `DAMAGE_KINDS` with or without `=` and a threshold, set apart by commas; "all" is every kind.

    Raises:
        InputError: a threshold that is no number, or of no kind. `thresholds_of` looks at names and ranges.
    """
    chosen: dict[str, float | None] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, number = (each.strip() for each in part.partition("="))
        if not name:
            raise InputError(f"a kind of damage must stand before the threshold, such as lines=0.5, got {part!r}")
        try:
            own = float(number) if equals else None
        except ValueError as error:
            raise InputError(f"the threshold of {name} must be a number, such as {name}=0.5, got {part!r}") from error
        chosen |= dict.fromkeys(KIND_NAMES if name == "all" else [name], own)
    return chosen


def choose_kinds(switches: Mapping[str, bool], thresholds: str = "") -> dict[str, float | None] | None:
    """The kinds of damage that are switched on, with the thresholds of a line such as "lines=0.4, areas=0.7".

    Args:
        switches: whether each kind is filled, by its name; those that are missing are as by default.
        thresholds: see `parse_kinds`.

    Returns:
        Names and thresholds, or None where all is as by default.

    Raises:
        InputError: a threshold of a kind that is off, or one that is no number.
    """
    usual = {kind.id: kind.restored for kind in DAMAGE_KINDS}
    on = {**usual, **switches}
    own = parse_kinds(thresholds)
    for name in own:
        if not on.get(name, True):
            raise InputError(f"{name} has a threshold but is off; switch it on, or take it out of the thresholds")
    chosen = {**dict.fromkeys(name for name, filled in on.items() if filled), **own}
    return None if on == usual and not own else chosen


def thresholds_of(kinds: Kinds, threshold: float) -> dict[str, float]:
    """The threshold of each kind to fill, by its name.

    Args:
        kinds: see `Kinds`.
        threshold: of the kinds that have none of their own; at least 0, below 1.

    Raises:
        UnknownNameError: a name that is no kind of damage.
        InputError: a threshold out of its range.
    """
    if kinds is None:
        kinds = [kind.id for kind in DAMAGE_KINDS if kind.restored]
    names = [kinds] if isinstance(kinds, str) else kinds
    given = dict(names) if isinstance(names, Mapping) else dict.fromkeys(names)
    chosen = {name: threshold if own is None else own for name, own in given.items()}
    for name, value in (("", threshold), *chosen.items()):
        if name not in ("", *KIND_NAMES):
            raise UnknownNameError("kind of damage", name, KIND_NAMES)
        if not 0 <= value < 1:
            raise InputError(f"the threshold{' of ' * bool(name)}{name} must be at least 0 and below 1, got {value:g}")
    return chosen


def marks_of(probability: Tensor, threshold: float, smallest: int = 0, slack: float = 0.0) -> Tensor:
    """Where damage is, from the probability of one kind.

    Args:
        probability: (B, 1, H, W) in [0, 1].
        threshold: pixels above it are damage; at least 0, below 1.
        smallest: connected parts of fewer pixels are dropped; corners connect.
        slack: log odds by which pixels may be below the threshold that hang together with one above it.

    Returns:
        (B, 1, H, W) of 0 and 1, 1 = damage, of the same dtype and device.

    Raises:
        InputError: `smallest` is negative.
    """
    if smallest < 0:
        raise InputError(f"the smallest part must have 0 pixels or more, got {smallest}")
    weak = float(torch.sigmoid(torch.logit(torch.tensor(threshold, dtype=torch.float64)) - slack))
    marks = torch.zeros_like(probability)
    for here, chance in zip(marks, probability, strict=True):
        check_cancelled()
        if (chance > threshold).any():
            plane = chance[0].float().cpu().numpy()
            here[0] = torch.from_numpy(_connected(plane, weak, threshold, smallest)).to(here)
    return marks


def _connected(plane: NDArray[np.float32], weak: float, sure: float, smallest: int) -> NDArray[np.bool_]:
    """Connected parts above `weak` with a pixel above `sure`, of `smallest` pixels or more."""
    import cv2

    count, part, stats, _ = cv2.connectedComponentsWithStats((plane > weak).astype(np.uint8), connectivity=8)
    check_cancelled()
    kept = np.zeros(count, np.bool_)
    kept[np.unique(part[plane > sure])] = True
    kept &= stats[:, cv2.CC_STAT_AREA] >= smallest
    kept[0] = False
    return kept[part]
