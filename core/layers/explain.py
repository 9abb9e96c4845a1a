"""Looking inside: what attention copies from where, and what gates let pass, as pictures.

A layer that can tell is an `Explainable`. While the host has a callable `explain`, `explained` asks such layers of the
network that runs, by forward hooks, and hands their pictures over; nothing of the answer changes.
"""

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..host.host import current_host
from ..image.color import luminance
from ..io.heat_map import heat_map
from ..io.sheet import MARK

CORNERS = ((0.98, 0.82, 0.12), (0.15, 0.72, 0.30), (0.86, 0.14, 0.22), (0.15, 0.35, 0.92))
"""Colors of the places top left, top right, bottom left and bottom right; the others lie between."""
TINT = 0.45  # how much of its place's color a known pixel shows
ENLARGED = 2  # times; tokens are a few pixels of a picture that is small already


class Sources(NamedTuple):
    """From which cell each cell is copied.

    Attributes:
        cells: int (h, w), the number of the source in the same grid, by rows; -1 for none.
    """

    cells: Tensor


class Gates(NamedTuple):
    """How much a layer lets pass.

    Attributes:
        open: (h, w) in [0, 1], the mean over channels.
    """

    open: Tensor


class Explainable:
    """A layer that can tell what it does, beside `nn.Module`."""

    @abstractmethod
    def explain(self, *inputs: Tensor) -> Sources | Gates | None:
        """What the layer does with the first item of these inputs, those of its `forward`; None for nothing to tell."""


@contextmanager
def explained(network: nn.Module | None, image: Tensor, hole: Tensor, size: tuple[int, int]) -> Iterator[None]:
    """Hand pictures of what a network does within the context to the host, if it asks for any.

    Args:
        network: It runs once in the context; None for no network.
        image: What it fills, (1, 1 or 3, H, W) in [0, 1].
        hole: bool (1, 1, H, W), True = fill.
        size: Height and width of the part of the image to show, from the top left corner.
    """
    sink = current_host().explain
    if sink is None or network is None:
        yield
        return
    told: list[Sources | Gates] = []

    def ask(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        if current_host().explain is sink and isinstance(layer, Explainable):  # others may run the network meanwhile
            with torch.no_grad():
                if (tale := layer.explain(*inputs)) is not None:
                    told.append(tale)

    with ExitStack() as stack:
        for layer in network.modules():
            if isinstance(layer, Explainable):
                stack.callback(layer.register_forward_hook(ask).remove)
        yield
    height, width = size
    for title, picture in _pictures(told, image, hole).items():
        sink(title, picture[..., :height, :width].cpu(), int(hole.sum()))


def _pictures(told: list[Sources | Gates], image: Tensor, hole: Tensor) -> dict[str, Tensor]:
    """By title: all sources, and the first, the middle and the last gates."""
    sources = [tale.cells for tale in told if isinstance(tale, Sources)]
    gates = [tale.open for tale in told if isinstance(tale, Gates)]
    pictures = {}
    for i, cells in enumerate(sources):
        number = f" {i + 1} of {len(sources)}" if len(sources) > 1 else ""
        title = f"attention{number}: the hole has the color\nof the place that it copies from"
        pictures[title] = places_picture(image, hole, cells.to(image.device))
    for i in sorted({0, len(gates) // 2, len(gates) - 1} if gates else ()):
        open_gates = gates[i].to(image)[None, None]
        picture = F.interpolate(open_gates, image.shape[-2:], mode="nearest")
        pictures[f"gates {i + 1} of {len(gates)}:\nwhite passes, black is held back"] = picture
    return pictures


def places_picture(image: Tensor, hole: Tensor, cells: Tensor) -> Tensor:
    """A photo under the colors of its places; the hole has those of the places that it is copied from.

    Args:
        image: (1, 1 or 3, H, W) in [0, 1].
        hole: bool (1, 1, H, W), True = fill.
        cells: as `Sources` has them; in the hole, -1 is black.

    Returns:
        (1, 3, H, W) in [0, 1].
    """
    (h, w), corners = cells.shape, image.new_tensor(CORNERS).T.reshape(1, 3, 2, 2)
    rows, columns = cells // w, cells % w
    at = torch.stack([(columns + 0.5) / w, (rows + 0.5) / h], dim=-1).to(image) - 0.5  # corners are at -1/2 and 1/2
    copied = F.grid_sample(corners, 2 * at[None], align_corners=True) * (cells >= 0)
    copied = F.interpolate(copied, image.shape[-2:], mode="nearest")
    places = F.interpolate(corners, image.shape[-2:], mode="bilinear", align_corners=True)
    return torch.where(hole, copied, torch.lerp(luminance(image).expand_as(places), places, TINT)).clamp(0, 1)


def attention_picture(gray: Tensor, weights: Tensor, row: int, column: int) -> Tensor:
    """Where one token looks: a gray picture under a heat map, with the token marked.

    Args:
        gray: (1, 1, H, W) in [0, 1].
        weights: (h, w), of the tokens that it looks at; 0 or more.
        row: Of the token in (h, w); and so is column.
        column: Of the token.

    Returns:
        (1, 3, 2 H, 2 W) in [0, 1]; the largest weight is yellow, and a hundredth of it hardly shows.
    """
    gray = F.interpolate(gray, scale_factor=ENLARGED)
    (h, w), (height, width) = weights.shape, gray.shape[-2:]
    shares = (weights / weights.max().clamp(min=1e-12)).sqrt()
    picture = heat_map(gray, F.interpolate(shares.to(gray)[None, None], (height, width)))
    top, left = row * height // h, column * width // w
    mark = picture[..., max(top - 1, 0) : top + height // h + 1, max(left - 1, 0) : left + width // w + 1]
    mark.copy_(gray.new_tensor(MARK).view(1, 3, 1, 1).expand_as(mark))
    return picture
