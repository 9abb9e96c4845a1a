"""A backbone that sees the picture turned: another fill of the same hole, by a method that has no seed of its own."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from torch import Tensor

from ..backbones.loaded import Model

TURNS = 8
"""Ways of looking at a picture: as it is, mirrored, upside down, both; and these on its side."""


def turn(picture: Tensor, number: int) -> Tensor:
    """Mirror and turn a picture.

    Args:
        picture: (..., H, W).
        number: 0 = as it is, to `TURNS` - 1.

    Returns:
        (..., H, W), or (..., W, H) from 4 on.
    """
    picture = picture.flip(-1) if number & 1 else picture
    picture = picture.flip(-2) if number & 2 else picture
    return (picture.mT if number & 4 else picture).contiguous()


def turn_back(picture: Tensor, number: int) -> Tensor:
    """Undo `turn`.

    Args:
        picture: what `turn` gave.
        number: as given to it.

    Returns:
        The picture as it was.
    """
    picture = picture.mT if number & 4 else picture
    picture = picture.flip(-2) if number & 2 else picture
    return (picture.flip(-1) if number & 1 else picture).contiguous()


def turned(model: Model, number: int) -> Model:
    """A model that gets every picture turned, and whose answers are turned back.

    Its contract is that of the model. Neither networks nor methods that draw at random give the same as unturned.

    Args:
        model: ready to fill.
        number: of the turn, see `turn`.

    Returns:
        The model; for 0 the same.
    """
    if number == 0:
        return model

    def wrapped(run: Callable[..., Tensor]) -> Callable[..., Tensor]:
        def fill(*given: Any) -> Tensor:
            *network, image, hole = given
            return turn_back(run(*network, turn(image, number), turn(hole, number)), number)

        return fill

    if model.variant is not None:
        return model._replace(variant=replace(model.variant, fill=wrapped(model.variant.fill)))
    if model.backbone.fill is None:
        return model
    return model._replace(backbone=replace(model.backbone, fill=wrapped(model.backbone.fill)))
