"""Worker processes on this machine: photos are handed out, outcomes come back, and a worker that dies is replaced."""

import contextlib
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import connection, get_all_start_methods, get_context
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from ..core.errors import MonochromicError
from ..core.io.files import remove_parts
from .job import Job
from .journal import Outcome, Task
from .places import is_url
from .worker import IN_HAND, Worker

START_SECONDS = 600  # that a worker may take to load the models, or to fetch them


class StartError(MonochromicError):
    """A worker cannot be started."""


class Ended(NamedTuple):
    """A photo that is no longer in hand, and what became of it."""

    task: Task
    outcome: Outcome


class Pool(Protocol):
    """What hands photos to workers."""

    def free(self) -> int:
        """How many more photos the workers take now."""

    def submit(self, task: Task) -> None:
        """Hand a photo to a worker."""

    def wait(self, seconds: float) -> list[Ended]:
        """What has ended since, after at most so long."""

    def in_hand(self) -> int:
        """How many photos are with the workers."""

    def alone(self) -> None:
        """From now on, one photo at a time."""

    def close(self, at_once: bool = False) -> None:
        """End the workers."""


def processes() -> Any:
    """How processes are started: by one that has read the library once, where the system can fork."""
    if "forkserver" not in get_all_start_methods():
        return get_context("spawn")
    from multiprocessing import forkserver, resource_tracker

    context = get_context("forkserver")
    context.set_forkserver_preload([Worker.__module__])
    resource_tracker.ensure_running()  # first: it lets Ctrl-C through again
    with _without_ctrl_c():
        forkserver.ensure_running()
    return context


@contextlib.contextmanager
def _without_ctrl_c() -> Iterator[None]:
    """Within it, Ctrl-C waits; a process that is started here never sees it, not even while it reads the library."""
    block = getattr(signal, "pthread_sigmask", None)
    if block is None:  # Windows
        yield
        return
    before = block(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        block(signal.SIG_SETMASK, before)


@dataclass
class _Process:
    """A worker process, what it has in hand, and since when each photo is in a stage."""

    process: Any
    pipe: connection.Connection
    born: float = field(default_factory=time.monotonic)
    ready: bool = False
    tasks: dict[int, Task] = field(default_factory=dict)
    since: dict[int, float] = field(default_factory=dict)


class LocalPool:
    """Worker processes.

    Args:
        job: what is done with each photo.
        workers: how many processes.
        threads: of the CPU for each of them.
        seconds: that a photo may be in one stage; one that takes longer fails, and its worker is replaced.
    """

    def __init__(self, job: Job, workers: int, threads: int, seconds: float) -> None:
        self.job, self.threads, self.seconds = job, threads, seconds
        self.context, self.most, self.wanted = processes(), IN_HAND, workers
        self.folder = tempfile.TemporaryDirectory(prefix="monochromic-", ignore_cleanup_errors=True)
        self.workers = [self._start() for _ in range(workers)]

    def _start(self) -> _Process:
        ours, theirs = self.context.Pipe()
        process = self.context.Process(
            target=serve, args=(theirs, self.job, self.threads, self.folder.name), daemon=True
        )
        try:
            process.start()
        except (EOFError, OSError) as error:  # what starts it was ended
            raise StartError(f"a worker process cannot start ({error}); run the same command again") from error
        theirs.close()
        return _Process(process, ours)

    def free(self) -> int:
        """As `Pool.free`; those that died are replaced when a photo is submitted."""
        return self.most * self.wanted - self.in_hand()

    def in_hand(self) -> int:
        """As `Pool.in_hand`."""
        return sum(len(worker.tasks) for worker in self.workers)

    def submit(self, task: Task) -> None:
        """Hand a photo to the worker that has the fewest."""
        if len(self.workers) < self.wanted:
            self.workers.append(self._start())
        worker = min(self.workers, key=lambda w: len(w.tasks))
        worker.tasks[task.number] = task
        with contextlib.suppress(OSError):  # it has died: `wait` sees to it
            worker.pipe.send(task)

    def alone(self) -> None:
        """Keep one worker, and let it have one photo at a time."""
        self.most = self.wanted = 1
        for worker in self.workers[1:]:
            self._end(worker)
        del self.workers[1:]

    def wait(self, seconds: float) -> list[Ended]:
        """As `Pool.wait`; workers that died, or that take too long, are left out."""
        ended: list[Ended] = []
        ready = connection.wait([worker.pipe for worker in self.workers], seconds)
        for worker in [w for w in self.workers if w.pipe in ready]:
            try:
                while worker.pipe.poll():
                    self._take(worker, worker.pipe.recv(), ended)
            except (EOFError, OSError):
                ended += self._drop(worker, _death(worker))
        now = time.monotonic()
        for worker in list(self.workers):
            late = [n for n, since in worker.since.items() if now - since > self.seconds]
            if late or (not worker.ready and now - worker.born > START_SECONDS):
                worker.process.kill()
                reason = f"took longer than {self.seconds:g} s, and was ended; --timeout gives it more"
                for number in late:
                    ended.append(Ended(worker.tasks.pop(number), Outcome("failed", reason, seconds=self.seconds)))
                ended += self._drop(worker, "its worker was ended because of another photo")
        return ended

    def _take(self, worker: _Process, message: tuple[str, Any, Any], ended: list[Ended]) -> None:
        kind, number, value = message
        if kind == "ready":
            worker.ready = True
        elif kind == "stage":
            worker.since.pop(number, None)
            if value:
                worker.since[number] = time.monotonic()
        elif kind == "ended":
            worker.since.pop(number, None)
            ended.append(Ended(worker.tasks.pop(number), value))
        else:  # it could not start
            raise MonochromicError(value)

    def _drop(self, worker: _Process, reason: str) -> list[Ended]:
        """Leave out a worker that died; what it had in hand is to be tried again, alone."""
        self._end(worker)
        self.workers.remove(worker)
        return [Ended(task, Outcome("alone", reason)) for task in worker.tasks.values()]

    def close(self, at_once: bool = False) -> None:
        """End the workers; at once: whatever they have in hand, or still load."""
        for worker in self.workers:
            if at_once or not worker.ready:
                worker.process.kill()
            self._end(worker)
        self.folder.cleanup()

    def _end(self, worker: _Process) -> None:
        """A worker whose pipe is closed ends by itself; no unfinished file of what it had in hand stays."""
        worker.pipe.close()
        worker.process.join()
        for task in worker.tasks.values():
            for place in self.job.places():
                if not is_url(place):
                    remove_parts(Path(place, task.out).parent, worker.process.pid)


def _death(worker: _Process) -> str:
    """How a worker ended, in words."""
    worker.process.join(10)
    code = worker.process.exitcode
    if code is None or code >= 0:
        return f"its worker ended with code {code}"
    name = signal.Signals(-code).name if -code in signal.valid_signals() else str(-code)
    more = "; the system does that where memory runs out" if name == "SIGKILL" else ""
    return f"its worker was ended by {name}{more}"


def serve(pipe: connection.Connection, job: Job, threads: int, folder: str) -> None:
    """The main function of a worker process: ends with the process that started it, whatever ended that.

    folder: of temporary files, which whoever ends last removes.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who hands out photos
    tempfile.tempdir = folder
    lock = threading.Lock()

    def send(*message: Any) -> None:
        with lock, contextlib.suppress(OSError):
            pipe.send(message)

    try:
        worker = Worker(job, threads)
    except Exception as error:
        send("broken", 0, str(error) if isinstance(error, MonochromicError) else f"{type(error).__name__}: {error}")
        return
    send("ready", 0, None)

    def do(task: Task) -> None:
        send("ended", task.number, worker.do(task, lambda number, stage: send("stage", number, stage)))

    with ThreadPoolExecutor(IN_HAND) as threads_of_photos:
        try:
            while True:
                threads_of_photos.submit(do, pipe.recv())
        except (EOFError, OSError):
            shutil.rmtree(folder, ignore_errors=True)
            os._exit(0)  # whatever is in hand: no file is half-written under its name
