"""The drift of another program's picture in brightness and color, measured where it shows what the photo shows.

A model that gives the whole photo back, as those do that work in the latent space of a VAE, changes it everywhere.
Outside the hole the change is known: there each plane of the photo (luminance, Cb, Cr) is fitted by

    photo(x) = gain(x) * picture(x) + offset(x) + tint * the other planes of the picture

with smooth fields over the surround of the hole, linear and a little bent, by iteratively reweighted least squares with
Tukey's biweight (Holland, Welsch, "Robust regression using iteratively reweighted least-squares", 1977), so that what
the model drew anew outside the hole does not count. What the picture has softened is sharpened (`sharpness.py`), and
what all that leaves is fitted again around each pixel (the guided filter's linear model: He, Sun, Tang, "Guided Image
Filtering", ECCV 2010), and spread over the hole as a membrane.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from ..host.cancel import check_cancelled
from .membrane import spread_inside
from .sharpness import sharpen
from .smooth import known_mean

BLUR = 1.0  # pixels: what is finer is not looked at, as a VAE and a JPEG file change it
LOCAL = 4.0  # pixels around each in which it is fitted again
CLIPPED = 0.006  # of 1: what is nearer to black or white may have been clipped
PRIOR = 0.05  # of 1: standard deviation of gains around 1, and of offsets over the surround
BEND = 0.2  # of that: of squares and products in a field, which run away in the middle of a wide hole
CORRELATED = 1000  # pixels whose errors are about one error
TUKEY = 8.0
ROUNDS = 6
MIN_SCALE = 0.002  # of 1: errors as small as that are none
MAX_SAMPLES = 1 << 17


class Fields(NamedTuple):
    """The fields whose sum a gain or an offset is: products of 1, y and y² with 1, x and x², from -1 to 1.

    Attributes:
        down: 1, y and y² - 1/3 of each row, (h, 3).
        right: 1, x and x² - 1/3 of each column, (w, 3).
        scale: of each product, (3, 3).
    """

    down: Tensor
    right: Tensor
    scale: Tensor

    @classmethod
    def over(cls, height: int, width: int, like: Tensor) -> "Fields":
        """Those over (height, width), of a tensor's dtype and device."""
        y, x = (torch.linspace(-1, 1, side).to(like) for side in (height, width))
        down, right = (torch.stack([torch.ones_like(z), z, z * z - 1 / 3], 1) for z in (y, x))
        scale = torch.full((3, 3), BEND).to(like)
        scale[0, :2] = scale[1, 0] = 1
        return cls(down, right, scale)

    def at(self, places: Tensor) -> Tensor:
        """Each field at places, indices (N,) into flat planes, (9, N)."""
        rows, columns = places // len(self.right), places % len(self.right)
        return (self.scale[..., None] * self.down.T[:, None, rows] * self.right.T[:, columns]).flatten(0, 1)

    def sum(self, factors: Tensor) -> Tensor:
        """The sum of the fields times factors (9,), (h, w)."""
        return self.down @ (self.scale * factors.view(3, 3)) @ self.right.T


def match_planes(photo: Tensor, picture: Tensor, hole: Tensor) -> tuple[Tensor, bool]:
    """Bring planes of a picture to those of the photo, luminance in sharpness too.

    Args:
        photo: luminance, or luminance, Cb and Cr, (1 or 3, h, w); what lies under the hole is not looked at.
        picture: the same of a picture that shows what the photo shows outside the hole, (1 or 3, h, w).
        hole: bool (h, w), neither all nor nothing.

    Returns:
        As many planes as the two have in common, (1 or 3, h, w), not clamped, and whether the picture was sharpened.
    """
    known = (~hole).float()
    count = min(len(photo), len(picture))
    smooth_photo, smooth = (known_mean(planes, known, BLUR) for planes in (photo[:count], picture))
    light = torch.stack([photo[0], picture[0]])
    fair = ~hole & (light > CLIPPED).all(0) & (light < 1 - CLIPPED).all(0)
    fair = fair if fair.any() else ~hole
    places = fair.flatten().nonzero()[:, 0]
    places = places[:: -(-len(places) // MAX_SAMPLES)]
    height, width = hole.shape
    fields = Fields.over(height, width, photo)
    matched = [_fitted(i, smooth_photo[i], smooth, picture, fields, places) for i in range(count)]
    sharper = sharpen(photo[0], matched[0], fair)
    sharpened = sharper is not matched[0]
    matched[0] = sharper
    return torch.stack([_refitted(photo[i], plane, hole) for i, plane in enumerate(matched)]), sharpened


def _fitted(index: int, wanted: Tensor, smooth: Tensor, picture: Tensor, fields: Fields, places: Tensor) -> Tensor:
    """One plane of the picture (C, h, w), as it is when a fit of the smooth ones at some places is taken for all."""
    seen, others = smooth[index].flatten()[places].double(), [i for i in range(len(smooth)) if i != index]
    middle = seen.median()
    basis = fields.at(places).double()
    columns = torch.cat([basis * (seen - middle), basis, smooth[others].flatten(1)[:, places].double()])
    solution = _robust_fit(columns.T, wanted.flatten()[places].double() - seen).to(picture)
    n, plane = len(basis), picture[index]
    gain, offset = (fields.sum(part) for part in (solution[:n], solution[n : 2 * n]))
    tint = torch.einsum("c,chw->hw", solution[2 * n :], picture[others])
    return plane + gain * (plane - middle.to(plane)) + offset + tint


def _refitted(photo: Tensor, plane: Tensor, hole: Tensor) -> Tensor:
    """A plane (h, w) with what is left of its drift near the rim taken off too."""
    known = (~hole).float()
    left = (photo - plane) * known
    most = 3 * left[~hole].abs().median().clamp(min=MIN_SCALE)
    left = left.clamp(-most, most)
    means = known_mean(torch.stack([plane, left, plane * plane, plane * left]), known, LOCAL)
    spread, together = means[2] - means[0] ** 2, means[3] - means[0] * means[1]
    gain = together / (spread.clamp(min=0) + (most / PRIOR / 3) ** 2)
    middle, offset, gain = spread_inside(torch.stack([means[0], means[1], gain]), hole)
    return plane + gain * (plane - middle) + offset


def _robust_fit(columns: Tensor, wanted: Tensor) -> Tensor:
    """The ridge solution of columns (N, K) times x = wanted (N,), with outliers weighted down."""
    weight, solution = torch.ones_like(wanted), columns.new_zeros(columns.shape[1])
    for step in range(ROUNDS):
        check_cancelled()
        error = wanted - columns @ solution
        scale = (1.4826 * error.abs().median()).clamp(min=MIN_SCALE)
        if step:
            weight = (1 - (error / (TUKEY * scale)).square()).clamp(min=0).square()
        normal = (columns * weight[:, None]).T @ columns
        normal.diagonal().add_(CORRELATED * scale.square() / PRIOR**2)
        solution = torch.linalg.solve(normal, (columns * weight[:, None]).T @ wanted)
    return solution
