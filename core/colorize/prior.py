"""A first guess at the missing colour: what this photo does elsewhere, where its gray looks alike.

Every pixel of the hole attends to known pixels with weights softmax(-sharpness d^2), d the distance
between descriptions of the gray image around the two (Welsh, Ashikhmin, Mueller, "Transferring Color to
Greyscale Images", SIGGRAPH 2002, with attention in place of the single best match).
"""

import torch
import torch.nn.functional as F
from torch import Tensor

SCALES = (0, 1, 2, 4, 8, 16)  # standard deviations in pixels
TEXTURE_SCALES = (1, 2, 4)
SHARPNESS = 2.0
CHUNK = 4096  # hole pixels at a time: bounds the memory at CHUNK x M floats


def blur(gray: Tensor, sigma: float) -> Tensor:
    """Gaussian blur with repeated borders, (1, 1, H, W) -> (1, 1, H, W)."""
    if sigma == 0:
        return gray
    reach = int(3 * sigma + 0.5)
    taps = torch.arange(-reach, reach + 1, dtype=gray.dtype, device=gray.device)
    taps = torch.softmax(-(taps**2) / (2 * sigma**2), dim=0)
    gray = F.conv2d(F.pad(gray, (reach, reach, 0, 0), mode="replicate"), taps.view(1, 1, 1, -1))
    return F.conv2d(F.pad(gray, (0, 0, reach, reach), mode="replicate"), taps.view(1, 1, -1, 1))


def describe(gray: Tensor) -> Tensor:
    """Gray levels, slopes and roughness at several scales, and place: (1, 1, H, W) -> (F, H, W)."""
    maps = [blur(gray, s) for s in SCALES]
    for sigma in TEXTURE_SCALES:
        smooth, wide = blur(gray, sigma), blur(gray, 1.5 * sigma)
        maps += [
            F.pad(smooth[..., 1:, :] - smooth[..., :-1, :], (0, 0, 0, 1)),
            F.pad(smooth[..., 1:] - smooth[..., :-1], (0, 1, 0, 0)),
            (blur(gray**2, 1.5 * sigma) - wide**2).clamp(min=0).sqrt(),
        ]
    stack = torch.cat(maps, dim=1)[0]
    spread, mean = torch.std_mean(stack, dim=(1, 2), keepdim=True, correction=0)
    place = places(gray.shape[-2], gray.shape[-1], gray) * len(stack) ** 0.5
    return torch.cat([(stack - mean) / (spread + 1e-4), place])


def places(height: int, width: int, like: Tensor) -> Tensor:
    """Row and column of each pixel, centred and of unit spread over both: (2, H, W)."""
    rows = torch.arange(height, dtype=like.dtype, device=like.device)
    columns = torch.arange(width, dtype=like.dtype, device=like.device)
    grid = torch.stack(torch.meshgrid(rows, columns, indexing="ij"))
    grid = grid - grid.mean(dim=(1, 2), keepdim=True)
    return grid / grid.square().mean().sqrt().clamp(min=1e-6)


def attend(query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and spread of `value` under softmax(-SHARPNESS |query - key|^2).

    query (N, F), key (M, F), value (M, C) -> (N, C) and (N,).
    """
    moments = torch.cat([value, value.square().sum(1, keepdim=True)], dim=1)
    bias = -SHARPNESS * key.square().sum(1)
    found = torch.cat(
        [
            torch.softmax(torch.addmm(bias, part, key.T, alpha=2 * SHARPNESS), dim=1) @ moments
            for part in query.split(CHUNK)
        ]
    )
    mean = found[:, :-1]
    return mean, (found[:, -1] - mean.square().sum(1)).clamp(min=0).sqrt()
