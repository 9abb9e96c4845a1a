"""The batch itself: photos go out to the workers, outcomes into the journal, until all is done or it is stopped."""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Protocol

from ..core.errors import PictureError
from .journal import Journal, Task
from .pool import Ended, Pool, StartError

log = logging.getLogger(__name__)
WORKER_MEMORY = 4 << 30  # bytes for a worker with three photos of 12 megapixels: over 3.2 GB were seen
WAIT = 0.25  # seconds between two looks at the workers


class Observer(Protocol):
    """Is told how far the batch is."""

    def ended(self, done: int, failed: int) -> None:
        """So many photos ended in this run, and so many of them failed."""


@dataclass
class Stop:
    """Whether the user has asked to stop: 1 finishes what is in hand, 2 stops at once."""

    asked: int = 0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal."""
        self.asked += 1
        if self.asked == 1:
            log.warning("stopping after what is in hand; press Ctrl-C again to stop at once")
        else:
            raise KeyboardInterrupt


@contextmanager
def stop_by_signals() -> Iterator[Stop]:
    """Within it, the first Ctrl-C or request of the system to end is written down; a second one interrupts."""
    stop = Stop()
    numbers = (signal.SIGINT, signal.SIGTERM) if threading.current_thread() is threading.main_thread() else ()
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass
class Run:
    """One run over the plan of a journal.

    Attributes:
        journal: with the plan.
        pool: starts the workers.
        settings: hash of what the results depend on.
        observer: is told how far it is.
        stop: asks to stop.
        done: photos that ended well in this run.
        failed: photos that did not.
    """

    journal: Journal
    pool: Callable[[], Pool]
    settings: str
    observer: Observer
    stop: Stop
    done: int = 0
    failed: int = 0
    seconds: float = field(default=0.0)

    def all(self, limit: int | None = None) -> None:
        """Do what is to be done; those that took a worker with them or ran out of memory once more at the end, alone.

        Raises:
            PictureError: where nothing more can be written.
            MonochromicError: where workers cannot start.
        """
        if not self.journal.to_do()[1]:
            return
        started = time.perf_counter()
        try:
            self._work(limit)
        except KeyboardInterrupt:  # asked for twice
            pass
        except StartError:
            if not self.stop.asked:  # a request to end that reaches all processes ends what starts the workers
                raise
        finally:
            self.seconds = time.perf_counter() - started

    def _work(self, limit: int | None) -> None:
        pool = self.pool()
        try:
            self._hand_out(pool, self.journal.tasks(limit=limit), last=False)
            if not self.stop.asked and self.journal.is_set_aside():
                pool.alone()
                self._hand_out(pool, self.journal.tasks(todo=2), last=True)
        finally:
            pool.close(at_once=pool.in_hand() > 0)

    def _hand_out(self, pool: Pool, tasks: Iterator[Task], last: bool) -> None:
        task = next(tasks, None)
        while self.stop.asked < 2:
            while not self.stop.asked and task is not None and pool.free() > 0:
                self.journal.begin(task, self.settings)
                pool.submit(task)
                task = next(tasks, None)
            if not pool.in_hand() and (task is None or self.stop.asked):
                return
            for ended in pool.wait(WAIT):
                self._take(ended, last)

    def _take(self, ended: Ended, last: bool) -> None:
        task, outcome = ended
        if outcome.state == "stop":
            raise PictureError(
                f"{outcome.reason}; mend that and run the same command again, which goes on where it was"
            )
        if outcome.state == "alone":
            if not last:
                self.journal.set_aside(task)
                return
            outcome = outcome._replace(state="failed", reason=f"{outcome.reason}, also when it was tried alone")
        self.journal.end(task, outcome)
        if outcome.state == "failed":
            self.failed += 1
            named = task.source in outcome.reason
            log.warning("%s", outcome.reason if named else f"{task.source} failed: {outcome.reason}")
        else:
            self.done += 1
        self.observer.ended(self.done + self.failed, self.failed)


def machine(workers: int | None, threads: int) -> int:
    """How many workers: by the cores, the memory and the GPUs of this machine.

    Args:
        workers: as the user wants it; None leaves it to the machine.
        threads: of each worker.

    Returns:
        At least 1.
    """
    import torch

    if workers is not None:
        return workers
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    most = 2 * torch.cuda.device_count() if torch.cuda.is_available() else cores // threads
    return max(1, min(most, int(_memory() / WORKER_MEMORY)))


def _memory() -> float:
    """Bytes of memory of this machine."""
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, OSError, ValueError):  # Windows has none
        return 8.0 * 2**30
