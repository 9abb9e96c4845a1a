"""`monochromic colorize`: the color stage alone; its options are those of `restore` too."""

import argparse
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .names import CHANNELS, DETECTORS, GRAIN, MATCHES, MAX_FEATHER, METHODS, SCHEDULES
from .pages import Number, Save, about, check_beside, load_beside, load_photo, result_page, results
from .parser import UsageError
from .shared import MASK, Progress, add_photo, check_files, check_output, progress_bar, take_photo

if TYPE_CHECKING:
    from torch import Tensor

    from ..core import Guide

log = logging.getLogger(__name__)
log.setLevel(logging.INFO)

EXAMPLES = (
    "monochromic colorize faded.png --gray gray.png --mask mask.png -o colored.png",
    "monochromic colorize faded.png --gray gray.png --mask mask.png --hints hints.txt",
    "monochromic colorize photo.png --gray other_model.png --mask mask.png  what another model made of the hole",
    "echo '120,80,#c03020' > hints.txt                    a red point, 120 pixels from the left, 80 from the top",
)


def add_parser(commands: Any) -> None:
    """The command and its options."""
    parser = commands.add_parser(
        "colorize",
        help="color the hole of a photo whose gray is known",
        description="Color the part of a photo that the mask marks, from the other pixels and from hints; its "
        "brightness is given. The second half of `restore`.",
        examples=EXAMPLES,
    )
    parser.set_defaults(command=colorize_photo, parser=parser)
    add_photo(parser, "colorized", "the colored photo, converted to sRGB; .png keeps every known pixel")
    gray = "picture with the right brightness: gray, or what another model made of the photo"
    parser.add_argument("--gray", required=True, metavar="FILE", help=gray)
    parser.add_argument("--mask", required=True, metavar="FILE", help=f"where the color is missing: {MASK}")
    parser.add_argument(
        "--match",
        default="brightness",
        choices=MATCHES,
        help="where GRAY is another model's whole picture, of any size: brightness (default): how it differs from the "
        "photo outside the mask is taken off it inside; colors: off its colors too, which are used in place of the "
        "photo's; off",
    )
    parser.add_argument("--grain-seed", type=int, default=0, metavar="N", help="another number, other grain")
    parser.add_argument(
        "--feather",
        type=int,
        default=0,
        metavar="PIXELS",
        help="also blend that many known pixels around the mask with another model's whole picture, for a soft edge: 0 "
        f"to {MAX_FEATHER}; those pixels of the photo change (default: 0, none does)",
    )
    add_mask_options(parser, "0")
    add_color_options(parser)
    add_result_options(parser)


def add_mask_options(parser: argparse.ArgumentParser, grown: str) -> None:
    """How the mask is read; `grown` says by how much it is widened by default."""
    add_reading_options(parser)
    parser.add_argument("--grow", type=int, metavar="PIXELS", help=f"widen the hole (default: {grown})")


def add_reading_options(parser: argparse.ArgumentParser) -> None:
    """What of the mask file marks the hole."""
    parser.add_argument("--invert", action="store_true", help="the mask marks what to keep in white")
    parser.add_argument(
        "--mask-channel",
        metavar="NAME",
        help=f"what marks the hole in the mask (default: auto, what it most probably is): {', '.join(CHANNELS)}; with "
        "alpha what is transparent is filled",
    )
    parser.add_argument(
        "--mask-threshold", type=float, metavar="P", help="fill what is brighter, 0 to 1 (default: 0.5)"
    )


def reading_options(options: argparse.Namespace) -> dict[str, Any]:
    """What `core.load_hole` takes beside the mask and the photo; wrong values are refused before any work."""
    named = {f"--mask-{name}": getattr(options, f"mask_{name}") for name in ("channel", "threshold")}
    if not options.mask and (given := [flag for flag, value in named.items() if value is not None]):
        raise UsageError(f"{given[0]} is for a mask; add --mask FILE")
    from ..core.image.masks import check_threshold
    from ..core.io.mask_picture import check_channel

    channel, threshold = (
        options.mask_channel or "auto",
        0.5 if options.mask_threshold is None else options.mask_threshold,
    )
    check_threshold(threshold)
    check_channel(channel)
    return {"threshold": threshold, "invert": options.invert, "channel": channel}


def add_color_options(parser: argparse.ArgumentParser) -> None:
    """How to color, and how much grain the result gets."""
    parser.add_argument(
        "--grain",
        type=float,
        default=GRAIN,
        metavar="AMOUNT",
        help="how much of the noise that the rest of the photo has and the fill lacks is added: 0 to 1 "
        f"(default: {GRAIN:g})",
    )
    parser.add_argument("--method", default="propagate", metavar="NAME", help=f"how to color: {', '.join(METHODS)}")
    parser.add_argument(
        "--hints",
        metavar="FILE",
        help="color hints: a picture with alpha, a .txt of lines x,y,#rrggbb[,radius], or a .json of strokes",
    )
    parser.add_argument("--strength", type=float, default=1.0, metavar="S", help="how far hints reach, 0 to 10")
    parser.add_argument(
        "--free-luminance",
        action="store_true",
        help="hints set the brightness of their pixels too, not only the color; and so does the method paper",
    )
    trained = "for network and paper: "
    parser.add_argument("--seed", type=int, default=0, metavar="N", help=trained + "their randomness")
    parser.add_argument("--scales", type=int, default=3, metavar="N", help="for paper: sizes of the photo, 1 to 5")
    parser.add_argument("--schedule", default="paper", metavar="NAME", help=f"for paper: {', '.join(SCHEDULES)}")
    parser.add_argument("--iterations", type=int, default=0, metavar="N", help=trained + "steps at each scale")
    parser.add_argument("--stop-loss", type=float, default=0.0, metavar="E", help=trained + "error to end a scale at")


def colorize_photo(options: argparse.Namespace) -> None:
    """The photo with its hole colored, the gray image given."""
    take_photo(options)
    check_files(options, "gray", "mask", "hints")
    if options.hints and options.match == "colors":
        raise UsageError("--hints color the hole, and --match colors keeps the colors it has; leave out one of them")
    if options.feather and options.match == "off":
        raise UsageError("--feather blends a picture that is brought to the photo; leave out --match off, or --feather")
    coloring, reading = color_options(options), reading_options(options)
    from ..core.harmonize import check_feather, check_grain

    check_grain(options.grain, options.grain_seed)
    check_feather(options.feather)
    numbers = check_output(options, options.mask, options.hints, options.gray)
    check_beside(options, numbers, "mask", "gray")
    coloring["guide"] = load_guide(options, numbers)
    with results(options, numbers) as save:
        for number in numbers:
            with about(number):
                _colorize_page(options, number, save, coloring, reading)


def _colorize_page(
    options: argparse.Namespace, number: Number, save: Save, coloring: dict[str, Any], reading: dict[str, Any]
) -> None:
    from .. import core
    from ..core.host.host import current_host
    from ..core.io.note import note_of

    file = load_photo(options, number)
    photo = file.image.to(current_host().device)
    hole = core.load_hole(load_beside(options, "mask", number), photo, **reading)
    hole = core.dilate(hole, options.grow or 0)
    picture = load_beside(options, "gray", number).image.to(photo.device)
    with progress_bar("color") as progress:
        result = _colored(options, photo, picture, hole, coloring, progress)
    save(result_page(options, result, file, file.alpha, note_of("Colored", hole, options.method)), number)


def _colored(
    options: argparse.Namespace,
    photo: "Tensor",
    picture: "Tensor",
    hole: "Tensor",
    coloring: dict[str, Any],
    progress: Progress,
) -> "Tensor":
    """The hole with the brightness of the given picture, or with its colors."""
    from .. import core

    noise = {"amount": options.grain, "seed": options.grain_seed}
    if options.match == "off":
        gray = core.add_grain(core.luminance(picture), hole, **noise)
        return core.colorize(photo, gray, hole, **coloring, progress=progress)
    found = core.match_picture(photo, picture, hole, progress=progress)
    for text in found.notes:
        log.info("%s", text)
    if options.match == "colors" and picture.shape[1] == 3 and core.chroma(picture).any():
        result, edge = core.add_grain(found.image, hole, **noise), found.around
    else:
        gray = core.add_grain(found.gray, hole, **noise)
        result, edge = core.colorize(photo, gray, hole, **coloring, progress=progress), core.luminance(found.around)
    return _feathered(options, result, edge, hole)


def _feathered(options: argparse.Namespace, result: "Tensor", edge: "Tensor", hole: "Tensor") -> "Tensor":
    """The result with known pixels around the hole blended, where that is asked for."""
    from ..core.harmonize import UNCHANGED, feather

    soft = feather(result, edge, hole, options.feather, grain=options.grain, seed=options.grain_seed)
    if options.feather and soft.equal(result):
        log.warning("%s", UNCHANGED)
    return soft


def load_guide(options: argparse.Namespace, numbers: Sequence[Number]) -> "Guide | None":
    """The hints, which are for one page. Raises `UsageError` where there are several."""
    from .. import core

    if options.hints and len(numbers) > 1:
        raise UsageError(f"--hints are for one picture, and {len(numbers)} pages are asked for; choose one by --page N")
    return core.load_guide(options.hints, options.strength) if options.hints else None


def add_result_options(parser: argparse.ArgumentParser) -> None:
    """What of the photo's file the result keeps, and what it says of itself."""
    parser.add_argument(
        "--keep-profile",
        action="store_true",
        help="keep the colors of the file and its color profile, such as Adobe RGB, instead of converting to sRGB",
    )
    parser.add_argument(
        "--note", action="store_true", help="say in the metadata (XMP) of the result what was filled and by what"
    )


def color_options(options: argparse.Namespace) -> dict[str, Any]:
    """What `core.colorize` takes beside the pictures; wrong values are refused before any work."""
    if options.method in DETECTORS and options.method not in METHODS:
        raise UsageError(
            f"{options.method!r} finds damage, which is --find {options.method}; --method says how to color: "
            f"{', '.join(METHODS)}"
        )
    from ..core import Settings, get_method

    names = ("seed", "scales", "schedule", "iterations", "stop_loss")
    settings = Settings(**{name: getattr(options, name) for name in names})
    method = get_method(options.method).id
    return {"method": method, "keep_luminance": not options.free_luminance, "settings": settings}
