"""`monochromic restore --variants N`: several restorations of one photo, a file each, and a sheet with numbers."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .pages import Number
from .parser import UsageError
from .say import tell
from .shared import beside, check_output

if TYPE_CHECKING:
    from torch import Tensor

    from ..core import Variants
    from ..core.io.pages import Page


def add_variants_option(parser: argparse.ArgumentParser) -> None:
    """How many."""
    parser.add_argument(
        "--variants",
        type=int,
        metavar="N",
        help="fill in N ways, at most 16, the one that agrees best with the rim first: writes OUT_v1.png to "
        "OUT_vN.png, and OUT_variants.png with numbers, or into the folder of --report (default backbones: mono and "
        "patchmatch)",
    )


class Places:
    """Where the variants and their sheet go, checked before any work."""

    def __init__(self, options: argparse.Namespace) -> None:
        from ..core.variants import MAX_VARIANTS

        if not 1 <= options.variants <= MAX_VARIANTS:
            raise UsageError(f"--variants takes 1 to {MAX_VARIANTS}, got {options.variants}")
        out, count = Path(options.out), options.variants
        if not out.name:
            raise UsageError(f"{out} is a folder; give the name of a file in it")
        if out == beside(Path(options.photo), options.ending):
            out = _free(Path(options.photo).with_name(f"{Path(options.photo).stem}_{options.ending}.png"), options)
        self.files, self.sheet = _files(out, count), _sheet(out, options.report)

    def check(self, options: argparse.Namespace, *inputs: str | None) -> list[Number]:
        """Refuse places, and return pages, as `check_output` does.

        Raises `UsageError`, and `PictureError` for the format.
        """
        options.out, *others = self.files
        more = {f"variant {i}": path for i, path in enumerate(others, 2)}
        return check_output(options, *inputs, **more, sheet=self.sheet)


def write_variants(
    places: Places, found: "Variants", photo: "Tensor", pages: Sequence["Page"], truth: "Tensor | None"
) -> None:
    """A file for each variant, as its page says, and the sheet beside the photo and the undamaged one."""
    from ..core import save_image
    from ..core.io.images import save_picture
    from ..core.variant_sheet import variants_sheet, variants_table

    for path, page in zip(places.files, pages, strict=False):
        save_image(page.image, path, page.bits, alpha=page.alpha, metadata=page.metadata)
        tell(path)
    save_picture(variants_sheet(found, photo, variants_table(found, truth), truth), places.sheet)
    tell(places.sheet)


def _files(out: Path, count: int) -> list[str]:
    return [str(out.with_name(f"{out.stem}_v{i}{out.suffix}")) for i in range(1, count + 1)]


def _sheet(out: Path, folder: str | None) -> str:
    return str(Path(folder or out.parent) / f"{out.stem}_variants.png")


def _free(out: Path, options: argparse.Namespace) -> Path:
    """A name beside the photo of which no variant and no sheet is there yet."""
    path, number = out, 1
    while any(map(os.path.lexists, (*_files(path, options.variants), _sheet(path, options.report)))):
        number += 1
        path = out.with_name(f"{out.stem}_{number}.png")
    return path
