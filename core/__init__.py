"""Image inpainting with a monochromic bottleneck: gray first, then color from the photo itself.

Images are float (B, C, H, W) in [0, 1]; a hole is (B, 1, H, W) with 1 = fill. From files to a file
(`photos` is a folder with the two pictures):

>>> from monochromic.core import load_hole, load_image, restore, save_image
>>> photo = load_image(photos / "astronaut_scratched.png")
>>> hole = load_hole(photos / "astronaut_scratches.png", like=photo)
>>> save_image(restore(photo, hole), folder / "restored.png")
"""

from typing import TYPE_CHECKING

from .lazy import lazy

if TYPE_CHECKING:
    from .backbones import BACKBONES, get_backbone
    from .backbones.record import Backbone
    from .colorize import (
        METHODS,
        SCHEDULES,
        Guide,
        Method,
        Point,
        Settings,
        Stroke,
        colorize,
        get_method,
        parse_points,
        parse_strokes,
    )
    from .colorize.hints import load_guide
    from .degrade import ANY as ANY_DAMAGE
    from .degrade import KINDS as DAMAGES
    from .degrade import Degraded, degrade
    from .detect import DETECTORS, Detection, Detector, find_hole, get_detector, heat_map, predict_damage, predict_kinds
    from .detect.filters import find_damage
    from .errors import (
        DependencyError,
        InputError,
        MonochromicError,
        OutOfMemoryError,
        PictureError,
        UnknownNameError,
        WeightsError,
        WorkflowError,
    )
    from .harmonize import Matched, add_grain, feather, match_picture
    from .image.boxes import Box, bounding_box
    from .image.color import chroma, luminance, to_rgb, to_rgb_in_gamut
    from .image.masks import binarize, composite, dilate, resize, resize_to
    from .image.pad import pad_canvas
    from .image.random_masks import KINDS, random_hole
    from .inpaint.stage import fill, fill_rgb
    from .io.convert import load_hole
    from .io.decode import Photo, load_photo
    from .io.images import load_alpha, load_image, load_mask, save_image
    from .io.metadata import Metadata
    from .metrics import (
        Lpips,
        PrecisionRecall,
        balanced_bce,
        bce,
        ciede2000,
        f1,
        iou,
        l1,
        load_lpips,
        lpips,
        measure,
        ms_ssim,
        mse,
        precision_recall,
        psnr,
        ssim,
        stru,
        tv,
    )
    from .pipeline import Restoration, Search, restore, restore_photo
    from .variants import Variants, restore_variants

__all__ = [
    "ANY_DAMAGE",
    "BACKBONES",
    "DAMAGES",
    "DETECTORS",
    "KINDS",
    "METHODS",
    "SCHEDULES",
    "Backbone",
    "Box",
    "Degraded",
    "DependencyError",
    "Detection",
    "Detector",
    "Guide",
    "InputError",
    "Lpips",
    "Matched",
    "Metadata",
    "Method",
    "MonochromicError",
    "OutOfMemoryError",
    "Photo",
    "PictureError",
    "Point",
    "PrecisionRecall",
    "Restoration",
    "Search",
    "Settings",
    "Stroke",
    "UnknownNameError",
    "Variants",
    "WeightsError",
    "WorkflowError",
    "add_grain",
    "balanced_bce",
    "bce",
    "binarize",
    "bounding_box",
    "chroma",
    "ciede2000",
    "colorize",
    "composite",
    "degrade",
    "dilate",
    "f1",
    "feather",
    "fill",
    "fill_rgb",
    "find_damage",
    "find_hole",
    "get_backbone",
    "get_detector",
    "get_method",
    "heat_map",
    "iou",
    "l1",
    "load_alpha",
    "load_guide",
    "load_hole",
    "load_image",
    "load_lpips",
    "load_mask",
    "load_photo",
    "lpips",
    "luminance",
    "match_picture",
    "measure",
    "ms_ssim",
    "mse",
    "pad_canvas",
    "parse_points",
    "parse_strokes",
    "precision_recall",
    "predict_damage",
    "predict_kinds",
    "psnr",
    "random_hole",
    "resize",
    "resize_to",
    "restore",
    "restore_photo",
    "restore_variants",
    "save_image",
    "ssim",
    "stru",
    "to_rgb",
    "to_rgb_in_gamut",
    "tv",
]

lazy(__name__)
