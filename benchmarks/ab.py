"""A blind comparison: pairs of fills to vote on, and the votes counted.

    python benchmarks/ab.py FOLDER ... --out DIR [--cases 20] [--methods auto mono texture patchmatch telea]
                            [--against texture] [--pictures DIR] [--seed 0]
    python benchmarks/ab.py FOLDER ... --given DIR [--cases 20]
    python benchmarks/ab.py --count VOTES ... --key DIR/key.json

Photos of the folders in turn, cut square to 256 x 256, with boxes and blobs over 31 to 43 %. The first form writes
`page.html`, which needs nothing else: open it, vote by the arrow keys, save the votes. `key.json` says which is which:
do not open it before. The order of the pairs and their sides are drawn by the seed. Results of other programs take part
from a folder, as METHOD/CASE.png: the second form writes what such a program needs, CASE.png and CASE_mask.png.
"""

import argparse
import base64
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
from cases import Case, wide_cases
from monochromic.core import load_image, restore, save_image
from monochromic.core.errors import MonochromicError
from monochromic.core.io.sheet import mark_hole
from monochromic.core.pipeline import TEXTURE
from report import machine, table
from scipy.stats import binomtest
from torch import Tensor

METHODS: dict[str, Callable[[Case], Tensor]] = {
    "auto": lambda case: _restored(case, "auto", TEXTURE),
    "mono": lambda case: _restored(case, "mono", 0.0),
    "texture": lambda case: _restored(case, "mono", TEXTURE),
    "patchmatch": lambda case: _restored(case, "patchmatch", 0.0),
    "telea": lambda case: _restored(case, "telea", 0.0),
}
SIDES = "left", "right"
CHOICES = (*SIDES, "tie")
PAGE = Path(__file__).with_name("ab_page.html")
FORMS = "PHOTOS ... --out DIR; PHOTOS ... --given DIR; or --count VOTES ... --key KEY"


class Pair(NamedTuple):
    """Two pictures of one case: the methods at the left and at the right."""

    case: str
    left: str
    right: str


class VoteError(Exception):
    """A file that cannot be counted, or a picture that is not there."""


def _restored(case: Case, backbone: str, texture: float) -> Tensor:
    return restore(case.image * (1 - case.hole), case.hole, backbone=backbone, texture=texture)


def external(folder: Path, case: Case) -> Tensor | None:
    """What another program made of a case, its known pixels set to the photo's; None where there is none."""
    path = folder / f"{case.name}.png"
    if not path.is_file():
        return None
    picture = load_image(path).expand(-1, 3, -1, -1)
    if picture.shape != case.image.shape:
        raise VoteError(f"{path} must be {case.image.shape[-1]} x {case.image.shape[-2]} pixels, as --given writes it")
    return picture.where(case.hole > 0, case.image)


def results_of(case: Case, methods: Iterable[str], pictures: Path | None) -> dict[str, Tensor]:
    """What each method made of a case; those of the folder come first, and take the place of our own."""
    found = {}
    for name in methods:
        given = external(pictures / name, case) if pictures else None
        if given is None and name not in METHODS:
            raise VoteError(f"no picture of {name} for {case.name}; put it in {pictures}/{name}/{case.name}.png")
        found[name] = METHODS[name](case) if given is None else given
    return found


def draw_pairs(cases: Iterable[str], methods: list[str], against: str | None, seed: int) -> list[Pair]:
    """Every two methods on each case, or only those with `against`, in an order and on sides drawn by the seed."""
    random = np.random.default_rng(seed)
    matches = [two for two in combinations(methods, 2) if against is None or against in two]
    pairs = [Pair(case, *(two if random.random() < 0.5 else two[::-1])) for case in cases for two in matches]
    return [pairs[i] for i in random.permutation(len(pairs))]


def embedded(picture: Tensor, folder: Path) -> str:
    """A picture as the text that a page shows it by."""
    path = folder / "one.png"
    save_image(picture, path)
    text = base64.b64encode(path.read_bytes()).decode()
    path.unlink()
    return f"data:image/png;base64,{text}"


def write_page(
    out: Path, pairs: list[Pair], shown: dict[str, dict[str, str]], seed: int, key: dict[str, object]
) -> None:
    """The page with all pictures in it, by meaningless names, and the key beside it."""
    names = {f"{case} {method}": f"p{i}" for i, (case, method) in enumerate(_shuffled(shown, seed))}
    given = {
        "seed": seed,
        "pictures": {names[f"{case} {m}"]: text for case, by in shown.items() for m, text in by.items()},
        "pairs": [[names[f"{p.case} {name}"] for name in ("hole", p.left, p.right)] for p in pairs],
    }
    out.mkdir(parents=True, exist_ok=True)
    (out / "page.html").write_text(PAGE.read_text("utf-8").replace("/*DATA*/null", json.dumps(given)), "utf-8")
    (out / "key.json").write_text(json.dumps({**key, "seed": seed, "pairs": pairs}, indent=1) + "\n", "utf-8")


def _shuffled(shown: dict[str, dict[str, str]], seed: int) -> list[tuple[str, str]]:
    every = [(case, method) for case, by in shown.items() for method in by]
    return [every[i] for i in np.random.default_rng(seed + 1).permutation(len(every))]


def read_json(path: Path) -> dict:
    try:
        read = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise VoteError(f"cannot read {path} as JSON: {error}") from error
    if not isinstance(read, dict):
        raise VoteError(f"{path} must hold one object, got a {type(read).__name__}; give what the page has saved")
    return read


def count(votes: Iterable[dict], key: dict) -> dict[tuple[str, str], Counter]:
    """Wins of the first, wins of the second and ties, for every two methods, alphabetically. Raises `VoteError`."""
    if not isinstance(key.get("pairs"), list) or "seed" not in key:
        raise VoteError("the key must hold seed and pairs; give the key.json that was written beside the page")
    found: dict[tuple[str, str], Counter] = {}
    for each in votes:
        if each.get("seed") != key["seed"] or len(each.get("votes", [])) != len(key["pairs"]):
            raise VoteError("votes and key are of different pages; give the key.json beside the page voted on")
        for choice, pair in zip(each["votes"], (Pair(*p) for p in key["pairs"]), strict=True):
            if choice is None:
                continue
            if choice not in CHOICES:
                raise VoteError(f"a vote must be one of {', '.join(CHOICES)} or null, got {choice!r}")
            two = tuple(sorted((pair.left, pair.right)))
            winner = choice if choice == "tie" else getattr(pair, choice)
            found.setdefault((two[0], two[1]), Counter())[winner] += 1
    return dict(sorted(found.items()))


def counted_rows(found: dict[tuple[str, str], Counter]) -> list[list[str]]:
    """A row for every two methods: wins, ties, and how often the first wins of what was decided, by Wilson."""
    rows = []
    for (first, second), wins in found.items():
        decided = wins[first] + wins[second]
        share = "-"
        if decided:
            test = binomtest(wins[first], decided)
            low, high = test.proportion_ci(method="wilson")
            share = f"{wins[first] / decided:.0%} ({low:.0%} to {high:.0%}), p = {test.pvalue:.2g}"
        rows.append([f"`{first}`", f"`{second}`", *(str(wins[name]) for name in (first, second, "tie")), share])
    return rows


HEADING = ["first", "second", "first wins", "second wins", "ties", "first of the decided (95 %), sign test"]


def write_given(folder: Path, cases: Iterable[Case]) -> None:
    """What another program needs: each photo with its hole blacked out, and the mask."""
    for case in cases:
        save_image(case.image * (1 - case.hole), folder / f"{case.name}.png")
        save_image(case.hole, folder / f"{case.name}_mask.png")


def compare(options: argparse.Namespace) -> None:
    """Write the page and the key."""
    methods = list(dict.fromkeys(options.methods))
    unknown = [name for name in methods if name not in METHODS and not options.pictures]
    if unknown:
        raise VoteError(f"no method {unknown[0]}; one of {', '.join(METHODS)}, or a folder of --pictures")
    if options.against and options.against not in methods:
        raise VoteError(f"--against {options.against} is none of the methods {', '.join(methods)}")
    if len(methods) < 2:
        raise VoteError("a comparison needs two methods or more")
    cases = wide_cases(options.folders, options.cases)
    twice = [name for name, times in Counter(case.name for case in cases).items() if times > 1]
    if not cases or twice:
        raise VoteError(f"two photos are called {twice[0]}; rename one" if twice else "there are no photos there")
    options.out.mkdir(parents=True, exist_ok=True)
    shown = {}
    for case in cases:
        print(case.name, file=sys.stderr)
        pictures = {"hole": mark_hole(case.image, case.hole), **results_of(case, methods, options.pictures)}
        shown[case.name] = {name: embedded(picture, options.out) for name, picture in pictures.items()}
    pairs = draw_pairs(shown, methods, options.against, options.seed)
    write_page(options.out, pairs, shown, options.seed, {"methods": methods, "machine": machine()})
    print(
        f"{len(pairs)} pairs: open {options.out / 'page.html'}; count with --count VOTES --key {options.out}/key.json"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", type=Path, nargs="*", help="of photos")
    parser.add_argument("--out", type=Path, help="where the page and the key go")
    parser.add_argument("--given", type=Path, help="only write what other programs need, here")
    parser.add_argument("--cases", type=int, default=20)
    parser.add_argument("--methods", nargs="+", default=list(METHODS))
    parser.add_argument("--against", help="only pairs with this method")
    parser.add_argument("--pictures", type=Path, help="results of other programs, METHOD/CASE.png")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=Path, nargs="+", metavar="VOTES", help="files that the page has saved")
    parser.add_argument("--key", type=Path, help="the key of the page")
    options = parser.parse_args()
    try:
        if options.count and options.key:
            print(table(HEADING, counted_rows(count(map(read_json, options.count), read_json(options.key)))))
        elif options.folders and options.given:
            write_given(options.given, wide_cases(options.folders, options.cases))
        elif options.folders and options.out:
            compare(options)
        else:
            parser.error(f"give {FORMS}")
    except (VoteError, MonochromicError, OSError) as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
