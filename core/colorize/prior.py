"""A first guess at the missing color: attention to this photo's known pixels, with learned weights."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ..backbones.record import build_network
from ..host.device import on_device
from ..host.host import current_host
from ..layers.explain import ENLARGED, attention_picture
from ..weights import load_weights
from ..weights.load import cached_network
from .prior_network import MULTIPLE, PATCH, PriorNetwork

KEYS = 2048  # tokens that are attended to, at most
PIXELS = 256 * 256  # of the pictures that it is made for


def color_prior(
    gray: Tensor, mean: Tensor, share: Tensor, network: PriorNetwork | None = None
) -> tuple[Tensor, Tensor]:
    """Guess the chroma of one photo.

    Args:
        gray: (1, 1, H, W) in [0, 1].
        mean: (1, 2, H, W), chroma of what is known in each pixel.
        share: (1, 1, H, W), how much of each pixel is known, 0 to 1; somewhere above 0.
        network: another than the shipped one.

    Returns:
        The guess (2, H, W), and its expected squared error (H, W): where the pixel is known, `mean` and 0.
    """
    h, w = gray.shape[-2:]
    known = share >= 0.5
    if not known.any():
        known = share > 0
    pads = (0, -w % MULTIPLE, 0, -h % MULTIPLE)
    padded = [F.pad(t, pads, mode="replicate") for t in (gray, mean * known, known.to(gray))]
    keys = F.max_pool2d(padded[2], PATCH).flatten().nonzero().squeeze(1)
    keys = keys[:: -(-len(keys) // KEYS)]
    network = network or prior_network(gray.device)
    with torch.no_grad():
        guess, log_var = network(*padded, keys[None])
        _explain(network, padded, keys[None], (h, w))
    guess, error = guess[..., :h, :w], log_var[..., :h, :w].exp()
    return torch.where(known, mean, guess)[0], error.masked_fill(known, 0)[0, 0]


def _explain(network: PriorNetwork, inputs: list[Tensor], keys: Tensor, size: tuple[int, int]) -> None:
    """Show the host, if it asks, where the token farthest from everything known takes its color from."""
    sink = current_host().explain
    missing = (inputs[2][0, 0] == 0).byte().cpu()
    missing[size[0] :], missing[:, size[1] :] = 0, 0  # what is only padding
    if sink is None or not missing.any():
        return
    import cv2

    depth = torch.from_numpy(cv2.distanceTransform(missing.numpy(), cv2.DIST_L2, cv2.DIST_MASK_PRECISE))
    row, column = (int(at) // PATCH for at in divmod(int(depth.argmax()), depth.shape[1]))
    gray, chroma, known = inputs
    weights = network.attention(gray, chroma, known, keys, row * (depth.shape[1] // PATCH) + column)
    picture = attention_picture(gray, weights, row, column)
    picture = picture[..., : ENLARGED * size[0], : ENLARGED * size[1]]
    sink("color: the marked spot takes it from\nthe bright places", picture.cpu(), int(missing.sum()))


def prior_network(device: torch.device) -> PriorNetwork:
    """The shipped network, read once.

    Args:
        device: where it is to run.

    Returns:
        The network with its weights, on `device`.

    Raises:
        WeightsError: where the shipped file is missing or damaged.
    """
    network = cached_network("color prior", device, _build_prior_network, keep=4)
    return on_device(network, device, PIXELS)


def _build_prior_network() -> PriorNetwork:
    return build_network(PriorNetwork, {k: v.float() for k, v in load_weights("colour_prior").items()})
