"""From a photo, its filled gray image and hints to the colored photo, by the method of your choice."""

import torch
from torch import Tensor

from ..errors import InputError, UnknownNameError
from ..host.cancel import Preview, Progress, cancel_between_calls, cancellable, part_of
from ..host.memory import retry_smaller, translates_oom
from ..image.boxes import hole_boxes
from ..image.checks import check_hole, check_image, shape_of
from ..image.color import chroma, to_rgb_in_gamut
from ..image.masks import Box, composite
from .guide import Guide
from .method import Method, Settings, Task, Watch
from .network import NETWORK
from .paper import PAPER
from .propagate import PROPAGATE

METHODS: dict[str, Method] = {method.id: method for method in (PROPAGATE, NETWORK, PAPER)}


def get_method(name: str) -> Method:
    """The record of a color method by its id. Raises `UnknownNameError`."""
    if name not in METHODS:
        raise UnknownNameError("color method", name, METHODS)
    return METHODS[name]


@translates_oom()
@cancellable
def colorize(
    image: Tensor,
    gray: Tensor,
    hole: Tensor,
    method: str = "propagate",
    guide: Guide | None = None,
    *,
    keep_luminance: bool = True,
    settings: Settings | None = None,
    progress: Progress | None = None,
    preview: Preview | None = None,
) -> Tensor:
    """Color the hole: its luminance is `gray`, its chroma comes from the known pixels and the hints.

    image: float (B, 3, H, W) in [0, 1], never looked at under the hole; a gray one (1 channel,
    or 3 equal ones) has no color to give, and comes back with `gray` in the hole. gray: (B, 1, H, W) in [0, 1].
    hole: (B or 1, 1, H, W), 1 = fill. guide: hints; those outside the hole are passed over.
    keep_luminance: False lets a hint's pixel have the hint's own brightness, and `paper` its network's.
    settings: for the methods that train on the photo. progress: called as `progress(done, total)` for each
    iteration and part of the hole. preview: called with the photo or part as it stands, for those methods.

    Returns the size, dtype and device of `image`, the known pixels bit for bit. In the hole the
    luminance is `gray`, and a hint's pixel has the hint's chroma; where that leaves no room for a color it
    is paled (`to_rgb_in_gamut`). Raises `InputError`, `UnknownNameError` and `OutOfMemoryError`.
    """
    with cancel_between_calls(image.numel()):
        check_image(image)
        check_image(gray, "gray", channels=(1,))
        hole = check_hole(hole, image)
    if gray.shape != hole.shape:
        raise InputError(f"gray must be {shape_of(hole)} to match the image, got {shape_of(gray)}")
    chosen = get_method(method)
    if image.shape[1] == 1:
        return composite(gray, image, hole)
    hints, hinted = guide.draw(image) if guide else (None, None)
    result = image.clone()
    work = [(i, box) for i in range(len(image)) for box in _boxes(chosen, hole[i, 0])]
    for part, (i, box) in enumerate(work):
        progress(part, len(work))
        here = [None if t is None else box.crop(t[i : i + 1]) for t in (result, gray, hole, hinted, hints)]
        with cancel_between_calls(here[0].numel()):
            task = _task(*here, strength=guide.strength if guide else 1.0)
            colorless = keep_luminance and _is_gray(task)
        if colorless:
            found = task.gray.expand(-1, 3, -1, -1)
        else:
            found = _run(chosen, task, settings or Settings(), Watch(part_of(progress, part, len(work)), preview))
        with cancel_between_calls(here[0].numel()):
            here[0][:] = composite(_finish(task, found, keep_luminance), here[0], task.hole)
    progress(len(work), len(work))
    return result


def _boxes(method: Method, hole: Tensor) -> list[Box]:
    whole = [Box(0, 0, *hole.shape)] if hole.any() else []
    return whole if method.context is None else hole_boxes(hole, method.context)


def _task(
    photo: Tensor, gray: Tensor, hole: Tensor, hinted: Tensor | None, hints: Tensor | None, strength: float
) -> Task:
    known = photo.masked_fill(hole, 0).float()
    if hinted is None or hints is None:
        hinted, hints = torch.zeros_like(hole), torch.zeros_like(known)
    return Task(known, gray.float(), hole, hinted & hole, hints, strength)


def _is_gray(task: Task) -> bool:
    """Whether neither the known pixels nor the hints have any color to give."""
    return not chroma(task.image).any() and not chroma(task.hints * task.hinted).any()


def _run(method: Method, task: Task, settings: Settings, watch: Watch) -> Tensor:
    """The method's answer, with gradients where it trains, whatever mode the caller is in.

    Where memory runs out it is asked once more, and that on the CPU.
    """

    def run(device: torch.device) -> Tensor:
        with torch.inference_mode(False), torch.set_grad_enabled(method.trains):
            with cancel_between_calls(task.gray.numel()):
                own = [t.to(device, copy=True) for t in task[:-1]]
            return method.run(Task(*own, task.strength), settings, watch).to(task.gray.device)

    h, w = task.gray.shape[-2:]
    failed = f"not enough memory to color a part of {w} x {h} pixels by {method.id}"
    places = task.gray.device, torch.device("cpu")
    return retry_smaller(run, places, f"{failed}; close other programs, or use a smaller photo")


def _finish(task: Task, found: Tensor, keep_luminance: bool) -> Tensor:
    """A method's colors with the hints as they were given, on the luminance of the gray image."""
    found = torch.where(task.hinted, task.hints, found.clamp(0, 1))
    return to_rgb_in_gamut(task.gray, chroma(found)) if keep_luminance else found
