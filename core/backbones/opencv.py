"""OpenCV's two inpainting functions on one gray photo, at 16 bits.

8 bits would round the luminance of a color photo, and in floating point Telea's method runs away (OpenCV
4 and 5 return values far outside the range), so the gray image goes in and out as 16-bit integers.
"""

import numpy as np
import torch
from torch import Tensor

from ..host.thread import run_in_thread
from ..image.color import to_y

RADIUS = 3  # of the pixels that a filled pixel is made of; more helps wide holes and hurts scratches
LEVELS = 65535


def opencv_inpaint(image: Tensor, hole: Tensor, method: str) -> Tensor:
    """Fill a hole by OpenCV.

    Args:
        image: (1, 1 or 3, H, W) in [0, 1].
        hole: bool (1, 1, H, W), True = fill.
        method: Name of a constant of `cv2`, "INPAINT_TELEA" or "INPAINT_NS".

    Returns:
        Gray (1, 1, H, W) in [0, 1].
    """
    import cv2

    gray = (to_y(image)[0, 0] * LEVELS).round().cpu().numpy().astype(np.uint16)
    mask = hole[0, 0].cpu().numpy().astype(np.uint8)
    filled = run_in_thread(int(mask.sum()), cv2.inpaint, gray, mask, RADIUS, getattr(cv2, method))
    return torch.from_numpy(filled.astype(np.float32) / LEVELS).to(image.device)[None, None]
