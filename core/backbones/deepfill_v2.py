"""DeepFill v2: Yu et al. 2019, "Free-Form Image Inpainting with Gated Convolution", ICCV.

The authors' program, https://github.com/JiahuiYu/generative_inpainting, is in TensorFlow (CC BY-NC 4.0). Three
programs in PyTorch have public weights, of different shapes or names, and they are different networks:

`tf`: the authors' own weights, moved by nipponjo. RGB; TensorFlow's padding; its attention does not fuse the
scores, and halves maps so that their corners stay.
`pytorch`: nipponjo's, trained on from there. RGB; zero padding; attention with fusion.
`mmagic`: BGR; reflected borders; the last layers have gates; the second stage has ones and hole as input too, and
its decoder is wider; ELU before the attention, which leaves patches of the hole out of the softmax, and divides
pasted patches by how many overlap. `convert` turns its weights to RGB, which is exact.

What we changed: the attention takes the hole of each photo of a batch, not that of the first one, and gives 0
instead of NaN where no patch is free.
"""

import torch
import torch.nn.functional as F

from .attention import Rules
from .deepfill_parts import PAPER_ENCODER, PAPER_NECK, Form, mmagic_names, variant
from .deepfill_v2_zhaoyuzhi import VARIANTS as ZHAOYUZHI
from .record import Backbone

NIPPONJO = "https://github.com/nipponjo/deepfillv2-pytorch"


def tf_names() -> list[str]:
    """The names in nipponjo's port of the authors' TensorFlow weights, in the order of `names`."""
    body = [*PAPER_ENCODER, *PAPER_NECK]
    decoder = ["conv11", "conv12", "conv13_upsample.conv", "conv14", "conv15_upsample.conv", "conv16", "conv17"]
    borrowing = [*(f"pm{name}" for name in PAPER_ENCODER), "pmconv9", "pmconv10"]
    fine = [*(f"x{name}" for name in body), *borrowing, *(f"all{name}" for name in decoder)]
    return [f"{name}.conv" for name in (*body, *decoder, *fine)]


def pytorch_names() -> list[str]:
    """The names in the weights that nipponjo trained in PyTorch, in the order of `names`."""
    blocks = ("down_block1.conv1_downsample", "down_block1.conv2", "down_block2.conv1_downsample", "down_block2.conv2")
    encoder = ["conv1", *blocks, "conv_bn1"]
    neck = [f"conv_bn{index}" for index in (2, 3, 4, 5)]
    ups = (f"up_block{index}.{name}" for index in (1, 2) for name in ("conv1_upsample.conv", "conv2"))
    decoder = ["conv_bn6", "conv_bn7", *ups, "conv_to_rgb"]
    convolving = [f"conv_{name}" for name in (*encoder, *neck)]
    borrowing = [f"ca_{name}" for name in (*encoder, "conv_bn4", "conv_bn5")]
    first = [f"stage1.{name}.conv" for name in (*encoder, *neck, *decoder)]
    return [*first, *(f"stage2.{name}.conv" for name in (*convolving, *borrowing, *decoder))]


TF = variant(
    "tf",
    NIPPONJO,
    "none stated",
    Form(
        padding="same",
        gated=True,
        squash=torch.tanh,
        attention=Rules(fused=False, corners=True),
        matched=F.relu,
        marked=False,
    ),
    tf_names(),
)

PYTORCH = variant(
    "pytorch",
    NIPPONJO,
    "none stated",
    Form(gated=True, squash=torch.tanh, attention=Rules(), matched=F.relu, marked=False),
    pytorch_names(),
)

MMAGIC = variant(
    "mmagic",
    "https://github.com/open-mmlab/mmagic",
    "Apache-2.0",
    Form(
        padding="reflect",
        gated=True,
        last_gated=True,
        squash=torch.tanh,
        attention=Rules(excluded=True, overlaps=True),
        widened=4 / 3,
    ),
    mmagic_names(".conv.conv"),
    bgr=True,
)

DEEPFILL_V2 = Backbone(
    id="deepfill_v2",
    title="DeepFill v2 (gated convolutions)",
    paper="Yu et al. 2019, ICCV",
    license="none stated (nipponjo), Apache-2.0 (mmagic)",
    variants=(TF, PYTORCH, MMAGIC, *ZHAOYUZHI),
    multiple=8,
    minimum=72,
    trained=256,
)
