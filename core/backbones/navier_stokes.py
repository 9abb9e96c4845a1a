"""Bertalmio, Bertozzi, Sapiro 2001, "Navier-Stokes, fluid dynamics, and image and video inpainting"."""

from torch import Tensor

from .opencv import opencv_inpaint
from .record import Backbone


def fill(image: Tensor, hole: Tensor) -> Tensor:
    return opencv_inpaint(image, hole, "INPAINT_NS")


NAVIER_STOKES = Backbone(
    id="navier_stokes",
    title="Navier-Stokes",
    paper="Bertalmio, Bertozzi, Sapiro 2001, CVPR",
    license="Apache-2.0 (OpenCV)",
    fill=fill,
)
