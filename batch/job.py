"""What is done with each photo, in three stages, so that files are read and written while others are worked on."""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple, Protocol

from torch import Tensor

from ..core import load_guide, measure, save_image
from ..core.backbones import AUTO, DEFAULT, get_backbone
from ..core.colorize import Guide
from ..core.detect import DEFAULT as DETECTOR
from ..core.detect import summary
from ..core.detect.detectors import damage_network
from ..core.errors import PictureError
from ..core.host.host import current_host
from ..core.io.decode import Photo, load_photo
from ..core.io.images import check_sides, save_picture, written_bits
from ..core.io.note import note_of, with_note
from ..core.io.opening import picture_sizes
from ..core.metrics.tables import plain_numbers
from ..core.pipeline import Restoration, restore_photo
from ..core.report import check_reference, restoration_sheet
from ..core.weights.load import load_network
from ..core.weights.manifest import all_entries, get_entry
from ..core.weights.select import check_weights_of, fingerprint_of, load_model
from .journal import Outcome, Task
from .overlaps import sheet_name
from .places import store
from .thumbnails import thumbnail

NUMBERS = ("psnr", "ssim", "l1", "ciede2000")  # of the hole, where there is a reference


class Job(Protocol):
    """The work of a batch: sent to each worker, which calls `load` once and the stages for each photo."""

    def load(self) -> None:
        """Load what all photos need. Raises what ends the whole batch."""

    def decode(self, files: Mapping[str, str]) -> Any:
        """Read the files of a photo, local paths by what they are: "photo" and others."""

    def work(self, decoded: Any, files: Mapping[str, str]) -> Any:
        """Do the work; of one photo at a time."""

    def encode(self, task: Task, decoded: Any, result: Any) -> Outcome:
        """Write the result."""

    def places(self) -> list[str]:
        """The folders that results are written to, paths or URLs."""

    def settings(self) -> str:
        """A hash of all that the results depend on beside the files: settings, weights and version."""


class Decoded(NamedTuple):
    """The files of a photo, read."""

    photo: Photo
    mask: Photo | None
    guide: Guide | None
    reference: Tensor | None


@dataclass(frozen=True)
class RestoreJob:
    """Restore each photo as `monochromic restore` does.

    Attributes:
        out: folder of the results, a path or a URL.
        arguments: of `core.restore_photo`, beside the pictures.
        page: which picture of a file.
        accept_truncated: read files that end early.
        strength: of the hints.
        sheets: folder of a sheet for each photo; None for none.
        keep_profile: keep the colors of each file, and its color profile.
        note: say in the metadata of each result what was filled.
    """

    out: str
    arguments: dict[str, Any] = field(default_factory=dict)
    page: int | None = None
    accept_truncated: bool = False
    strength: float = 1.0
    sheets: str | None = None
    keep_profile: bool = False
    note: bool = False

    def load(self) -> None:
        """Load the networks that all photos need."""
        device = current_host().device
        weights, backbone = self.arguments.get("weights"), self._backbone()
        rgb = self.arguments.get("pipeline") == "rgb"
        if weights:
            load_network(weights, device)
        else:
            load_model(get_backbone(backbone or DEFAULT), device, rgb=rgb)
        search = self.arguments.get("search")
        if (search.method if search else DETECTOR) in ("both", "learned"):
            damage_network(device)

    def decode(self, files: Mapping[str, str]) -> Decoded:
        """Read the photo, its mask, hints and reference."""
        photo = load_photo(files["photo"], self.page, self.accept_truncated, self.keep_profile)
        reference = self._beside(files["reference"]).image if "reference" in files else None
        if reference is not None:
            check_reference(reference, photo.image)
        mask = self._beside(files["mask"]) if "mask" in files else None
        return Decoded(photo, mask, load_guide(files["hints"], self.strength) if "hints" in files else None, reference)

    def _beside(self, path: str) -> Photo:
        """What goes with a photo: the only picture of its file, or the page of the same number."""
        page = self.page if len(picture_sizes(path)) > 1 else None
        if self.keep_profile:
            with suppress(PictureError):  # its profile cannot be kept, but the file may be readable
                return load_photo(path, page, self.accept_truncated, keep_profile=True)
        return load_photo(path, page, self.accept_truncated)

    def work(self, decoded: Decoded, files: Mapping[str, str]) -> Restoration:
        """Fill and color the hole."""
        options = dict(self.arguments)
        if options.get("search") and "protect" in files:
            options["search"] = replace(options["search"], protect=self._beside(files["protect"]))
        if decoded.mask is not None:  # of a list, where other photos are searched
            options["search"] = None
        device = current_host().device
        return restore_photo(decoded.photo, decoded.mask, guide=decoded.guide, device=device, **options)

    def encode(self, task: Task, decoded: Decoded, result: Restoration) -> Outcome:
        """Write the result, and the sheet where one is asked for."""
        photo, image, hole = decoded.photo, result.image.cpu(), result.hole.cpu()
        height, width = image.shape[-2:]
        check_sides(task.out, width, height)

        note = note_of("Restored", hole, self._by()) if self.note else ""
        metadata = with_note(photo.metadata, note) if note else photo.metadata

        def write(path: str) -> None:
            save_image(image, path, written_bits(photo, path), alpha=result.alpha, metadata=metadata)

        numbers = {}
        if decoded.reference is not None and hole.any():
            scores = plain_numbers(measure(image, decoded.reference, hole, "hole")[0])
            numbers = {name: scores[name] for name in NUMBERS}
        if self.sheets is not None:
            sheet = restoration_sheet(photo.image, result, decoded.reference)
            store(f"{self.sheets}/{sheet_name(task.out)}", lambda path: save_picture(sheet, path))
        store(f"{self.out}/{task.out}", write)
        remark = "; ".join(summary(result.detection, heat_map=False)) if result.detection else ""
        small = thumbnail(photo.image, image, hole)
        share = float(hole.mean())
        return Outcome("done", remark=remark, damage=share, numbers=numbers, thumbnail=small)

    def places(self) -> list[str]:
        """That of the results, and that of the sheets."""
        return [self.out, *([self.sheets] if self.sheets else [])]

    def _backbone(self) -> str | None:
        """The one that is named, but for the word that lets the hole choose."""
        named = self.arguments.get("backbone")
        return None if named == AUTO else named

    def _by(self) -> str:
        """What fills the hole, by its name."""
        return str(self.arguments.get("weights") or self.arguments.get("backbone") or DEFAULT)

    def settings(self) -> str:
        """A hash of the options, of all weights that may be used, and of the version. Refuses unknown weights."""
        backbone, weights = self._backbone(), self.arguments.get("weights")
        if weights and backbone:
            check_weights_of(get_backbone(backbone), weights)
        rgb = self.arguments.get("pipeline") == "rgb"
        used = get_entry(weights).sha256 if weights else fingerprint_of(backbone or DEFAULT, rgb=rgb)
        others = sorted(f"{e.id} {e.sha256}" for e in all_entries().values() if e.backbone is None)
        vcnet = fingerprint_of("vcnet")
        plain = {f.name: repr(getattr(self, f.name)) for f in fields(self) if f.name not in ("out", "sheets")}
        plain["arguments"] = repr(sorted((name, repr(value)) for name, value in self.arguments.items()))
        return digest([plain, bool(self.sheets), used, vcnet, others])


def digest(values: Any) -> str:
    """A hash of plain values and of the version of this program."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        installed = version("monochromic-inpaint")
    except PackageNotFoundError:  # a clone in ComfyUI's folder
        installed = ""
    return hashlib.sha256(json.dumps([installed, values], sort_keys=True).encode()).hexdigest()[:20]
