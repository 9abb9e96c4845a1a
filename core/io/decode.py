"""Picture files decoded, once: colors, alpha and metadata, turned upright, in sRGB, at 8 and 16 bits.

TIFF samples of whole bytes are read by `tiff`, other color of more than 8 bits by `depth`, everything else by Pillow.
"""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from ..errors import PictureError
from ..host.quiet import without_warnings
from ..host.thread import run_in_thread
from .depth import decode_deep, lost_depth
from .metadata import Metadata, read_metadata
from .opening import FilePath, check_size, chosen_page, count_frames, explained, load_pixels, opened
from .profiles import fits, is_like_srgb, space_of, to_srgb
from .tiff import BROKEN, MAGIC, Page, decode_page, read_pages
from .tiff_data import COMPRESSIONS
from .truncated import salvage

log = logging.getLogger(__name__)
SURE = {*COMPRESSIONS, 2, 3, 4, 7}  # ways to compress a TIFF that every build of Pillow reads
TURNS: dict[int, Callable[[np.ndarray], np.ndarray]] = {  # by EXIF orientation
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a.swapaxes(0, 1), 2),
    8: np.rot90,
}


@dataclass(frozen=True)
class Photo:
    """A picture file as it was decoded.

    Attributes:
        image: float32 (1, 1 or 3, H, W) in [0, 1], sRGB.
        alpha: opacity, (1, 1, H, W) in [0, 1], 1 = opaque; None for a picture that is opaque everywhere.
        bits: of a channel, 8 or 16.
        missing: (1, 1, H, W) of 0 and 1, 1 = not in the file, which ends early; None where nothing is missing.
        metadata: what else the file says.
        name: of the file; empty where it was none.
    """

    image: Tensor
    alpha: Tensor | None = None
    bits: int = 8
    missing: Tensor | None = None
    metadata: Metadata = field(default_factory=Metadata)
    name: str = ""


@dataclass
class _Raw:
    """What was decoded: not turned, the profile not applied."""

    colors: NDArray[Any]
    alpha: NDArray[Any] | None
    orientation: int
    metadata: Metadata
    missing: NDArray[np.bool_] | None = None  # pixels that are not in the file

    def photo(self, name: str = "", keep_profile: bool = False) -> Photo:
        kept = keep_profile and self._keeps_profile()
        colors = self.colors if kept else run_in_thread(self.colors.size, to_srgb, self.colors, self.metadata.profile)
        alpha = None if self.alpha is None or self.alpha.min() == _top(self.alpha) else self.alpha
        absent = None if self.missing is None or not self.missing.any() else self.missing.astype(np.float32)
        image, opacity, hole = (None if part is None else self._upright(part) for part in (colors, alpha, absent))
        assert image is not None
        bits = 8 if self.colors.dtype == np.uint8 else 16
        metadata = self.metadata.of_result(self.colors is not colors, image.shape, kept)
        return Photo(image, opacity, bits, hole, metadata, name)

    def _keeps_profile(self) -> bool:
        """Whether there is a profile that the result can have too. Raises `PictureError` for one it cannot have."""
        if self.metadata.profile is None:
            return False
        channels = 1 if self.colors.ndim == 2 else self.colors.shape[2]
        if channels == 4 or not fits(self.metadata.profile, channels):
            result = "RGB" if channels > 1 else "gray"
            raise PictureError(
                f"its color profile cannot be kept: it is for {space_of(self.metadata.profile)}, and the result is "
                f"{result}; leave out --keep-profile (keep_profile=True in Python)"
            )
        if not is_like_srgb(self.metadata.profile):
            log.warning("the tones of the kept color profile are far from those of sRGB: fills may be worse")
        return True

    def _upright(self, array: NDArray[Any]) -> Tensor:
        turn = TURNS.get(self.orientation)
        return scaled(turn(array) if turn else array)


def load_photo(
    path: FilePath, page: int | None = None, accept_truncated: bool = False, keep_profile: bool = False
) -> Photo:
    """Read a picture file with all it holds, once.

    Args:
        path: of the file.
        page: which of several pictures in the file, from 1; needed where there are several.
        accept_truncated: read a file that ends early, see `Photo.missing`.
        keep_profile: leave the colors as they are in the file instead of converting them to sRGB, and its color
            profile in the metadata: so the result is in the colors of the file.

    Returns:
        The `Photo`.

    Raises:
        PictureError: for a file that is missing or not a picture, that ends early, that holds several pictures while
            no page is given, or more than `MAX_PIXELS`, and for a profile to keep that is of CMYK; says what the file
            is.
    """
    with explained(path), without_warnings():  # Pillow's, of broken metadata
        raw = _decode_tiff(Path(path), page, accept_truncated)
        raw = raw or _decode_file(Path(path), page, accept_truncated)
        return raw.photo(os.fspath(path), keep_profile)


def photo_of(picture: Image.Image) -> Photo:
    """A Pillow picture as if it had been read from a file; color of 16 bits is cut to 8 by Pillow.

    Args:
        picture: of any mode; an orientation in its EXIF data is applied, and its color profile.

    Returns:
        The `Photo`.

    Raises:
        PictureError: for gray values beyond what their type should hold.
    """
    return _decode_flat(picture).photo()


def scaled(array: np.ndarray) -> Tensor:
    """(H, W[, C]) of unsigned integers or floats in [0, 1] -> float32 (1, C, H, W) in [0, 1]."""
    values = torch.from_numpy(np.array(array, np.float32)).div_(_top(array))
    return (values[None] if values.ndim == 2 else values.permute(2, 0, 1).contiguous())[None]


def _top(array: NDArray[Any]) -> int:
    return int(np.iinfo(array.dtype).max) if array.dtype.kind == "u" else 1


def _decode_tiff(path: Path, page: int | None, accept: bool) -> _Raw | None:
    """A TIFF file; None for another, and for a kind that Pillow reads."""
    with path.open("rb") as file:
        if file.read(4) not in MAGIC:
            return None
        pages = read_pages(file)
        chosen = pages[chosen_page(len(pages), page)]
        check_size(chosen.width, chosen.height)
        metadata = read_metadata(chosen.tags, file)
        if not chosen.readable:
            return _decode_odd_tiff(path, chosen, metadata, accept)
        try:
            pixels = chosen.width * chosen.height
            colors, alpha, _ = run_in_thread(pixels, decode_page, file, chosen)
        except BROKEN as error:
            if isinstance(error, PictureError):
                raise
            colors, alpha, rows = decode_page(file, chosen, complete=False)
            missing = np.zeros(colors.shape[:2], bool)
            missing[len(missing) - rows :] = True
            _say_missing(path, missing, accept)
            return _Raw(colors, alpha, chosen.orientation, metadata, missing)
        return _Raw(colors, alpha, chosen.orientation, metadata)


def _decode_odd_tiff(path: Path, page: Page, metadata: Metadata, accept: bool) -> _Raw:
    """A page by Pillow, or refused by what it is."""
    reason = f"it is {page.describe()}, which is not read; save it as RGB or gray of 8 or 16 bits"
    if max(page.bits) > 8:
        raise PictureError(reason)
    try:
        raw = _decode_file(path, page.index + 1, accept)
    except OSError as error:
        known = page.one(259, 1) in SURE and not isinstance(error, UnidentifiedImageError)
        if known or isinstance(error, PictureError):
            raise
        raise PictureError(reason) from error
    raw.metadata = metadata
    return raw


def _decode_file(path: Path, page: int | None, accept: bool) -> _Raw:
    """A file by Pillow, and by OpenCV where Pillow would cut 16 bits to 8."""
    with opened(path) as picture:
        index = chosen_page(count_frames(picture), page)
        if index:
            picture.seek(index)
        try:
            run_in_thread(picture.width * picture.height, load_pixels, picture)
            deep = decode_deep(picture, path, index)
        except PictureError:
            raise
        except BROKEN:
            return _decode_cut(path, index, accept)
        flat = _decode_flat(picture)
        return _Raw(*deep, flat.orientation, flat.metadata) if deep else flat


def _decode_cut(path: Path, index: int, accept: bool) -> _Raw:
    """A file that ends early."""
    picture, missing = salvage(path, index)
    lost = lost_depth(picture, path)
    _say_missing(path, missing, accept)
    if picture.info.get("progressive"):
        log.warning("%s is a progressive JPEG: what is there may be coarse", path)
    if lost:
        log.warning(lost)
    raw = _decode_flat(picture)
    raw.missing = missing
    return raw


def _say_missing(path: Path, missing: NDArray[np.bool_], accept: bool) -> None:
    """Warn of what is missing. Raises `PictureError` where that is not accepted."""
    if not missing.any():
        log.warning("%s ends early or is slightly broken; all its pixels could be read", path)
    elif missing.all():
        raise PictureError("it is cut short, and nothing of it can be read; copy or scan it again")
    elif accept:
        log.warning("%s is cut short: %s", path, _told(missing))
    else:
        raise PictureError(
            f"it is cut short, and {_told(missing)}; copy or scan it again, or fill what is missing by "
            "--accept-truncated (accept_truncated=True in Python)"
        )


def _told(missing: NDArray[np.bool_]) -> str:
    """Which pixels are missing, as a sentence."""
    rows: NDArray[np.bool_] = np.all(missing, axis=1)
    count, height = int(rows.sum()), len(rows)
    for name, there in (("lowest", rows[-count:]), ("uppermost", rows[:count])):
        if count and there.all() and missing.sum() == count * missing.shape[1]:
            return f"the {name} {count} of its {height} rows are missing"
    return f"{max(missing.mean(), 0.01) * 100:.0f} % of its pixels are missing"


def _decode_flat(picture: Image.Image) -> _Raw:
    """A Pillow picture: 8 bits of colors, and 16 of gray."""
    run_in_thread(picture.width * picture.height, load_pixels, picture)
    metadata = read_metadata(picture)
    orientation = picture.getexif().get(0x0112, 1)
    alpha = np.asarray(picture.convert("RGBA").getchannel("A")) if picture.has_transparency_data else None
    mode = picture.mode
    if mode.startswith(("I", "F")):
        return _Raw(_checked_gray(np.asarray(picture)), None, orientation, metadata)
    if mode not in ("L", "CMYK", "RGB"):
        picture = picture.convert("L" if mode in ("1", "L", "LA", "La") else "RGB")
    colors = np.asarray(picture)
    return _Raw(colors, alpha, orientation, metadata)


def _checked_gray(array: np.ndarray) -> np.ndarray:
    """Gray of more than 8 bits: floats in [0, 1] or integers up to 65535."""
    largest = 1 if array.dtype.kind == "f" else 65535
    if not (np.isfinite(array).all() and array.min() >= 0 and array.max() <= largest):
        raise PictureError(f"its gray values go from {array.min()} to {array.max()}; expected 0 to {largest}")
    return array if largest == 1 else array.astype(np.uint16)
