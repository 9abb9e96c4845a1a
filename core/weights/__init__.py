"""Weight files: what the manifest says of them, and how they are found and read."""

from .manifest import MANIFEST, WeightFile, read_manifest
from .store import load_weights

__all__ = ["MANIFEST", "WeightFile", "load_weights", "read_manifest"]
