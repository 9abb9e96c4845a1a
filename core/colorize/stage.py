"""From a photo, its filled gray image and hints to the colored photo, by the method of your choice."""

import torch
from torch import Tensor

from ..errors import InputError, UnknownNameError
from ..host.cancel import cancellable
from ..host.memory import retry_smaller, translates_oom
from ..host.progress import Preview, Progress, part_of, silent
from ..image.boxes import Box, hole_boxes
from ..image.checks import check_answer, check_hole, shape_of
from ..image.color import to_cbcr, to_rgb_in_gamut
from ..image.masks import composite
from ..io.convert import Hole, Picture, to_gray, to_hole, to_image
from .guide import Guide
from .method import Callbacks, Method, Settings, Task
from .network import NETWORK
from .paper import PAPER
from .propagate import PROPAGATE

METHODS: dict[str, Method] = {method.id: method for method in (PROPAGATE, NETWORK, PAPER)}


def get_method(name: str) -> Method:
    """The record of a color method.

    Args:
        name: its id.

    Returns:
        The record.

    Raises:
        UnknownNameError: for an id of none, with the nearest that is one.
    """
    if name not in METHODS:
        raise UnknownNameError("color method", name, METHODS)
    return METHODS[name]


@translates_oom()
@cancellable
def colorize(
    image: Picture,
    gray: Picture,
    hole: Hole,
    method: str = "propagate",
    guide: Guide | None = None,
    *,
    keep_luminance: bool = True,
    settings: Settings | None = None,
    progress: Progress | None = None,
    preview: Preview | None = None,
) -> Tensor:
    """Color the hole: its luminance is `gray`, its chroma comes from the known pixels and the hints.

    Args:
        image: float (B, 1 or 3, H, W) in [0, 1], or a path, a Pillow image or a NumPy array; never looked at under the
            hole. A gray one (1 channel, or 3 equal ones) has no color to give, and comes back with `gray` in the hole
            unless a hint there has color.
        gray: (B, 1, H, W) in [0, 1]; or such a picture, whose luminance is taken.
        hole: (B or 1, 1, H, W), 1 = fill; or a mask as such a picture of any size, white = fill; or what `find_hole`
            returns.
        method: an id of `METHODS`.
        guide: hints; those outside the hole are passed over.
        keep_luminance: False lets a hint's pixel have the hint's own brightness, and `paper` its network's.
        settings: for the methods that train on the photo.
        progress: called as `progress(done, total)` for each iteration and part of the hole; what it raises cancels
            the work.
        preview: called with the photo or part as it stands, (1, 3, H, W), by those methods.

    Returns:
        The shape, dtype and device of `image`, the known pixels bit for bit; of an image with 1 channel 3 where a hint
        in the hole has color. In the hole the luminance is `gray`, and a hint's pixel has the hint's chroma; a color
        that does not fit in the gamut is paled (`to_rgb_in_gamut`).

    Raises:
        InputError: for an image, a gray image, a hole or a hint that does not fit.
        PictureError: for a file that cannot be read.
        UnknownNameError: for another method.
        OutOfMemoryError: where memory does not suffice, not even on the CPU.
    """
    image, gray, hole = _checked(image, gray, hole)
    chosen = get_method(method)
    hints, hinted = guide.draw(image) if guide else _no_hints(hole)
    if image.shape[1] == 1:
        if not to_cbcr(hints * (hinted & hole)).any():
            return composite(gray, image, hole)
        image = image.expand(-1, 3, -1, -1)
    strength = guide.strength if guide else 1.0
    result, progress = image.clone(), progress or silent
    work = [(i, box) for i in range(len(image)) for box in _boxes(chosen, hole[i, 0])]
    for part, (i, box) in enumerate(work):
        progress(part, len(work))
        crops = [box.crop(t[i : i + 1]) for t in (result, gray, hole, hinted, hints)]
        callbacks = Callbacks(part_of(progress, part, len(work)), preview)
        _color_crop(chosen, crops, strength, keep_luminance, settings or Settings(), callbacks)
    progress(len(work), len(work))
    return result


def _checked(image: Picture, gray: Picture, hole: Hole) -> tuple[Tensor, Tensor, Tensor]:
    """The image and the gray image as tensors, and the hole, bool (B, 1, H, W)."""
    photo = to_image(image)
    light = to_gray(gray, "gray", photo.device)
    inside = check_hole(to_hole(hole, photo), photo)
    if light.shape != inside.shape:
        raise InputError(f"gray must be {shape_of(inside)} to match the image, got {shape_of(light)}")
    return photo, light, inside


def _no_hints(hole: Tensor) -> tuple[Tensor, Tensor]:
    """What `Guide.draw` gives where nothing is hinted; the colors take no memory."""
    b, _, h, w = hole.shape
    return torch.zeros((), device=hole.device).expand(b, 3, h, w), torch.zeros_like(hole)


def _boxes(method: Method, hole: Tensor) -> list[Box]:
    """Where to work: around each part of the hole, or the photo as a whole."""
    if method.context is not None:
        return hole_boxes(hole, method.context)
    return [Box(0, 0, *hole.shape)] if hole.any() else []


def _color_crop(
    method: Method,
    crops: list[Tensor],
    strength: float,
    keep_luminance: bool,
    settings: Settings,
    callbacks: Callbacks,
) -> None:
    """Color the hole of one crop in place. crops: the result so far, gray, hole, hinted, hints."""
    result, task = crops[0], _task(crops, strength)
    colorless = keep_luminance and _is_gray(task)
    colors = task.gray.expand(-1, 3, -1, -1) if colorless else _run(method, task, settings, callbacks)
    result[:] = composite(_finish(task, colors, keep_luminance), result, task.hole)


def _task(crops: list[Tensor], strength: float) -> Task:
    photo, gray, hole, hinted, hints = crops
    known = photo.masked_fill(hole, 0).float()
    return Task(known, gray.float(), hole, hinted & hole, hints, strength)


def _is_gray(task: Task) -> bool:
    """Whether neither the known pixels nor the hints have any color to give."""
    return not to_cbcr(task.image).any() and not to_cbcr(task.hints * task.hinted).any()


def _run(method: Method, task: Task, settings: Settings, callbacks: Callbacks) -> Tensor:
    """The method's colors, with gradients where it trains, whatever mode the caller is in.

    Where memory runs out it is tried once more on the CPU.
    """

    def run(device: torch.device) -> Tensor:
        with torch.inference_mode(False), torch.set_grad_enabled(method.trains):
            copies = [t.to(device, copy=True) for t in task[:-1]]
            return method.run(Task._make([*copies, task.strength]), settings, callbacks).to(task.gray.device)

    h, w = task.gray.shape[-2:]
    failed = f"not enough memory to color a part of {w} x {h} pixels by {method.id}"
    devices = task.gray.device, torch.device("cpu")
    colors = retry_smaller(run, devices, f"{failed}; close other programs, or use a smaller photo")
    return check_answer(colors, method.id)


def _finish(task: Task, colors: Tensor, keep_luminance: bool) -> Tensor:
    """A method's colors with the hints as the user gave them, on the luminance of the gray image."""
    colors = torch.where(task.hinted, task.hints, colors.clamp(0, 1))
    return to_rgb_in_gamut(task.gray, to_cbcr(colors)) if keep_luminance else colors
