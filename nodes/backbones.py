"""The menu of backbones: what can run now comes first, and the tooltip says what the others need."""

from ..core.backbones import AUTO, BACKBONES, DEFAULT, WIDE, get_backbone
from ..core.errors import UnknownNameError
from ..core.weights.select import readiness_of
from . import runtime
from .inputs import Entry, combo_input

SLIM = " Most networks have slim weights, which we trained briefly, until you add others."


def backbone_menu(names: tuple[str, ...] = tuple(BACKBONES), default: str = DEFAULT, *, rgb: bool = False) -> Entry:
    """A menu of these backbones. rgb: they are to give RGB."""
    with runtime.weight_folders():
        ready = readiness_of((BACKBONES[name] for name in names), rgb=rgb)
    ordered = sorted(names, key=lambda name: ready[name][0])
    titles = (
        f"{name}: {BACKBONES[name].title}" + (f" ({ready[name][1]})" if ready[name][1] else "") for name in ordered
    )
    return combo_input(ordered, default, f"What fills the hole. {'; '.join(titles)}.{'' if rgb else SLIM}")


def auto_menu() -> Entry:
    """A menu of all backbones, and of what chooses among two by the hole."""
    names, options = backbone_menu()
    tip = f"{AUTO}: {WIDE} where the hole is wide, as that of an object, and {DEFAULT} elsewhere. {options['tooltip']}"
    return [DEFAULT, AUTO, *(name for name in names if name != DEFAULT)], {**options, "tooltip": tip}


def named_backbones(text: str) -> tuple[str, ...]:
    """The backbones in a user's text, separated by commas. Raises `UnknownNameError`."""
    return tuple(get_backbone(name.strip()).id for name in text.split(",") if name.strip())


class NamesBackbones:
    """A node with a text `backbones`: it refuses unknown names, and runs again when one has other weights."""

    UNNAMED: tuple[str, ...] = tuple(BACKBONES)  # those that may be used where none is named

    @classmethod
    def VALIDATE_INPUTS(cls, backbones: str | None = None) -> bool | str:
        try:
            named_backbones(backbones or "")
        except UnknownNameError as error:
            return str(error)
        return True

    @classmethod
    def IS_CHANGED(cls, backbones: str | None = None, **_: object) -> str:
        return " ".join(runtime.fingerprint(name) for name in named_backbones(backbones or "") or cls.UNNAMED)
