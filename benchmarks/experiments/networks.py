"""Which networks are at hand with which weights, loaded when first used, and what is said of the others."""

from collections.abc import Callable, Iterable
from functools import lru_cache

from monochromic.core import get_backbone, load_lpips
from monochromic.core.backbones.loaded import Model
from monochromic.core.metrics import Lpips, lpips_weights
from monochromic.core.weights import cached_path, get_entry
from monochromic.core.weights.select import fingerprint_of, load_model, readiness

SLIM = (
    "**The numbers of networks are low and rank training as much as design**: unless a user's weights are installed, "
    "they are the pack's own, small and briefly trained (the slim ones on 20 000 samples, `mono` on 1.2 million; "
    "papers take millions). The same command measures better ones (`monochromic weights convert FILE --as NAME`)."
)


def ready(names: Iterable[str], *, rgb: bool = False) -> list[str]:
    """Those that can run now, without a download."""
    return [name for name in dict.fromkeys(names) if readiness(get_backbone(name), rgb=rgb)[0] == 0]


def lacking(names: Iterable[str], *, rgb: bool = False) -> list[str]:
    """Those that cannot, and why: a line for each reason."""
    kind, reasons = " trained on RGB" if rgb else "", {}
    for name in dict.fromkeys(names):
        state, why = readiness(get_backbone(name), rgb=rgb)
        if state:
            reasons.setdefault(why, []).append(f"`{name}`")
    return [f"{', '.join(found)}{kind} ({why})" for why, found in reasons.items()]


def loader(name: str, *, rgb: bool = False) -> Callable[[], Model]:
    """A function that loads a backbone the first time and then returns it."""
    return lru_cache(1)(lambda: load_model(get_backbone(name), rgb=rgb))


def fingerprints(gray: Iterable[str] = (), rgb: Iterable[str] = ()) -> dict[str, str]:
    """The weights that an experiment runs with, by the name of the backbone."""
    found = {name: fingerprint_of(name) for name in gray}
    return found | {f"{name}, RGB": fingerprint_of(name, rgb=True) for name in rgb}


def lpips_at_hand() -> Lpips | None:
    """LPIPS (VGG16) if its weights are here; nothing is downloaded."""
    return load_lpips() if all(cached_path(get_entry(name)) for name in lpips_weights("vgg")) else None
