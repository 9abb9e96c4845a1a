"""The menu of backbones: what can run now comes first, and the tooltip says what the others need."""

from ..core.backbones import BACKBONES, DEFAULT
from ..core.weights.select import readiness
from . import runtime
from .inputs import Entry, combo_input

SLIM = " Most networks have slim weights, which we trained briefly, until you add others."


def backbone_menu(names: tuple[str, ...] = tuple(BACKBONES), default: str = DEFAULT, *, rgb: bool = False) -> Entry:
    """A menu of these backbones. rgb: they are to give RGB."""
    with runtime.weight_folders():
        ready = {name: readiness(BACKBONES[name], rgb=rgb) for name in names}
    ordered = sorted(names, key=lambda name: ready[name][0])
    titles = (
        f"{name}: {BACKBONES[name].title}" + (f" ({ready[name][1]})" if ready[name][1] else "") for name in ordered
    )
    return combo_input(ordered, default, f"What fills the hole. {'; '.join(titles)}.{'' if rgb else SLIM}")
