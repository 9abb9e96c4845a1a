"""Every backbone there is, in menu order. A new one is a new file and a new line here."""

from ..errors import UnknownNameError
from .aot_gan import AOT_GAN
from .autoencoder import AUTOENCODER
from .coarse_refine import COARSE_REFINE
from .context_encoder import CONTEXT_ENCODER
from .deepfill_v1 import DEEPFILL_V1
from .deepfill_v2 import DEEPFILL_V2
from .edge_connect import EDGE_CONNECT
from .glcic import GLCIC
from .gmcnn import GMCNN
from .lama import LAMA
from .mat import MAT
from .mlp import MLP
from .mono import MONO
from .navier_stokes import NAVIER_STOKES
from .partial_conv import PARTIAL_CONV
from .patchmatch import PATCHMATCH
from .pggan import PGGAN
from .record import Backbone
from .shift_net import SHIFT_NET
from .telea import TELEA
from .vcnet import VCNET


def registry(*backbones: Backbone) -> dict[str, Backbone]:
    """Collect backbones by id.

    Args:
        *backbones: In menu order.

    Returns:
        The records by id, in that order.

    Raises:
        ValueError: where two have the same id.
    """
    by_id: dict[str, Backbone] = {}
    for backbone in backbones:
        if backbone.id in by_id:
            raise ValueError(f"two backbones are called {backbone.id!r}")
        by_id[backbone.id] = backbone
    return by_id


BACKBONES = registry(
    MONO,
    TELEA,
    NAVIER_STOKES,
    PATCHMATCH,
    LAMA,
    MAT,
    AOT_GAN,
    DEEPFILL_V2,
    DEEPFILL_V1,
    COARSE_REFINE,
    EDGE_CONNECT,
    GMCNN,
    PARTIAL_CONV,
    GLCIC,
    PGGAN,
    CONTEXT_ENCODER,
    VCNET,
    AUTOENCODER,
    SHIFT_NET,
    MLP,
)


DEFAULT = MONO.id
"""What fills the gray hole when nothing else was asked for."""

WIDE = PATCHMATCH.id
"""What fills its wide parts instead, by `AUTO`."""

AUTO = "auto"
"""In place of a backbone's id: `WIDE` for the wide parts of a hole, `DEFAULT` for the others."""

VARIED = DEFAULT, WIDE
"""What fills variants in turn, unless others are named: a network's means, and pieces of the photo."""


def get_backbone(name: str) -> Backbone:
    """Look a backbone up.

    Args:
        name: Its id, a key of `BACKBONES`.

    Returns:
        The record.

    Raises:
        UnknownNameError: where there is none, with the nearest id.
    """
    if name not in BACKBONES:
        raise UnknownNameError("backbone", name, BACKBONES)
    return BACKBONES[name]
