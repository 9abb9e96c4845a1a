"""Clean photos to damaged photos and the masks of the damage."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..damage_kinds import KIND_NAMES
from ..errors import InputError, UnknownNameError
from ..host.cancel import cancellable, check_cancelled
from ..host.memory import translates_oom
from ..host.progress import Progress, silent
from ..host.thread import run_in_thread
from ..image.checks import check_image, shape_of
from .kinds import KINDS, draw_kind
from .scene import Layer, Scene

ANY = "any"
MIN_SIDE = 8  # pixels
VISIBLE = 0.05  # a change of a channel that is seen
ATTEMPTS = 20


class Degraded(NamedTuple):
    """Damaged photos, and where they are damaged.

    image: (B, C, H, W) in [0, 1], the damaged photos.
    alpha: (B, 1, H, W) in [0, 1], the opacity of the damage; where it is 0 the photo is untouched, bit for bit. How
    much the damage differs from the photo is another matter: a faint watermark has an alpha of 1.
    hole: (B, 1, H, W) of 0 and 1, 1 where alpha is above 0.5, or a channel has changed by more than `VISIBLE` = 0.05.
    So outside the hole nothing has changed by more than that.
    kinds: (B, 5, H, W) of 0 and 1 in the order of `KIND_NAMES`, 1 where damage of that kind has an alpha above 0.5 and
    has changed what it covers by more than `VISIBLE`. The light and shade beside a crease belong to the hole only.
    """

    image: Tensor
    alpha: Tensor
    hole: Tensor
    kinds: Tensor


@translates_oom()
@cancellable
def degrade(
    image: Tensor,
    kind: str | Sequence[str] = ANY,
    difficulty: float = 0.5,
    seed: int = 0,
    other: Tensor | None = None,
    *,
    scale: float = 1.0,
    progress: Progress | None = None,
) -> Degraded:
    """Put damage on photos, the same for the same seed. Computes on the CPU.

    Args:
        image: (B, 3 or 1, H, W) in [0, 1], at least 8 x 8.
        kind: a name of `KINDS`; "any", one drawn by the seed as often as archives have it; or several names, put on one
            after another.
        difficulty: of seeing the damage, 0 (plain) to 1 (hardly to be seen).
        seed: 0 or more; photo i of a batch takes seed + i.
        other: (B', 3 or 1, h, w), photos of any size of which `free_form` shows one. Without, it shows the photo's own
            parts in other places.
        scale: how thick lines and how large specks are, on top of what the size of the photo says.
        progress: called as `progress(done, total)` for each photo.

    Returns:
        `Degraded`, on the device of `image` and of its dtype.

    Raises:
        InputError: another shape, range or number.
        UnknownNameError: a kind that is not there.
    """
    kinds = _checked(image, kind, difficulty, seed)
    if other is not None:
        check_image(other, "other")
    report = progress or silent
    results = []
    for i, photo in enumerate(image.split(1)):
        report(i, len(image))
        # in a thread, so that the caller can cancel whatever a kind does
        results.append(run_in_thread(photo.numel(), _degrade_photo, photo, kinds, difficulty, seed + i, other, scale))
    report(len(image), len(image))
    return Degraded(*(torch.cat(parts) for parts in zip(*results, strict=True)))


def _checked(image: Tensor, kind: str | Sequence[str], difficulty: float, seed: int) -> list[str]:
    """The requested kinds as a list, when all arguments are as promised."""
    check_image(image)
    if min(image.shape[-2:]) < MIN_SIDE:
        raise InputError(f"a photo to damage must be at least {MIN_SIDE} x {MIN_SIDE} pixels, got {shape_of(image)}")
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


def _degrade_photo(
    photo: Tensor, kinds: list[str], difficulty: float, seed: int, other: Tensor | None, scale: float
) -> Degraded:
    """One photo (1, C, H, W)."""
    random = np.random.default_rng(seed)
    foreign = None if other is None else _pixels(other[int(random.integers(len(other)))])
    scene = Scene(_pixels(photo[0]), difficulty, random, foreign, scale)
    alpha, maps = np.zeros(scene.shape, np.float32), np.zeros((len(KIND_NAMES), *scene.shape), bool)
    for i, requested in enumerate(kinds):
        check_cancelled()  # which ends a thread whose caller has gone
        kind = KINDS[draw_kind(seed, i) if requested == ANY else requested]
        layer = _paint(scene, kind.paint)
        opacity = layer.alpha[..., None]
        painted = np.clip(scene.photo * (1 - opacity) + layer.content * opacity, 0, 1)
        maps[KIND_NAMES.index(kind.group)] |= _visible(scene.photo, painted, layer.alpha, kind.group)
        alpha, scene = np.maximum(alpha, layer.alpha), scene._replace(photo=painted)
    return _as_tensors(photo, scene.photo, alpha, maps)


def _paint(scene: Scene, paint: Callable[[Scene], Layer]) -> Layer:
    """A layer that marks something but not all, painted again where chance marked nothing or all."""
    for _ in range(ATTEMPTS):
        layer = paint(scene)
        marked = layer.alpha > 0.5
        if marked.any() and not marked.all():
            break
    return layer


def _visible(before: np.ndarray, after: np.ndarray, alpha: np.ndarray, group: str) -> np.ndarray:
    """Where a layer shows, bool (H, W); areas and overlays without the gaps where chance left the color as it was."""
    import cv2

    visible = (alpha > 0.5) & (np.abs(after - before).max(2) > VISIBLE)
    if group in ("areas", "overlays"):
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9))
        visible = (cv2.morphologyEx(visible.astype(np.uint8), cv2.MORPH_CLOSE, disc) > 0) & (alpha > 0.5)
    return visible


def _pixels(photo: Tensor) -> np.ndarray:
    """(3 or 1, H, W) -> float32 (H, W, 3)."""
    return np.ascontiguousarray(photo.detach().cpu().float().expand(3, -1, -1).movedim(0, -1).numpy())


def _as_tensors(photo: Tensor, damaged: np.ndarray, alpha: np.ndarray, maps: np.ndarray) -> Degraded:
    """Back to the photo's channels, dtype and device; untouched where `alpha` is 0."""
    changed = torch.from_numpy(damaged).movedim(-1, 0)[None]
    if photo.shape[1] == 1:
        changed = changed.mean(1, keepdim=True)
    plane = torch.from_numpy(np.ascontiguousarray(alpha, np.float32))[None, None].to(photo)
    image = torch.where(plane > 0, changed.to(photo), photo)
    visible = (image - photo).abs().amax(1, keepdim=True) > VISIBLE
    return Degraded(image, plane, ((plane > 0.5) | visible).to(photo), torch.from_numpy(maps)[None].to(photo))
