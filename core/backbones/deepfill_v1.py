"""DeepFill v1: Yu et al. 2018, "Generative Image Inpainting with Contextual Attention", CVPR.

The authors' program, https://github.com/JiahuiYu/generative_inpainting, is in TensorFlow (CC BY-NC 4.0). Two
programs in PyTorch have public weights. All their shapes are equal, and yet they are different networks:

`daa233`: RGB, zero padding, ReLU before the attention, and the attention of the authors.
`mmagic`: BGR, reflected borders, ELU there too; its attention leaves patches of the hole out of the softmax,
and divides pasted patches by how many overlap. `convert` turns its weights to RGB, which is exact.

What we changed: the attention takes the hole of each photo of a batch, not that of the first one, and gives 0
instead of NaN where no patch is free.
"""

import torch.nn.functional as F

from .attention import Rules
from .deepfill_parts import PAPER_ENCODER, PAPER_NECK, Form, mmagic_names, variant
from .record import Backbone


def daa233_names() -> list[str]:
    """The names in daa233's program, in the order of `names`."""
    coarse = [*PAPER_ENCODER, *PAPER_NECK, *(f"conv{index}" for index in range(11, 18))]
    borrowing = [*(f"pm{name}" for name in PAPER_ENCODER), "pmconv9", "pmconv10"]
    fine = [*PAPER_ENCODER, *PAPER_NECK, *borrowing, *(f"allconv{index}" for index in range(11, 18))]
    first = [f"coarse_generator.{name}.conv" for name in coarse]
    return [*first, *(f"fine_generator.{name}.conv" for name in fine)]


DAA233 = variant(
    "daa233",
    "https://github.com/daa233/generative-inpainting-pytorch",
    "MIT",
    Form(attention=Rules(padded_norm=True), matched=F.relu),
    daa233_names(),
)

MMAGIC = variant(
    "mmagic",
    "https://github.com/open-mmlab/mmagic",
    "Apache-2.0",
    Form(padding="reflect", attention=Rules(excluded=True, overlaps=True)),
    mmagic_names(".conv"),
    bgr=True,
)

DEEPFILL_V1 = Backbone(
    id="deepfill_v1",
    title="DeepFill v1 (contextual attention)",
    paper="Yu et al. 2018, CVPR",
    license="MIT (daa233), Apache-2.0 (mmagic)",
    variants=(DAA233, MMAGIC),
    multiple=8,
    minimum=72,
    trained=256,
    channels_last=True,
)
