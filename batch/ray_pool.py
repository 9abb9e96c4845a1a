"""Workers on the machines of a Ray cluster: the same class as an actor.

Ray places them, replaces those that are lost, and does their photos again; the journal stays here.
"""

import os
import threading
import time
from typing import Any

from ..core.errors import DependencyError, MonochromicError
from .job import Job
from .journal import Outcome, Task
from .pool import Ended
from .worker import IN_HAND, Worker

LOOK = 0.5  # seconds between two looks at a photo's clock
REPLY = 1.0  # seconds for an answer to leave, before its process ends


class TimedWorker(Worker):
    """A worker that ends itself when a photo takes too long: Ray starts another one.

    Args:
        job: what is done.
        threads: of the CPU.
        seconds: that a photo may be in one stage.
    """

    def __init__(self, job: Job, threads: int | None, seconds: float) -> None:
        super().__init__(job, threads)
        self.limit = seconds

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
        address: of the cluster; None for one on this machine.
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
        self.waiting: dict[Any, tuple[Task, Any]] = {}
        try:
            ray.init(address=address, log_to_driver=False, include_dashboard=False, logging_level="ERROR")
        except Exception as error:  # Ray's own are of no common class
            raise MonochromicError(f"cannot start Ray at {address or 'this machine'}: {error}") from error
        threads = threads or 1
        there = ray.cluster_resources()
        most = there.get("GPU", 0) / gpus if gpus else there.get("CPU", 1) / threads
        kind = ray.remote(TimedWorker).options(
            num_cpus=0 if gpus else threads,
            num_gpus=gpus,
            max_restarts=-1,
            max_task_retries=1,
            max_concurrency=IN_HAND,
        )
        self.actors = [kind.remote(job, threads, seconds) for _ in range(max(1, workers or int(most)))]

    def free(self) -> int:
        """As `Pool.free`."""
        return self.most * len(self.actors) - len(self.waiting)

    def in_hand(self) -> int:
        """As `Pool.in_hand`."""
        return len(self.waiting)

    def submit(self, task: Task) -> None:
        """Hand a photo to the actor that has the fewest."""
        held = [actor for _, actor in self.waiting.values()]
        actor = min(self.actors, key=held.count)
        self.waiting[actor.do_in_time.remote(task)] = task, actor

    def wait(self, seconds: float) -> list[Ended]:
        """As `Pool.wait`; a photo that Ray gave up is to be tried alone."""
        ready, _ = self.ray.wait([*self.waiting], num_returns=len(self.waiting), timeout=0)
        if not ready:
            ready, _ = self.ray.wait([*self.waiting], num_returns=1, timeout=seconds)
        return [self._take(reference) for reference in ready]

    def _take(self, reference: Any) -> Ended:
        task, _ = self.waiting.pop(reference)
        try:
            return Ended(task, self.ray.get(reference))
        except self.ray.exceptions.RayActorError as error:
            if "creation task" in str(error):
                raise MonochromicError(f"a worker cannot start: {str(error).strip().splitlines()[-1]}") from error
            return Ended(task, Outcome("alone", "its worker was lost, and so was the next one"))

    def alone(self) -> None:
        """Keep one actor, and let it have one photo at a time."""
        self.most = 1
        for actor in self.actors[1:]:
            self.ray.kill(actor)
        del self.actors[1:]

    def close(self, at_once: bool = False) -> None:
        """End the actors, and leave the cluster."""
        for actor in self.actors:
            self.ray.kill(actor)
        self.ray.shutdown()
