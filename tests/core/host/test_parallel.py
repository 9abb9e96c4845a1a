"""Work on several items in threads: in order, cancelled with its caller, and only where torch would use threads."""

import threading
import time

import pytest
import torch
from monochromic.core.host import parallel
from monochromic.core.host.cancel import check_cancelled, reporting
from monochromic.core.host.parallel import in_parallel
from monochromic.core.host.progress import Cancelled


@pytest.fixture
def two_threads(monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)


def test_results_come_in_the_order_of_the_items(two_threads):
    def slower_first(i):
        time.sleep(0.05 * (3 - i))
        return i

    assert in_parallel(slower_first, range(3)) == [0, 1, 2]
    assert in_parallel(slower_first, []) == []


def test_two_items_are_worked_on_at_once(two_threads):
    both = threading.Barrier(2, timeout=20)  # breaks if one of them waits alone
    in_parallel(lambda i: both.wait(), range(2))


@pytest.mark.parametrize("threads", [1, 2])
def test_one_thread_of_torch_means_this_thread(monkeypatch, threads):
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    here = threading.get_ident()
    assert (in_parallel(lambda i: threading.get_ident(), range(2)) == [here, here]) == (threads == 1)
    assert in_parallel(lambda i: threading.get_ident(), [0]) == [here]  # one item alone


def test_an_error_is_that_of_the_first_item_that_fails(two_threads):
    def fail(i):
        if i:
            raise ValueError(f"item {i}")

    with reporting(lambda done, total: None) as progress:
        with pytest.raises(ValueError, match="item 1"):
            in_parallel(fail, range(3))
        progress(0, 1)
        assert in_parallel(lambda i: check_cancelled(), range(2)) == [None, None]  # nobody has cancelled


def test_cancelling_ends_all_items(two_threads, monkeypatch):
    """Each would run for ever, and a third wait for them."""
    monkeypatch.setattr(parallel, "PAUSE", 0.01)
    running, starts, ends, reports = threading.Barrier(3, timeout=20), [], [], []

    def for_ever(i):
        starts.append(i)
        running.wait()
        try:
            while True:
                check_cancelled()
                time.sleep(0.001)
        except Cancelled:
            ends.append(i)
            raise

    def stop(done, total):
        reports.append(done)
        if len(reports) > 1:
            running.wait()
            raise KeyboardInterrupt

    with reporting(stop) as progress:
        progress(0, 1)
        with pytest.raises(KeyboardInterrupt):
            in_parallel(for_ever, range(3))
    assert sorted(starts) == sorted(ends) == [0, 1]
