"""The convolutions of VGG16 and VGG19 (Simonyan, Zisserman 2015), whose layers have torchvision's numbers."""

from collections.abc import Sequence

from torch import nn

VGG16 = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
VGG19_TO_RELU4_1 = ((64, 64), (128, 128), (256, 256, 256, 256), (512,))


def vgg_layers(stages: Sequence[Sequence[int]]) -> nn.Sequential:
    """Up to the last ReLU, without torchvision's pool after it, with new weights.

    Args:
        stages: The channels of each convolution, by size; between sizes there is a pool.

    Returns:
        (B, 3, H, W) -> (B, C, H / 2 ** n, W / 2 ** n) for n + 1 stages.
    """
    layers: list[nn.Module] = []
    in_channels = 3
    for stage in stages:
        layers += [nn.MaxPool2d(2)] if layers else []
        for out_channels in stage:
            layers += [nn.Conv2d(in_channels, out_channels, 3, padding=1), nn.ReLU()]
            in_channels = out_channels
    return nn.Sequential(*layers)
