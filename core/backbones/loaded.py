"""A backbone ready to fill: the record, and its network with weights where it needs one."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..host.device import on_device
from ..image.color import to_y
from .record import Backbone, Layout


class Model(NamedTuple):
    """What fills a crop. layout and network are None for a backbone that needs no weights.

    device: where the network is to run, see `host.device`; None: where it is.
    """

    backbone: Backbone
    layout: Layout | None = None
    network: nn.Module | None = None
    device: torch.device | None = None

    def fill(self, image: Tensor, hole: Tensor, source: str = "gray") -> Tensor:
        """The answer for a crop: float32 (B, 3, H, W) in [0, 1], zero in the hole, and bool (B, 1, H, W).

        H and W suit the backbone. source: "gray" shows the network the luminance only, three times where
        it takes RGB; "rgb" shows it the colors. Gives RGB (B, 3, H, W) from a network that does, on "rgb",
        else gray (B, 1, H, W).
        """
        if self.network is None:
            return torch.cat([self.backbone.fill(image[[i]], hole[[i]]) for i in range(len(image))])
        answer = self.layout.fill(self.network, self.shown(image, source), hole.to(self.weight.device)).to(image)
        gives = self.network.channels[1]
        return answer if gives == 3 and source == "rgb" else to_y(answer.clamp(0, 1))

    def on_device(self, pixels: int) -> nn.Module | None:
        """The network, where it is to run, for a picture of so many pixels."""
        if self.network is None or self.device is None:
            return self.network
        return on_device(self.network, self.device, pixels)

    def shown(self, image: Tensor, source: str) -> Tensor:
        """What the network sees of a picture (B, 3, H, W), of its weights' type and on their device."""
        takes, gray = self.network.channels[0], to_y(image)
        if takes == 4:
            given = torch.cat([image, gray], dim=1)
        elif takes == 1:
            given = gray
        else:
            given = image if source == "rgb" else gray.expand(-1, 3, -1, -1)
        return given.to(self.weight)

    @property
    def weight(self) -> Tensor:
        """A tensor of the network, for its type and its device."""
        return next(self.network.parameters())
