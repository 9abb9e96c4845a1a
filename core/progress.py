"""How long work tells its caller how far it is, and how the caller stops it."""

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Called as `progress(done, total)`; an exception raised in it cancels the work and leaves nothing behind."""
