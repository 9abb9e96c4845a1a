"""Workers on the machines of a Ray cluster: the same class as an actor. Ray places them; the journal stays here.

Ray could restart its actors and repeat their work by itself, but then what a lost machine had in hand waits for another
machine, for ever if none comes. So an actor gets photos once it runs, and those of one that is lost go to others.
"""

import logging
import os
import threading
import time
from collections import Counter
from typing import Any

from ..core.errors import DependencyError, MonochromicError
from .job import Job
from .journal import Outcome, Task
from .pool import Ended
from .worker import IN_HAND, Worker

log = logging.getLogger(__name__)

LOOK = 0.5  # seconds between two looks at a photo's clock
REPLY = 1.0  # seconds for an answer to leave, before its process ends
STARTS = 3  # workers in a row that were lost before they ran: then no worker can run
PLACES = 30.0  # seconds without any worker before the user is told


class TimedWorker(Worker):
    """A worker that says whether it could start, and ends itself when a photo takes too long.

    Args:
        job: what is done.
        threads: of the CPU.
        seconds: that a photo may be in one stage.
    """

    def __init__(self, job: Job, threads: int | None, seconds: float) -> None:
        self.limit, self.broken = seconds, ""
        try:
            super().__init__(job, threads)
        except Exception as error:
            words = " ".join(str(error).split())
            self.broken = words if isinstance(error, MonochromicError) else f"{type(error).__name__}: {words}"

    def problem(self) -> str:
        """Why it cannot work; "" where it can."""
        return self.broken

    def do_in_time(self, task: Task) -> Outcome:
        """Do one photo."""
        since: list[float] = []
        outcomes: list[Outcome] = []

        def report(number: int, stage: str) -> None:
            since[:] = [time.monotonic()] if stage else []

        thread = threading.Thread(target=lambda: outcomes.append(self.do(task, report)), daemon=True)
        thread.start()
        while thread.is_alive():
            thread.join(LOOK)
            if since and time.monotonic() - since[0] > self.limit and thread.is_alive():
                threading.Timer(REPLY, os._exit, [1]).start()
                reason = f"took longer than {self.limit:g} s, and was ended; --timeout gives it more"
                return Outcome("failed", reason, seconds=self.limit)
        return outcomes[0]


class RayPool:
    """Actors of a Ray cluster.

    Args:
        job: what is done with each photo.
        workers: how many actors; None for as many as the CPUs or GPUs of the cluster allow.
        threads: of the CPU for each of them; None: 1.
        seconds: that a photo may be in one stage.
        address: of the cluster; None for a new one on this machine.
        gpus: of each worker, such as 0.25.

    Raises:
        DependencyError: where ray is not installed.
        MonochromicError: where the cluster cannot be reached.
    """

    def __init__(
        self, job: Job, workers: int | None, threads: int | None, seconds: float, address: str | None, gpus: float
    ) -> None:
        try:
            import ray
        except ImportError as error:
            raise DependencyError(f"--engine ray needs ray: pip install 'ray>=2.30' ({error})") from error
        self.ray, self.most = ray, IN_HAND
        self.waiting: dict[Any, tuple[Task, Any]] = {}  # photos in hand, and the actor of each
        self.starting: dict[Any, Any] = {}
        self.actors: list[Any] = []  # those that run
        self.again: list[Task] = []  # photos of actors that were lost
        self.losses: Counter[int] = Counter()  # by the number of a photo
        self.failed_starts, self.idle = 0, time.monotonic()
        try:
            own = {} if address else {"include_dashboard": False, "_system_config": {"worker_niceness": 0}}
            ray.init(address=address or "local", log_to_driver=False, logging_level="ERROR", **own)
        except Exception as error:  # Ray's own are of no common class
            raise MonochromicError(f"cannot start Ray at {address or 'this machine'}: {error}") from error
        threads = threads or 1
        there = ray.cluster_resources()
        most = there.get("GPU", 0) / gpus if gpus else there.get("CPU", 1) / threads
        cpus = 0 if gpus else threads
        kind = ray.remote(TimedWorker).options(num_cpus=cpus, num_gpus=gpus, max_concurrency=IN_HAND)
        self.start = lambda: kind.remote(job, threads, seconds)
        for _ in range(max(1, workers or int(most))):
            self._start()

    def _start(self) -> None:
        actor = self.start()
        self.starting[actor.problem.remote()] = actor

    def free(self) -> int:
        """As `Pool.free`: of the workers that run by now."""
        return self.most * len(self.actors) - len(self.waiting) - len(self.again)

    def in_hand(self) -> int:
        """As `Pool.in_hand`."""
        return len(self.waiting) + len(self.again)

    def submit(self, task: Task) -> None:
        """Hand a photo to the actor that has the fewest."""
        held = [actor for _, actor in self.waiting.values()]
        actor = min(self.actors, key=held.count)
        self.waiting[actor.do_in_time.remote(task)] = task, actor

    def wait(self, seconds: float) -> list[Ended]:
        """As `Pool.wait`; what a lost worker had in hand is done by another, and tried alone if that is lost too."""
        references = [*self.waiting, *self.starting]
        ready, _ = self.ray.wait(references, num_returns=len(references), timeout=0)
        if not ready:
            ready, _ = self.ray.wait(references, num_returns=1, timeout=seconds)
        ended = []
        for reference in ready:
            if reference in self.starting:
                self._started(reference)
            elif outcome := self._take(reference):
                ended.append(outcome)
        while self.again and len(self.waiting) < self.most * len(self.actors):
            self.submit(self.again.pop())
        self._tell()
        return ended

    def _started(self, reference: Any) -> None:
        """An actor runs, or was lost before."""
        actor = self.starting.pop(reference)
        try:
            problem = self.ray.get(reference)
        except self.ray.exceptions.RayError as error:
            self.failed_starts += 1
            if self.failed_starts >= STARTS:
                last = str(error).strip().splitlines()[-1].strip()
                raise MonochromicError(f"a worker cannot start, after {STARTS} tries: {last}") from error
            self._start()
            return
        if problem:
            raise MonochromicError(problem)
        self.failed_starts = 0
        self.actors.append(actor)

    def _take(self, reference: Any) -> Ended | None:
        """What became of a photo; None where it is done again because its actor was lost."""
        task, actor = self.waiting.pop(reference)
        try:
            return Ended(task, self.ray.get(reference))
        except self.ray.exceptions.RayError:
            if actor in self.actors:
                self.actors.remove(actor)
                self.ray.kill(actor)  # it may only be out of reach
                self._start()
        self.losses[task.number] += 1
        if self.losses[task.number] > 1:
            return Ended(task, Outcome("alone", "its worker was lost, and so was the next one"))
        self.again.append(task)
        return None

    def _tell(self) -> None:
        """Tell the user once when no worker runs."""
        now = time.monotonic()
        if self.actors:
            self.idle = now
        elif now - self.idle > PLACES:
            self.idle = float("inf")
            log.warning("no worker runs yet: the cluster has no room for one, or it is slow to start; waiting")

    def alone(self) -> None:
        """Keep one actor, and let it have one photo at a time."""
        self.most = 1
        actors = [*self.actors, *self.starting.values()]
        for actor in actors[1:]:
            self.ray.kill(actor)
        self.actors = self.actors[:1]
        self.starting = {reference: actor for reference, actor in self.starting.items() if actor is actors[0]}

    def close(self, at_once: bool = False) -> None:
        """End the actors, and leave the cluster."""
        for actor in [*self.actors, *self.starting.values()]:
            self.ray.kill(actor)
        self.ray.shutdown()
