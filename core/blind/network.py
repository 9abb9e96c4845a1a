"""Our mask predictor: the photo alone to where it is damaged.

The mask prediction network of VCNet (Wang, Chen, Tao, Jia, ECCV 2020) in its task, and our own U-Net
(`core/unet.py`) in its design. It sees the photo in [-0.5, 0.5] and gives the logit of each pixel's damage.
"""

from collections.abc import Mapping

from torch import Tensor, nn

from ..backbone import built
from ..unet import MULTIPLE, UNet, widths_of

__all__ = ["MULTIPLE", "Predictor", "build"]

TRAINED = 256  # pixels a side


class Predictor(nn.Module):
    """RGB to logits; `widths` are channels at 1/2, 1/4 and 1/8 of the size."""

    def __init__(self, widths: tuple[int, int, int]) -> None:
        super().__init__()
        self.body = UNet(3, 1, widths)

    def forward(self, image: Tensor) -> Tensor:
        """image (B, 3, H, W) in [0, 1], sides multiples of `MULTIPLE`, to logits (B, 1, H, W)."""
        return self.body(image - 0.5)


def build(state: Mapping[str, Tensor]) -> nn.Module:
    """The predictor of these tensors, in evaluation mode. Raises `RuntimeError` where they do not fit."""
    widths = widths_of({name.removeprefix("body."): value for name, value in state.items()})
    return built(lambda: Predictor(widths), state)
