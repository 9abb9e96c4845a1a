"""`monochromic pad`: a larger canvas around a photo, transparent where it is new."""

import argparse
from typing import Any

from .pages import ALL, load_photo, result_page
from .parser import UsageError
from .say import tell
from .shared import add_photo, check_output, take_photo

SIDES = ("left", "top", "right", "bottom")

EXAMPLES = (
    "monochromic pad photo.png --right 200                writes photo_padded.png, transparent where it is new",
    "monochromic restore photo_padded.png                 fills what is transparent",
    "monochromic pad photo.jpg wide.jpg --left 99 --right 99 --save-mask mask.png",
)


def add_parser(commands: Any) -> None:
    """The command and its options."""
    parser = commands.add_parser(
        "pad",
        help="put a photo on a larger canvas, to fill the new part",
        description="Put a photo on a larger canvas, with its new part transparent: `restore` fills that. For what "
        "lies beyond the border, and for edges that are torn off. Near the photo it fills well, far from it ever less.",
        examples=EXAMPLES,
    )
    parser.set_defaults(command=pad_photo, parser=parser)
    add_photo(parser, "padded", "the photo on the larger canvas")
    for name in SIDES:
        parser.add_argument(f"--{name}", type=int, default=0, metavar="PIXELS", help=f"to add at the {name}")
    parser.add_argument("--save-mask", metavar="FILE", help="also write the mask of the new part, white = fill")


def pad_photo(options: argparse.Namespace) -> None:
    """The photo on a larger canvas."""
    take_photo(options)
    pixels = {name: getattr(options, name) for name in SIDES}
    if not any(pixels.values()):
        raise UsageError("nothing is added; say how many pixels, such as --right 200")
    if options.page == ALL:
        raise UsageError("pad takes one page; name it, such as --page 1")
    from .. import core
    from ..core.image.pad import pad_canvas
    from ..core.io.encode import ALPHA
    from ..core.io.images import check_sides, format_of

    number = check_output(options, mask=options.save_mask)[0]
    if format_of(options.out) not in ALPHA and not options.save_mask:
        raise UsageError(f"{options.out} cannot hold what is transparent; name a .png, or add --save-mask FILE")
    photo = load_photo(options, number)
    image, hole = pad_canvas(photo.image, **pixels)
    for path in filter(None, (options.out, options.save_mask)):
        check_sides(path, image.shape[-1], image.shape[-2])
    alpha = 1 - hole
    if photo.alpha is not None:
        alpha = pad_canvas(photo.alpha, **pixels)[0] * alpha
    page = result_page(options, image, photo, alpha if format_of(options.out) in ALPHA else None, "")
    core.save_image(page.image, options.out, page.bits, alpha=page.alpha, metadata=page.metadata)
    tell(options.out)
    if options.save_mask:
        core.save_image(hole, options.save_mask)
        tell(options.save_mask)
