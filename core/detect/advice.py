"""What to ask for to get more filled, where nothing is."""

from ..damage_kinds import KIND_NAMES, RESTORED
from .detection import Detection
from .kinds import Kinds


def kinds_left(detection: Detection, asked: Kinds = None) -> list[str] | None:
    """The kinds of what was skipped in photos in which nothing is filled; asked for without the others, more is.

    Args:
        detection: what `find_hole` gave for photos.
        asked: the kinds that were asked for there.

    Returns:
        Names in the order of `KIND_NAMES`. Empty where only what the guard skips whatever is asked for is left: the
        method tells no kinds, some were asked for without the others already, or none are others. `None` if nothing was
        skipped in such a photo but margins and marks at eyes.
    """
    doubtful = detection.skipped * (1 - detection.margin) * (1 - detection.eyes)
    untouched = (doubtful > 0).flatten(1).any(1) & ~(detection.hole > 0).flatten(1).any(1)
    if not untouched.any():
        return None
    if detection.marks_in_copy.shape[1] != len(KIND_NAMES) or (asked is not None and not set(asked) >= RESTORED):
        return []
    found = (detection.marks * doubtful)[untouched].amax((0, 2, 3))
    names = [name for name, left in zip(KIND_NAMES, found.tolist(), strict=True) if left and name in RESTORED]
    return [] if set(names) >= RESTORED else names
