"""From another program's picture of a photo to the gray image of the color stage."""

from typing import NamedTuple

import torch
from torch import Tensor

from ..errors import InputError
from ..host.cancel import cancellable, check_cancelled
from ..host.progress import Progress, silent
from ..image.boxes import hole_boxes
from ..image.checks import check_hole
from ..image.color import to_cbcr, to_rgb_in_gamut, to_y
from ..io.convert import Hole, Picture, to_hole, to_image
from .align import align, check_shape
from .drift import match_planes
from .smooth import gaussian

CONTEXT = 64  # pixels around the hole in which the drift is measured
ROUNDING = 0.003  # of 1: what 8 bits do to gray
KEPT = 0.5  # of the known pixels: where so many are as in the photo, nothing has drifted
FAR = 0.15  # of 1: where half of the known pixels differ by more, it is another picture
FLAT = 0.03  # of 1: standard deviation of the known part of which nothing can be told
ALIKE = 0.5  # correlation, at least
SEEN = 0.002  # of 1: a change of brightness that is worth a note
COARSE = 4.0  # pixels: what is finer is sharpness and no brightness


MATCHES = ("off", "brightness", "colors")
"""What of another program's picture is brought to the photo. colors: they are used too, in place of the photo's own."""


class Matched(NamedTuple):
    """A picture brought to a photo.

    Attributes:
        gray: its luminance, (B, 1, H, W) in [0, 1], at the size of the photo; outside the hole the photo's own where
            something was done.
        image: the photo with the picture itself in the hole, its drift taken off, (B, C, H, W); in its own colors if
            both have any.
        around: the same without the photo, for `feather`: also outside the hole the picture, its drift taken off where
            the hole is near; the photo for a picture that shows something else there.
        notes: what was done, a line each; none where the picture was taken as it is.
    """

    gray: Tensor
    image: Tensor
    around: Tensor
    notes: list[str]


@cancellable
def match_picture(image: Picture, picture: Picture, hole: Hole, *, progress: Progress | None = None) -> Matched:
    """Bring another program's picture of a photo to the photo: its size, its place, its brightness and its sharpness.

    Where the picture shows the known part of the photo too, how it differs there is taken off it in the hole: a model
    that gives the whole photo back shifts, dims and softens it a little. A picture whose known part is that of the
    photo, as that of `fill` is, and one that shows something else, comes back bit for bit.

    Args:
        image: float (B, 1 or 3, H, W) in [0, 1], or a path, a Pillow image or a NumPy array; never looked at under the
            hole.
        picture: (B or 1, 1 or 3, h, w) in [0, 1], or such a picture. It may be of another size: rounded to multiples,
            shrunk, or cropped by some pixels.
        hole: (B or 1, 1, H, W), 1 = fill; or a mask as such a picture; or what `find_hole` returns.
        progress: called as `progress(done, total)`; what it raises cancels the work.

    Returns:
        The gray image for `colorize`, the picture in color, and what was done.

    Raises:
        InputError: for a picture of another shape, and for inputs that do not fit.
        PictureError: for a file that cannot be read.
    """
    photo = to_image(image)
    other = to_image(picture, "gray").to(photo)
    inside = check_hole(to_hole(hole, photo), photo)
    check_shape(other, photo)
    if len(other) not in (1, len(photo)):
        raise InputError(f"gray has {len(other)} pictures and image {len(photo)}; give gray 1 picture, or {len(photo)}")
    report = progress or silent
    results: list[Matched] = []
    for i in range(len(photo)):
        report(i, len(photo))
        results.append(_matched(photo[i : i + 1], other[i : i + 1] if len(other) > 1 else other, inside[i, 0]))
    report(len(photo), len(photo))
    notes = list(dict.fromkeys(text for result in results for text in result.notes))
    gray, colors, around = (torch.cat(parts) for parts in zip(*(r[:3] for r in results), strict=True))
    return Matched(gray, colors, around, notes)


def _matched(photo: Tensor, picture: Tensor, hole: Tensor) -> Matched:
    """One picture (1, C, h, w) brought to one photo (1, C, H, W); hole: (H, W)."""
    picture = picture if to_cbcr(picture).any() else to_y(picture)
    (h, w), notes = picture.shape[-2:], []
    same = (h, w) == hole.shape
    if same and (not hole.any() or _is_kept(photo, picture, hole)):
        return _pasted(photo, picture, hole, to_y(picture), [])
    if not hole.any():
        return Matched(to_y(photo), photo, photo, [])
    light = to_y(photo)[0, 0].float()
    placed, moved = align(picture[0].float(), light, hole)
    placed = placed[None]
    if not same:
        notes.append(f"gray of {w} x {h} pixels was brought to {hole.shape[1]} x {hole.shape[0]}")
    if not shows_known(light, to_y(placed)[0, 0], hole):
        taken = placed if notes else picture
        return _pasted(photo, taken, hole, to_y(taken), notes)._replace(around=photo)
    if any(moved):
        notes.append(f"gray was moved by {moved[1]:+.2f} pixels to the right and {moved[0]:+.2f} down")
    found = to_y(placed)
    sharpened = False
    if not _is_kept(photo, placed, hole):
        result, sharpened = _without_drift(photo[0].float(), placed[0], hole)
        placed = result[None]
    if not _is_kept(to_y(photo), found, hole):
        change = float(gaussian((to_y(placed) - found)[0], COARSE)[0, hole].abs().mean())
        notes += [f"the brightness of gray was changed by {change:.3f} of 1 to fit the photo"] if change > SEEN else []
        notes += ["gray was softer than the photo and was sharpened"] if sharpened else []
        found = to_y(placed)
    return _pasted(photo, placed, hole, torch.where(hole, found.to(photo), to_y(photo)), notes)


def _pasted(photo: Tensor, picture: Tensor, hole: Tensor, gray: Tensor, notes: list[str]) -> Matched:
    colors = (picture if picture.shape[1] <= photo.shape[1] else to_y(picture)).to(photo).expand_as(photo)
    return Matched(gray.to(photo), torch.where(hole, colors, photo), colors, notes)


def _without_drift(photo: Tensor, picture: Tensor, hole: Tensor) -> tuple[Tensor, bool]:
    """The picture (C, H, W) with its drift taken off in the hole and around it, and whether it was sharpened."""
    here, there = _planes(photo), _planes(picture)
    result, sharpened = there[: len(here)].clone(), False
    for box in hole_boxes(hole, CONTEXT):
        part, sharper = match_planes(box.crop(here), box.crop(there), box.crop(hole))
        sharpened |= sharper
        box.crop(result)[: len(part)] = part
    light = result[:1].clamp(0, 1)
    return (to_rgb_in_gamut(light[None], result[None, 1:])[0] if len(result) == 3 else light), sharpened


def _planes(picture: Tensor) -> Tensor:
    """Luminance, and Cb and Cr of a picture in color, (1 or 3, H, W)."""
    light = to_y(picture[None])
    return light[0] if len(picture) == 1 else torch.cat([light, to_cbcr(picture[None])], dim=1)[0]


def _is_kept(photo: Tensor, picture: Tensor, hole: Tensor) -> bool:
    """Whether the known part of a picture (1, C, H, W) is that of the photo; where one is gray, in luminance."""
    check_cancelled()
    if photo.shape != picture.shape:
        photo, picture = to_y(photo), to_y(picture)
    return bool(((photo - picture).abs().amax(1) <= ROUNDING)[0, ~hole].float().mean() >= KEPT)


def shows_known(photo: Tensor, light: Tensor, hole: Tensor) -> bool:
    """Whether a picture shows the known part of a photo, (H, W) each, however it has drifted."""
    here, there = photo[~hole].double(), light[~hole].double()
    if (here - there).abs().median() > FAR:
        return False
    if here.std(correction=0) < FLAT:
        return bool(there.std(correction=0) < 2 * FLAT)
    return bool(torch.corrcoef(torch.stack([here, there]))[0, 1] >= ALIKE)
