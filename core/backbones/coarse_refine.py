"""The generator of DeepFill v1 without contextual attention: a coarse stage and a refining one, convolutions only.

After Yu et al. 2018, "Generative Image Inpainting with Contextual Attention", CVPR. It is ours: no weights of
others have this form. Zero padding, ELU, both stages clipped to [-1, 1]; the hole is 0, and ones and the hole
are two more channels of both stages.
"""

from torch import Tensor

from .deepfill_parts import BORROWED, Form, build, fill, fresh, has, names, renamed
from .record import Backbone, State, Variant

FORM = Form()
NAMES = names(attention=False)


def detect(state: State) -> str | None:
    return "" if has(state, NAMES) and not any(name.startswith(BORROWED) for name in state) else None


def convert(state: State) -> dict[str, Tensor]:
    return renamed(state, NAMES, NAMES)


MONOCHROMIC = Variant(
    id="monochromic",
    source="core/backbones/coarse_refine.py",
    license="MIT",
    detect=detect,
    convert=convert,
    build=build(FORM),
    fill=fill,
    fresh=fresh(FORM),
)

COARSE_REFINE = Backbone(
    id="coarse_refine",
    title="Coarse and refine (DeepFill v1 without attention)",
    paper="after Yu et al. 2018, CVPR",
    license="MIT",
    variants=(MONOCHROMIC,),
    multiple=4,
    minimum=4,
    trained=256,
    half=True,
    channels_last=True,
)
