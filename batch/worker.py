"""One worker: the models loaded once, and a few photos in hand, of which one is worked on. Locally and on Ray."""

import errno
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar

from ..core.errors import DependencyError, MonochromicError, OutOfMemoryError, WeightsError
from ..core.host.memory import out_of_memory, release
from ..core.io.opening import picture_sizes
from .job import Job
from .journal import Outcome, Task
from .places import as_file
from .stores import SinkError

IN_HAND = 3  # photos at a time: one is read, one worked on, one written
PIXELS_IN_HAND = 50_000_000  # of all of them; a larger photo is in hand alone
LOST = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)  # no photo could be written
PACKAGE = __name__.partition(".")[0]

Report = Callable[[int, str], None]
"""Called as `report(number, stage)` when a photo enters a stage, and with "" when it waits for the next."""

_said: ContextVar[list[str] | None] = ContextVar("said", default=None)


class _Room:
    """Room for the pixels of the photos in hand."""

    def __init__(self, most: int) -> None:
        self.most, self.taken, self.change = most, 0, threading.Condition()

    @contextmanager
    def take(self, pixels: int) -> Iterator[None]:
        """Wait until there is room, or nothing else in it."""
        with self.change:
            self.change.wait_for(lambda: not self.taken or self.taken + pixels <= self.most)
            self.taken += pixels
        try:
            yield
        finally:
            with self.change:
                self.taken -= pixels
                self.change.notify_all()


class Worker:
    """Does photos, up to `IN_HAND` of them in as many threads.

    Args:
        job: what is done.
        threads: of the CPU for the work; None leaves them as they are.

    Raises:
        MonochromicError: what no photo could be done with, such as missing weights.
    """

    def __init__(self, job: Job, threads: int | None = None) -> None:
        if threads:
            _use_threads(threads)
        self.job, self.turn, self.room = job, threading.Lock(), _Room(PIXELS_IN_HAND)
        collect_lines()
        job.load()

    def do(self, task: Task, report: Report = lambda number, stage: None) -> Outcome:
        """Do one photo; whatever goes wrong with it is its outcome."""
        clock = _Clock(task, report)
        said: list[str] = []
        token = _said.set(said)
        names: dict[str, str] = {}
        try:
            outcome = self._do(task, clock, names)
        except Exception as error:
            outcome = _failed(error)
        finally:
            _said.reset(token)
        if outcome.state != "done":
            release()
        words = [*([outcome.remark] if outcome.remark else []), *said]
        reason, remark = (_named(text, names) for text in (outcome.reason, "; ".join(words)))
        return outcome._replace(reason=reason, remark=remark, seconds=clock.seconds)

    def _do(self, task: Task, clock: "_Clock", names: dict[str, str]) -> Outcome:
        places = {"photo": task.source, **task.files}
        with ExitStack() as stack:
            with clock.stage("read"):
                files = {role: stack.enter_context(as_file(place)) for role, place in places.items()}
                names.update({path: places[role] for role, path in files.items() if path != places[role]})
                width, height = picture_sizes(files["photo"])[0]
            stack.enter_context(self.room.take(width * height))
            with clock.stage("read"):
                decoded = self.job.decode(files)
            with self.turn, clock.stage("work"):
                result = self.job.work(decoded, files)
            with clock.stage("write"):
                return self.job.encode(task, decoded, result)._replace(pixels=width * height)


class _Clock:
    """The seconds that a photo was in a stage, without those it waited."""

    def __init__(self, task: Task, report: Report) -> None:
        self.task, self.report, self.seconds = task, report, 0.0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        self.report(self.task.number, name)
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - started
            self.report(self.task.number, "")


def _failed(error: Exception) -> Outcome:
    """What became of a photo that raised an error, in one line."""
    reason = " ".join(str(error).split())
    cause = error.__cause__ if isinstance(error, MonochromicError) else error
    if getattr(error, "errno", None) in LOST or getattr(cause, "errno", None) in LOST:
        return Outcome("stop", reason)
    if isinstance(error, (WeightsError, DependencyError, SinkError)):
        return Outcome("stop", reason)
    if isinstance(error, OutOfMemoryError) or out_of_memory(error):  # smaller tiles were tried by then
        return Outcome("alone", reason or "not enough memory")
    if isinstance(error, (MonochromicError, OSError)):
        return Outcome("failed", reason)
    return Outcome("failed", f"{type(error).__name__}: {reason} (a fault of the program)")


def _named(text: str, names: dict[str, str]) -> str:
    """A text that names the URL and not its copy."""
    for copy, place in names.items():
        text = text.replace(copy, place)
    return text


def _use_threads(threads: int) -> None:
    import cv2
    import torch

    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)


class _Collector(logging.Handler):
    """Keeps what is logged about a photo with it."""

    def emit(self, record: logging.LogRecord) -> None:
        said = _said.get()
        if said is not None:
            said.append(" ".join(record.getMessage().split()))


def collect_lines() -> None:
    """Let what our modules log in this process be kept with the photo it is about."""
    log = logging.getLogger(PACKAGE)
    if not any(isinstance(handler, _Collector) for handler in log.handlers):
        log.addHandler(_Collector(logging.WARNING))
