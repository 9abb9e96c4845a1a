"""From probabilities to marks, sorted by whether they are filled; worn photos are looked at twice."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ..damage_kinds import DAMAGE_KINDS, KIND_NAMES, RESTORED
from .along_edge import along_edge
from .beds import beds
from .blank_parts import blank_parts
from .cracks import cracks
from .dark_lines import dark_lines
from .detectors import Detector
from .doubtful_specks import doubtful_specks
from .eyes import Eyes
from .faces import lines_across_faces
from .guard import skipped_marks
from .hysteresis import hysteresis_marks
from .inner_lines import inner_lines, long_lines
from .large_specks import large_specks
from .lettering import Lettering
from .lone_specks import last_specks, lone_specks
from .margins import margins_of
from .planes import logits, to_gray
from .second_look import (
    bridge_lines,
    has_but_a_few_marks,
    has_whole_rims,
    is_damaged,
    is_hardly_damaged,
    is_heavily_damaged,
    is_little_damaged,
    is_slightly_damaged,
    second_marks,
)
from .smooth_lines import smooth_lines
from .specks import by_specks, mostly_in
from .stark_lines import stark_lines
from .strands import strands
from .unsure_marks import unsure_lines, unsure_specks

SOFT_EDGE, MIN_SOFT_EDGE = 1 / 256, 2  # of the shorter side; pixels: how soft the edge of a margin may be


class Search(NamedTuple):
    """What is looked for.

    levels: the thresholds of the kinds to fill, by name. threshold: of all other kinds. min_area: connected parts of
    fewer pixels are dropped. guard: whether margins and what may be content are skipped.
    """

    detector: Detector
    levels: dict[str, float]
    threshold: float
    min_area: int
    guard: bool

    @property
    def is_general(self) -> bool:
        """Whether all kinds are to be filled that are filled by default: nobody asked for one of them alone."""
        return self.levels.keys() >= RESTORED


class Sorted(NamedTuple):
    """Marks by what becomes of them, each uint8 (B, 1, H, W) of 0 and 1; some are in several."""

    filled: Tensor  # of kinds to fill where the guard allows it
    unguarded: Tensor  # of kinds to fill anyway
    skipped: Tensor  # by the guard
    margin: Tensor
    other: Tensor  # of kinds not to fill


def look(probability: Tensor, image: Tensor, eyes: Sequence[Eyes], search: Search) -> tuple[Tensor, Sorted, list[bool]]:
    """What looks damaged in photos, each by itself.

    Args:
        probability: of the kinds, (B, K, H, W) in [0, 1], as by `predict_kinds`; lettering in it is made overlays.
        image: the photos, (B, 1 or 3, H, W) in [0, 1].
        eyes: of each photo.
        search: see `Search`.

    Returns:
        The marks of each kind, uint8 (B, K, H, W) of 0 and 1, the same sorted, and which photos were looked at twice.
    """
    marks, gray = _marks(probability, search), to_gray(image)
    found = _sort(marks, gray, search, _margins(gray, search))
    worn = []
    for i in range(len(image)):
        photo = slice(i, i + 1)
        of_photo = Sorted(*(each[photo] for each in found))
        letters = Lettering(image[photo])
        worn.append(_look_at(probability[photo], gray[photo], letters, eyes[i], search, marks[photo], of_photo))
    return marks, found, worn


def _look_at(
    probability: Tensor, gray: Tensor, letters: Lettering, eyes: Eyes, search: Search, marks: Tensor, found: Sorted
) -> bool:
    """Correct the marks of one photo, and the same sorted; whether it was looked at twice."""
    skipped = found.skipped.clone()  # before other rules skip what is as light as paper
    _leave_lettering(probability, letters, search, marks, found)
    if not search.detector.hysteresis:
        return False
    tells_all = search.guard and marks.shape[1] == len(KIND_NAMES) and search.is_general
    slightly = False
    if tells_all:  # else what would be filled does not tell how damaged the photo is
        _leave_things(probability, gray, marks, eyes, found)
        _leave_lone_specks(marks, gray, found)  # first, lest they tell that there is dust
        slightly = _leave_lone_lines(probability, marks, eyes, found)
        _leave_lone_rims(marks, found)
        _leave_last_specks(probability, marks, gray, found)  # last, where what is left does not count as damage
    worn = is_damaged(found.filled) or is_damaged(found.filled | _bare_paper(marks, gray, search, found, skipped))
    if worn:
        _look_again(probability, gray, search, marks, found)
        _leave_lettering(probability, letters, search, marks, found)
        if tells_all:
            _leave_things(probability, gray, marks, eyes, found)
        if slightly:
            doubtful = _doubtful_lines(probability, _thin_lines(marks, found), eyes)
            _skip(_likely_content(probability, doubtful), found)
    return worn


def _bare_paper(marks: Tensor, gray: Tensor, search: Search, found: Sorted, skipped: Tensor) -> Tensor:
    """The thick parts of one photo, as light as paper, that are skipped unless it is worn: they tell that it is."""
    if not search.guard or not is_damaged(found.filled | skipped):
        return torch.zeros_like(skipped)
    guarded, *_ = _by_guard(marks, search.levels)
    thick, thick_in_worn = (skipped_marks(guarded, found.margin, gray, worn) for worn in (False, True))
    return skipped & thick & (1 - thick_in_worn)


def _leave_lettering(probability: Tensor, letters: Lettering, search: Search, marks: Tensor, found: Sorted) -> None:
    """Make of the lines and specks of one photo that are lettering what they are: overlays, which are not filled."""
    if not (search.guard and search.detector.predicts_kinds) or "overlays" in search.levels:
        return
    lines, specks, lost, _, overlays = (slice(i, i + 1) for i in range(len(KIND_NAMES)))
    left = letters.among((marks[:, lines] | marks[:, specks]) & found.filled & (1 - marks[:, lost]))
    if left.any():
        for kind in (lines, specks):
            for planes in (marks, probability):
                planes[:, overlays] = torch.maximum(planes[:, overlays], planes[:, kind] * left)
                planes[:, kind] *= 1 - left
        found.filled.bitwise_and_(1 - left)
        found.skipped.bitwise_or_(left)


def _leave_things(probability: Tensor, gray: Tensor, marks: Tensor, eyes: Eyes, found: Sorted) -> None:
    """Skip lines of one photo that are things by their looks, in the same sorted, however much else is found.

    Strands below a face; and, unless damage is heavy, short lines that stand out and are doubtful.
    """
    if not is_heavily_damaged(found.filled):
        lines, specks, lost, *_ = marks.split(1, dim=1)
        thin = _thin_lines(marks, found)
        _skip(stark_lines(thin, probability[:, :1], lines | specks | lost, gray), found)
    _skip(strands(_thin_lines(marks, found), eyes), found)


def _leave_lone_lines(probability: Tensor, marks: Tensor, eyes: Eyes, found: Sorted) -> bool:
    """Skip lines of one photo, in the same sorted, where little else is found: all, or likely content but folds.

    Returns:
        Whether likely content among them is, however much a second look finds.
    """
    thin = _thin_lines(marks, found)
    doubtful = _doubtful_lines(probability, thin, eyes)
    inner = inner_lines(thin, found.margin)
    if is_hardly_damaged(found.filled, inner & doubtful):
        _skip(doubtful, found)
    elif is_slightly_damaged(found.filled, inner & doubtful):
        no_folds = torch.equal(inner, thin)
        if no_folds or torch.equal(doubtful, thin):  # beside folds, a line that is none tells of cracks
            _skip(_likely_content(probability, inner & doubtful), found)
        return no_folds
    return False


def _leave_lone_rims(marks: Tensor, found: Sorted) -> None:
    """Skip lost parts of one photo that run along its edge, in the same sorted, where little else is found."""
    _, _, lost, *_ = marks.split(1, dim=1)
    rims = along_edge(lost & found.filled, found.margin)
    if rims.any() and has_whole_rims(found.filled, rims):
        _skip(rims, found)


def _doubtful_lines(probability: Tensor, lines: Tensor, eyes: Eyes) -> Tensor:
    """The lines of one photo that cross no face and are no cracks for sure."""
    return lines & (1 - (lines_across_faces(lines, eyes) | cracks(lines, probability[:, :1])))


def _likely_content(probability: Tensor, lines: Tensor) -> Tensor:
    """The lines of one photo that are rather content where little is damaged."""
    return long_lines(lines) | smooth_lines(lines) | unsure_lines(lines, probability[:, :1])


def _thin_lines(marks: Tensor, found: Sorted) -> Tensor:
    """The lines of one photo that would be filled, and are no lost parts."""
    lines, _, lost, *_ = marks.split(1, dim=1)
    return lines & found.filled & (1 - lost)


def _skip(filled: Tensor, found: Sorted) -> None:
    """Skip what would be filled of one photo, in the same sorted."""
    found.filled.bitwise_xor_(filled)
    found.skipped.bitwise_or_(filled)


def _leave_lone_specks(marks: Tensor, gray: Tensor, found: Sorted) -> None:
    """Skip the specks of one photo that stand out, in the same sorted, where few are found or hardly any are filled."""
    only_specks, damage = _specks_and_damage(marks)
    _skip(by_specks(lone_specks, only_specks, damage, gray) & found.filled, found)
    _skip(by_specks(last_specks, only_specks & found.filled, damage, gray), found)


def _specks_and_damage(marks: Tensor) -> tuple[Tensor, Tensor]:
    """Of one photo, the specks that are no lines or lost parts, and all three; each uint8 (1, 1, H, W) of 0 and 1."""
    lines, specks, lost, *_ = marks.split(1, dim=1)
    return specks & (1 - (lines | lost)), lines | specks | lost


def _leave_last_specks(probability: Tensor, marks: Tensor, gray: Tensor, found: Sorted) -> None:
    """Skip specks of one photo, in the same sorted, where little is filled.

    Those that are large among its own, or light and doubtful; all, and lost parts, where these are but a few.
    """
    if not is_little_damaged(found.filled):
        return
    if has_but_a_few_marks(found.filled, _thin_lines(marks, found)):
        _skip(found.filled.clone(), found)
        return
    only_specks, damage = _specks_and_damage(marks)
    logit = logits(probability[0, KIND_NAMES.index("specks")].float().cpu().numpy())
    doubtful = by_specks(
        lambda each: large_specks(each) | unsure_specks(each, logit), only_specks & found.filled, damage, gray
    )
    _skip(doubtful, found)


def _look_again(probability: Tensor, gray: Tensor, search: Search, marks: Tensor, found: Sorted) -> None:
    """Add what a second look at one photo finds to its marks, and to the same sorted."""
    planes = zip(marks.split(1, dim=1), _planes(probability, search), strict=True)
    for mark, (plane, threshold, margin) in planes:
        if margin:
            torch.maximum(mark, second_marks(plane, threshold, search.min_area, margin), out=mark)
    for first, second in zip(found, _sort(marks, gray, search, found.margin, worn=True), strict=True):
        torch.maximum(first, second, out=first)
    found.skipped.masked_fill_(found.filled > 0, 0)
    if "lines" in search.levels:
        i = KIND_NAMES.index("lines")
        lines = marks[:, i : i + 1]
        bridge = bridge_lines(lines & found.filled, probability[:, i : i + 1])
        bridge.masked_fill_((found.skipped | found.margin) > 0, 0)
        lines |= bridge
        found.filled.bitwise_or_(bridge)


def _marks(probability: Tensor, search: Search) -> Tensor:
    """What looks damaged of each kind, uint8 (B, K, H, W) of 0 and 1."""
    planes = _planes(probability, search)
    return torch.cat([hysteresis_marks(plane, at, search.min_area, margin) for plane, at, margin in planes], 1)


def _planes(probability: Tensor, search: Search) -> Iterator[tuple[Tensor, float, float]]:
    """For each kind its probability (B, 1, H, W), its threshold, and the margin of its hysteresis.

    Only kinds that are restored unasked have hysteresis: the wide soft edges of areas and overlays would count as weak.
    """
    for kind, plane in zip(DAMAGE_KINDS, probability.split(1, dim=1), strict=False):
        threshold = search.levels.get(kind.id, search.threshold)
        yield plane, threshold, search.detector.hysteresis if kind.restored else 0.0


def _margins(gray: Tensor, search: Search) -> Tensor:
    """Blank margins with their soft edges, uint8 (B, 1, H, W) of 0 and 1; none without the guard."""
    if not search.guard:
        return torch.zeros_like(gray)
    return margins_of(gray, max(MIN_SOFT_EDGE, round(SOFT_EDGE * min(gray.shape[-2:])))).to(gray.device)


def _sort(marks: Tensor, gray: Tensor, search: Search, margin: Tensor, worn: bool = False) -> Sorted:
    """The marks (B, K, H, W) of all kinds sorted by the kinds that are filled and by the guard."""
    guarded, unguarded, other = _by_guard(marks, search.levels)
    filled, skipped = (
        _apply_guard(marks, guarded, gray, margin, worn, search.is_general)
        if search.guard
        else (guarded, torch.zeros_like(guarded))
    )
    return Sorted(filled, unguarded, skipped, margin, other)


def _by_guard(marks: Tensor, levels: dict[str, float]) -> tuple[Tensor, Tensor, Tensor]:
    """Marks (B, K, H, W) of kinds to fill where the guard allows it, of kinds to fill anyway, and of all others.

    Each uint8 (B, 1, H, W) of 0 and 1.
    """
    guarded, unguarded, other = (torch.zeros_like(marks[:, :1]) for _ in range(3))
    for i, kind in enumerate(DAMAGE_KINDS[: marks.shape[1]]):
        group = other if kind.id not in levels else guarded if kind.restored else unguarded
        torch.maximum(group, marks[:, i : i + 1], out=group)
    return guarded, unguarded, other


def _apply_guard(
    marks: Tensor, guarded: Tensor, gray: Tensor, margin: Tensor, worn: bool, general: bool
) -> tuple[Tensor, Tensor]:
    """What of the guarded marks is filled and what is skipped, both uint8 (B, 1, H, W).

    marks: of all kinds, (B, K, H, W). general: whether lines are skipped that are dark or run along the edge; not where
    lines were asked for alone.
    """
    skipped = skipped_marks(guarded, margin, gray, worn)
    filled = guarded - skipped
    if marks.shape[1] == len(KIND_NAMES):
        lines, specks, lost, *_ = marks.split(1, dim=1)
        only_specks = specks & (1 - (lines | lost))
        doubtful = doubtful_specks(only_specks & filled, guarded, gray, worn)
        doubtful |= mostly_in(only_specks, skipped) & filled
        if general:
            thin = lines & filled & (1 - lost)
            doubtful |= dark_lines(thin, guarded, gray) | along_edge(thin, margin)
        doubtful |= beds(lost, gray) * filled
        doubtful |= blank_parts(lost & filled, guarded, gray)
        filled, skipped = filled - doubtful, skipped + doubtful
    return filled, skipped
