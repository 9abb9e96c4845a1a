"""Photos that take their worker with them, or the disk: the others are done, and each costs one line."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from batch_faults import FaultyJob, run_job
from batch_runs import batch
from conftest import slow_but
from monochromic.batch.engine import machine
from monochromic.batch.job import RestoreJob
from monochromic.batch.journal import Journal
from monochromic.batch.worker import Worker
from monochromic.core import PictureError, save_image
from monochromic.core.io import files


def add(*names):
    for name in names:
        shutil.copy("scans/p0.png", f"scans/{name}.png")


def test_a_worker_that_dies_is_replaced_and_its_photos_are_tried_alone(scans):
    add("huge", "killed", "z_once")
    found = run_job()
    assert {name for name, (state, _) in found.items() if state == "done"} == {"z_once", "p0", "p2", "sub/p1", "sub/p3"}
    assert "ended by SIGKILL" in found["killed"][1]
    assert "tried alone" in found["killed"][1]
    assert "allocate" in found["huge"][1]
    assert "tried alone" in found["huge"][1]


def test_a_photo_that_hangs_is_ended(scans):
    add("hung")
    found = run_job(seconds=10.0)
    assert found.pop("hung") == ("failed", "took longer than 10 s, and was ended; --timeout gives it more")
    assert {state for state, _ in found.values()} == {"done"}


def test_a_full_disk_stops_the_run_and_fails_no_photo(scans):
    add("full")
    with pytest.raises(PictureError, match="No space left on device.*same command again"):
        run_job()


def test_a_second_run_is_kept_out(scans):
    first = Journal(scans / "journal.sqlite")
    with pytest.raises(PictureError, match="another run is writing there"):
        Journal(scans / "journal.sqlite")
    first.close()
    Journal(scans / "journal.sqlite").close()
    (scans / "other.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(PictureError, match="cannot use the journal"):
        Journal(scans / "other.sqlite")


def test_a_journal_that_a_full_disk_cannot_hold_is_gone(scans):
    resource = pytest.importorskip("resource", reason="Windows has none")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))  # of each file, as if the disk were full
    try:
        with pytest.raises(PictureError, match="cannot use the journal"):
            Journal(scans / "out" / ".monochromic" / "journal.sqlite")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not (scans / "out").exists()


def test_weights_that_are_missing_stop_the_run_before_any_photo(scans):
    job = FaultyJob("out", {"backbone": "lama", "weights": "nothing"})
    with pytest.raises(LookupError, match="nothing"):
        Worker(job)


def test_a_worker_in_this_process_does_what_the_others_do(scans, caplog):
    """And tells its stages, and what was said of the photo."""
    from monochromic.batch.journal import Task

    threads, stages = torch.get_num_threads(), []
    worker = Worker(FaultyJob("out", {}))
    save_image(torch.zeros(1, 1, 40, 48), "black.png")
    source = str(scans / "scans" / "p0.png")
    task = Task(1, source, "a.png", {"mask": "black.png"}, "")
    outcome = worker.do(task, lambda number, stage: stages.append(stage))
    assert outcome.state == "done"
    assert "marks nothing" in outcome.remark or "nothing" in outcome.remark
    assert stages == ["read", "", "read", "", "work", "", "write", ""]
    assert outcome.damage == 0
    assert torch.get_num_threads() == threads
    outcome = worker.do(Task(2, source, "a.png", {"mask": "white.png"}, ""))
    assert outcome.state == "failed"
    found = worker.do(Task(3, source, "b.png", {}, ""))
    assert found.state == "done"
    assert found.thumbnail.startswith(b"\xff\xd8")


def test_what_is_said_of_a_photo_names_no_heat_map_which_a_batch_does_not_write(scans, monkeypatch):
    from monochromic.batch.journal import Task

    marks = torch.zeros(1, 1, 40, 48)
    marks[..., 10:30, 10:30] = 0.9
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: marks)
    outcome = Worker(RestoreJob("out", {})).do(Task(1, str(scans / "scans" / "p0.png"), "a.png", {}, ""))
    assert outcome.state == "done"
    assert "not filled: 1 thick part" in outcome.remark
    assert "heat map" not in outcome.remark


def test_the_machine_decides_where_the_user_does_not():
    assert machine(2, 3) == 2
    assert 1 <= machine(None, 2) <= machine(None, 1)


def test_many_photos_are_in_hand_only_as_far_as_there_is_room():
    import threading

    from monochromic.batch.worker import _Room

    room, inside, most = _Room(10), [0], [0]

    def use(size):
        with room.take(size):
            inside[0] += size
            most[0] = max(most[0], inside[0])
            threading.Event().wait(0.01)
            inside[0] -= size

    threads = [threading.Thread(target=use, args=(size,)) for size in (4, 5, 25, 3, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert not any(thread.is_alive() for thread in threads)
    assert most[0] == 25  # alone; the others never more than 10 together


def killed_while_writing(out, words):
    """A run that is killed, with its worker, while it writes: what it left."""
    program = Path(__file__).parents[1] / "batch_killed_writing.py"
    ended = subprocess.run([sys.executable, program, out, *words], timeout=300, check=False)
    assert ended.returncode == -signal.SIGKILL
    left = list(Path(out).rglob("*.part"))
    while not all(files._ended(part, int(part.name.split("-")[-2])) for part in left):  # its worker dies a little later
        time.sleep(0.05)
    return left


WITH_REPORT = "--report", "out/sheets", "--reference", "scans"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has none")
@pytest.mark.parametrize("words", slow_but([WITH_REPORT], [(), WITH_REPORT]))
def test_what_a_killed_run_left_is_gone_after_the_next(scans, words):
    """Also where the photo is not done again; a file that another process writes, and others' files, stay."""
    left = killed_while_writing("out", words)
    assert left  # one, or several where a worker was writing several
    number = left[0].name.split("-")[-2]
    living = left[0].with_name(left[0].name.replace(f"-{number}-", f"-{os.getpid()}-"))
    for path in (living, left[0].with_name("theirs.part")):
        path.write_bytes(b"x")
    begun = left[0].name.split(".")[1].removesuffix("_report")
    next((scans / "scans").rglob(f"{begun}.png")).rename("elsewhere.png")
    assert batch("scans", "--out", "out", "--mask", "mask.png", *words) == 0
    assert not any(path.exists() for path in left)
    assert sorted(path.name for path in (scans / "out").rglob("*.part")) == sorted([living.name, "theirs.part"])
