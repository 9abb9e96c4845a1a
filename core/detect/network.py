"""Our damage detector: the photo alone to where it is damaged, by kind.

The mask prediction network of VCNet (Wang, Chen, Tao, Jia, ECCV 2020) in its task, and our own U-Net
(`core/layers/unet.py`) in its design. It sees the photo in [-0.5, 0.5] and gives a logit for each pixel and each kind
of damage.
"""

from collections.abc import Mapping

from torch import Tensor, nn

from ..backbones.record import build_network
from ..damage_kinds import DAMAGE_KINDS
from ..layers.unet import UNet, widths_of

TRAINED = 256  # pixels a side


class DamageNetwork(nn.Module):
    """RGB to logits; `widths` are those of `UNet`, `kinds` how many are told apart."""

    def __init__(self, widths: tuple[int, ...], kinds: int = len(DAMAGE_KINDS)) -> None:
        super().__init__()
        self.body = UNet(3, kinds, widths)
        self.multiple = self.body.multiple

    def forward(self, image: Tensor) -> Tensor:
        """image (B, 3, H, W) in [0, 1], sides multiples of `multiple`, to logits (B, 5, H, W) by `DAMAGE_KINDS`."""
        return self.body(image - 0.5)


def build(state: Mapping[str, Tensor]) -> DamageNetwork:
    """The network of these tensors, in evaluation mode. Raises `RuntimeError` where they do not fit."""
    widths = widths_of({name.removeprefix("body."): value for name, value in state.items()})
    kinds = len(state["body.leave.bias"]) // 4  # each of 2 x 2 pixels has an output of its own
    return build_network(lambda: DamageNetwork(widths, kinds), state)
