"""Which kinds of damage are filled, and the threshold of each: as a user says it, and as `find_hole` takes it."""

from collections.abc import Iterable, Mapping

from ..damage_kinds import KIND_NAMES, RESTORED
from ..errors import InputError, UnknownNameError

Kinds = Iterable[str] | Mapping[str, float | None] | None
"""Names of kinds to fill; or names with a threshold each, None for the common one; or None for the default kinds."""


def parse_kinds(text: str) -> dict[str, float | None]:
    """Kinds of damage from a line such as "lines, specks=0.3".

    Args:
        text: names of `DAMAGE_KINDS`, with or without `=` and a threshold, separated by commas; "all" is every kind.

    Returns:
        The threshold of each name, None without one. `kind_thresholds` checks names and ranges.

    Raises:
        InputError: a threshold that is no number, or that stands without a kind.
    """
    kinds: dict[str, float | None] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, number = (each.strip() for each in part.partition("="))
        if not name:
            raise InputError(f"a kind of damage must stand before the threshold, such as lines=0.5, got {part!r}")
        try:
            threshold = float(number) if equals else None
        except ValueError as error:
            raise InputError(f"the threshold of {name} must be a number, such as {name}=0.5, got {part!r}") from error
        kinds |= dict.fromkeys(KIND_NAMES if name == "all" else [name], threshold)
    return kinds


def choose_kinds(switches: Mapping[str, bool], thresholds: str = "") -> dict[str, float | None] | None:
    """Kinds of damage from switches, and thresholds from a line such as "lines=0.4, areas=0.7".

    Args:
        switches: whether each kind is filled, by its name; missing names are as by default.
        thresholds: see `parse_kinds`.

    Returns:
        The threshold of each kind to fill, None without one; or None where everything is as by default.

    Raises:
        InputError: a threshold of a kind that is off, or one that is no number.
    """
    default = {name: name in RESTORED for name in KIND_NAMES}
    switched = {**default, **switches}
    parsed = parse_kinds(thresholds)
    for name in parsed:
        if not switched.get(name, True):
            raise InputError(f"{name} has a threshold but is off; switch it on, or take it out of the thresholds")
    if switched == default and not parsed:
        return None
    return {**dict.fromkeys(name for name, on in switched.items() if on), **parsed}


def kind_thresholds(kinds: Kinds, threshold: float) -> dict[str, float]:
    """The threshold of each kind to fill, by its name.

    Args:
        kinds: see `Kinds`.
        threshold: of the kinds without one; at least 0, below 1.

    Raises:
        UnknownNameError: a name that is no kind of damage.
        InputError: a threshold out of its range.
    """
    if kinds is None:
        kinds = [name for name in KIND_NAMES if name in RESTORED]
    names = [kinds] if isinstance(kinds, str) else kinds
    requested = dict(names) if isinstance(names, Mapping) else dict.fromkeys(names)
    chosen = {name: threshold if value is None else value for name, value in requested.items()}
    for name, value in (("", threshold), *chosen.items()):
        if name not in ("", *KIND_NAMES):
            raise UnknownNameError("kind of damage", name, KIND_NAMES)
        if not 0 <= value < 1:
            raise InputError(f"the threshold{' of ' * bool(name)}{name} must be at least 0 and below 1, got {value:g}")
    return chosen
