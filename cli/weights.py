"""`monochromic weights`: which weight files there are, where they lie, and how to get and add them."""

import argparse
import json
from typing import TYPE_CHECKING, Any

from .say import printable, tell
from .shared import progress_bar

if TYPE_CHECKING:
    from ..core.weights import WeightFile

EXAMPLES = (
    "monochromic weights list",
    "monochromic weights fetch lama                      downloads it; says how much, and under which license",
    "monochromic weights convert deepfill.pth --as mine  then: monochromic restore old.png --weights mine",
)


def add_parser(commands: Any) -> None:
    """The command and its own commands."""
    parser = commands.add_parser(
        "weights",
        help="list, fetch, check, convert and add weight files",
        description="Weights are what a network learned. Those of most backbones come with the package; others are "
        "downloaded, or made from the authors' files.",
        examples=EXAMPLES,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for add in COMMANDS.values():
        add(commands)


def list_weights(options: argparse.Namespace) -> None:
    """`monochromic weights list`: a table or JSON."""
    from ..core.weights import all_entries, cached_path

    rows = list(all_entries().values())
    if options.json:
        told = [{**row.to_json(), "path": str(place) if (place := cached_path(row)) else None} for row in rows]
        tell(json.dumps(told, indent=2))
        return
    table = [("id", "for", "gives", "size", "license", "where"), *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for cells in table:
        tell(printable("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()))


def fetch_weights(options: argparse.Namespace) -> None:
    """`monochromic weights fetch`: prints where each file is."""
    from ..core.weights import fetch, get_entry, locate

    for row in [get_entry(name) for name in options.ids]:
        tell(printable(f"{row.id}: {row.size_text}, license {row.license}, {row.page or row.source}"))
        with progress_bar(row.id) as progress:
            path = fetch(row, again=True, progress=progress) if options.again else locate(row, progress=progress)
        tell(path)


def verify_weights(options: argparse.Namespace) -> None:
    """`monochromic weights verify`: reads the files anew. Raises `WeightsError` at the end if one is wrong."""
    from ..core.errors import WeightsError
    from ..core.weights import all_entries, cached_path, check, get_entry

    wrong = 0
    for row in [get_entry(name) for name in options.ids] or all_entries().values():
        path = cached_path(row)
        if path is None:
            tell(f"{row.id}: not here")
            wrong += row.id in options.ids or row.bundled is not None
            continue
        try:
            check(path, row, again=True)
            tell(f"{row.id}: right: {path}")
        except WeightsError as error:
            tell(printable(f"{row.id}: WRONG: {error}"))
            wrong += 1
    if wrong:
        raise WeightsError(f"{wrong} weight file{'s are' if wrong > 1 else ' is'} missing or wrong")


def print_path(options: argparse.Namespace) -> None:
    """`monochromic weights path`: for scripts; downloads nothing."""
    from ..core.errors import WeightsError
    from ..core.weights import find, get_entry

    row = get_entry(options.id)
    path = find(row)
    if path is None:
        raise WeightsError(f"weights {row.id!r} are not here; run `monochromic weights fetch {row.id}`")
    tell(path)


def convert_weights(options: argparse.Namespace) -> None:
    """`monochromic weights convert`: prints what the files are and where the converted one is."""
    from ..core.weights import find
    from ..core.weights.convert import convert

    told = {name: getattr(options, name) for name in ("license", "source", "trained_on") if getattr(options, name)}
    row = convert(options.sources, options.id, **told)
    what = f"{row.backbone} ({row.variant}), gives {row.channels}"
    tell(printable(f"{row.id}: {what}, {row.size_text}, license {row.license}"))
    tell(find(row))


def add_weights(options: argparse.Namespace) -> None:
    """`monochromic weights add`: prints where the row is."""
    from ..core.backbones import get_backbone
    from ..core.weights import WeightFile, add_entry, user_manifest

    if options.backbone:
        get_backbone(options.backbone)
    names = "id use backbone variant trained_on channels repo_id revision filename sha256 size size_note license source"
    add_entry(WeightFile(**{name: getattr(options, name) for name in names.split()}), replace=options.replace)
    tell(f"{options.id}: in {user_manifest()}")


def _cells(row: "WeightFile") -> tuple[str, ...]:
    subject = row.backbone or row.use or ""
    if row.variant:
        subject += f" ({row.variant})"
    return row.id, subject, row.channels or "", row.size_text, row.license or "", _where(row)


def _where(row: "WeightFile") -> str:
    from ..core.weights import cached_path

    if row.bundled:
        return "shipped" if cached_path(row) else "MISSING"
    if cached_path(row):
        return "here"
    return f"to fetch from {row.repo_id}" if row.repo_id else "MISSING"


def _add_list(commands: Any) -> None:
    parser = commands.add_parser(
        "list",
        help="which weights there are, and which of them are here",
        description="List all weights: whether they give gray or RGB, the size, the license, where the file is.",
        examples=(
            "monochromic weights list",
            "monochromic weights list --json",
        ),
    )
    parser.set_defaults(command=list_weights, parser=parser)
    parser.add_argument("--json", action="store_true", help="print JSON, with the path of what is here")


def _add_fetch(commands: Any) -> None:
    parser = commands.add_parser(
        "fetch",
        help="download weights from the Hugging Face Hub",
        description="Download weights and check them. Prints the size, the license, and where each file is.",
        examples=(
            "monochromic weights fetch lama",
            "monochromic weights fetch lama mat --again",
        ),
    )
    parser.set_defaults(command=fetch_weights, parser=parser)
    parser.add_argument("ids", nargs="+", metavar="ID")
    parser.add_argument("--again", action="store_true", help="download even what is here, to replace a damaged file")


def _add_verify(commands: Any) -> None:
    parser = commands.add_parser(
        "verify",
        help="read the weights that are here and check them",
        description="Read weight files anew and compare them with their sha256.",
        examples=(
            "monochromic weights verify",
            "monochromic weights verify mono",
        ),
    )
    parser.set_defaults(command=verify_weights, parser=parser)
    parser.add_argument("ids", nargs="*", metavar="ID", help="default: all that are here")


def _add_path(commands: Any) -> None:
    parser = commands.add_parser(
        "path",
        help="print where a weight file is",
        description="Print where a weight file is, for scripts. Downloads nothing.",
        examples=("monochromic weights path mono",),
    )
    parser.set_defaults(command=print_path, parser=parser)
    parser.add_argument("id", metavar="ID")


def _add_convert(commands: Any) -> None:
    parser = commands.add_parser(
        "convert",
        help="make the authors' weight files usable here",
        description="Read the authors' file, recognize the network, and write it as safetensors under your name.",
        examples=(
            "monochromic weights convert deepfill.pth --as mine",
            "monochromic restore old.png --weights mine",
        ),
    )
    parser.set_defaults(command=convert_weights, parser=parser)
    files = ".pth, .pt, .ckpt or .safetensors of the authors or of mmagic; several for a network in parts"
    parser.add_argument("sources", nargs="+", metavar="SOURCE", help=files)
    parser.add_argument("--as", dest="id", required=True, metavar="ID", help="what to call the weights here")
    parser.add_argument("--trained-on", metavar="TEXT", help="which photos")
    parser.add_argument(
        "--license", "--licence", metavar="TEXT", help="of the weights, if not that of the authors' program"
    )
    parser.add_argument("--source", metavar="URL", help="where the weights are from, if not the authors' page")


def _add_add(commands: Any) -> None:
    parser = commands.add_parser(
        "add",
        help="add a file on the Hub, such as your team's, to your own manifest",
        description="Write a row into your own manifest, by which the file is fetched and checked when it is needed.",
        examples=(
            "monochromic weights add ours --backbone mat --trained-on faces --license MIT --source URL \\",
            "    --repo team/nets --revision COMMIT --file net.safetensors --sha256 HEX --size 1234567",
        ),
    )
    parser.set_defaults(command=add_weights, parser=parser)
    parser.add_argument("id", metavar="ID", help="what to call the weights here")
    subject = parser.add_mutually_exclusive_group(required=True)
    subject.add_argument("--backbone", metavar="NAME", help="whose weights these are")
    subject.add_argument("--use", metavar="TEXT", help="what they are for, if for no backbone")
    parser.add_argument("--variant", "--layout", metavar="NAME", help="of the backbone; else the file says it")
    parser.add_argument("--channels", choices=("gray", "RGB"), help="what the backbone gives with them")
    parser.add_argument("--trained-on", required=True, metavar="TEXT", help="which photos")
    parser.add_argument("--repo", required=True, dest="repo_id", metavar="OWNER/NAME", help="on the Hugging Face Hub")
    parser.add_argument("--revision", required=True, metavar="COMMIT", help="40 hexadecimal digits, never a branch")
    parser.add_argument("--file", required=True, dest="filename", metavar="NAME.safetensors", help="in the repository")
    parser.add_argument("--sha256", required=True, metavar="HEX")
    size = parser.add_mutually_exclusive_group(required=True)
    size.add_argument("--size", type=int, metavar="BYTES")
    size.add_argument("--size-note", metavar="TEXT", help="about how large, if not known exactly")
    parser.add_argument("--license", "--licence", required=True, metavar="TEXT", help="of the weights")
    parser.add_argument("--source", required=True, metavar="URL", help="who made them")
    parser.add_argument("--replace", action="store_true", help="replace your own row of that id")


COMMANDS = {
    "list": _add_list,
    "fetch": _add_fetch,
    "verify": _add_verify,
    "path": _add_path,
    "convert": _add_convert,
    "add": _add_add,
}
