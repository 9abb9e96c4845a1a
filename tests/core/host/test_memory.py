"""Memory that does not suffice: freed and tried smaller, or told in our own words; with real limits of the system."""

import os
import subprocess
import sys
import textwrap

import cv2
import numpy as np
import pytest
import torch
from monochromic.core import MonochromicError, OutOfMemoryError, WeightsError
from monochromic.core.host.host import using_host
from monochromic.core.host.memory import halving_sizes, out_of_memory, retry_smaller, translates_oom

try:
    import resource
except ImportError:
    resource = None


def raised(work):
    try:
        work()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def test_what_says_that_memory_ran_out():
    """By the real errors of the libraries, of something no machine can hold."""
    for work in (
        lambda: torch.empty(1 << 60, dtype=torch.uint8),
        lambda: np.empty(1 << 60, np.uint8),
        lambda: bytearray(1 << 60),
        lambda: cv2.copyMakeBorder(np.zeros((1, 1), np.uint8), 0, (1 << 31) - 2, 0, (1 << 28) - 2, 0),
    ):
        assert out_of_memory(raised(work)), work
    assert out_of_memory(torch.cuda.OutOfMemoryError("CUDA out of memory"))
    assert out_of_memory(OSError(12, "Cannot allocate memory"))
    for error in (ValueError("1"), KeyboardInterrupt(), OutOfMemoryError("told"), WeightsError("gone"), None):
        assert not out_of_memory(error)


def test_a_wrapped_error_says_so_too():
    def read():
        try:
            np.empty(1 << 60, np.uint8)
        except MemoryError as error:
            raise WeightsError("cannot be read") from error

    assert out_of_memory(raised(read))


def test_halves():
    assert halving_sizes(1024, 256) == [1024, 512, 256]
    assert halving_sizes(300) == [300, 150, 128]
    assert halving_sizes(100) == [100]


class TestRetry:
    def test_smaller_and_smaller(self):
        tried, freed = [], []

        def work(side):
            tried.append(side)
            return torch.empty(1 << 60) if side > 100 else side

        with using_host(free=lambda: freed.append(len(tried))):
            assert retry_smaller(work, (400, 200, 100, 50), "no") == 100
        assert tried == [400, 200, 100]
        assert freed == [1, 2]

    def test_what_failed_is_let_go_before_the_next_try(self):
        alive = []

        class Held:
            def __del__(self):
                alive.remove(self.side)

            def __init__(self, side):
                self.side = side
                alive.append(side)

        def work(side):
            held = Held(side)
            assert alive == [side]
            if side:
                np.empty(1 << 60, np.uint8)
            return held.side

        assert retry_smaller(work, (2, 1, 0), "no") == 0

    def test_nothing_suffices(self):
        with pytest.raises(OutOfMemoryError, match=r"not enough for this \(.*allocate.*\)") as caught:
            retry_smaller(lambda side: np.empty(side, np.uint8), (1 << 60, 1 << 59), "not enough for this")
        assert isinstance(caught.value, MonochromicError)
        assert isinstance(caught.value, MemoryError)

    @pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, InterruptedError])
    def test_other_errors_pass(self, error):
        tried = []

        def work(side):
            tried.append(side)
            raise error

        with pytest.raises(error):
            retry_smaller(work, (2, 1), "no")
        assert tried == [2]


def test_memory_that_runs_out_anywhere_is_explained():
    freed = []

    @translates_oom()
    def work(side):
        return np.empty(side, np.uint8)

    with using_host(free=lambda: freed.append(True)):
        assert len(work(3)) == 3
        assert not freed
        with pytest.raises(OutOfMemoryError, match=r"not enough memory; close other programs, .* \(Unable to allocate"):
            work(1 << 60)
        assert freed == [True]
        with pytest.raises(ValueError, match="negative"):
            work(-1)


START = """
import resource, torch
from monochromic.core import *
def limit(megabytes):
    size = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmSize"))
    resource.setrlimit(resource.RLIMIT_AS, (size * 1024 + megabytes * 2**20, resource.RLIM_INFINITY))
def lift():
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
torch.manual_seed(0)
photo = torch.rand(1, 3, SIDE, SIDE)
hole = torch.zeros(1, 1, SIDE, SIDE)
hole[..., 50:-50, 50:60] = hole[..., -60:-50, 50:-50] = 1  # its crop is the photo, but few tiles have some of it
"""


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_AS") or sys.platform != "linux", reason="no limit of memory here")
class TestARealLimit:
    def run(self, side, text, **more):
        script = START.replace("SIDE", str(side)) + textwrap.dedent(text)
        alone = {**os.environ, "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1", **more}
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=alone)
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def test_filling_goes_on_in_tiles(self):
        """What would take 170 MB at once is filled in tiles, as by a smaller max_side; the network is usable after."""
        said = self.run(
            700,
            """
            part = photo[..., :200, :200], hole[..., :200, :200]
            wanted, small = fill(photo, hole, max_side=256), fill(*part)
            limit(75)
            found = fill(photo, hole, max_side=4096)
            lift()
            print(torch.equal(found, wanted), torch.equal(fill(*part), small))
            """,
        )
        assert said.split() == ["True", "True"]

    def test_nothing_fits(self):
        said = self.run(
            400,
            """
            before, copies = fill(photo, hole), (photo.clone(), hole.clone())
            limit(5)
            try:
                fill(photo, hole, max_side=4096)
            except OutOfMemoryError as error:
                lift()
                print(error)
            print(torch.equal(fill(photo, hole), before), torch.equal(photo, copies[0]), torch.equal(hole, copies[1]))
            """,
            MALLOC_MMAP_THRESHOLD_="65536",  # what was freed is the system's again, and no room for more
        )
        assert "not enough memory" in said
        assert said.split()[-3:] == ["True", "True", "True"]

    @pytest.mark.slow
    def test_finding_goes_on_in_tiles(self):
        said = self.run(
            1400,
            """
            predict_damage(photo[..., :300, :300], "learned")
            limit(330)
            found = predict_damage(photo, "learned")
            lift()
            print(tuple(found.shape), bool(found.isfinite().all()))
            """,
        )
        assert said.strip() == "(1, 1, 1400, 1400) True"

    def test_coloring(self):
        said = self.run(
            1000,
            """
            wanted = colorize(photo, luminance(photo), hole)
            limit(20)
            try:
                colorize(photo, luminance(photo), hole)
            except OutOfMemoryError as error:
                lift()
                print(error)
            print(torch.equal(colorize(photo, luminance(photo), hole), wanted))
            """,
        )
        assert "not enough memory" in said
        assert said.split()[-1] == "True"
