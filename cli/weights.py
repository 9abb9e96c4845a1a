"""`monochromic weights`: which weight files there are, where they lie, and how to get and add them."""

import argparse
import json
from dataclasses import asdict

from ..core.backbones import get_backbone
from ..core.errors import WeightsError
from ..core.weights import WeightFile, add_row, all_rows, check, fetch, find, get_row, locate, present, user_manifest
from ..core.weights.convert import convert
from .shared import progress_bar


def add_weights_parser(parser: argparse.ArgumentParser) -> None:
    """The subcommands of `monochromic weights`."""
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_list(commands.add_parser("list", help="which weights there are, and which of them are here"))
    _add_fetch(commands.add_parser("fetch", help="download weights from the Hugging Face Hub"))
    _add_verify(commands.add_parser("verify", help="read the weights that are here and check them"))
    _add_path(commands.add_parser("path", help="print where a weight file is"))
    _add_convert(commands.add_parser("convert", help="make the authors' weight files usable here"))
    _add_add(commands.add_parser("add", help="add a file on the Hub, such as your team's, to your own manifest"))


def list_weights(options: argparse.Namespace) -> None:
    """`monochromic weights list`: a table or JSON."""
    rows = list(all_rows().values())
    if options.json:
        told = [{**asdict(row), "path": str(place) if (place := present(row)) else None} for row in rows]
        print(json.dumps(told, indent=2))
        return
    table = [("id", "for", "gives", "size", "licence", "where"), *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for cells in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())


def fetch_weights(options: argparse.Namespace) -> None:
    """`monochromic weights fetch`: prints where each file is."""
    for row in [get_row(name) for name in options.ids]:
        print(f"{row.id}: {row.size_text}, licence {row.licence}, {row.page or row.source}")
        with progress_bar(row.id) as progress:
            path = fetch(row, again=True, progress=progress) if options.again else locate(row, progress=progress)
        print(path)


def verify_weights(options: argparse.Namespace) -> None:
    """`monochromic weights verify`: reads the files anew. Raises `WeightsError` at the end if one is wrong."""
    wrong = 0
    for row in [get_row(name) for name in options.ids] or all_rows().values():
        path = present(row)
        if path is None:
            print(f"{row.id}: not here")
            wrong += row.id in options.ids or row.bundled is not None
            continue
        try:
            check(path, row, anew=True)
            print(f"{row.id}: right: {path}")
        except WeightsError as error:
            print(f"{row.id}: WRONG: {error}")
            wrong += 1
    if wrong:
        raise WeightsError(f"{wrong} weight file{'s are' if wrong > 1 else ' is'} missing or wrong")


def print_path(options: argparse.Namespace) -> None:
    """`monochromic weights path`: for scripts; downloads nothing."""
    row = get_row(options.id)
    path = find(row)
    if path is None:
        raise WeightsError(f"weights {row.id!r} are not here; run `monochromic weights fetch {row.id}`")
    print(path)


def convert_weights(options: argparse.Namespace) -> None:
    """`monochromic weights convert`: prints what the files are and where the converted one is."""
    told = {name: getattr(options, name) for name in ("licence", "source", "trained_on") if getattr(options, name)}
    row = convert(options.sources, options.id, **told)
    print(f"{row.id}: {row.backbone} ({row.layout}), gives {row.channels}, {row.size_text}, licence {row.licence}")
    print(find(row))


def add_weights(options: argparse.Namespace) -> None:
    """`monochromic weights add`: prints where the row is."""
    if options.backbone:
        get_backbone(options.backbone)
    names = ("id", "use", "backbone", "layout", "trained_on", "channels", "repo_id", "revision", "filename")
    names += ("sha256", "size", "size_note", "licence", "source")
    add_row(WeightFile(**{name: getattr(options, name) for name in names}), replace=options.replace)
    print(f"{options.id}: in {user_manifest()}")


def _cells(row: WeightFile) -> tuple[str, ...]:
    subject = row.backbone or row.use
    if row.layout:
        subject += f" ({row.layout})"
    return row.id, subject, row.channels or "", row.size_text, row.licence, _where(row)


def _where(row: WeightFile) -> str:
    if row.bundled:
        return "shipped" if present(row) else "MISSING"
    if present(row):
        return "here"
    return f"to fetch from {row.repo_id}" if row.repo_id else "MISSING"


def _add_list(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=list_weights)
    parser.add_argument("--json", action="store_true", help="print JSON, with the path of what is here")


def _add_fetch(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=fetch_weights)
    parser.add_argument("ids", nargs="+", metavar="ID")
    parser.add_argument("--again", action="store_true", help="download even what is here, to replace a damaged file")


def _add_verify(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=verify_weights)
    parser.add_argument("ids", nargs="*", metavar="ID", help="default: all that are here")


def _add_path(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=print_path)
    parser.add_argument("id", metavar="ID")


def _add_convert(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=convert_weights)
    files = ".pth, .pt, .ckpt or .safetensors of the authors or of mmagic; several for a network in parts"
    parser.add_argument("sources", nargs="+", metavar="SOURCE", help=files)
    parser.add_argument("--as", dest="id", required=True, metavar="ID", help="what to call the weights here")
    parser.add_argument("--trained-on", metavar="TEXT", help="which photos")
    parser.add_argument("--licence", metavar="TEXT", help="of the weights, if not that of the authors' program")
    parser.add_argument("--source", metavar="URL", help="where the weights are from, if not the authors' page")


def _add_add(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=add_weights)
    parser.add_argument("id", metavar="ID", help="what to call the weights here")
    subject = parser.add_mutually_exclusive_group(required=True)
    subject.add_argument("--backbone", metavar="NAME", help="whose weights these are")
    subject.add_argument("--use", metavar="TEXT", help="what they are for, if for no backbone")
    parser.add_argument("--layout", metavar="NAME", help="which form of the backbone; else the file tells")
    parser.add_argument("--channels", choices=("gray", "RGB"), help="what the backbone gives with them")
    parser.add_argument("--trained-on", required=True, metavar="TEXT", help="which photos")
    parser.add_argument("--repo", required=True, dest="repo_id", metavar="OWNER/NAME", help="on the Hugging Face Hub")
    parser.add_argument("--revision", required=True, metavar="COMMIT", help="40 hexadecimal digits, never a branch")
    parser.add_argument("--file", required=True, dest="filename", metavar="NAME.safetensors", help="in the repository")
    parser.add_argument("--sha256", required=True, metavar="HEX")
    size = parser.add_mutually_exclusive_group(required=True)
    size.add_argument("--size", type=int, metavar="BYTES")
    size.add_argument("--size-note", metavar="TEXT", help="about how large, if not known exactly")
    parser.add_argument("--licence", required=True, metavar="TEXT", help="of the weights")
    parser.add_argument("--source", required=True, metavar="URL", help="who made them")
    parser.add_argument("--replace", action="store_true", help="replace your own row of that id")
