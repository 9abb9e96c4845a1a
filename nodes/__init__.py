"""ComfyUI's nodes, one a file; they convert, call `core`, and convert back."""

from .blind_mask_predict import BlindMaskPredict
from .color_guide import ColorGuide
from .compare_backbones import CompareBackbones
from .degrade import Degrade
from .fill_variants import FillVariants
from .gray_inpaint import GrayInpaint
from .load_folder import LoadFolder
from .load_mask import LoadMask
from .metrics import Metrics
from .pad import Pad
from .progressive_colorize import ProgressiveColorize
from .random_mask import RandomMask
from .rgb_inpaint import RgbInpaint
from .sample_photo import SamplePhoto

NODE_CLASS_MAPPINGS: dict[str, type] = {
    "MonochromicLoadMask": LoadMask,
    "MonochromicRandomMask": RandomMask,
    "MonochromicGrayInpaint": GrayInpaint,
    "MonochromicProgressiveColorize": ProgressiveColorize,
    "MonochromicColorGuide": ColorGuide,
    "MonochromicMetrics": Metrics,
    "MonochromicRgbInpaint": RgbInpaint,
    "MonochromicDegrade": Degrade,
    "MonochromicBlindMaskPredict": BlindMaskPredict,
    "MonochromicSamplePhoto": SamplePhoto,
    "MonochromicLoadFolder": LoadFolder,
    "MonochromicCompareBackbones": CompareBackbones,
    "MonochromicFillVariants": FillVariants,
    "MonochromicPad": Pad,
}

NODE_DISPLAY_NAME_MAPPINGS = {
    "MonochromicLoadMask": "Load Mask (Monochromic)",
    "MonochromicRandomMask": "Random Mask (Monochromic)",
    "MonochromicGrayInpaint": "Gray Inpaint (Monochromic)",
    "MonochromicProgressiveColorize": "Progressive Colorize (Monochromic)",
    "MonochromicColorGuide": "Color Guide (Monochromic)",
    "MonochromicMetrics": "Metrics (Monochromic)",
    "MonochromicRgbInpaint": "RGB Inpaint (Monochromic)",
    "MonochromicDegrade": "Degrade (Monochromic)",
    "MonochromicBlindMaskPredict": "Blind Mask Predict (Monochromic)",
    "MonochromicSamplePhoto": "Sample Photo (Monochromic)",
    "MonochromicLoadFolder": "Load Folder (Monochromic)",
    "MonochromicCompareBackbones": "Compare Backbones (Monochromic)",
    "MonochromicFillVariants": "Fill Variants (Monochromic)",
    "MonochromicPad": "Pad (Monochromic)",
}
