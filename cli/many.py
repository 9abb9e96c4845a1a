"""A run over many photos: its options, its progress and its summary; of `batch` and of `run --each`."""

import argparse
import logging
import os
import time
from contextlib import closing
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from .parser import UsageError
from .places import check_writable
from .say import tell

if TYPE_CHECKING:
    from ..batch.engine import Run
    from ..batch.job import Job
    from ..batch.journal import Journal
    from ..batch.pool import Pool

log = logging.getLogger(__name__)
log.setLevel(logging.INFO)

JOURNAL = ".monochromic/journal.sqlite"  # in the folder of results
EVERY = 60  # seconds between two lines where there is no bar
TIMEOUT = 900.0


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """How many photos are done at once, and what is done again; those of `run --each` too."""
    parser.add_argument("--workers", type=int, metavar="N", help="processes (default: by the machine)")
    parser.add_argument(
        "--threads",
        type=int,
        metavar="N",
        help="of each worker (default: 1); the last bits of a result depend on it, so others do all photos again",
    )
    parser.add_argument(
        "--timeout", type=float, default=TIMEOUT, metavar="S", help=f"seconds for a photo (default: {TIMEOUT:g})"
    )
    parser.add_argument("--limit", type=int, metavar="N", help="do no more than so many photos now")
    parser.add_argument(
        "--exclude",
        action="append",
        default=[],
        metavar="PATTERN",
        help="pass over photos with such names, as '*_mask.png', or such paths in SOURCE; may be given several times",
    )
    parser.add_argument("--retry-failed", action="store_true", help="try again what failed before")
    parser.add_argument("--overwrite", action="store_true", help="do again what is done")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done and refused")
    parser.add_argument(
        "--journal",
        metavar="FILE",
        help=f"what is done is written here (default: OUT/{JOURNAL}); needed where OUT is a URL",
    )
    parser.add_argument(
        "--engine", default="local", choices=("local", "ray"), help="worker processes here, or on a Ray cluster"
    )
    parser.add_argument("--address", metavar="ADDRESS", help="of the Ray cluster (default: one on this machine)")
    parser.add_argument(
        "--gpus-per-worker", type=float, default=0.0, metavar="N", help="for Ray: of each worker, such as 0.25"
    )


def check_alone(options: argparse.Namespace) -> None:
    """Refuse what is for many photos where there is one run. Raises `UsageError`."""
    names = ("workers", "threads", "limit", "retry_failed", "overwrite", "dry_run", "journal", "address", "exclude")
    for name in names:
        if getattr(options, name):
            raise UsageError(f"--{name.replace('_', '-')} is for many photos; add --each NODE.INPUT=SOURCE")


def _check_engine(options: argparse.Namespace) -> None:
    if options.engine != "ray" and (options.address or options.gpus_per_worker):
        raise UsageError("--address and --gpus-per-worker are for Ray; add --engine ray")
    if options.gpus_per_worker < 0:
        raise UsageError(f"--gpus-per-worker must not be negative, got {options.gpus_per_worker:g}")


def check_run_options(options: argparse.Namespace) -> None:
    """Refuse wrong numbers and a place for the results that cannot be reached. Raises for both."""
    for name in ("workers", "threads", "limit"):
        value = getattr(options, name)
        if value is not None and value < 1:
            raise UsageError(f"--{name} must be at least 1, got {value}")
    if not options.timeout > 0:
        raise UsageError(f"--timeout must be more than 0 seconds, got {options.timeout:g}")
    _check_engine(options)
    from ..batch.places import exists, is_url, plain

    if not options.out:
        raise UsageError("--out is empty; give the folder of the results")
    options.out = _without_end(plain(options.out))
    if "::" in options.out and is_url(options.out):
        raise UsageError(f"results cannot be written into {options.out}; give a folder, or a URL without ::")
    if not is_url(options.out):
        check_writable(Path(options.out))
        return
    if options.journal is None:
        raise UsageError("OUT is a URL; add --journal FILE, where this machine writes down what is done")
    exists(options.out)  # or it cannot be reached


def _without_end(place: str) -> str:
    """A folder without a slash at its end, but for the uppermost one, such as / or C:/."""
    short = place.rstrip("/")
    return short if os.path.splitdrive(short)[1] else place


def run_batch(options: argparse.Namespace, job: "Job", ending: str, given: dict[str, str]) -> int:
    """Do all photos; returns the exit code.

    options: `sources` and those of `add_run_options`. given: files and folders that go with the photos, by their role.
    """
    from ..batch.companions import Companions
    from ..batch.journal import Journal
    from ..batch.places import is_url
    from ..batch.plan import Planner
    from ..batch.sources import expand
    from ..core.errors import MonochromicError

    path = Path(options.journal or f"{options.out}/{JOURNAL}")
    fresh, settings = not path.exists(), f"{job.settings()} {options.threads or 1}"
    skip = tuple(place for place in (options.out, getattr(options, "report", None)) if place and not is_url(place))
    with closing(Journal(path, copied=options.dry_run)) as journal:
        again = {"overwrite": options.overwrite, "retry": options.retry_failed}
        sheets = getattr(options, "report", None)
        reserved = getattr(job, "reserved", None)
        planner = Planner(journal, options.out, ending, settings, sheets=sheets, reserved=reserved, **again)
        try:
            planner.add(expand(options.sources, skip, options.exclude), Companions(given))
            code = _foresee(journal, options.limit) if options.dry_run else _run(options, job, journal, settings)
        except (MonochromicError, OSError):
            if fresh and not options.dry_run and _is_empty(journal, options.out):
                journal.discard()
            raise
        return code or int(planner.refused > 0)


def _is_empty(journal: "Journal", out: str) -> bool:
    """Whether the run of a new journal has written nothing; a result may be there before its row says so."""
    ended = {"done", "failed"} & set(journal.counts())
    return not ended and not any(Path(out, row["out"]).exists() for row in journal.results("begun"))


def _run(options: argparse.Namespace, job: "Job", journal: "Journal", settings: str) -> int:
    from ..batch.engine import Run, stop_by_signals
    from ..batch.places import remove_left_over
    from ..batch.report import write_failures, write_report

    for place, out in product(job.places(), journal.begun()):
        remove_left_over(f"{place}/{out}")
    todo = journal.to_do()[1]
    todo = min(todo, options.limit or todo)
    with stop_by_signals() as stop, Bar(todo) as bar:
        run = Run(journal, lambda: _pool(options, job, todo), settings, bar, stop)
        run.all(options.limit)
        summary = _summary(run, journal)
        bar.close()
        tell(summary)  # also where the report cannot be written
        failures = write_failures(journal, options.out)
        report = write_report(journal, options.out, summary)
    if failures:
        tell(f"{failures} lists what failed")
    tell(report)
    if stop.asked:
        raise KeyboardInterrupt
    return 1 if failures else 0


def _pool(options: argparse.Namespace, job: "Job", todo: int) -> "Pool":
    """The workers that the options ask for, no more than there are photos."""
    if options.engine == "ray":
        from ..batch.ray_pool import RayPool

        given = (options.workers, options.threads, options.timeout, options.address, options.gpus_per_worker)
        return RayPool(job, *given)
    from ..batch.engine import machine
    from ..batch.pool import LocalPool

    threads = options.threads or 1
    return LocalPool(job, min(machine(options.workers, threads), todo), threads, options.timeout)


def _summary(run: "Run", journal: "Journal") -> str:
    counts, (total, _) = journal.counts(), journal.to_do()
    done, failed = counts.get("done", 0), counts.get("failed", 0)
    text = f"{_photos(total)}: {done} done"
    if done > run.done:
        text += f" ({done - run.done} before)"
    text += f", {failed} failed" if failed else ""
    left = total - done - failed
    text += f", {left} left; the same command goes on" if left else ""
    if run.done + run.failed:
        text += f"; {(run.done + run.failed) / max(run.seconds, 1e-9):.2f} photos a second"
    return text


def _photos(count: int) -> str:
    return f"{count} photo{'' if count == 1 else 's'}"


def _foresee(journal: "Journal", limit: int | None) -> int:
    """Say what would be done, how long that would take, and what would be refused."""
    from ..batch.places import MISSING, as_file
    from ..core.errors import MonochromicError
    from ..core.io.opening import picture_sizes

    (total, todo), counts = journal.to_do(), journal.counts()
    pixels = refused = 0
    for task in journal.tasks(limit=limit):
        try:
            missing = [place for place in task.files.values() if f"{place} {MISSING}" in task.stamp]
            if missing:
                raise UsageError(f"there is no file {missing[0]!r}, which goes with it")
            with as_file(task.source) as path:
                width, height = picture_sizes(path)[0]
            pixels += width * height
        except (UsageError, MonochromicError) as error:
            refused += 1
            log.warning("%s would be refused: %s", task.source, error)
    count = min(todo, limit or todo)
    tell(f"{_photos(total)}: {counts.get('done', 0)} done before, {counts.get('failed', 0)} failed before")
    tell(f"{count} would be done, {pixels / 1e6:.1f} megapixels; {refused} of them would be refused")
    rate = journal.rate()
    if rate is None:
        tell("how long it takes is known after the first photos: --limit 10 does ten")
    else:
        tell(f"about {_duration(rate[1] * pixels / 1e6)} of work, by the photos done so far, shared by the workers")
    return 1 if refused else 0


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


class Bar:
    """How far a batch is: a bar on a terminal, a line every minute elsewhere."""

    def __init__(self, total: int) -> None:
        self.total, self.started, self.said = total, time.monotonic(), time.monotonic()
        from tqdm import tqdm

        self.bar = tqdm(total=total, unit="photo", disable=None, leave=False)

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Take it off the terminal."""
        self.bar.close()

    def ended(self, done: int, failed: int) -> None:
        """Show that so many photos ended, and so many of them failed."""
        self.bar.update(done - self.bar.n)
        self.bar.set_postfix(failed=failed, refresh=False)
        now = time.monotonic()
        if self.bar.disable and now - self.said >= EVERY:
            self.said = now
            rate = done / (now - self.started)
            left = _duration((self.total - done) / rate)
            log.info("%d of %d ended, %d failed, %.2f a second, %s left", done, self.total, failed, rate, left)
