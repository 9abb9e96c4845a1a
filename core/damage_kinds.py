"""The kinds of damage that `find_hole` distinguishes: the channels of our network, and which of them are filled."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DamageKind:
    """A kind of damage.

    id: its name. title: what it is, for people. color: RGB in [0, 1], in which heat maps show it. restored: whether it
    is filled by default, because old photos need it and it can hardly harm.
    """

    id: str
    title: str
    color: tuple[float, float, float]
    restored: bool


DAMAGE_KINDS = (
    DamageKind("lines", "scratches, creases, crackle, hairs", (1.0, 0.85, 0.1), restored=True),
    DamageKind("specks", "dust and spots", (1.0, 0.35, 0.1), restored=True),
    DamageKind("lost", "torn off, rubbed off, flaked off", (0.95, 0.1, 0.55), restored=True),
    DamageKind("areas", "stains, fading, mold, tape", (0.25, 0.55, 1.0), restored=False),
    DamageKind("overlays", "lettering, watermarks, stamps, covers", (0.2, 0.85, 0.4), restored=False),
)
"""In the order of the channels of a tensor of kinds, (B, 5, H, W)."""

KIND_NAMES = tuple(kind.id for kind in DAMAGE_KINDS)
RESTORED = frozenset(kind.id for kind in DAMAGE_KINDS if kind.restored)  # by default
