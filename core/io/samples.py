"""The photos that come with the pack, so that every graph can be tried at once."""

from pathlib import Path
from typing import NamedTuple

from torch import Tensor

from ..errors import UnknownNameError
from ..image.masks import resize_to
from .images import load_image, load_mask

FOLDER = Path(__file__).parents[2] / "workflows" / "input"
ALBUM = FOLDER / "album"  # small damaged photos, to try a folder with


class Sample(NamedTuple):
    """File names: the photo, mostly damaged, its mask, the undamaged one; and the mask's channel, alpha = known."""

    photo: str
    mask: str
    original: str
    channel: str = "luminance"


SAMPLES = {
    "scratched_portrait": Sample("astronaut_scratched.png", "astronaut_scratches.png", "astronaut.png"),
    "tower": Sample("rocket_tower.png", "rocket_tower.png", "rocket_tower.png", "alpha"),
    "bleached_coffee": Sample("coffee_bleached.png", "coffee_stain.png", "coffee_bleached.png"),
    "portrait": Sample("astronaut.png", "astronaut_scratches.png", "astronaut.png"),
    "tower_other_model": Sample("rocket_other_model.jpg", "rocket_tower.png", "rocket_other_model.jpg", "alpha"),
}


def load_sample(name: str) -> tuple[Tensor, Tensor, Tensor]:
    """Read a sample.

    Args:
        name: of `SAMPLES`.

    Returns:
        The photo (1, 3, H, W) in [0, 1], its mask (1, 1, H, W), 1 = fill, and the undamaged photo, or the photo again.

    Raises:
        UnknownNameError: for another name.
        PictureError: where a file is gone.
    """
    if name not in SAMPLES:
        raise UnknownNameError("sample photo", name, SAMPLES)
    sample = SAMPLES[name]
    photo = load_image(FOLDER / sample.photo)
    mask = resize_to(load_mask(FOLDER / sample.mask, sample.channel), photo)
    return photo, mask, load_image(FOLDER / sample.original)
