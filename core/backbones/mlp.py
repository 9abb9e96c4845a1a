"""From patches to patches by fully connected layers alone: the plainest baseline.

Our own design. It knows nothing of a photo's shape: whatever the autoencoder, whose weights are shared between places,
does better is what convolution is worth.

Each patch of 32 x 32 pixels is answered from the 64 x 64 pixels around it, at half their size: the mean of the known
pixels of each 2 x 2, and how many of the four are known. The mean of all known pixels of the window, or of the photo
where it has none, is taken off first and added at the end, so that the network answers how a patch differs from its
surround. Patches lie every 16 pixels; the four answers for a pixel are blended, those from the middle of a patch with
more weight. Beyond the photo's border nothing is known. ReLU after every layer but the last.

So nothing reaches further than 48 pixels into a hole, except the mean. Sides are multiples of 16.
"""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .record import Backbone, InpaintNetwork, State, Variant, build_network, tensor_names

WINDOW, PATCH, STRIDE = 64, 32, 16  # pixels
CELLS = WINDOW // 2  # a side of the window at half the size
LAYERS = 3


class Mlp(InpaintNetwork):
    """Three hidden layers of `width` numbers each."""

    def __init__(self, channels: tuple[int, int], width: int) -> None:
        super().__init__()
        in_channels, out_channels = self.channels = channels
        sizes = [(in_channels + 1) * CELLS**2, *[width] * LAYERS]
        self.hidden = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
        self.patch = nn.Linear(width, out_channels * PATCH**2)

    def forward(self, image: Tensor, hole: Tensor) -> Tensor:
        """image (B, in_channels, H, W) in [0, 1] and hole (B, 1, H, W), 1 = fill, to the photo in [0, 1]."""
        values, known = windows(image, 1 - hole)  # (B, L, C, 1024), (B, L, 1, 1024)
        mean = means(values, known)  # (B, L, C, 1)
        x = torch.cat([(values - mean) * known * 2, known], dim=2).flatten(2)
        for layer in self.hidden:
            x = layer(x).relu()
        out_channels = self.channels[1]
        patches = self.patch(x).unflatten(2, (out_channels, PATCH**2)) / 2 + mean[:, :, -out_channels:]
        return blended(patches, image.shape[-2:]).clamp(0, 1)


def windows(image: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
    """The means of the known pixels and their shares in each cell of each window: (B, L, C, 1024), (B, L, 1, 1024)."""
    share = F.avg_pool2d(known, 2)
    values = F.avg_pool2d(image * known, 2) / share.clamp(min=0.25)
    cells = F.unfold(torch.cat([values, share], 1), CELLS, padding=CELLS // 2 - STRIDE // 4, stride=STRIDE // 2)
    cells = cells.unflatten(1, (-1, CELLS**2)).permute(0, 3, 1, 2)
    return cells[:, :, :-1], cells[:, :, -1:]


def means(values: Tensor, known: Tensor) -> Tensor:
    """The mean of what is known in each window, else in the photo, else 0.5: (B, L, C, 1)."""
    total, count = (values * known).float().sum(3, keepdim=True), known.float().sum(3, keepdim=True)
    all_count = count.sum(1, keepdim=True)
    photo = (total.sum(1, keepdim=True) / all_count.clamp(min=0.25)).where(all_count > 0, 0.5)
    return (total / count.clamp(min=0.25)).where(count > 0, photo).to(values)


def blended(patches: Tensor, size: torch.Size) -> Tensor:
    """Patches (B, L, C, 1024) laid over each other, each with most weight in its middle: (B, C, *size)."""
    ramp = 1 - (torch.arange(PATCH, device=patches.device) + 0.5 - PATCH / 2).abs() / (PATCH / 2)
    weight = (ramp[:, None] * ramp).flatten().to(patches)
    padding = (PATCH - STRIDE) // 2
    laid = (patches * weight).flatten(2).transpose(1, 2)  # (B, C 1024, L)
    weights = weight[:, None].expand(-1, laid.shape[2])[None]
    answer, total = (F.fold(each, size, PATCH, padding=padding, stride=STRIDE) for each in (laid, weights))
    return answer / total


def detect(state: State) -> str | None:
    return "" if set(state) == tensor_names(Mlp, (1, 1), 1) else None


def build(state: State) -> InpaintNetwork:
    width, inputs = state["hidden.0.weight"].shape
    channels = inputs // CELLS**2 - 1, len(state["patch.weight"]) // PATCH**2
    return build_network(lambda: Mlp(channels, width), state)


def fill(network: InpaintNetwork, image: Tensor, hole: Tensor) -> Tensor:
    return network(image.masked_fill(hole, 0), hole.to(image.dtype))


MLP = Backbone(
    id="mlp",
    title="MLP (fully connected)",
    paper="our own baseline: patches to patches by fully connected layers",
    license="MIT",
    variants=(
        Variant(
            id="monochromic",
            source="core/backbones/mlp.py",
            license="MIT",
            detect=detect,
            convert=dict,
            build=build,
            fill=fill,
            fresh=Mlp,
        ),
    ),
    multiple=STRIDE,
    minimum=STRIDE,
    trained=256,
    half=True,
)
