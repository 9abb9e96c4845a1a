"""The texture stage: from a filled gray picture to one with the detail of its surround."""

import numpy as np
import torch
from torch import Tensor

from ...errors import InputError, UnknownNameError
from ..patches import synthesize_patches
from .blocks import cover_hole, known_blocks
from .candidates import Matcher, Photo
from .choice import choose_blocks
from .energies import depth_in, expected_energies
from .merge import merge_quilt
from .planes import Mask, Plane
from .quilt import paste_blocks, spread

WAYS = ("quilt", "features")
MAX_THIN = 3.0  # pixels from the rim: a hole no deeper is thin


def add_texture(gray: Tensor, hole: Tensor, amount: float = 1.0, seed: int = 0, by: str = "quilt") -> Tensor:
    """Give the fill of a hole the detail that it lacks, from the known pixels of the same picture.

    Args:
        gray: (B, 1, H, W) in [0, 1], filled.
        hole: bool (B, 1, H, W), True = was filled.
        amount: in [0, 1]; 0 gives the fill back.
        seed: of the choice among about equal blocks, 0 or more.
        by: "quilt" adds what known blocks have and the fill lacks; "features" moves the fill toward one whose features
            are those of known patches (`core/inpaint/patches/`), which takes some 20 times as long.

    Returns:
        The same shape, dtype and device; known pixels bit for bit. The fill as it was where it is thin, as that of
        scratches, and where too little is known.

    Raises:
        InputError: an amount or a seed out of range.
        UnknownNameError: another way.
    """
    check_texture(amount, seed, by)
    result = gray.clone()
    if amount > 0:
        for filled, inside in zip(result, hole, strict=True):
            if inside.any() and not inside.all():
                plane = filled[0].float().cpu().numpy()
                way = _quilted if by == "quilt" else _with_features
                textured = torch.from_numpy(way(plane, inside[0].cpu().numpy(), amount, seed)).to(filled)
                filled[0] = torch.where(inside[0], textured, filled[0])
    return result


def check_texture(amount: float, seed: int, by: str = "quilt") -> None:
    """Refuse an amount out of [0, 1], a negative seed and an unknown way. Raises `InputError`, `UnknownNameError`."""
    if by not in WAYS:
        raise UnknownNameError("way to make texture", by, WAYS)
    if not 0 <= amount <= 1:
        raise InputError(f"texture must lie in [0, 1], got {amount:g}; 0 leaves the fill as it is")
    if seed < 0:
        raise InputError(f"seed must be 0 or more, got {seed}")


def _with_features(picture: Plane, hole: Mask, amount: float, seed: int) -> Plane:
    if depth_in(hole).max() <= MAX_THIN:
        return picture
    gray, inside = torch.from_numpy(picture)[None, None], torch.from_numpy(hole)[None, None]
    return torch.lerp(gray, synthesize_patches(gray, inside, seed), amount)[0, 0].numpy()


def _quilted(picture: Plane, hole: Mask, amount: float, seed: int) -> Plane:
    depth = depth_in(hole)
    if depth.max() <= MAX_THIN:
        return picture
    random = np.random.default_rng(seed)
    grid, known = cover_hole(hole), known_blocks(hole, random)
    if known is None:
        return picture
    photo = Photo.of(picture, hole)
    here, there = photo.describe(grid.places), photo.describe(known.places)
    energies = expected_energies(picture, depth, grid, known, here.mean, there.mean)
    matcher = Matcher(photo, grid, here, energies)
    blocks = choose_blocks(matcher, known, matcher.search(known, there), random)
    quilt = paste_blocks(picture, hole, grid, blocks)
    maps = zip(energies.measured, energies.expected.unbind(1), strict=True)
    expected = [np.exp(spread(measured, grid, values)) for measured, values in maps]
    return merge_quilt(picture, hole, quilt, expected, amount)
