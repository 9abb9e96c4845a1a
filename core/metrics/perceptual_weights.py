"""Where the weights of LPIPS come from. VGG16's are fetched when they are first needed; the others are the user's."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from ..errors import InputError, UnknownNameError, WeightsError
from ..host.device import on_device
from ..host.progress import Progress
from ..weights import WeightFile, all_entries, get_entry, load_weights, read_manifest
from ..weights.convert import keep_weights
from ..weights.detect import read_tensors
from ..weights.load import cached_network
from .perceptual import NETS, Lpips, build_lpips

BACKBONES = {"vgg": "vgg16", "alex": "alexnet", "squeeze": "squeezenet1_1"}  # ids of weights
AUTHORS = "https://github.com/richzhang/PerceptualSimilarity"
JUDGED = "BAPPS, people's judgements of likeness"


def load_lpips(net: str = "vgg", device: torch.device | str = "cpu", *, progress: Progress | None = None) -> Lpips:
    """Load a network of LPIPS with its weights. The last one stays in memory.

    Args:
        net: "vgg" fetches VGG16 (about 553 MB, once) and its heads if they are not here; "alex" and "squeeze" need
            weights of the user's: `add_lpips`, or entries `alexnet` and `lpips_alex` of `monochromic weights add`.
        device: where it is to run.
        progress: of the download.

    Returns:
        The network, for measuring, on `device`.

    Raises:
        UnknownNameError: for another network.
        WeightsError: for weights that are missing or do not fit.
    """
    if net not in NETS:
        raise UnknownNameError("LPIPS network", net, NETS)
    ids = lpips_weights(net)
    if missing := [name for name in ids if name not in all_entries()]:
        raise WeightsError(
            f"LPIPS ({net}) needs weights {' and '.join(missing)} of your own: get torchvision's file of {ids[0]} and "
            f'lpips/weights/v0.1/{net}.pth of {AUTHORS}, then run python -c "from monochromic.core.metrics import '
            f"add_lpips; add_lpips('{net}', 'FILE', '{net}.pth')\"; or take vgg"
        )

    def build() -> Lpips:
        return build_lpips(net, *(load_weights(name, progress=progress) for name in ids))

    key = net, str(torch.device(device)), *(get_entry(name).sha256 for name in ids)
    return on_device(cached_network("LPIPS", key, build), device)


def lpips_weights(net: str) -> tuple[str, str]:
    """The ids of the weights that a network of LPIPS is made of.

    Args:
        net: "vgg", "alex" or "squeeze".

    Returns:
        The id of the network's weights and of its heads', whether they are here or not.
    """
    return BACKBONES.get(net, ""), f"lpips_{net}"


def add_lpips(net: str, backbone: Path | str, heads: Path | str) -> tuple[WeightFile, WeightFile]:
    """Make the authors' files usable here: torchvision's of the network, and the heads of LPIPS v0.1.

    They are read, tried and written to the user's weights folder, with entries in the user's manifest that replace
    those of before. Nothing in the files is run.

    Args:
        net: "alex" or "squeeze".
        backbone: the file of the network.
        heads: the file of the heads.

    Returns:
        The two entries of the manifest.

    Raises:
        UnknownNameError: for another network.
        WeightsError: for files that cannot be read or do not fit.
        InputError: for "vgg", which the pack has.
    """
    name = BACKBONES.get(net, "")
    if name in read_manifest():
        raise InputError(f"the pack has weights {name!r} already; nothing is to be added for LPIPS ({net})")
    state = build_lpips(net, *map(_tensors, (backbone, heads))).state_dict()
    features = {key: value for key, value in state.items() if key.startswith("features.")}
    linear = {key.removeprefix("heads."): value for key, value in state.items() if key.startswith("heads.")}
    return (
        _keep(name, features, "features of LPIPS", "ImageNet-1k", "BSD-3-Clause", "https://github.com/pytorch/vision"),
        _keep(f"lpips_{net}", linear, f"linear heads of LPIPS 0.1 on {name}", JUDGED, "BSD-2-Clause", AUTHORS),
    )


def _tensors(path: Path | str) -> dict[str, Tensor]:
    return {name: value for name, value in read_tensors(Path(path)).items() if isinstance(value, Tensor)}


def _keep(name: str, tensors: Mapping[str, Tensor], use: str, trained_on: str, license: str, source: str) -> WeightFile:
    """Write a weight file of the user's and its entry."""
    entry = WeightFile(
        id=name,
        use=use,
        trained_on=trained_on,
        filename=f"{name}.safetensors",
        sha256="0" * 64,
        size=1,
        license=license,
        source=source,
    )
    return keep_weights(entry, tensors, {"use": use, "trained_on": trained_on, "source": source, "licence": license})
