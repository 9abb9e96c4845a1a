"""Warnings passed over: by several threads, and with nothing left behind."""

import threading
import warnings

import pytest
from conftest import make_photo
from monochromic.core import load_image, save_image
from monochromic.core.host.quiet import without_warnings


def test_warnings_are_passed_over_and_come_back():
    before = list(warnings.filters)
    with without_warnings():
        with without_warnings():
            warnings.warn("not seen", stacklevel=1)
        warnings.warn("nor this", stacklevel=1)
    assert warnings.filters == before
    with pytest.raises(ZeroDivisionError), without_warnings():
        raise ZeroDivisionError
    assert warnings.filters == before
    with pytest.raises(UserWarning, match="seen"):
        warnings.warn("seen", stacklevel=1)


def test_threads_that_overlap_leave_nothing_behind():
    """One enters first and leaves first: `catch_warnings` alone would leave the filter of the second."""
    before, entered, left = list(warnings.filters), threading.Event(), threading.Event()

    def second():
        with without_warnings():
            entered.set()
            left.wait()

    thread = threading.Thread(target=second)
    with without_warnings():
        thread.start()
        entered.wait()
    left.set()
    thread.join()
    assert warnings.filters == before


def test_pictures_read_by_many_threads(tmp_path):
    save_image(make_photo(), tmp_path / "a.png")
    before = list(warnings.filters)
    threads = [threading.Thread(target=lambda: [load_image(tmp_path / "a.png") for _ in range(10)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert warnings.filters == before
