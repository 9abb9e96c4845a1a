"""How long work tells its caller how far it is, and how the caller stops it."""

from collections.abc import Callable

from torch import Tensor

Progress = Callable[[int, int], None]
"""Called as `progress(done, total)`; an exception raised in it cancels the work and leaves nothing behind."""

Preview = Callable[[Tensor], None]
"""Called now and then with the picture as it stands, (1, 3, H, W) in [0, 1]."""
