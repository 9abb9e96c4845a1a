"""Work in processes of its own that begin at once: forked from one that has read the library already."""

import os
import signal
import warnings

import pytest

PATIENCE = 300  # seconds


def fork(work):
    """Start `work()` in a process of its own, which then ends at once, without cleaning up; gives its number."""
    if not hasattr(os, "fork"):
        pytest.skip("this system cannot fork")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the threads of others, which end in it
        number = os.fork()
    if number:
        return number
    code = 1
    signal.alarm(PATIENCE)
    try:
        code = work() or 0
    finally:
        os._exit(code)


def ended(number):
    """Wait for a process; gives its exit code."""
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])
