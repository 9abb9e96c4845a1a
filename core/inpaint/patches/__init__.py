"""Texture by optimization: the pixels of a fill are changed until its features are those of known patches.

The texture optimization of Yang, Lu, Lin, Shechtman, Wang, Li, "High-Resolution Image Inpainting using Multi-Scale
Neural Patch Synthesis", CVPR 2017 (program: https://github.com/leehomyc/Faster-High-Res-Neural-Inpainting, MIT; this is
our own): a content network has filled the hole, any backbone here; then from coarse to fine each 3 x 3 patch of
mid-level features in the hole is matched with the known one most like it, and the pixels of the hole minimize the
distance to what was matched, to the fill, and their total variation.

Other than the paper's: features of a network of ours where VGG19 is not at hand (`features`); matches overlap and vote
for each feature, which has the same gradient; patches are compared by their distance and not by their correlation,
which on a blurred fill matches faint edges with strong ones; gray. docs/experiments.md says what came of it.
"""

from .stage import synthesize_patches

__all__ = ["synthesize_patches"]
