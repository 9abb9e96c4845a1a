"""What was found in a photo, as a sentence."""

import numpy as np
import torch
from torch import Tensor

from ..damage_kinds import KIND_NAMES
from ..host.cancel import check_cancelled
from .detection import Detection
from .working_copy import enlarged_marks

MAX_GAP = 1 / 24  # of the shorter side: skipped areas that are closer are counted as one
STRIP = 512  # rows at a time, so that the work can be cancelled
WARN_ABOVE = 0.08  # of a photo: if more would be filled, the summary warns
NOUNS = {  # one, and several
    "lines": ("line", "lines"),
    "specks": ("speck", "specks"),
    "lost": ("lost part", "lost parts"),
    "areas": ("area", "areas"),
    "overlays": ("overlay", "overlays"),
}


def summary(detection: Detection, heat_map: bool = True) -> list[str]:
    """What is filled and what is skipped, with a warning where much would be filled.

    Args:
        detection: what `find_hole` gave for photos.
        heat_map: say that a heat map shows what is skipped.

    Returns:
        A line for each photo.

    >>> import torch
    >>> hole, skipped = torch.zeros(2, 1, 1, 10, 10)
    >>> hole[..., 2, 2:4] = skipped[..., 6:9, 6:9] = 1
    >>> summary(Detection(hole, skipped, hole * 0, hole * 0, hole + skipped, hole))
    ['filled: 1 mark, 2.0 % of the photo; not filled: 1 thick part of 9.0 %, see the heat map']
    """
    lines = [_line_of(Detection(*(tensor[i] for tensor in detection)), heat_map) for i in range(len(detection.hole))]
    if len(lines) == 1:
        return lines
    return [f"photo {i}: {line}" for i, line in enumerate(lines, 1)]


def _line_of(photo: Detection, heat_map: bool) -> str:
    """The line of one photo, whose tensors are (1, H, W), or (K, h, w) of kinds and marks."""
    _, filled = count_parts(photo.hole)
    line = "filled: nothing"
    if filled:
        marks = enlarged_marks(photo.marks_in_copy[None], *photo.hole.shape[-2:])[0]
        line = f"filled: {_listed(_filled(photo.hole, marks))}, {_percent(filled)} of the photo"
    skipped = _skipped(photo.skipped * (1 - photo.margin) * (1 - photo.eyes), photo.kinds_in_copy, photo.marks_in_copy)
    at_eyes, share = count_parts(photo.eyes, _max_gap(photo.eyes))
    skipped += [f"{_counted(at_eyes, 'mark at an eye', 'marks at eyes')} of {_percent(share)}"] if at_eyes else []
    _, blank = count_parts(photo.skipped * photo.margin)
    skipped += [f"{_percent(blank)} of blank margin"] if blank else []
    if skipped:
        line += f"; not filled: {_listed(skipped)}{', see the heat map' if heat_map else ''}"
    if filled > WARN_ABOVE:
        line += f"; warning: more than {100 * WARN_ABOVE:g} % of the photo, look at the mask before you trust it"
    return line


def _filled(hole: Tensor, marks: Tensor) -> list[str]:
    """How many marks of each kind are filled by the hole (1, H, W); where two kinds are, the first counts."""
    if len(marks) == 1:
        count, _ = count_parts(marks * hole)
        return [_counted(max(count, 1), "mark", "marks")]
    rest, items = hole.clone(), []
    for name, plane in zip(KIND_NAMES, marks, strict=True):
        count = _count_covered(plane, hole[0], rest[0])
        rest = rest * (1 - plane)
        if count:
            items.append(_counted(count, *NOUNS[name]))
    return items or [_counted(count_parts(hole)[0], "part of a mark", "parts of marks")]


def _count_covered(plane: Tensor, hole: Tensor, rest: Tensor) -> int:
    """How many parts of a plane (H, W) lie mostly in the hole, and touch the rest of it that no other kind covers.

    A widened line may overlap a stain that is not to be filled: that does not fill the stain.
    """
    import cv2

    marks, covered, uncounted = (mask.byte().cpu().numpy() for mask in (plane, hole, rest))
    count, label = cv2.connectedComponents(marks, connectivity=8)
    area, inside, free = (np.bincount(label[mask > 0], minlength=count) for mask in (marks, covered, uncounted))
    return int(((2 * inside >= area) & (free > 0))[1:].sum())


def _skipped(skipped: Tensor, kinds: Tensor, marks: Tensor) -> list[str]:
    """How many areas of each kind were skipped, (1, H, W), with their share of the photo; kinds, marks: (K, h, w)."""
    max_gap = _max_gap(skipped)
    if len(marks) == 1:
        groups = {("thick part", "thick parts"): skipped}
    else:
        strips = zip(marks.split(STRIP, 1), kinds.split(STRIP, 1), strict=True)
        likeliest = torch.cat([_most_probable(*strip) for strip in strips], 1)
        likeliest = enlarged_marks(likeliest[None], *skipped.shape[-2:])[0]
        groups = {_noun(i): skipped * (likeliest == i) for i in range(len(marks))}
    counted = {noun: count_parts(plane, max_gap) for noun, plane in groups.items()}
    return [f"{_counted(count, *noun)} of {_percent(share)}" for noun, (count, share) in counted.items() if count]


def _max_gap(plane: Tensor) -> int:
    """Pixels between skipped areas (1, H, W) that are counted as one."""
    return round(MAX_GAP * min(plane.shape[-2:]))


def _most_probable(marks: Tensor, kinds: Tensor) -> Tensor:
    """The kind of each pixel's most probable mark, (K, H, W) twice to (1, H, W)."""
    check_cancelled()
    return torch.where(marks > 0, kinds, -1).argmax(0, keepdim=True).byte()


def _noun(kind: int) -> tuple[str, str]:
    """What was skipped of a kind: of lines those that may well be content, by default."""
    one, several = NOUNS[KIND_NAMES[kind]]
    return (f"doubtful {one}", f"doubtful {several}") if KIND_NAMES[kind] == "lines" else (one, several)


def count_parts(mask: Tensor, max_gap: int = 0) -> tuple[int, float]:
    """How many connected parts a mask has, and its share of the pixels.

    Args:
        mask: (1, H, W) or (H, W) of 0 and 1; corners connect.
        max_gap: pixels of a gap that still connects.

    Returns:
        The number of parts, and the share of 1 in [0, 1].
    """
    import cv2

    check_cancelled()
    plane = mask.reshape(mask.shape[-2:]).byte().cpu().numpy()
    share = float(np.count_nonzero(plane)) / plane.size
    if max_gap:
        plane = cv2.dilate(plane, np.ones((max_gap + 1, max_gap + 1), np.uint8))
    count, _ = cv2.connectedComponents(plane, connectivity=8)
    return count - 1, share


def _listed(items: list[str]) -> str:
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def _counted(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share >= 0.0005 else "under 0.1 %"
