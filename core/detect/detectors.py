"""The ways of finding damage in a photo alone, and the record that each fills in."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..backbones import get_backbone
from ..backbones.loaded import Model
from ..damage_kinds import DAMAGE_KINDS
from ..errors import UnknownNameError
from ..host.cancel import cancel_between_layers, check_cancelled
from ..host.device import on_device
from ..host.memory import halving_sizes, retry_smaller
from ..host.progress import Progress, silent
from ..weights import load_weights
from ..weights.select import load_model
from .filters import find_marks
from .multiscale import SMALLEST, TILE, find_at_sizes
from .network import TRAINED, build


@dataclass(frozen=True)
class Detector:
    """One way: `find(image, progress)` takes photos (B, 1 or 3, H, W) in [0, 1] to probabilities (B, K, H, W).

    K is one for each of `DAMAGE_KINDS`, or 1 unless `tells_kinds`. slack: see `marks_of`.
    """

    id: str
    title: str
    find: Callable[[Tensor, Progress], Tensor]
    slack: float = 0.0
    tells_kinds: bool = True


def learned(image: Tensor, progress: Progress = silent) -> Tensor:
    """By our own network, which is shipped."""

    def find(tile: int) -> Tensor:
        network = damage_network(image.device)

        def look(part: Tensor) -> Tensor:
            return network(_to_channels_last(part)).sigmoid()

        with cancel_between_layers(network):
            return find_at_sizes(look, image, TRAINED, progress, tile)

    return _in_tiles(find, image)


def _in_tiles(find: Callable[[int], Tensor], image: Tensor) -> Tensor:
    """What `find` finds in tiles of the side it is given, which is less where memory runs out."""
    h, w = image.shape[-2:]
    failed = f"not enough memory to look for damage in photos of {w} x {h} pixels, even in tiles of {SMALLEST}"
    return retry_smaller(find, halving_sizes(TILE, SMALLEST), f"{failed}; close other programs, or use smaller photos")


CALM = {"lines": 6.0, "specks": 6.0, "lost": 6.0, "areas": 3.0, "overlays": 4.0}
"""Off the log odds of each kind: so sure the network has to be alone. It is surer of photos than it is right."""
TRUST = 9.0  # log odds that a sure mark of the filters adds, so that a pixel counts that both find
SLACK = 5.0  # log odds by which what hangs together with a sure pixel may be less sure


def damage_network(device: torch.device) -> nn.Module:
    """Our network with its weights on a device; read once."""
    return on_device(_damage_network(device), device, TILE * TILE)


@lru_cache(maxsize=4)
def _damage_network(_device: torch.device) -> nn.Module:
    """One for each device, so that it stays there."""
    with torch.inference_mode(False):
        state = {name: value.float() for name, value in load_weights("damage").items()}
        bias = state["body.leave.bias"].view(len(CALM), -1) - torch.tensor([*CALM.values()])[:, None]
        network = build({**state, "body.leave.bias": bias.flatten()})
        return network.to(memory_format=torch.channels_last)


def vcnet(image: Tensor, progress: Progress = silent) -> Tensor:
    """By the mask prediction network of VCNet; raises `WeightsError` where no weights of it were brought."""
    model = load_model(get_backbone("vcnet"), image.device, progress=progress)

    def find(tile: int) -> Tensor:
        model.on_device(tile * tile)
        with cancel_between_layers(model.network):
            return find_at_sizes(lambda part: _seen_by(model, part), image, model.backbone.trained, progress, tile)

    return _in_tiles(find, image)


def _seen_by(model: Model, part: Tensor) -> Tensor:
    return model.network.predict(model.shown(part, "rgb")).float()


def classical(image: Tensor, progress: Progress = silent) -> Tensor:
    """By what scratches and dust look like: `find_marks`; of the other kinds nothing is found."""
    return F.pad(_filtered(image, progress), (0, 0, 0, 0, 0, len(DAMAGE_KINDS) - 2))


def _filtered(image: Tensor, progress: Progress) -> Tensor:
    """Lines and specks, (B, 2, H, W)."""
    found = []
    for i, photo in enumerate(image.split(1)):
        progress(i, len(image))
        found.append(find_marks(photo))
    progress(len(image), len(image))
    return torch.cat(found)


def both(image: Tensor, progress: Progress = silent) -> Tensor:
    """The log odds of our network, raised where the filters find lines and specks.

    So a mark counts that both find, or of which the network is very sure alone; what only the filters find does not.
    """
    looks = 0

    def at_first(done: int, total: int) -> None:
        nonlocal looks
        looks = total
        progress(done, total + len(image))

    def then(done: int, total: int) -> None:
        progress(looks + done, looks + total)

    found, marks = learned(image, at_first), _filtered(image, then)
    for alone, mark in zip(found[:, :2], marks, strict=True):  # one by one, so that a batch equals its items
        check_cancelled()
        alone.copy_(alone.logit(1e-6).add_(mark, alpha=TRUST).sigmoid_())
    return found


DETECTORS = {
    detector.id: detector
    for detector in (
        Detector("both", "our network, with more confidence where the filters agree", both, SLACK),
        Detector("learned", "a network of our own, for damage of every kind", learned, SLACK),
        Detector("vcnet", "VCNet's first network, with weights of your own", vcnet, tells_kinds=False),
        Detector("classical", "filters for scratches and dust, without weights", classical),
    )
}


DEFAULT = "both"
"""What finds damage when nothing else was asked for."""


def get_detector(name: str) -> Detector:
    """The detector of that id. Raises `UnknownNameError`."""
    if name not in DETECTORS:
        raise UnknownNameError("way of finding damage", name, DETECTORS)
    return DETECTORS[name]


def _to_channels_last(part: Tensor) -> Tensor:
    return part.contiguous(memory_format=torch.channels_last)
