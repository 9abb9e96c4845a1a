"""How work tells its caller how far it is: a callable, which cancels the work by raising."""

import threading
from collections.abc import Callable

from torch import Tensor

Progress = Callable[[int, int], None]
"""Called as `progress(done, total)`; an exception raised in it cancels the work and leaves nothing behind."""

Preview = Callable[[Tensor], None]
"""Called now and then with the picture as it stands, (1, 3, H, W) in [0, 1]."""


class Cancelled(Exception):  # noqa: N818
    """Ends a thread whose caller has cancelled the work; in the caller's own thread its own exception is raised."""


class ProgressReporter:
    """A progress callable that can be polled: it then repeats what was reported last, so that its caller can cancel.

    The callable is only ever called in the thread that made the reporter.

    Args:
        progress: the callable.
        outer: whom to poll until something was reported.
    """

    def __init__(self, progress: Progress, outer: "ProgressReporter | None" = None) -> None:
        self.progress, self.outer = progress, outer
        self.last: tuple[int, int] | None = None
        self.thread, self.cancelled = threading.get_ident(), False

    def __call__(self, done: int, total: int) -> None:
        """Report that so much of the total is done.

        Args:
            done: steps done, 0 to `total`.
            total: steps in all.

        Raises:
            Cancelled: in another thread, if its caller has cancelled the work; else whatever `progress` raises.
        """
        self.last = done, total
        self.poll()

    def poll(self) -> None:
        """Report again what was reported last; before that, poll the outer reporter.

        Raises:
            Cancelled: in another thread, if its caller has cancelled the work; else whatever `progress` raises.
        """
        if threading.get_ident() != self.thread:
            if self.cancelled:
                raise Cancelled
        elif self.last is not None:
            self.progress(*self.last)
        elif self.outer is not None:
            self.outer.poll()

    def poll_only(self, done: int, total: int) -> None:
        """Poll, whatever was reported: the progress of inner work that nobody asked for.

        Args:
            done: not looked at.
            total: not looked at.

        Raises:
            Exception: as `poll`.
        """
        self.poll()


def part_of(progress: Progress, index: int, count: int) -> Progress:
    """Progress of one of several equal parts of the work, as progress of all of it.

    Args:
        progress: of all the work.
        index: which part, from 0.
        count: how many parts.

    Returns:
        The callable for the part.
    """
    return lambda done, total: progress(index * total + done, count * total)


def silent(done: int, total: int) -> None:
    """Show no progress and never cancel."""
