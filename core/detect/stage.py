"""From a damaged photo alone to the hole that restores it: probabilities, marks, guard, hole."""

from math import ceil

import torch
from torch import Tensor

from ..errors import InputError
from ..host.cancel import cancellable
from ..host.memory import translates_oom
from ..host.progress import Progress
from ..image import masks
from ..image.checks import shape_of
from ..io.convert import Picture, to_image
from .detection import Detection
from .detectors import DEFAULT, get_detector
from .eyes import Eyes, parts_at_eyes
from .hysteresis import hysteresis_marks
from .kinds import Kinds, kind_thresholds
from .look import Search, Sorted, look
from .predict import predict_kinds
from .working_copy import enlarged_marks, reduced_to_work, reduction_to_work

DILATION, WORN_DILATION, MAX_DILATION = 1 / 512, 1 / 320, 4  # of the shorter side, twice; pixels


@translates_oom()
@cancellable
def find_hole(
    image: Picture,
    method: str = DEFAULT,
    *,
    threshold: float = 0.5,
    dilate: int | None = None,
    min_area: int = 4,
    protect: Tensor | None = None,
    guard: bool = True,
    kinds: Kinds = None,
    progress: Progress | None = None,
) -> Detection:
    """The damage of each photo as a hole to fill, from the photo alone.

    Args:
        image: float (B, 1 or 3, H, W) in [0, 1], each photo by itself; or a path, a Pillow image or a NumPy array.
        method: a name of `DETECTORS`, see `predict_kinds`.
        threshold: damage is each pixel more probable than that, and what is connected to it and hardly less probable;
            at least 0, below 1.
        dilate: pixels by which the marks are widened at last, to cover their soft edges; None: `auto_dilation`.
        min_area: connected parts of fewer pixels are dropped.
        protect: (B or 1, 1, H, W), 1 = never fill.
        guard: skip blank margins (`find_margins`), thick parts inside the photo that still show an image
            (`split_hole`): more often faces than damage, lettering, and what would fill an eye (`parts_at_eyes`).
            Areas and overlays are filled anyway where `kinds` has them.
        kinds: names of `DAMAGE_KINDS` to fill, or a mapping from names to thresholds of their own. None: those that
            old photos need and that can hardly harm: lines, specks and lost parts. Overlays that are asked for are
            looked for by a network of their own (see `predict_kinds`).
        progress: called as `progress(done, total)`.

    Returns:
        `Detection`. A photo without damage has an empty hole, with which `restore` gives it back bit for bit.

    Raises:
        InputError: another shape, range or number; a hole over all of a photo; kinds for a method without them.
        UnknownNameError: a method or a kind that is not there.
        WeightsError: weights are missing; says which, and how to get them.

    >>> import torch
    >>> from monochromic.core import degrade, find_hole
    >>> photo = torch.linspace(0.2, 0.8, 96).expand(1, 3, 96, 96)
    >>> damaged = degrade(photo, "scratch", difficulty=0, seed=1)
    >>> found = find_hole(damaged.image, "classical", dilate=1)
    >>> bool((found.hole * damaged.hole).sum() > 0.8 * damaged.hole.sum())
    True
    """
    image = to_image(image)
    detector = get_detector(method)
    if kinds is not None and not detector.predicts_kinds:
        raise InputError(f"{method!r} does not tell kinds of damage apart; take another method, or leave kinds out")
    levels = kind_thresholds(kinds, threshold)
    h, w = image.shape[-2:]
    to_hole(hysteresis_marks(image[:0, :1], threshold, min_area), dilate or 0)  # refuses wrong numbers before the work
    protected = None if protect is None else _protected(protect, image)
    search = Search(detector, levels, threshold, min_area, guard)
    probability, marks, found, worn, eyes = _search(image, method, search, progress)
    narrow = torch.maximum(found.filled, found.unguarded)
    if dilate is None:
        dilate = auto_dilation(h, w)
        found.filled[worn] = masks.dilate(found.filled[worn], auto_dilation(h, w, worn=True) - dilate)
    hole, skipped, margin = _hole_and_rest(found, dilate, protected)
    left = torch.zeros_like(hole)
    if guard:
        left = parts_at_eyes(hole, narrow, eyes).masked_fill_(masks.dilate(found.unguarded, dilate) > 0, 0)
    at_eyes = left * narrow
    hole = (hole - left).to(probability.dtype)
    return Detection(hole, torch.maximum(skipped, at_eyes), margin, at_eyes, marks, probability)


def _search(
    image: Tensor, method: str, search: Search, progress: Progress | None
) -> tuple[Tensor, Tensor, Sorted, list[bool], list[Eyes]]:
    """Probabilities and marks in the copies that were searched, what `look` chose in the photos, and their eyes."""
    h, w = image.shape[-2:]
    factor = reduction_to_work(h, w)
    copy = reduced_to_work(image, factor)
    probability = predict_kinds(copy, method, overlays="overlays" in search.levels, progress=progress)
    eyes = [Eyes(photo) for photo in copy.split(1)]
    min_area = ceil(search.min_area / factor**2)  # in pixels of the copy
    marks, found, worn = look(probability, copy, eyes, search._replace(min_area=min_area))
    return probability, marks, Sorted(*(enlarged_marks(plane, h, w) for plane in found)), worn, eyes


def auto_dilation(h: int, w: int, worn: bool = False) -> int:
    """Pixels by which the hole of a photo is widened: edges of damage are the softer the larger the scan.

    Args:
        h: height of the photo, in pixels.
        w: width.
        worn: a photo in which much damage was found. Paper that shows in its creases lightens some pixels around them.
    """
    return min(max(1, round((WORN_DILATION if worn else DILATION) * min(h, w))), MAX_DILATION)


def _hole_and_rest(found: Sorted, dilate: int, protected: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    """The hole, what is skipped, and margins, each uint8 (B, 1, H, W)."""
    closed = (found.skipped > found.unguarded) | (found.margin > 0)
    filled = torch.maximum(found.filled, found.unguarded)
    hole = to_hole(filled, dilate, closed if protected is None else closed | protected)
    skipped = torch.maximum(found.skipped, found.other).masked_fill(hole > 0, 0)
    return hole, skipped if protected is None else skipped.masked_fill(protected, 0), found.margin


def to_hole(marks: Tensor, dilate: int = 0, protect: Tensor | None = None) -> Tensor:
    """Marks as a hole: widened, and without what is protected.

    Args:
        marks: (B, 1, H, W) of 0 and 1, 1 = damage.
        dilate: pixels by which they are widened.
        protect: bool (B or 1, 1, H, W), True = never fill.

    Returns:
        The same shape and dtype, 1 = fill.

    Raises:
        InputError: a photo without a pixel that is left to restore it from, or a negative number of pixels.
    """
    hole = masks.dilate(marks, dilate)
    if protect is not None:
        hole = hole.masked_fill(protect, 0)
    for i, covered in enumerate(hole.flatten(1).all(1).tolist()):
        if covered:
            raise InputError(
                f"all of photo {i + 1} was taken for damage, so that nothing is known to restore it from; "
                "give a higher threshold, grow it by less, take another method, or protect what is good"
            )
    return hole


def _protected(protect: Tensor, image: Tensor) -> Tensor:
    """What is never filled, bool (B or 1, 1, H, W)."""
    b, _, h, w = image.shape
    if protect.shape not in ((b, 1, h, w), (1, 1, h, w)):
        raise InputError(f"protect must be ({b}, 1, {h}, {w}) like image {shape_of(image)}, got {shape_of(protect)}")
    return masks.binarize(protect.to(image.device)) > 0
