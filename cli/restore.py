"""`monochromic restore`: a photo restored, with a mask or without."""

import argparse
import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .colorize import (
    add_color_options,
    add_mask_options,
    add_result_options,
    color_options,
    load_guide,
    reading_options,
)
from .mask import add_find_options, asks_to_find, find_options, say_found
from .names import AUTO_BACKBONE, BACKBONES, DEFAULT_BACKBONE, PIPELINES, TEXTURE, TEXTURE_WAYS
from .pages import (
    ALL,
    Number,
    Save,
    about,
    check_beside,
    load_beside,
    load_photo,
    numbered,
    result_page,
    results,
    title,
)
from .parser import UsageError
from .say import tell
from .shared import MASK, add_photo, check_files, check_output, progress_bar, take_photo
from .variants import Places, add_variants_option, write_variants

if TYPE_CHECKING:
    from torch import Tensor

    from ..core import Photo, Restoration, Variants

log = logging.getLogger(__name__)
log.setLevel(logging.INFO)

READING = "--mask-channel and --mask-threshold say what of the mask is filled"

EXAMPLES = (
    "monochromic restore old.png                          the damage is found; writes old_restored.png",
    "monochromic restore old.png --mask mask.png -o restored.png",
    "monochromic restore old.png restored.png --report .  also restored_report.png, to look at",
    "monochromic restore old.png --kinds all --threshold 0.3",
    "monochromic restore old.png --mask mask.png --hints hints.txt --backbone patchmatch",
    "monochromic restore old.png --mask mask.png --variants 4     four answers, and a sheet to choose from",
)


def add_parser(commands: Any) -> None:
    """The command and its options."""
    parser = commands.add_parser(
        "restore",
        help="restore a photo, with a mask or without",
        description="Fill the damaged part of a photo in gray, then color it from the photo itself. Every other pixel "
        "stays as it is. Without --mask the transparent part is filled, or what looks damaged where nothing is "
        "transparent: look at the result, it may be wrong.",
        examples=EXAMPLES,
    )
    parser.set_defaults(command=restore_photo, parser=parser)
    add_photo(parser, "restored", "the restored photo, converted to sRGB; .png keeps every known pixel")
    parser.add_argument("--mask", metavar="FILE", help=MASK)
    add_restore_options(parser)
    add_variants_option(parser)
    add_result_options(parser)
    parser.add_argument("--report", metavar="DIR", help="also write a sheet to look at into this folder")
    parser.add_argument(
        "--explain",
        action="store_true",
        help="the sheet also shows what the networks do: where attention looks, and what gates let pass",
    )
    parser.add_argument("--reference", metavar="FILE", help="the undamaged photo, for the numbers in the report")


def add_restore_options(parser: argparse.ArgumentParser) -> None:
    """How to restore, whatever the photo and its mask are; those of `batch` too."""
    add_mask_options(parser, "0, or 1 to 4 for damage that was found, by the photo's size")
    add_find_options(parser, "--find")
    parser.add_argument(
        "--backbone",
        metavar="NAME",
        help=f"what fills the hole (default: {DEFAULT_BACKBONE}): {', '.join(BACKBONES)}; or {AUTO_BACKBONE}, for "
        "objects to remove: patchmatch where the hole is wide, and mono elsewhere",
    )
    parser.add_argument("--weights", metavar="ID", help="weights for the backbone, of `monochromic weights list`")
    parser.add_argument(
        "--pipeline",
        default="gray",
        choices=PIPELINES,
        help="gray (default): the backbone sees gray, and its gray is colored; rgb_to_gray: it sees the colors, and "
        "the brightness of its answer is colored; rgb: it sees the colors, and its own are kept",
    )
    parser.add_argument(
        "--context",
        type=int,
        default=0,
        metavar="PIXELS",
        help="how far around the hole the backbone sees; 0 = 64, or 128 for a network",
    )
    parser.add_argument("--max-side", type=int, default=0, metavar="PIXELS", help="work in tiles above this size")
    parser.add_argument(
        "--texture",
        type=float,
        default=TEXTURE,
        metavar="AMOUNT",
        help="how much of the detail that wide fills lack is added from the rest of the photo: 0 to 1 "
        f"(default: {TEXTURE})",
    )
    parser.add_argument(
        "--texture-by",
        default=TEXTURE_WAYS[0],
        choices=TEXTURE_WAYS,
        help="how: quilt (default), by blocks of the photo; features, the fill is changed until a network sees in it "
        "what it sees in the rest of the photo (slow: some ten seconds for 256 x 256)",
    )
    parser.add_argument(
        "--texture-seed", type=int, default=0, metavar="N", help="another number, another texture and grain"
    )
    add_color_options(parser)


def restore_photo(options: argparse.Namespace) -> None:
    """The restored photo, and what was found; with --report the sheet too."""
    take_photo(options)
    check_files(options, "mask", "hints", "reference", "protect")
    several = options.variants is not None
    _check_combinations(options, several)
    work = restore_arguments(options)
    read = options.mask, options.hints, options.reference, options.protect
    places = Places(options) if several else None
    numbers = places.check(options, *read) if places else check_output(options, *read, report=_report_path(options))
    check_beside(options, numbers, "mask", "protect", "reference")
    work["guide"] = load_guide(options, numbers)
    if places:
        _write_several(options, numbers[0], places, work)
        return
    with results(options, numbers) as save:
        for number in numbers:
            with about(number):
                _restore_page(options, number, save, work)


def _check_combinations(options: argparse.Namespace, several: bool) -> None:
    """Refuse options that do not go together. Raises `UsageError`."""
    if options.reference and not options.report and not several:
        raise UsageError("--reference is for the report; add --report DIR")
    if options.reference and options.keep_profile:
        raise UsageError("--reference is compared in sRGB; leave out --keep-profile")
    if options.explain and (several or not options.report):
        raise UsageError("--explain is for the report of one result; add --report DIR, without --variants")
    if several and options.page == ALL:
        raise UsageError("--variants takes one page; name it, such as --page 1")


def restore_arguments(options: argparse.Namespace) -> dict[str, Any]:
    """What `core.restore_photo` takes beside the pictures; wrong values are refused before any work."""
    coloring, searched, reading = color_options(options), asks_to_find(options), reading_options(options)
    from ..core.errors import UnknownNameError
    from ..core.pipeline import Search

    if options.backbone not in (None, AUTO_BACKBONE, *BACKBONES):
        raise UnknownNameError("backbone", options.backbone, (*BACKBONES, AUTO_BACKBONE))
    names = ("pipeline", "backbone", "weights", "context", "max_side", "texture", "texture_by", "grain")
    return {
        "search": Search(**find_options(options)) if searched else None,
        "dilate": options.grow,
        "seed": options.texture_seed,
        **{name: getattr(options, name) for name in names},
        **reading,
        **coloring,
    }


def _of_page(options: argparse.Namespace, number: Number, work: dict[str, Any]) -> dict[str, Any]:
    """The arguments for a page, whose photo may have a page of its own that is never filled."""
    if work["search"] is None or not options.protect:
        return work
    return work | {"search": replace(work["search"], protect=load_beside(options, "protect", number))}


def _write_several(options: argparse.Namespace, number: Number, places: Places, work: dict[str, Any]) -> None:
    from ..core import restore_variants
    from ..core.host.host import current_host
    from ..core.io.note import note_of

    photo = load_photo(options, number)
    mask = load_beside(options, "mask", number) if options.mask else None
    truth = _reference(options, photo, number)
    named = None if work["backbone"] in (None, AUTO_BACKBONE) else [work["backbone"]]
    with progress_bar("variants") as progress:
        found = restore_variants(
            photo,
            mask,
            count=options.variants,
            backbones=named,
            device=current_host().device,
            progress=progress,
            **{name: value for name, value in _of_page(options, number, work).items() if name != "backbone"},
        )
    _say(options, found, title(options, number))
    note = note_of("Restored", found.hole, options.weights or options.backbone or "several backbones")
    pages = [result_page(options, image, photo, found.alpha, note) for image in found.images.split(1)]
    write_variants(places, found, photo.image, pages, truth)


def _restore_page(options: argparse.Namespace, number: Number, save: Save, work: dict[str, Any]) -> None:
    from ..core import pipeline
    from ..core.host.host import current_host
    from ..core.io.images import save_picture
    from ..core.io.note import note_of
    from ..core.report import restoration_sheet

    photo = load_photo(options, number)
    mask = load_beside(options, "mask", number) if options.mask else None
    reference = _reference(options, photo, number)
    with progress_bar("restore") as progress:
        found = pipeline.restore_photo(
            photo,
            mask,
            explain=options.explain,
            device=current_host().device,
            progress=progress,
            **_of_page(options, number, work),
        )
    _say(options, found, title(options, number))
    note = note_of("Restored", found.hole, options.weights or options.backbone or DEFAULT_BACKBONE)
    save(result_page(options, found.image, photo, found.alpha, note), number)
    if options.explain and found.hole.any() and not found.explanations:
        log.info("nothing to explain: neither what filled the hole nor what colored it has attention or gates")
    if options.report:
        report = numbered(_report_path(options) or "", number if options.page == ALL else None)
        save_picture(restoration_sheet(photo.image, found, reference), report)
        tell(report)


def _say(options: argparse.Namespace, found: "Restoration | Variants", name: str) -> None:
    """What was found in a page, and that nothing was filled."""
    if found.detection:
        say_found(found.detection, name, "it is written as it is", find_options(options).get("kinds"))
        if found.hole.any() and not options.report:
            log.info("look at what was filled: --report DIR, or monochromic mask %s --heat FILE", options.photo)
    elif not found.hole.any():
        log.warning("nothing was filled: %s is written as it is; %s", name, READING)


def _report_path(options: argparse.Namespace) -> str | None:
    return str(Path(options.report) / f"{Path(options.out).stem}_report.png") if options.report else None


def _reference(options: argparse.Namespace, photo: "Photo", number: Number) -> "Tensor | None":
    """The undamaged photo, which must be of the photo's size."""
    from ..core.report import check_reference

    if not options.reference:
        return None
    reference = load_beside(options, "reference", number).image
    check_reference(reference, photo.image)
    return reference
