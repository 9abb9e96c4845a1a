"""Jobs that go wrong with photos of certain names, as files, memory and systems do; and a run of one over scans."""

import os
import time
from functools import partial
from pathlib import Path

import numpy as np
from conftest import make_hole, make_photo
from monochromic.batch.companions import Companions
from monochromic.batch.engine import Run, Stop
from monochromic.batch.job import RestoreJob
from monochromic.batch.journal import Journal
from monochromic.batch.plan import Planner
from monochromic.batch.pool import LocalPool
from monochromic.batch.sources import expand
from monochromic.core import restore
from monochromic.core.errors import WeightsError


class FaultyJob(RestoreJob):
    def load(self):
        """Once a photo was done, what a photo needs was imported: a loaded machine takes long for that."""
        super().load()
        restore(make_photo(), make_hole(), **self.arguments)

    def decode(self, files):
        name = Path(files["photo"]).stem
        if name == "killed":
            os.kill(os.getpid(), 9)
        if name == "hung":
            time.sleep(600)
        if name == "huge":
            np.empty(1 << 60, np.uint8)
        if name == "z_once" and not (flag := Path(self.out, "once.flag")).exists():
            flag.parent.mkdir(exist_ok=True)
            flag.touch()
            os.kill(os.getpid(), 9)
        return super().decode(files)

    def encode(self, task, decoded, result):
        if Path(task.source).stem == "full":
            with Path("/dev/full").open("wb", buffering=0) as file:
                file.write(b"x")
        return super().encode(task, decoded, result)


class TogetherJob(RestoreJob):
    """Ends no photo before as many processes have worked as the file `wanted` says; they write down their numbers."""

    def work(self, decoded, files):
        folder = Path(self.out).parent
        (folder / "workers").mkdir(exist_ok=True)
        (folder / "workers" / str(os.getpid())).touch()
        while len([*(folder / "workers").iterdir()]) < int((folder / "wanted").read_text()):
            time.sleep(0.1)
        return super().work(decoded, files)


class PriorityJob(RestoreJob):
    """Writes down how urgent its worker is."""

    def load(self):
        super().load()
        Path(self.out).with_name("niceness").write_text(str(os.nice(0)))


class BrokenJob(RestoreJob):
    """Cannot start anywhere."""

    def load(self):
        raise WeightsError("no weights\nare here")


class Silent:
    def ended(self, done, failed):
        pass


def run_job(kind=FaultyJob, pool=LocalPool, seconds=300.0, observer=None, workers=1, **options):
    """One run over scans; state and reason by name."""
    job = kind(str(Path("out").absolute()), {"backbone": "telea", "texture": 0.0})
    journal = Journal(None)
    Planner(journal, "out", ".png", job.settings()).add(expand(["scans"]), Companions({"mask": "mask.png"}))
    start = partial(pool, job, workers, 1, seconds, **options)
    work = Run(journal, start, job.settings(), observer or Silent(), Stop())
    try:
        work.all()
    finally:
        found = {row["out"].removesuffix(".png"): (row["state"], row["reason"]) for row in journal.results()}
        journal.close()
    return found
