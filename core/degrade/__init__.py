"""Damage put on clean photos, with the true mask: for training, for measuring, and for trying out a pipeline.

VCNet (Wang, Chen, Tao, Jia, "VCNet: A Robust Approach to Blind Image Inpainting", ECCV 2020, arXiv 2003.06816)
makes its training pairs as `I = O (1 - M) + N M`: strokes M that show another photo N. Networks trained on
that learn strokes, not damage. So there is a kind for each thing that old and misused photos suffer from.
"""

import zlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..damage_kinds import KIND_NAMES
from ..errors import InputError, UnknownNameError
from ..host.cancel import cancellable, check_cancelled
from ..host.memory import translates_oom
from ..host.progress import Progress
from ..image.checks import check_image, shape_of
from .covers import constant, free_form, mosaic, noise
from .creases import crackle, crease, film_scratch, hair
from .lettering import text, watermark
from .lost import missing_border, torn_corner
from .marks import dust, fold, scratch
from .scene import Layer, Scene
from .surface import faded, stain
from .worn import emulsion_loss, mold, silvering, tape, worn_border

ANY = "any"
LEAST = 8  # pixels a side
VISIBLE = 0.05  # a change of a channel that is seen
ATTEMPTS = 20


class Kind(NamedTuple):
    """A kind of damage: how it is painted, which of `KIND_NAMES` it is, and how often archives have it."""

    paint: Callable[[Scene], Layer]
    damage: str
    share: float


KINDS: dict[str, Kind] = {
    "free_form": Kind(free_form, "overlays", 0.3),
    "scratch": Kind(scratch, "lines", 1.0),
    "fold": Kind(fold, "lines", 0.03),
    "dust": Kind(dust, "specks", 1.5),
    "stain": Kind(stain, "areas", 0.7),
    "torn_corner": Kind(torn_corner, "lost", 0.7),
    "text": Kind(text, "overlays", 0.4),
    "watermark": Kind(watermark, "overlays", 0.3),
    "mosaic": Kind(mosaic, "overlays", 0.2),
    "constant": Kind(constant, "overlays", 0.3),
    "noise": Kind(noise, "overlays", 0.1),
    "missing_border": Kind(missing_border, "lost", 0.1),
    "faded": Kind(faded, "areas", 0.4),
    "crease": Kind(crease, "lines", 1.5),
    "crackle": Kind(crackle, "lines", 1.5),
    "film_scratch": Kind(film_scratch, "lines", 0.4),
    "hair": Kind(hair, "lines", 0.5),
    "worn_border": Kind(worn_border, "lost", 1.2),
    "emulsion_loss": Kind(emulsion_loss, "lost", 1.0),
    "tape": Kind(tape, "areas", 0.3),
    "silvering": Kind(silvering, "areas", 0.3),
    "mold": Kind(mold, "areas", 0.3),
}


class Degraded(NamedTuple):
    """A damaged photo (B, C, H, W), and where: `soft` in [0, 1] and `hole` of 0 and 1, both (B, 1, H, W); and `kinds`.

    soft: the share of the damage in each pixel; where it is 0 the photo is untouched, bit for bit. How much
    the damage itself differs from the photo is another matter: a faint watermark has a soft mask of 1.
    hole: where soft is above 0.5, or any channel has changed by more than `VISIBLE` = 0.05. So outside the
    hole nothing has changed by more than that.
    kinds: (B, 5, H, W) of 0 and 1 in the order of `KIND_NAMES`: where a layer of that kind has a share above 0.5, and
    changed what it covers by more than `VISIBLE`. The light and shade beside a crease belong to the hole only.
    """

    image: Tensor
    soft: Tensor
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
    """Put damage on photos, the same for the same seed.

    image: (B, 3 or 1, H, W) in [0, 1], at least 8 x 8; the photo at place i of a batch takes seed + i.
    kind: a name of `KINDS`, "any" for one drawn by the seed as often as archives have it, or several names, put on one
    after another. difficulty: 0, plain to see, to 1, hardly to be seen. seed >= 0. other: (B', 3 or 1, h, w), photos of
    any size of which `free_form` shows one; without, it shows the photo's own parts in other places. scale: how thick
    lines and how large specks are, beside what the size of the photo says. progress: called as `progress(done, total)`
    for each photo. Computes on the CPU; the results are on the device of `image` and of its dtype. Raises `InputError`
    and `UnknownNameError`.
    """
    kinds = _checked(image, kind, difficulty, seed)
    if other is not None:
        check_image(other, "other")
    found = []
    for i, photo in enumerate(image.split(1)):
        progress(i, len(image))
        found.append(_degraded(photo, kinds, difficulty, seed + i, other, scale))
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


def _degraded(
    photo: Tensor, kinds: list[str], difficulty: float, seed: int, other: Tensor | None, scale: float
) -> Degraded:
    """One photo (1, C, H, W)."""
    random = np.random.default_rng(seed)
    foreign = None if other is None else _pixels(other[int(random.integers(len(other)))])
    scene = Scene(_pixels(photo[0]), difficulty, random, foreign, scale)
    soft, maps = np.zeros(scene.shape, np.float32), np.zeros((len(KIND_NAMES), *scene.shape), bool)
    for i, asked in enumerate(kinds):
        name = draw_kind(seed, i) if asked == ANY else asked
        layer = _painted(scene, name)
        check_cancelled()
        share = layer.soft[..., None]
        painted = np.clip(scene.photo * (1 - share) + layer.content * share, 0, 1)
        check_cancelled()
        damage = KINDS[name].damage
        maps[KIND_NAMES.index(damage)] |= _visible(scene.photo, painted, layer.soft, damage)
        check_cancelled()
        soft, scene = np.maximum(soft, layer.soft), scene._replace(photo=painted)
    return _as_tensors(photo, scene.photo, soft, maps)


def _visible(before: np.ndarray, after: np.ndarray, soft: np.ndarray, damage: str) -> np.ndarray:
    """Where a layer shows, bool (H, W); areas and overlays without the gaps where chance left the color as it was."""
    import cv2

    seen = (soft > 0.5) & (np.abs(after - before).max(2) > VISIBLE)
    if damage in ("areas", "overlays"):
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9))
        seen = (cv2.morphologyEx(seen.astype(np.uint8), cv2.MORPH_CLOSE, disc) > 0) & (soft > 0.5)
    return seen


def draw_kind(seed: int, place: int = 0) -> str:
    """A kind drawn by its share. Each kind draws for itself (Gumbel 1954), so that a new one changes few draws."""

    def key(name: str) -> float:
        own = np.random.default_rng([seed, place, zlib.crc32(name.encode())])
        return float(np.log(KINDS[name].share) + own.gumbel())

    return max(KINDS, key=key)


def _painted(scene: Scene, name: str) -> Layer:
    """A layer that marks something and leaves something, drawn again where chance left none or all."""
    for _ in range(ATTEMPTS):
        check_cancelled()
        layer = KINDS[name].paint(scene)
        marked = layer.soft > 0.5
        if marked.any() and not marked.all():
            break
    return layer


def _pixels(photo: Tensor) -> np.ndarray:
    """(3 or 1, H, W) -> float32 (H, W, 3)."""
    return np.ascontiguousarray(photo.detach().cpu().float().expand(3, -1, -1).movedim(0, -1).numpy())


def _as_tensors(photo: Tensor, damaged: np.ndarray, soft: np.ndarray, maps: np.ndarray) -> Degraded:
    """Back to the photo's channels, dtype and device; untouched where `soft` is 0."""
    check_cancelled()
    changed = torch.from_numpy(damaged).movedim(-1, 0)[None]
    if photo.shape[1] == 1:
        changed = changed.mean(1, keepdim=True)
    share = torch.from_numpy(np.ascontiguousarray(soft, np.float32))[None, None].to(photo)
    image = torch.where(share > 0, changed.to(photo), photo)
    check_cancelled()
    seen = (image - photo).abs().amax(1, keepdim=True) > VISIBLE
    return Degraded(image, share, ((share > 0.5) | seen).to(photo), torch.from_numpy(maps)[None].to(photo))
