"""`monochromic mask`: the damage of a photo, found without a mask; its options are those of `restore` too."""

import argparse
import logging
from typing import TYPE_CHECKING, Any

from .names import DEFAULT_DETECTOR, DETECTORS, KINDS, RESTORED_KINDS
from .pages import ALL, Number, Save, about, check_beside, load_beside, load_photo, numbered, results, title
from .parser import UsageError
from .places import check_size
from .say import tell
from .shared import add_photo, check_files, check_output, progress_bar, take_photo

if TYPE_CHECKING:
    from ..core import Detection
    from ..core.detect.kinds import Kinds

log = logging.getLogger(__name__)
log.setLevel(logging.INFO)  # what is filled and what is not is said, though other commands only warn

FLAGS = {name: f"--{name}" for name in ("find", "threshold", "smallest", "protect", "kinds")} | {"guard": "--no-guard"}
"""The flags that ask for a search, by the option that holds them."""

EXAMPLES = (
    "monochromic mask old.png                             writes old_mask.png, to look at and to paint on",
    "monochromic mask old.png mask.png --heat heat.png    also the photo under a map of what was found",
    "monochromic mask old.png --kinds lines,areas=0.7 --threshold 0.3",
    "monochromic mask old.png --protect faces.png         never marks what is white there",
)


def add_parser(commands: Any) -> None:
    """The command and its options."""
    parser = commands.add_parser(
        "mask",
        help="find the damage of a photo, as a mask",
        description="Find scratches, dust and lost parts in a photo, and write them as a mask, white = fill: what "
        "`restore` fills without a mask. Look at it, and paint out what is no damage.",
        examples=EXAMPLES,
    )
    parser.set_defaults(command=mask_photo, parser=parser)
    add_photo(parser, "mask", "the mask, white = fill")
    add_find_options(parser, "--method")
    parser.add_argument(
        "--grow", type=int, metavar="PIXELS", help="widen what was found (default: 1 to 4, by the photo's size)"
    )
    parser.add_argument("--heat", metavar="FILE", help="also write the photo under a heat map of the probabilities")


def add_find_options(parser: argparse.ArgumentParser, flag: str) -> None:
    """How to find damage; `flag` names the method."""
    names = ", ".join(DETECTORS)
    parser.add_argument(
        flag, dest="find", metavar="NAME", help=f"what finds damage (default: {DEFAULT_DETECTOR}): {names}"
    )
    parser.add_argument(
        "--threshold", type=float, metavar="P", help="fill what is more probable than this, 0 to 1 (default: 0.5)"
    )
    kinds = ", ".join(f"{name} ({title})" for name, title in KINDS.items())
    parser.add_argument(
        "--kinds",
        metavar="LIST",
        help=f"the kinds of damage to fill, with thresholds of their own where given, such as lines,specks=0.3, or all "
        f"(default: {','.join(RESTORED_KINDS)}): {kinds}",
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
        help="also fill blank margins, thick parts inside, dark or single lines, lettering and eyes: often content",
    )


def mask_photo(options: argparse.Namespace) -> None:
    """The damage of a photo as a mask, white = fill."""
    take_photo(options)
    check_files(options, "protect")
    asks_to_find(options)
    numbers = check_output(options, options.protect, **{"heat map": options.heat})
    check_beside(options, numbers, "protect")
    if options.heat:
        check_size(options.heat, options.photo)
    with results(options, numbers) as save:
        for number in numbers:
            with about(number):
                _mask_page(options, number, save)


def _mask_page(options: argparse.Namespace, number: Number, save: Save) -> None:
    from ..core import find_hole, heat_map, load_hole, save_image
    from ..core.host.host import current_host
    from ..core.io.pages import Page

    photo = load_photo(options, number).image.to(current_host().device)
    search = find_options(options) | ({} if options.grow is None else {"dilate": options.grow})
    if options.protect:
        search["protect"] = load_hole(load_beside(options, "protect", number), photo)
    with progress_bar("damage") as progress:
        found = find_hole(photo, progress=progress, **search)
    say_found(found, title(options, number), "the mask is empty", search.get("kinds"))
    save(Page(found.hole), number)
    if options.heat:
        path = numbered(options.heat, number if options.page == ALL else None)
        save_image(heat_map(photo, found.kinds), path)
        tell(path)


def asks_to_find(options: argparse.Namespace) -> bool:
    """Whether damage is to be looked for, whatever the photo is.

    Raises an error where there is a mask too, and for methods, kinds and thresholds that are not there.
    """
    asked = [flag for name, flag in FLAGS.items() if getattr(options, name) is not None]
    if asked and getattr(options, "mask", None):
        raise UsageError(f"{', '.join(asked)} and --mask do not go together: damage is looked for where no mask is")
    if asked:
        from ..core.detect import get_detector, kind_thresholds

        search = find_options(options)
        get_detector(search.get("method", DEFAULT_DETECTOR))
        kind_thresholds(search.get("kinds"), search.get("threshold", 0.5))
    return bool(asked)


def find_options(options: argparse.Namespace) -> dict[str, Any]:
    """What of `find_hole`'s arguments was given; `protect` is a path."""
    given = {"method": options.find} | {name: getattr(options, name) for name in FLAGS if name != "find"}
    given["min_area"] = given.pop("smallest")
    given = {name: value for name, value in given.items() if value is not None}
    if "kinds" in given:
        from ..core.detect import parse_kinds

        given["kinds"] = parse_kinds(given["kinds"])
    return given


def say_found(found: "Detection", photo: str, nothing: str, kinds: "Kinds") -> None:
    """Say what is filled and what is not; and, where nothing is filled, what comes of it, and what fills more.

    kinds: those that were asked for.
    """
    from ..core.detect import kinds_left, summary

    if found.hole.any() or found.skipped.any():
        for line in summary(found):
            log.info("%s: %s", photo, line)
    if not found.hole.any():
        what = "nothing that looks damaged is filled" if found.skipped.any() else "no damage was found"
        log.warning("%s in %s; %s", what, photo, nothing)
        left = kinds_left(found, kinds)
        if left is not None:
            some = f"--kinds {','.join(left)} fills more of it, --no-guard all of it" if left else "--no-guard fills it"
            log.info("if that is damage: %s", some)
