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
from .mono import MONO
from .navier_stokes import NAVIER_STOKES
from .partial_conv import PARTIAL_CONV
from .patchmatch import PATCHMATCH
from .pggan import PGGAN
from .record import Backbone
from .telea import TELEA
from .vcnet import VCNET


def registry(*backbones: Backbone) -> dict[str, Backbone]:
    """Backbones by id, in the order given. Raises `ValueError` if two have the same id."""
    found: dict[str, Backbone] = {}
    for backbone in backbones:
        if backbone.id in found:
            raise ValueError(f"two backbones are called {backbone.id!r}")
        found[backbone.id] = backbone
    return found


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
)


DEFAULT = MONO.id
"""What fills the gray hole when nothing else was asked for."""


def get_backbone(name: str) -> Backbone:
    """The backbone of that id. Raises `UnknownNameError`, which names the nearest one."""
    if name not in BACKBONES:
        raise UnknownNameError("backbone", name, BACKBONES)
    return BACKBONES[name]
