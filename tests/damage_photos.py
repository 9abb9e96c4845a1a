"""Photos and masks that the tests of finding damage share."""

import numpy as np
import torch
import torch.nn.functional as F
from conftest import ROOT, make_photo
from skimage import data

REAL = ROOT.parent / "shared" / "data" / "real"
PHOTOS = sorted([*REAL.glob("still_*.jpg"), *REAL.glob("worn/[0-9c]*[a-z].jpg")]) if REAL.is_dir() else []


def picture(name, height, width):
    """The middle of a free photo, reduced to a size."""
    image = torch.from_numpy(np.array(getattr(data, name)())).permute(2, 0, 1)[None].float() / 255
    h, w = image.shape[-2:]
    scale = min(h / height, w / width)
    high, wide = int(height * scale), int(width * scale)
    top, left = (h - high) // 2, (w - wide) // 2
    cut = image[..., top : top + high, left : left + wide]
    return F.interpolate(cut, (height, width), mode="bilinear", antialias=True).clamp(0, 1)


def nothing(h=256, w=320, batch=1):
    return torch.zeros(batch, 1, h, w)


def busy(h=256, w=320, seed=1):
    """A photo with an image everywhere."""
    return make_photo(seed, h, w)


def disc(y, x, radius, h=256, w=320):
    rows, columns = torch.arange(h)[:, None], torch.arange(w)
    return ((rows - y) ** 2 + (columns - x) ** 2 <= radius**2).float()[None, None]


def framed(photo, top=0, bottom=0, left=0, right=0, level=1.0):
    """The photo under margins, and what they cover."""
    photo, margin = photo.clone(), torch.zeros_like(photo[:, :1])
    for sides in ((..., slice(0, top), slice(None)), (..., slice(photo.shape[-2] - bottom, None), slice(None))):
        margin[sides] = 1
    margin[..., :left] = margin[..., photo.shape[-1] - right :] = 1
    return torch.where(margin > 0, torch.tensor(level), photo), margin
