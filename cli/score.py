"""`monochromic score`: how close pictures are to what they should be."""

import argparse
import json
from pathlib import Path
from typing import Any

from .colorize import add_reading_options, reading_options
from .parser import UsageError
from .places import check_outputs
from .say import tell
from .shared import MASK, progress_bar

EXAMPLES = (
    "monochromic score restored.png original.png",
    "monochromic score restored.png original.png --mask mask.png --json",
    "monochromic score results originals --csv scores.csv    two folders, pictures of equal names",
)


def add_parser(commands: Any) -> None:
    """The command and its options."""
    parser = commands.add_parser(
        "score",
        help="compare two pictures, or two folders of them",
        description="Measure how close a picture is to what it should be: PSNR, SSIM, CIEDE2000 and more; with --mask "
        "also in the hole and in the box around it.",
        examples=EXAMPLES,
    )
    parser.set_defaults(command=score_pictures, parser=parser)
    parser.add_argument("image", metavar="A", help="a picture, or a folder of them")
    parser.add_argument("reference", metavar="B", help="what A should be; for a folder one with equally named pictures")
    parser.add_argument(
        "--mask", metavar="FILE", help=f"also score the hole and its box: {MASK}; may be a folder where A is one"
    )
    add_reading_options(parser)
    parser.add_argument(
        "--lpips", choices=("vgg", "alex"), help="LPIPS too: vgg downloads about 553 MB once, alex needs your weights"
    )
    infinite = "null is what does not apply, and an infinite PSNR (equal pictures)"
    parser.add_argument("--json", action="store_true", help=f"print JSON; {infinite}")
    parser.add_argument("--csv", metavar="FILE", help="also write a row for each picture and region, and their means")


def score_pictures(options: argparse.Namespace) -> None:
    """Metrics of a picture, or of a folder of them with their means, as table, JSON or CSV."""
    if options.csv:
        if Path(options.csv).suffix.lower() != ".csv" or Path(options.csv).is_dir():
            raise UsageError(f"cannot write a table to {options.csv!r}: give the name of a file that ends with .csv")
        check_outputs({"the table": options.csv}, _files_read(options))
    from ..core.host.host import CPU, current_host
    from ..core.io.images import write_bytes
    from ..core.metrics import load_lpips
    from ..core.metrics.files import score_files

    device, network = current_host().device if options.lpips else CPU, None
    if options.lpips:
        with progress_bar("weights") as progress:
            network = load_lpips(options.lpips, device, progress=progress)
    reading = reading_options(options)
    files = options.image, options.reference, options.mask
    with progress_bar("score") as progress:
        scores = score_files(*files, device=device, network=network, progress=progress, reading=reading)
    if options.csv:
        write_bytes(scores.csv().encode(), options.csv)
    tell(json.dumps(scores.plain(), indent=2) if options.json else scores.table())


def _files_read(options: argparse.Namespace) -> list[str]:
    """The pictures, and those in the folders."""
    given = [Path(path) for path in (options.image, options.reference, options.mask) if path]
    inside = [file for path in given if path.is_dir() for file in path.iterdir()]
    return [str(path) for path in (*given, *inside)]
