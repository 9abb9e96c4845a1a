"""Another program's picture on the photo's grid: its size, and the fraction of a pixel by which it is out of place.

Models work at sides that are multiples of 8 or 64: programs round the sides, crop, or shrink. The shift is found by
phase correlation (Kuglin, Hines, "The phase correlation image alignment method", 1975) on the known part, and refined
to a fraction of a pixel by least squares on gradients (Lucas, Kanade, IJCAI 1981).
"""

from collections.abc import Iterator
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import InputError
from ..image.boxes import bounding_box
from ..image.color import to_y
from ..image.strips import filter_in_strips
from .smooth import known_mean

MULTIPLES = (64, 32, 16, 8)  # to which programs round the sides of a picture
LOOSE = 2  # pixels by which another side may be off
WINDOW = 1024  # pixels a side, around the hole, in which the shift is looked for
FINE, COARSE = 1.0, 6.0  # pixels: details of sizes between these are compared
MAX_SHIFT = 34.0  # pixels
MIN_SHIFT = 0.1  # pixels: less is left
WHOLE = 0.06  # pixels: a shift so near to whole pixels is one, and takes no filter
MIN_GAIN = 0.97  # of what two pictures differ by: a shift that leaves more is none
STEPS = 6
LOBES = 3  # of the Lanczos filter


def check_shape(picture: Tensor, photo: Tensor, name: str = "gray") -> None:
    """Refuse a picture whose shape is not the photo's, rounded, shrunk or cropped.

    Args:
        picture: (..., h, w).
        photo: (..., H, W).
        name: what the message calls the picture.

    Raises:
        InputError: with both sizes.
    """
    (h, w), (height, width) = picture.shape[-2:], photo.shape[-2:]
    spans = [((n - _slack(n)) / side, (n + _slack(n)) / side) for n, side in ((h, height), (w, width))]
    if max(low for low, _ in spans) > min(high for _, high in spans):
        raise InputError(
            f"{name} is {w} x {h} pixels and the photo {width} x {height}, a shape that neither rounding nor a crop of "
            "some pixels explains; give a picture of the photo's shape"
        )


def _slack(side: int) -> int:
    """By how many pixels a program may have changed a side that came out as this."""
    return next((multiple - 1 for multiple in MULTIPLES if side % multiple == 0), LOOSE)


def align(picture: Tensor, photo: Tensor, hole: Tensor) -> tuple[Tensor, tuple[float, float]]:
    """Bring a picture to the grid of a photo.

    Args:
        picture: (C, h, w) in [0, 1], of a shape that `check_shape` takes.
        photo: luminance, (H, W); what lies under the hole is not looked at.
        hole: bool (H, W).

    Returns:
        (C, H, W) in [0, 1], and by how many pixels (down, right) it was moved. The picture itself where it is in place.
    """
    best = None
    for placed in _placements(picture, *photo.shape):
        shift, score = _find_shift(photo, to_y(placed[None])[0, 0], hole)
        if best is None or score > best[2]:
            best = placed, shift, score
        if placed is picture:
            break
    assert best is not None
    placed, (down, right), _ = best
    return (placed if not down and not right else move(placed, down, right)), (down, right)


def _placements(picture: Tensor, height: int, width: int) -> Iterator[Tensor]:
    """The picture at the photo's size: as it is, or stretched, and cropped or padded at each scale it may be of."""
    h, w = picture.shape[-2:]
    if (h, w) == (height, width):
        yield picture
        return
    yield resize(picture, height, width)
    near = abs(h - height) < MULTIPLES[0] and abs(w - width) < MULTIPLES[0]
    for scale in {height / h, width / w, *((1.0,) if near else ())}:
        sized = resize(picture, round(h * scale), round(w * scale))
        if sized.shape[-2:] != (height, width):
            yield _centered(sized, height, width)


def _centered(picture: Tensor, height: int, width: int) -> Tensor:
    """The middle of a picture, or the picture in the middle, its border repeated."""
    h, w = picture.shape[-2:]
    rows = (torch.arange(height, device=picture.device) - (height - h) // 2).clamp(0, h - 1)
    columns = (torch.arange(width, device=picture.device) - (width - w) // 2).clamp(0, w - 1)
    return picture[:, rows][:, :, columns]


def resize(picture: Tensor, height: int, width: int) -> Tensor:
    """A picture at another size by a cubic filter that is as wide as a pixel of the smaller size.

    Args:
        picture: (C, h, w) in [0, 1].
        height: of the result.
        width: of the result.

    Returns:
        (C, height, width) in [0, 1]; the picture itself at its own size.
    """
    if picture.shape[-2:] == (height, width):
        return picture
    return F.interpolate(picture[None], (height, width), mode="bicubic", antialias=True)[0].clamp(0, 1)


def move(picture: Tensor, down: float, right: float) -> Tensor:
    """Move a picture by a Lanczos filter, its border repeated; by whole pixels exactly.

    Args:
        picture: (C, H, W) in [0, 1].
        down: pixels.
        right: pixels.

    Returns:
        (C, H, W) in [0, 1].
    """
    planes = picture[:, None]
    for pixels, dim in ((down, 0), (right, 1)):
        whole = int(torch.tensor(pixels).floor())
        taps = _lanczos(pixels - whole).to(picture)
        before, after = LOBES + whole, LOBES - 1 - whole
        side = planes.shape[2 + dim]
        index = torch.arange(-before, side + after, device=picture.device).clamp(0, side - 1)
        padded = planes.index_select(2 + dim, index)
        weights = taps.view(1, 1, -1, 1) if dim == 0 else taps.view(1, 1, 1, -1)
        planes = filter_in_strips(partial(F.conv2d, weight=weights), padded, overlap=0 if dim else len(taps) - 1)
    return planes[:, 0].clamp(0, 1)


def _lanczos(fraction: float) -> Tensor:
    """The taps that move by a fraction of a pixel, float64 (2 * LOBES,)."""
    x = torch.arange(-LOBES, LOBES, dtype=torch.float64) + fraction
    taps = torch.sinc(x) * torch.sinc(x / LOBES) * (x.abs() < LOBES)
    return taps / taps.sum()


def _find_shift(photo: Tensor, picture: Tensor, hole: Tensor) -> tuple[tuple[float, float], float]:
    """By how much (down, right) a picture has to be moved, and how alike the two are then, at most 1."""
    photo, picture, hole = (_window(t, hole) for t in (photo, picture, hole))
    weight = (~hole).float()
    wanted = _details(photo, weight)
    if min(wanted.shape) < 2:  # without a gradient along it
        return (0.0, 0.0), _likeness(wanted, picture, weight)
    start, still = _phase_shift(wanted, _details(picture, weight)), _likeness(wanted, picture, weight)
    best, best_score = (0.0, 0.0), still
    for first in {(0.0, 0.0), start}:
        shift = _snapped(_refined(wanted, picture, weight, first))
        score = _likeness(wanted, move(picture[None], *shift)[0], weight)
        if 1 - score < min(1 - best_score, MIN_GAIN * (1 - still)) and max(map(abs, shift)) >= MIN_SHIFT:
            best, best_score = shift, score
    return best, best_score


def _snapped(shift: tuple[float, float]) -> tuple[float, float]:
    down, right = (float(round(v)) if abs(v - round(v)) <= WHOLE else v for v in shift)
    return down, right


def _window(values: Tensor, hole: Tensor) -> Tensor:
    """What lies around the hole of (H, W), at most WINDOW pixels a side."""
    box = bounding_box(hole)
    cuts = []
    for low, high, side in ((box.top, box.bottom, hole.shape[0]), (box.left, box.right, hole.shape[1])):
        start = min(max((low + high - WINDOW) // 2, 0), max(side - WINDOW, 0))
        cuts.append(slice(start, start + WINDOW))
    return values[cuts[0], cuts[1]]


def _details(values: Tensor, weight: Tensor) -> Tensor:
    """Details of middle size of the known part of (h, w), 0 in the hole."""
    fine, coarse = (known_mean(values[None], weight, sigma)[0] for sigma in (FINE, COARSE))
    return (fine - coarse) * weight


def _likeness(wanted: Tensor, picture: Tensor, weight: Tensor) -> float:
    """Correlation of the details of a picture with those wanted."""
    found = _details(picture, weight)
    return float((wanted * found).sum() / (wanted.norm() * found.norm()).clamp(min=1e-12))


def _phase_shift(wanted: Tensor, found: Tensor) -> tuple[float, float]:
    """The whole pixels by which details have to be moved, by phase correlation."""
    h, w = wanted.shape
    frame = torch.hann_window(h, device=wanted.device)[:, None] * torch.hann_window(w, device=wanted.device)
    cross = torch.fft.rfft2(wanted * frame) * torch.fft.rfft2(found * frame).conj()
    peaks = torch.fft.irfft2(cross / cross.abs().clamp(min=1e-12).sqrt(), s=(h, w))
    rows, columns = (torch.fft.fftfreq(n, 1 / n, device=wanted.device) for n in (h, w))
    near = (rows.abs() <= MAX_SHIFT)[:, None] & (columns.abs() <= MAX_SHIFT)
    place = int(peaks.masked_fill(~near, -torch.inf).argmax())
    return float(rows[place // w]), float(columns[place % w])


def _refined(wanted: Tensor, picture: Tensor, weight: Tensor, start: tuple[float, float]) -> tuple[float, float]:
    """A shift to a fraction of a pixel, from one that is right to about a pixel."""
    down, right = start
    for _ in range(STEPS):
        found = _details(move(picture[None], down, right)[0], weight)
        dy, dx = torch.gradient(found)
        columns = torch.stack([found, dy, dx], -1)[weight > 0].double()
        target = wanted[weight > 0].double()
        error = target - found[weight > 0] * (target @ columns[:, 0] / (columns[:, 0].square().sum() + 1e-12))
        scale = 1.4826 * error.abs().median() + 1e-6
        trust = 1 / (1 + (error / (2 * scale)).square())
        normal = (columns * trust[:, None]).T @ columns
        normal.diagonal().add_(1e-9)
        gain, y, x = torch.linalg.solve(normal, (columns * trust[:, None]).T @ target).tolist()
        if gain < 0.1:
            return start
        step = [max(-1.0, min(1.0, -slope / gain)) for slope in (y, x)]
        down, right = (max(-MAX_SHIFT, min(MAX_SHIFT, v + s)) for v, s in zip((down, right), step, strict=True))
        if max(map(abs, step)) < 0.01:
            break
    return down, right
