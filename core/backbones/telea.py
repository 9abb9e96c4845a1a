"""Telea 2004, "An image inpainting technique based on the fast marching method", as OpenCV has it."""

from torch import Tensor

from .opencv import opencv_inpaint
from .record import Backbone


def fill(image: Tensor, hole: Tensor) -> Tensor:
    return opencv_inpaint(image, hole, "INPAINT_TELEA")


TELEA = Backbone(
    id="telea",
    title="Telea (fast marching)",
    paper="Telea 2004, J. Graphics Tools 9(1)",
    license="Apache-2.0 (OpenCV)",
    fill=fill,
)
