"""`monochromic mask`, and the part of `monochromic restore` that finds the damage of a photo without a mask."""

import argparse
import logging
from pathlib import Path

from torch import Tensor

from ..core.damage_kinds import DAMAGE_KINDS
from ..core.detect import DETECTORS, Detection, find_hole, get_detector, heat_map, summary
from ..core.detect.detectors import DEFAULT
from ..core.detect.marks import parse_kinds, thresholds_of
from ..core.errors import InputError, PictureError
from ..core.io.images import load_hole, load_image, save_image
from ..nodes import runtime
from .shared import check_output, progress_bar

log = logging.getLogger(__name__)
log.setLevel(logging.INFO)  # what was filled and what was left is said, though other commands only warn

OPTIONS = {name: f"--{name}" for name in ("find", "threshold", "smallest", "protect", "kinds")} | {
    "guard": "--no-guard"
}
"""The flags that ask for a search, by the option that holds them."""


def add_find_options(parser: argparse.ArgumentParser, flag: str) -> None:
    """How to find damage; `flag` names the method."""
    names = ", ".join(DETECTORS)
    parser.add_argument(flag, dest="find", metavar="NAME", help=f"what finds damage (default: {DEFAULT}): {names}")
    parser.add_argument(
        "--threshold", type=float, metavar="P", help="fill what is more probable than this, 0 to 1 (default: 0.5)"
    )
    kinds = ", ".join(f"{kind.id} ({kind.title})" for kind in DAMAGE_KINDS)
    usual = ",".join(kind.id for kind in DAMAGE_KINDS if kind.restored)
    parser.add_argument(
        "--kinds",
        metavar="LIST",
        help=f"the kinds of damage to fill, with thresholds of their own where given, such as lines,specks=0.3, or all "
        f"(default: {usual}): {kinds}",
    )
    parser.add_argument(
        "--smallest", type=int, metavar="PIXELS", help="drop connected parts of fewer pixels (default: 4)"
    )
    parser.add_argument("--protect", metavar="FILE", help="white = never fill, whatever is found there; any size")
    parser.add_argument(
        "--no-guard",
        dest="guard",
        action="store_const",
        const=False,
        help="also fill blank margins and thick parts inside the photo, which often are faces or signs",
    )


def mask_photo(options: argparse.Namespace) -> None:
    """`monochromic mask`: the damage of a photo as a mask, white = fill."""
    asks_to_find(options)
    check_output(options.out, options.photo, options.protect)
    if options.heat:
        check_output(options.heat, options.photo, options.protect)
        if Path(options.heat).resolve() == Path(options.out).resolve():
            raise PictureError(f"{options.out} cannot be both the mask and the heat map; choose another name for one")
    photo = load_image(options.photo).to(runtime.device())
    found = find(options, photo)
    save_image(found.hole, options.out)
    print(options.out)
    if options.heat:
        save_image(heat_map(photo, found.kinds), options.heat)
        print(options.heat)
    if not found.hole.any():
        warn_of_nothing(found, options.photo, "the mask is empty")


def warn_of_nothing(found: Detection, photo: str, result: str) -> None:
    """Say that nothing will be filled, and what comes of it."""
    what = "all that looks damaged was left alone" if found.left.any() else "no damage was found"
    log.warning("%s in %s; %s", what, photo, result)


def asks_to_find(options: argparse.Namespace) -> bool:
    """Whether damage is to be looked for, whatever the photo is.

    Raises `InputError` where there is a mask too, and for methods, kinds and thresholds that are not there.
    """
    asked = [flag for name, flag in OPTIONS.items() if getattr(options, name) is not None]
    if asked and getattr(options, "mask", None):
        raise InputError(f"{', '.join(asked)} and --mask do not go together: damage is looked for where no mask is")
    if asked:
        get_detector(options.find or DEFAULT)
        thresholds_of(_kinds(options), 0.5 if options.threshold is None else options.threshold)
    return bool(asked)


def _kinds(options: argparse.Namespace) -> dict[str, float | None] | None:
    return None if options.kinds is None else parse_kinds(options.kinds)


def find(options: argparse.Namespace, photo: Tensor) -> Detection:
    """The damage of a photo, by the options of the command line; says what is filled and what is left."""
    values = {name: getattr(options, name) for name in ("threshold", "smallest", "grow", "guard")}
    given = {name: value for name, value in values.items() if value is not None}
    protect = load_hole(options.protect, photo) if options.protect else None
    with progress_bar("damage") as progress:
        method, more = options.find or DEFAULT, {"kinds": _kinds(options), "protect": protect, "progress": progress}
        found = find_hole(photo, method, **given, **more)
    if found.hole.any() or found.left.any():
        for line in summary(found):
            log.info("%s: %s", options.photo, line)
    return found
