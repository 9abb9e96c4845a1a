"""Texture: gives a smooth gray fill the detail that it lacks, from the known pixels of the same photo.

A network that is trained on pixel differences fills wide holes with the mean of what could be there, which is smooth.
The hole is quilted from known blocks that fit to the fill (`candidates`, `choice`, `quilt`), and only the energy that
the fill lacks beside the surround (`energies`) is taken from the quilt (`merge`). Structure is not invented.
"""

from .stage import add_texture, check_texture

__all__ = ["add_texture", "check_texture"]
