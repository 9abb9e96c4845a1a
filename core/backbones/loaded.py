"""A backbone ready to fill: the record, and its network with weights where it needs one."""

from typing import NamedTuple

import torch
from torch import Tensor

from ..host.device import on_device
from ..image.color import to_y
from .record import Backbone, InpaintNetwork, Variant


class Model(NamedTuple):
    """What fills a crop.

    Attributes:
        backbone: The record.
        variant: Whose form the weights have. None for a backbone that needs no weights.
        network: With its weights. None for a backbone that needs none.
        device: Where the network is to run, see `host/device.py`. None: where it is.
    """

    backbone: Backbone
    variant: Variant | None = None
    network: InpaintNetwork | None = None
    device: torch.device | None = None

    def fill(self, image: Tensor, hole: Tensor, source: str = "gray") -> Tensor:
        """Fill the hole of a crop.

        Args:
            image: float32 (B, 3, H, W) in [0, 1], zero in the hole. H and W suit the backbone.
            hole: bool (B, 1, H, W), True = fill.
            source: "gray" gives the network the luminance only, three times where it takes RGB; "rgb" the colors.

        Returns:
            RGB (B, 3, H, W) from an RGB network on "rgb", else gray (B, 1, H, W).
        """
        if self.backbone.fill is not None:
            return torch.cat([self.backbone.fill(image[[i]], hole[[i]]) for i in range(len(image))])
        variant, network = self.loaded
        answer = variant.fill(network, self.network_input(image, source), hole.to(self.weight.device))
        answer = answer.to(image)
        out_channels = network.channels[1]
        return answer if out_channels == 3 and source == "rgb" else to_y(answer.clamp(0, 1))

    def on_device(self, pixels: int) -> InpaintNetwork | None:
        """The network, where it is to run.

        Args:
            pixels: Of the picture that it is to run on next.

        Returns:
            The network on `device`; None for a backbone without one.
        """
        if self.network is None or self.device is None:
            return self.network
        return on_device(self.network, self.device, pixels)

    def network_input(self, image: Tensor, source: str) -> Tensor:
        """The channels of a picture that the network takes.

        Args:
            image: (B, 3, H, W) in [0, 1].
            source: "gray" or "rgb", see `fill`.

        Returns:
            (B, input channels, H, W), of the weights' type and on their device.
        """
        in_channels, gray = self.loaded[1].channels[0], to_y(image)
        if in_channels == 4:
            channels = torch.cat([image, gray], dim=1)
        elif in_channels == 1:
            channels = gray
        else:
            channels = image if source == "rgb" else gray.expand(-1, 3, -1, -1)
        return channels.to(self.weight)

    @property
    def loaded(self) -> tuple[Variant, InpaintNetwork]:
        """The variant and its network, of a backbone that has one."""
        if self.variant is None or self.network is None:
            raise ValueError(f"{self.backbone.id} has no network here")
        return self.variant, self.network

    @property
    def weight(self) -> Tensor:
        """A tensor of the network, for its type and its device."""
        return next(self.loaded[1].parameters())
