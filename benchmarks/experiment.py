"""The experiments of the papers that this project follows: one command, one table.

    python benchmarks/experiment.py list
    python benchmarks/experiment.py NAME [--quick | --full] [--photos FOLDER ...] [--backbones NAME ...]

Without --photos four free photos are taken. --quick takes minutes on two cores, --full measures more and larger photos
with the published number of iterations. Finished cells are kept in results/experiments/work: the same command goes on
where it was stopped. docs/experiments.md sets each table beside the published one.
"""

import argparse
from dataclasses import replace
from pathlib import Path

from experiments.catalog import EXPERIMENTS
from experiments.frame import Plan, Setup
from experiments.networks import lpips_at_hand
from experiments.run import FOLDER, run
from monochromic.core import BACKBONES


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The experiments of the papers, each one command.")
    parser.add_argument("name", choices=[*EXPERIMENTS, "list"])
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="minutes on two cores (the default)")
    size.add_argument("--full", action="store_true", help="more photos, larger, as many iterations as published")
    parser.add_argument("--photos", type=Path, nargs="+", default=[], help="folders of photos, or a folder of such")
    parser.add_argument("--backbones", nargs="+", default=[], choices=[*BACKBONES], help="more rows, where they suit")
    parser.add_argument("--count", type=int, help="photos of each kind at most, 0 = all")
    parser.add_argument("--side", type=int, help="of the photos, in pixels")
    parser.add_argument("--holes", type=int, help="for each photo")
    parser.add_argument("--iterations", type=int, help="of each scale, for what trains on the photo; 0 = its own")
    parser.add_argument("--name-as", help="name of the table; otherwise that of the experiment, with _quick")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the table")
    return parser.parse_args(words)


def plan_of(options: argparse.Namespace) -> Plan:
    experiment = EXPERIMENTS[options.name]
    plan = experiment.full if options.full else experiment.quick
    given = {"photos": options.count, "side": options.side, "holes": options.holes, "iterations": options.iterations}
    return replace(plan, **{name: value for name, value in given.items() if value is not None})


def main(words: list[str] | None = None) -> None:
    options = arguments(words)
    if options.name == "list":
        for each in EXPERIMENTS.values():
            print(f"{each.id:12} {each.title}")
        return
    setup = Setup(plan_of(options), tuple(options.backbones), lpips_at_hand())
    name = options.name_as or options.name + ("" if options.full else "_quick")
    run(EXPERIMENTS[options.name], setup, options.photos, name, options.out)


if __name__ == "__main__":
    main()
