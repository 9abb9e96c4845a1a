"""`monochromic batch`: many photos restored, by workers that survive; its options are those of `restore`, and more."""

import argparse
import os
from typing import Any

from .colorize import add_result_options
from .many import add_run_options, check_run_options, run_batch
from .parser import UsageError
from .restore import add_restore_options, restore_arguments
from .shared import MASK, add_file_options

FORMATS = ("png", "tif", "jpg", "webp", "bmp")
ROLES = ("mask", "hints", "reference", "protect")

EXAMPLES = (
    "monochromic batch scans --out restored               all photos in scans and its folders",
    "monochromic batch scans --out restored --dry-run     counts them, and says what would be refused",
    "monochromic batch scans --out restored --mask masks  masks/1960/a.png for scans/1960/a.jpg",
    "monochromic batch list.csv --out restored            columns photo, mask, hints, reference",
    "monochromic batch s3://scans --out s3://restored --journal run.sqlite",
)


def add_parser(commands: Any) -> None:
    """The command and its options."""
    parser = commands.add_parser(
        "batch",
        help="restore many photos",
        description="Restore all photos of folders, patterns, lists or URLs, each as `restore` does. What is done is "
        "written down: the same command again goes on where it was stopped, and does again only what has changed.",
        examples=EXAMPLES,
    )
    parser.set_defaults(command=restore_many, parser=parser, words=[], file=None)
    parser.add_argument(
        "sources",
        nargs="+",
        metavar="SOURCE",
        help="a photo, a folder, a pattern such as 'scans/**/*.tif', a list (.txt, or .csv with the columns photo, "
        "mask, hints, reference) or a URL such as s3://bucket/scans",
    )
    parser.add_argument("-o", "--out", required=True, metavar="OUT", help="the folder of the results, or a URL")
    parser.add_argument("--format", default="png", choices=FORMATS, help="of the results (default: png)")
    parser.add_argument(
        "--mask", metavar="PLACE", help=f"one for all, or a folder of those named as the photos: {MASK}"
    )
    add_file_options(parser, type=int, help="which of several pictures in each file, from 1")
    add_restore_options(parser)
    add_result_options(parser)
    parser.add_argument("--report", metavar="DIR", help="also write a sheet for each photo into this folder")
    parser.add_argument("--reference", metavar="PLACE", help="the undamaged photos, for the numbers of the report")
    add_run_options(parser)


def restore_many(options: argparse.Namespace) -> int:
    """Restore all photos; returns the exit code."""
    check_run_options(options)
    if options.keep_profile and options.format == "bmp":
        raise UsageError("--keep-profile: a .bmp file holds no color profile; choose another --format")
    if options.keep_profile and options.reference:
        raise UsageError("--reference is compared in sRGB; leave out --keep-profile")
    options.sources = [*options.sources, *options.words]
    given = {role: place for role in ROLES if (place := getattr(options, role))}
    arguments = _arguments(options)
    from ..batch.job import RestoreJob
    from ..batch.places import is_url

    job = RestoreJob(
        options.out if is_url(options.out) else os.path.abspath(options.out),  # noqa: PTH100
        arguments,
        options.page,
        options.accept_truncated,
        options.strength,
        options.report.rstrip("/") if options.report else None,
        options.keep_profile,
        options.note,
    )
    return run_batch(options, job, f".{options.format}", given)


def _arguments(options: argparse.Namespace) -> dict[str, Any]:
    """What `core.restore_photo` takes beside the pictures; which files go with a photo is found out for each."""
    from dataclasses import replace

    from ..batch.sources import is_list

    reads_masks = options.mask_channel is not None or options.mask_threshold is not None
    mask = options.mask or (reads_masks and any(map(is_list, options.sources)) and "of the list") or None
    arguments = restore_arguments(argparse.Namespace(**{**vars(options), "mask": mask}))
    if search := arguments["search"]:
        arguments["search"] = replace(search, protect=None)
    return arguments
