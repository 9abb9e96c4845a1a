"""A job that goes wrong with photos of certain names, as files, memory and systems do."""

import os
import time
from pathlib import Path

import numpy as np
from conftest import make_hole, make_photo
from monochromic.batch.job import RestoreJob
from monochromic.core import restore


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
