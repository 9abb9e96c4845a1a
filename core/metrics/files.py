"""Picture files compared with their references: two files, or two folders of equally named ones."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ..errors import InputError, PictureError
from ..host.progress import Progress, silent
from ..io.convert import load_hole
from ..io.images import ENDINGS, load_image
from . import REGIONS, Lpips, format_csv, format_table, mean_scores, measure, plain_numbers

log = logging.getLogger(__name__)

ByRegion = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Comparison:
    """The metrics of pictures by name and region; mean: of a folder's pictures, None for a single one."""

    pictures: dict[str, ByRegion]
    mean: ByRegion | None = None

    def plain(self) -> Mapping[str, object]:
        """What JSON says: the one picture by region; or "pictures" by name and region, and their "mean"."""
        told = {name: _plain(scores) for name, scores in self.pictures.items()}
        return next(iter(told.values())) if self.mean is None else {"pictures": told, "mean": _plain(self.mean)}

    def table(self) -> str:
        """What the terminal shows: a line a region, with the picture's name where there are several."""
        rows = [(name if self.mean else "", region, numbers) for name, region, numbers in self._rows()]
        alone = self.mean is not None and len(self.mean) == 1  # no need to repeat the only region
        return format_table({" ".join(filter(None, (name, region * (not alone)))): n for name, region, n in rows})

    def csv(self) -> str:
        """A row for each picture and region, then the means."""
        return format_csv({(name, region): numbers for name, region, numbers in self._rows()}, ("picture", "region"))

    def _rows(self) -> Iterator[tuple[str, str, dict[str, float]]]:
        means = {} if self.mean is None else {f"mean of {len(self.pictures)}": self.mean}
        for name, scores in (*self.pictures.items(), *means.items()):
            for region, numbers in scores.items():
                yield name, region, numbers


def score_files(
    image: str,
    reference: str,
    mask: str | None = None,
    *,
    device: torch.device | str = "cpu",
    network: Lpips | None = None,
    progress: Progress = silent,
    reading: Mapping[str, Any] | None = None,
) -> Comparison:
    """Compare a picture, or each picture of a folder, with its reference.

    Args:
        image: a picture file, or a folder of them.
        reference: what it should be; for a folder one with pictures of the same names, whose endings may differ.
        mask: a file, white = fill, to score the hole and its box too; a folder like `reference` where image is one.
        device: where to compute.
        network: for LPIPS, see `load_lpips`.
        progress: called as `progress(done, total)`, once for each picture.
        reading: how a mask is read: `threshold`, `invert` and `channel` of `load_hole`.

    Returns:
        The `Comparison`.

    Raises:
        PictureError: where a file is missing or cannot be read.
        InputError: names the picture that cannot be compared.
    """
    paths = Path(image), Path(reference), Path(mask) if mask else None
    if paths[0].is_dir() != paths[1].is_dir():
        raise PictureError(f"{image} and {reference} must be two pictures, or two folders of them")
    if not paths[0].is_dir():
        return Comparison({paths[0].name: _score(*paths, device, network, reading or {})})
    scores: dict[str, ByRegion] = {}
    matched = _matched(*paths)
    for done, (name, files) in enumerate(matched.items()):
        progress(done, len(matched))
        try:
            scores[name] = _score(*files, device, network, reading or {})
        except InputError as error:
            raise InputError(f"{files[0]}: {error}") from error
    regions = scores[name]
    return Comparison(scores, {region: mean_scores(s[region] for s in scores.values()) for region in regions})


def _score(
    image: Path,
    reference: Path,
    mask: Path | None,
    device: torch.device | str,
    network: Lpips | None,
    reading: Mapping[str, Any],
) -> ByRegion:
    picture, wanted = load_image(image).to(device), load_image(reference).to(device)
    hole = load_hole(mask, picture, **reading) if mask else None
    regions = ("full",) if hole is None else REGIONS
    return {region: measure(picture, wanted, hole, region, lpips=network)[0] for region in regions}


def _matched(images: Path, references: Path, mask: Path | None) -> dict[str, tuple[Path, Path, Path | None]]:
    """Every picture of a folder with its reference and its mask, by its name without ending."""
    pictures, wanted = _pictures(images), _pictures(references)
    masks = _pictures(mask) if mask and mask.is_dir() else dict.fromkeys(pictures, mask)
    for folder, found in ((references, wanted), (mask, masks)):
        if lacking := sorted(pictures.keys() - found.keys()):
            raise PictureError(f"{folder} lacks {len(lacking)} of {len(pictures)} pictures: {', '.join(lacking[:5])}")
    if idle := len(wanted.keys() - pictures.keys()):
        log.warning("%s has %d more than %s; they do not count", references, idle, images)
    return {name: (path, wanted[name], masks[name]) for name, path in pictures.items()}


def _pictures(folder: Path) -> dict[str, Path]:
    try:
        paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in ENDINGS and not p.name.startswith("."))
    except OSError as error:
        raise PictureError(f"cannot read the folder {folder}: {error.strerror or error}") from error
    found = {path.stem: path for path in paths}
    if not found:
        raise PictureError(f"{folder} has no pictures ({' '.join(ENDINGS)})")
    for path in paths:
        if found[path.stem] != path:
            raise PictureError(f"{folder} has two pictures of one name: {path.name} and {found[path.stem].name}")
    return found


def _plain(scores: ByRegion) -> dict[str, dict[str, float | None]]:
    return {region: plain_numbers(numbers) for region, numbers in scores.items()}
