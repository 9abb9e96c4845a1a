"""More than one answer: a hole filled in several ways, ranked by how well each goes on at the rim.

A wide hole has no one right answer. Each variant is a backbone that sees the photo as it is or turned, and a seed of
the texture; then the color. All share the hole, the colors around it and the options.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import torch
from torch import Tensor

from .backbones import VARIED, get_backbone
from .backbones.loaded import Model
from .defaults import MAX_VARIANTS, TEXTURE
from .detect import Detection
from .errors import InputError
from .host.progress import Progress, part_of, silent
from .inpaint.rim import rim_disagreement
from .inpaint.turned import TURNS, turned
from .io.convert import Hole, Picture, opened, to_image
from .metrics import ciede2000
from .pipeline import Restoration, restore_photo
from .weights.load import load_network
from .weights.select import load_model

READING = ("search", "invert", "threshold", "channel", "dilate")  # options of the hole, which is read once


@dataclass(frozen=True)
class Variants:
    """Several restorations of one photo, the one that agrees best with the rim first.

    Attributes:
        images: (N, C, H, W) in [0, 1].
        grays: the gray reconstructions, (N, 1, H, W) in [0, 1].
        names: how each was made, such as "patchmatch 2".
        rims: how much each disagrees with the rim of the hole, see `rim_disagreement`.
        distances: mean CIEDE2000 inside the hole between each two, (N, N); about 1 is just visible.
        hole: what was filled, (1, 1, H, W) of 0 and 1.
        detection: what was found, where damage was looked for.
        alpha: the opacity of the photo, as in `Restoration`.
    """

    images: Tensor
    grays: Tensor
    names: tuple[str, ...]
    rims: tuple[float, ...]
    distances: Tensor
    hole: Tensor
    detection: Detection | None = None
    alpha: Tensor | None = None

    def __len__(self) -> int:
        return len(self.names)

    @property
    def diversity(self) -> float:
        """The mean distance of two variants; 0 for one alone."""
        n = len(self)
        return float(self.distances.sum() / (n * (n - 1))) if n > 1 else 0.0

    @property
    def apart(self) -> tuple[float, ...]:
        """The mean distance of each to the others."""
        return tuple(float(row.sum() / max(len(self) - 1, 1)) for row in self.distances)


def restore_variants(
    image: Picture,
    hole: Hole | None = None,
    *,
    count: int = 4,
    backbones: Sequence[str | Model] | None = None,
    weights: str | None = None,
    seed: int = 0,
    texture: float = TEXTURE,
    device: torch.device | str | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Variants:
    """Restore a photo in several ways.

    The backbones take turns. The first variant of each sees the photo as it is, the next one mirrored, upside down and
    so on, with the next seed of the texture; at seed 0 the first variant of each is what `restore_photo` gives with it.

    Args:
        image: one photo, see `restore_photo`; and so is hole. It is looked for once.
        hole: what to fill.
        count: how many variants, 1 to 16.
        backbones: names of backbones, or loaded models; None: `VARIED`, or that of the weights.
        weights: the id of the weights of the one backbone.
        seed: another one gives others, 0 or more.
        texture: as for `restore_photo`.
        device: as for `restore_photo`.
        progress: as for `restore_photo`.
        **options: of `restore_photo`: those of finding and reading the hole, the sizes, and those of the color.

    Returns:
        The variants; a single one where nothing is to be filled.

    Raises:
        InputError: for several photos and a count out of range, and as `restore_photo`, with its other errors.
    """
    if not 1 <= count <= MAX_VARIANTS:
        raise InputError(f"variants must be 1 to {MAX_VARIANTS}, got {count}")
    if seed < 0:
        raise InputError(f"seed must be 0 or more, got {seed}")
    image = opened(image)
    photo = to_image(image)
    if len(photo) != 1:
        raise InputError(f"variants are made of one photo, got {len(photo)}; give one of the batch")
    device = photo.device if device is None else torch.device(device)
    models = _models(backbones, weights, device, options.get("pipeline") == "rgb")
    shared = {name: value for name, value in options.items() if name not in READING}
    shared |= {"texture": texture, "device": device}
    found: list[Restoration] = []
    for i in range(count):
        k = i // len(models)
        model = turned(models[i % len(models)], (seed + k) % TURNS)
        reading = {} if found else {name: options[name] for name in READING if name in options}
        given = found[0].hole if found else hole
        part = part_of(progress or silent, i, count)
        found.append(restore_photo(image, given, backbone=model, seed=seed + k, progress=part, **reading, **shared))
        if not found[0].hole.any():
            break
    names = tuple(f"{models[i % len(models)].backbone.id} {i // len(models) + 1}" for i in range(len(found)))
    return _ranked(found, names)


def _models(
    backbones: Sequence[str | Model] | None, weights: str | None, device: torch.device, rgb: bool
) -> list[Model]:
    """Each ready to fill."""
    if weights is not None:
        model = load_network(weights, device)
        if backbones is not None and list(backbones) != [model.backbone.id]:
            raise InputError(f"weights {weights!r} are of {model.backbone.id} alone; leave out backbones, or weights")
        return [model]
    named = (VARIED[:1] if rgb else VARIED) if backbones is None else backbones
    if not named:
        raise InputError("variants need a backbone; name one, or leave backbones out")
    return [b if isinstance(b, Model) else load_model(get_backbone(b), device, rgb=rgb) for b in named]


def _ranked(found: list[Restoration], names: tuple[str, ...]) -> Variants:
    """In the order of the rims; equal ones in that of the list."""
    hole = found[0].hole
    rims = [rim_disagreement(each.gray, hole) for each in found]
    order = sorted(range(len(found)), key=rims.__getitem__)
    images = torch.cat([found[i].image for i in order])
    return Variants(
        images,
        torch.cat([found[i].gray for i in order]),
        tuple(names[i] for i in order),
        tuple(rims[i] for i in order),
        _distances(images, hole),
        hole,
        found[0].detection,
        found[0].alpha,
    )


def _distances(images: Tensor, hole: Tensor) -> Tensor:
    """Mean CIEDE2000 between each two pictures inside a hole, (N, N)."""
    distances = torch.zeros(len(images), len(images))
    if hole.any():
        inside = images[..., hole[0, 0] > 0][:, :, None].expand(-1, 3, -1, -1)
        for i, j in combinations(range(len(images)), 2):
            distances[i, j] = distances[j, i] = ciede2000(inside[[i]], inside[[j]]).item()
    return distances
