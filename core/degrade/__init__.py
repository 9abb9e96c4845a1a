"""Damage put on clean photos, with the true mask: for training, for measuring, and for trying out a pipeline.

VCNet (Wang, Chen, Tao, Jia, "VCNet: A Robust Approach to Blind Image Inpainting", ECCV 2020, arXiv 2003.06816)
makes its training pairs as `I = O (1 - M) + N M`: strokes M that show another photo N. Networks trained on
that learn strokes, not damage. So there is a kind for each thing that old and misused photos suffer from.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..checks import check_image, shape_of
from ..errors import InputError, UnknownNameError
from ..memory import explained
from ..progress import Progress, patiently, stoppable
from .covers import constant, free_form, mosaic, noise
from .lettering import text, watermark
from .lost import missing_border, torn_corner
from .marks import dust, fold, scratch
from .scene import Layer, Scene
from .surface import faded, stain

ANY = "any"
LEAST = 8  # pixels a side
VISIBLE = 0.05  # a change of a channel that is seen
ATTEMPTS = 20

KINDS: dict[str, Callable[[Scene], Layer]] = {
    "free_form": free_form,
    "scratch": scratch,
    "fold": fold,
    "dust": dust,
    "stain": stain,
    "torn_corner": torn_corner,
    "text": text,
    "watermark": watermark,
    "mosaic": mosaic,
    "constant": constant,
    "noise": noise,
    "missing_border": missing_border,
    "faded": faded,
}


class Degraded(NamedTuple):
    """A damaged photo (B, C, H, W), and where: `soft` in [0, 1] and `hole` of 0 and 1, both (B, 1, H, W).

    soft: the share of the damage in each pixel; where it is 0 the photo is untouched, bit for bit. How much
    the damage itself differs from the photo is another matter: a faint watermark has a soft mask of 1.
    hole: where soft is above 0.5, or any channel has changed by more than `VISIBLE` = 0.05. So outside the
    hole nothing has changed by more than that.
    """

    image: Tensor
    soft: Tensor
    hole: Tensor


@explained()
@stoppable
def degrade(
    image: Tensor,
    kind: str | Sequence[str] = ANY,
    difficulty: float = 0.5,
    seed: int = 0,
    other: Tensor | None = None,
    *,
    progress: Progress | None = None,
) -> Degraded:
    """Put damage on photos, the same for the same seed.

    image: (B, 3 or 1, H, W) in [0, 1], at least 8 x 8; the photo at place i of a batch takes seed + i.
    kind: a name of `KINDS`, "any" for one drawn by the seed, or several names, put on one after another.
    difficulty: 0, plain to see, to 1, hardly to be seen. seed >= 0. other: (B', 3 or 1, h, w), photos of any
    size of which `free_form` shows one; without, it shows the photo's own parts in other places. progress:
    called as `progress(done, total)` for each photo. Computes on the CPU; the results are on the device of `image` and
    of its dtype. Raises `InputError` and `UnknownNameError`.
    """
    kinds = _checked(image, kind, difficulty, seed)
    if other is not None:
        check_image(other, "other")
    found = []
    for i, photo in enumerate(image.split(1)):
        progress(i, len(image))
        found.append(patiently(photo.numel(), _degraded, photo, kinds, difficulty, seed + i, other))
    progress(len(image), len(image))
    return Degraded(*(torch.cat(parts) for parts in zip(*found, strict=True)))


def _checked(image: Tensor, kind: str | Sequence[str], difficulty: float, seed: int) -> list[str]:
    """The kinds asked for as a list, when all is as promised."""
    check_image(image)
    if min(image.shape[-2:]) < LEAST:
        raise InputError(f"a photo to damage must be at least {LEAST} x {LEAST} pixels, got {shape_of(image)}")
    if not 0 <= difficulty <= 1:
        raise InputError(f"difficulty must be from 0 to 1, got {difficulty:g}")
    if seed < 0:
        raise InputError(f"seed must be 0 or more, got {seed}")
    kinds = [kind] if isinstance(kind, str) else list(kind)
    if not kinds:
        raise InputError("kind must name at least one kind of damage, got none")
    for name in kinds:
        if name not in (ANY, *KINDS):
            raise UnknownNameError("kind of damage", name, (ANY, *KINDS))
    return kinds


def _degraded(photo: Tensor, kinds: list[str], difficulty: float, seed: int, other: Tensor | None) -> Degraded:
    """One photo (1, C, H, W)."""
    random = np.random.default_rng(seed)
    foreign = None if other is None else _pixels(other[int(random.integers(len(other)))])
    scene = Scene(_pixels(photo[0]), difficulty, random, foreign)
    layers: list[np.ndarray] = []
    for name in kinds:
        layer = _painted(scene, str(random.choice(list(KINDS))) if name == ANY else name)
        layers.append(layer.soft)
        share = layer.soft[..., None]
        scene = scene._replace(photo=np.clip(scene.photo * (1 - share) + layer.content * share, 0, 1))
    return _as_tensors(photo, scene.photo, np.maximum.reduce(layers))


def _painted(scene: Scene, name: str) -> Layer:
    """A layer that marks something and leaves something, drawn again where chance left none or all."""
    for _ in range(ATTEMPTS):
        layer = KINDS[name](scene)
        marked = layer.soft > 0.5
        if marked.any() and not marked.all():
            break
    return layer


def _pixels(photo: Tensor) -> np.ndarray:
    """(3 or 1, H, W) -> float32 (H, W, 3)."""
    return np.ascontiguousarray(photo.detach().cpu().float().expand(3, -1, -1).movedim(0, -1).numpy())


def _as_tensors(photo: Tensor, damaged: np.ndarray, soft: np.ndarray) -> Degraded:
    """Back to the photo's channels, dtype and device; untouched where `soft` is 0."""
    changed = torch.from_numpy(damaged).movedim(-1, 0)[None]
    if photo.shape[1] == 1:
        changed = changed.mean(1, keepdim=True)
    share = torch.from_numpy(np.ascontiguousarray(soft, np.float32))[None, None].to(photo)
    image = torch.where(share > 0, changed.to(photo), photo)
    seen = (image - photo).abs().amax(1, keepdim=True) > VISIBLE
    return Degraded(image, share, ((share > 0.5) | seen).to(photo))
