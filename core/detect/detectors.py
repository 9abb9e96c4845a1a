"""The detectors of damage, and the record that each fills in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor

from ..backbones import get_backbone
from ..backbones.loaded import Model
from ..backbones.vcnet import VCNet
from ..damage_kinds import DAMAGE_KINDS, KIND_NAMES
from ..errors import UnknownNameError
from ..host.cancel import cancel_between_layers
from ..host.memory import halving_sizes, retry_smaller
from ..host.progress import Progress, part_of, silent
from ..weights.select import load_model
from .batch import join_photos
from .filters.classical import marks_of
from .multiscale import MIN_TILE, TILE, predict_multiscale
from .network import TRAINED, DamageNetwork
from .networks import damage_network, overlays_network

LOGIT_BOOST = 8.0  # added to the network's logits where the filters are sure of a line or a speck
MIN_SIDE = 320  # pixels: the shorter side up to which small photos are enlarged for the network
HYSTERESIS = 5.0  # logits: how much weaker pixels may be that are connected to a sure one


@dataclass(frozen=True)
class Detector:
    """A way of finding damage.

    predict: `predict(image, progress)` takes photos (B, 1 or 3, H, W) in [0, 1] to probabilities (B, K, H, W). K is
    the number of `DAMAGE_KINDS` in their order, or 1 unless `predicts_kinds`.
    hysteresis: logits by which pixels connected to damage may be below the threshold, see `hysteresis_marks`.
    predict_overlays: a better and slower way to find overlays, (B, 1, H, W), for those who ask for them.
    """

    id: str
    title: str
    predict: Callable[[Tensor, Progress], Tensor]
    hysteresis: float = 0.0
    predicts_kinds: bool = True
    finds: tuple[str, ...] = KIND_NAMES  # which of them it ever finds; none unless `predicts_kinds`
    predict_overlays: Callable[[Tensor, Progress], Tensor] | None = None


def learned(image: Tensor, progress: Progress = silent) -> Tensor:
    """Probabilities by our own network, whose weights are shipped; arguments and result as `Detector.predict`."""
    return predict_by_network(damage_network, image, progress)


def overlays(image: Tensor, progress: Progress = silent) -> Tensor:
    """Probabilities of overlays by our own network for them alone, (B, 1, H, W); arguments as `Detector.predict`."""
    return predict_by_network(overlays_network, image, progress)


def predict_by_network(
    load: Callable[[torch.device], DamageNetwork], image: Tensor, progress: Progress = silent, trained: int = TRAINED
) -> Tensor:
    """Probabilities by a network of our own, in smaller tiles where memory runs out.

    Args:
        load: the network on a device, one of `networks`.
        image: (B, 1 or 3, H, W) in [0, 1]; each photo by itself.
        progress: called as `progress(done, total)`.
        trained: pixels of the shorter side of the smallest copy that it sees, see `predict_multiscale`.

    Returns:
        float32 (B, K, H, W) in [0, 1].
    """

    def predict(tile: int) -> Tensor:
        network = load(image.device)
        with cancel_between_layers(network):
            return predict_multiscale(
                lambda part: network(_to_channels_last(part)).sigmoid(),
                image,
                trained,
                progress,
                tile,
                MIN_SIDE,
                network.multiple,
            )

    return _retry_smaller_tiles(predict, image)


def predict_on_copy(
    load: Callable[[torch.device], DamageNetwork], image: Tensor, max_side: int, trained: int
) -> Tensor:
    """Probabilities by a network of our own, of copies whose shorter side is `max_side` pixels at most, (B, K, h, w).

    Other arguments as `predict_by_network`.
    """
    h, w = image.shape[-2:]
    scale = min(1.0, max_side / min(h, w))
    copy = F.interpolate(image.float(), (round(h * scale), round(w * scale)), mode="area") if scale < 1 else image
    with torch.no_grad():
        return predict_by_network(load, copy, trained=trained)


def _retry_smaller_tiles(predict: Callable[[int], Tensor], image: Tensor) -> Tensor:
    """The result of `predict(tile)`, with smaller tiles where memory runs out."""
    h, w = image.shape[-2:]
    failed = f"not enough memory to look for damage in photos of {w} x {h} pixels, even in tiles of {MIN_TILE}"
    return retry_smaller(
        predict, halving_sizes(TILE, MIN_TILE), f"{failed}; close other programs, or use smaller photos"
    )


def vcnet(image: Tensor, progress: Progress = silent) -> Tensor:
    """Probabilities by the mask prediction network of VCNet, (B, 1, H, W); arguments as `Detector.predict`.

    Raises:
        WeightsError: no weights of it were added.
    """
    model = load_model(get_backbone("vcnet"), image.device, progress=progress)

    def predict(tile: int) -> Tensor:
        model.on_device(tile * tile)
        with cancel_between_layers(model.network):
            return predict_multiscale(
                lambda part: _predict_vcnet(model, part),
                image,
                model.backbone.trained,
                progress,
                tile,
                multiple=model.backbone.multiple,
            )

    return _retry_smaller_tiles(predict, image)


def _predict_vcnet(model: Model, part: Tensor) -> Tensor:
    return cast(VCNet, model.network).predict(model.network_input(part, "rgb")).float()


def classical(image: Tensor, progress: Progress = silent) -> Tensor:
    """Probabilities by `marks_of`, which finds lines and specks; 0 for other kinds. As `Detector.predict`."""
    return F.pad(_filter_marks(image, progress), (0, 0, 0, 0, 0, len(DAMAGE_KINDS) - 2))


def _filter_marks(image: Tensor, progress: Progress) -> Tensor:
    """Lines and specks, (B, 2, H, W)."""
    marks = []
    for i, photo in enumerate(image):
        progress(i, len(image))
        marks.append(marks_of(photo))
    progress(len(image), len(image))
    return join_photos(marks)


def both(image: Tensor, progress: Progress = silent) -> Tensor:
    """Probabilities by our network, whose logits are raised where the filters find lines and specks.

    So a mark counts that both find, or of which the network is very sure alone. What only the filters find does not.
    Arguments and result as `Detector.predict`.
    """
    probability = learned(image, part_of(progress, 0, 2))
    marks = _filter_marks(image, part_of(progress, 1, 2))
    for thin, mark in zip(probability[:, :2], marks, strict=True):  # one by one, so that a batch equals its items
        thin.copy_(thin.logit(1e-6).add_(mark, alpha=LOGIT_BOOST).sigmoid_())
    return probability


DETECTORS = {
    detector.id: detector
    for detector in (
        Detector(
            "both",
            "our network, with more confidence where the filters agree",
            both,
            HYSTERESIS,
            predict_overlays=overlays,
        ),
        Detector(
            "learned", "a network of our own, for damage of every kind", learned, HYSTERESIS, predict_overlays=overlays
        ),
        Detector("vcnet", "VCNet's first network, with weights of your own", vcnet, predicts_kinds=False, finds=()),
        Detector("classical", "filters for scratches and dust, without weights", classical, finds=KIND_NAMES[:2]),
    )
}

DEFAULT = "both"
"""The detector where none is named."""


def get_detector(name: str) -> Detector:
    """The detector of an id.

    Args:
        name: a key of `DETECTORS`.

    Raises:
        UnknownNameError: there is none of that id; says which ones there are.
    """
    if name not in DETECTORS:
        raise UnknownNameError("way of finding damage", name, DETECTORS)
    return DETECTORS[name]


def _to_channels_last(part: Tensor) -> Tensor:
    return part.contiguous(memory_format=torch.channels_last)
