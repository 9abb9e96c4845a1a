"""Every backbone there is, in menu order. A new one is a new file and a new line here."""

from ..backbone import Backbone
from ..errors import UnknownNameError
from .navier_stokes import NAVIER_STOKES
from .telea import TELEA


def registry(*backbones: Backbone) -> dict[str, Backbone]:
    """Backbones by id, in the order given. Raises `ValueError` if two have the same id."""
    found: dict[str, Backbone] = {}
    for backbone in backbones:
        if backbone.id in found:
            raise ValueError(f"two backbones are called {backbone.id!r}")
        found[backbone.id] = backbone
    return found


BACKBONES = registry(TELEA, NAVIER_STOKES)


def get_backbone(name: str) -> Backbone:
    """The backbone of that id. Raises `UnknownNameError`, which names the nearest one."""
    if name not in BACKBONES:
        raise UnknownNameError("backbone", name, BACKBONES)
    return BACKBONES[name]
