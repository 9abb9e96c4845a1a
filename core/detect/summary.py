"""What was found in a photo, in a line of plain words."""

import numpy as np
import torch
from torch import Tensor

from ..damage_kinds import KIND_NAMES
from ..host.cancel import check_cancelled
from .stage import Detection

APART = 1 / 24  # of the shorter side: areas that are closer are counted as one
BAND = 512  # rows at a time, so that the work can be cancelled
MUCH = 0.08  # of a photo: if more would be filled, the summary warns
NOUNS = {  # one, and several
    "lines": ("line", "lines"),
    "specks": ("speck", "specks"),
    "lost": ("lost part", "lost parts"),
    "areas": ("area", "areas"),
    "overlays": ("overlay", "overlays"),
}


def summary(found: Detection) -> list[str]:
    """What was filled and what was left, a line a photo in plain words, with a warning where that is much.

    >>> import torch
    >>> hole, left = torch.zeros(2, 1, 1, 10, 10)
    >>> hole[..., 2, 2:4] = left[..., 6:9, 6:9] = 1
    >>> summary(Detection(hole, hole, left, torch.zeros_like(hole), hole, hole + left))
    ['filled: 1 mark, 2.0 % of the photo; left: 1 thick part of 9.0 %, see the heat map']
    """
    lines = [_summary_of(*(each[i] for each in found)) for i in range(len(found.hole))]
    if len(lines) == 1:
        return lines
    return [f"photo {i}: {line}" for i, line in enumerate(lines, 1)]


def _summary_of(hole: Tensor, _: Tensor, left: Tensor, margin: Tensor, kinds: Tensor, marks: Tensor) -> str:
    """The line of one photo; (1, H, W), of kinds and marks (K, H, W)."""
    _, filled = count_parts(hole)
    line = f"filled: {_listed(_filled(hole, marks))}, {_percent(filled)} of the photo" if filled else "filled: nothing"
    kept = _left(left * (1 - margin), kinds, marks)
    _, rim = count_parts(left * margin)
    kept += [f"{_percent(rim)} of blank margin"] if rim else []
    if kept:
        line += f"; left: {_listed(kept)}, see the heat map"
    if filled > MUCH:
        line += f"; warning: more than {100 * MUCH:g} % of the photo, look at the mask before you trust it"
    return line


def _filled(hole: Tensor, marks: Tensor) -> list[str]:
    """How many marks of each kind lie in the hole (1, H, W); where two kinds are, the first counts."""
    if len(marks) == 1:
        count, _ = count_parts(marks * hole)
        return [_counted(max(count, 1), "mark", "marks")]
    rest, told = hole.clone(), []
    for name, plane in zip(KIND_NAMES, marks, strict=True):
        here = plane * rest
        rest = rest * (1 - plane)
        if count := count_parts(here)[0]:
            told.append(_counted(count, *NOUNS[name]))
    return told


def _left(left: Tensor, kinds: Tensor, marks: Tensor) -> list[str]:
    """How many areas of each kind were left, (1, H, W), with their share of the photo."""
    apart = round(APART * min(left.shape[-2:]))
    if len(marks) == 1:
        groups = {("thick part", "thick parts"): left}
    else:
        bands = zip(marks.split(BAND, 1), kinds.split(BAND, 1), strict=True)
        most = torch.cat([_most_probable(*band) for band in bands], 1)
        groups = {_noun(i): left * (most == i) for i in range(len(marks))}
    counted = {noun: count_parts(plane, apart) for noun, plane in groups.items()}
    return [f"{_counted(count, *noun)} of {_percent(share)}" for noun, (count, share) in counted.items() if count]


def _most_probable(marks: Tensor, kinds: Tensor) -> Tensor:
    """The kind of each pixel's most probable mark, (K, H, W) twice to (1, H, W)."""
    check_cancelled()
    return torch.where(marks > 0, kinds, -1).argmax(0, keepdim=True)


def _noun(kind: int) -> tuple[str, str]:
    """What was left of a kind: of lines what is thick, by default."""
    one, several = NOUNS[KIND_NAMES[kind]]
    return (f"thick {one}", f"thick {several}") if KIND_NAMES[kind] == "lines" else (one, several)


def count_parts(mask: Tensor, apart: int = 0) -> tuple[int, float]:
    """How many connected parts a mask (1, H, W) or (H, W) of 0 and 1 has, and its share of the pixels.

    Corners connect, and so do gaps of up to `apart` pixels.
    """
    import cv2

    check_cancelled()
    plane = mask.reshape(mask.shape[-2:]).byte().cpu().numpy()
    share = float(np.count_nonzero(plane)) / plane.size
    check_cancelled()
    if apart:
        plane = cv2.dilate(plane, np.ones((apart + 1, apart + 1), np.uint8))
    count, _ = cv2.connectedComponents(plane, connectivity=8)
    return count - 1, share


def _listed(items: list[str]) -> str:
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def _counted(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share >= 0.0005 else "under 0.1 %"
