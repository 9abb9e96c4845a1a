"""The command `monochromic`. Exit codes: 0 done, 2 the user can mend it, 130 stopped by the user."""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from contextvars import copy_context
from importlib.metadata import version

from ..core.backbones import BACKBONES, DEFAULT
from ..core.colorize import METHODS, SCHEDULES
from ..core.errors import MonochromicError
from .commands import PIPELINES, colorize_photo, restore_photo, run_workflow, score_pictures
from .mask import add_find_options, mask_photo
from .weights import add_weights_parser

PAINT = "white = fill; any size"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code. Raises `KeyboardInterrupt`."""
    logging.basicConfig(format="monochromic: %(message)s", level=logging.WARNING)
    options = _parser().parse_args(arguments)
    try:
        copy_context().run(options.command, options)
        sys.stdout.flush()  # here, where a closed pipe is no error, and not at exit
    except MonochromicError as error:
        print(f"monochromic: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="monochromic", description="Restore photos: fill the hole in gray, then color it from the photo itself."
    )
    parser.add_argument("--version", action="version", version=version("monochromic-inpaint"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_restore(commands.add_parser("restore", help="restore a photo, with a mask or without"))
    _add_mask(commands.add_parser("mask", help="find the damage of a photo, as a mask"))
    _add_colorize(commands.add_parser("colorize", help="color the hole of a photo whose gray is known"))
    _add_score(commands.add_parser("score", help="compare two pictures"))
    _add_run(commands.add_parser("run", help="run a ComfyUI workflow without ComfyUI"))
    add_weights_parser(commands.add_parser("weights", help="list, fetch, check, convert and add weight files"))
    return parser


def _add_restore(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=restore_photo)
    parser.add_argument("photo", metavar="PHOTO")
    without = "without it the transparent part of PHOTO is filled, or what looks damaged where nothing is transparent"
    parser.add_argument("--mask", metavar="FILE", help=f"{PAINT}; {without}")
    _add_mask_options(parser, "0, or 1 to 4 for damage that was found, by the photo's size")
    add_find_options(parser, "--find")
    parser.add_argument(
        "--backbone", metavar="NAME", help=f"what fills the gray hole (default: {DEFAULT}): {', '.join(BACKBONES)}"
    )
    parser.add_argument("--weights", metavar="ID", help="weights for the backbone, of `monochromic weights list`")
    parser.add_argument(
        "--pipeline",
        default="gray",
        choices=PIPELINES,
        help="gray: the bottleneck; rgb_to_gray: the backbone sees the colors; rgb: its own colors are kept",
    )
    parser.add_argument("--context", type=int, default=0, metavar="PIXELS", help="around the hole for the backbone")
    parser.add_argument("--max-side", type=int, default=0, metavar="PIXELS", help="work in tiles above this size")
    _add_color_options(parser)
    parser.add_argument("--report", metavar="DIR", help="also write a sheet to look at into this folder")
    parser.add_argument("--reference", metavar="FILE", help="the undamaged photo, for the numbers in the report")


def _add_mask(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=mask_photo)
    parser.add_argument("photo", metavar="PHOTO")
    add_find_options(parser, "--method")
    parser.add_argument(
        "--grow", type=int, metavar="PIXELS", help="widen what was found (default: 1 to 4, by the photo's size)"
    )
    parser.add_argument("--heat", metavar="FILE", help="also write the photo under a heat map of the probabilities")
    parser.add_argument("-o", "--out", required=True, metavar="FILE", help="where to write the mask, white = fill")


def _add_colorize(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=colorize_photo)
    parser.add_argument("photo", metavar="PHOTO")
    parser.add_argument("--gray", required=True, metavar="FILE", help="picture with the right brightness everywhere")
    parser.add_argument("--mask", required=True, metavar="FILE", help=f"where the color is missing: {PAINT}")
    _add_mask_options(parser, "0")
    _add_color_options(parser)


def _add_mask_options(parser: argparse.ArgumentParser, grown: str) -> None:
    parser.add_argument("--invert", action="store_true", help="the mask marks what to keep in white")
    parser.add_argument("--grow", type=int, metavar="PIXELS", help=f"widen the hole (default: {grown})")


def _add_color_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--method", default="propagate", metavar="NAME", help=f"how to color: {', '.join(METHODS)}")
    parser.add_argument(
        "--hints",
        metavar="FILE",
        help="color hints: a picture with alpha, a .txt of lines x,y,#rrggbb[,radius], or a .json of strokes",
    )
    parser.add_argument("--strength", type=float, default=1.0, metavar="S", help="how far hints reach, 0 to 10")
    parser.add_argument(
        "--free-luminance", action="store_true", help="let hints, and the method paper, set the brightness too"
    )
    trained = "for network and paper: "
    parser.add_argument("--seed", type=int, default=0, metavar="N", help=trained + "their randomness")
    parser.add_argument("--scales", type=int, default=3, metavar="N", help="for paper: sizes of the photo, 1 to 5")
    parser.add_argument("--schedule", default="paper", metavar="NAME", help=f"for paper: {', '.join(SCHEDULES)}")
    parser.add_argument("--iterations", type=int, default=0, metavar="N", help=trained + "steps at each scale")
    parser.add_argument("--stop-loss", type=float, default=0.0, metavar="E", help=trained + "error to end a scale at")
    parser.add_argument(
        "-o", "--out", required=True, metavar="FILE", help="where to write; .png keeps every known pixel"
    )


def _add_score(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=score_pictures)
    parser.add_argument("image", metavar="A", help="a picture, or a folder of them")
    parser.add_argument("reference", metavar="B", help="what A should be; for a folder one with equally named pictures")
    parser.add_argument(
        "--mask", metavar="FILE", help=f"also score the hole and its box: {PAINT}; may be a folder where A is one"
    )
    parser.add_argument(
        "--lpips", choices=("vgg", "alex"), help="LPIPS too: vgg downloads about 553 MB once, alex needs your weights"
    )
    infinite = "null is what does not apply, and an infinite PSNR (equal pictures)"
    parser.add_argument("--json", action="store_true", help=f"print JSON; {infinite}")
    parser.add_argument("--csv", metavar="FILE", help="also write a row for each picture and region, and their means")


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=run_workflow)
    parser.add_argument("workflow", metavar="WORKFLOW.json", help="saved by ComfyUI, or exported in API format")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NODE.INPUT=VALUE",
        help="NODE is an id or a title; may be repeated",
    )
    parser.add_argument("--out", default="output", metavar="DIR", help="where SaveImage writes (default: output)")
    parser.add_argument(
        "--input", metavar="DIR", help="where LoadImage looks; else beside the workflow, in input/ there, and here"
    )
