"""A batch on Ray: lost workers and machines cost no photo, and the bytes are those of workers of this machine."""

import os
import shutil
import signal
import sys
from pathlib import Path

import pytest
from batch_faults import BrokenJob, FaultyJob, PriorityJob, TogetherJob, run_job
from batch_runs import results

pytest.importorskip("ray", reason="Ray is tested with the extra [ray]")
pytestmark = pytest.mark.ray

from monochromic.batch.ray_pool import RayPool  # noqa: E402
from monochromic.core.errors import MonochromicError  # noqa: E402

PHOTOS = 16


@pytest.fixture(autouse=True)
def path_of_the_tests(monkeypatch):
    """Actors find the jobs of the tests by it; and they are as urgent as the tests, while Ray makes them less so."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    monkeypatch.setenv("RAY_worker_niceness", "0")


class Faults:
    """Kills a worker once two are at work, and when there is a third, takes a machine away."""

    def __init__(self, lose):
        self.lose, self.killed, self.lost = lose, False, False
        Path("wanted").write_text("2")

    def ended(self, done, failed):
        workers = {int(path.name) for path in Path("workers").iterdir()}
        if not self.killed:
            self.killed = True
            Path("wanted").write_text("3")
            os.kill(min(workers), signal.SIGKILL)
        elif not self.lost and len(workers) == 3:
            self.lost = True
            self.lose()


def add(*names):
    for name in names:
        shutil.copy("scans/p0.png", f"scans/{name}.png")


def test_photos_that_kill_or_hang_their_worker_fail_alone(scans):
    add("killed", "hung", "z_once")
    found = run_job(FaultyJob, RayPool, seconds=40.0, address=None, gpus=0)
    assert found.pop("killed")[0] == "failed"
    assert "took longer than 40 s" in found.pop("hung")[1]
    assert {state for state, _ in found.values()} == {"done"}
    by_ray = results(scans / "out")
    shutil.rmtree(scans / "out")
    (scans / "scans" / "killed.png").unlink()
    (scans / "scans" / "hung.png").unlink()
    run_job(FaultyJob)
    assert by_ray == results(scans / "out")


def test_workers_of_our_own_ray_are_as_urgent_as_local_ones(scans, monkeypatch):
    monkeypatch.delenv("RAY_worker_niceness")
    run_job(PriorityJob, RayPool, address=None, gpus=0)
    assert int(Path("niceness").read_text()) == os.nice(0)


def test_workers_that_cannot_start_end_the_run_in_one_line(scans):
    """More of them than there is room for: those that have none are not waited for."""
    with pytest.raises(MonochromicError, match="^no weights are here$"):
        run_job(BrokenJob, RayPool, workers=len(os.sched_getaffinity(0)) + 1, address=None, gpus=0)


def test_a_killed_actor_and_a_lost_machine_cost_no_photo(scans):
    """Two machines of one CPU each; first a worker is killed, then the second machine and all that runs on it."""
    from ray.cluster_utils import Cluster

    add(*(f"q{i}" for i in range(PHOTOS)))
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    try:
        second = cluster.add_node(num_cpus=1)

        faults = Faults(lambda: cluster.remove_node(second, allow_graceful=False))
        found = run_job(TogetherJob, RayPool, observer=faults, workers=2, address=cluster.address, gpus=0)
    finally:
        cluster.shutdown()
    assert {state for state, _ in found.values()} == {"done"}
    assert len(found) == PHOTOS + 4
    assert faults.lost
    by_ray = results(scans / "out")
    shutil.rmtree(scans / "out")
    run_job()
    assert by_ray == results(scans / "out")
