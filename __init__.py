"""Monochromic: inpainting with a monochromic bottleneck. ComfyUI's way in."""

from pathlib import Path
from typing import Any

WEB_DIRECTORY = "./web"
_OF_NODES = ("NODE_CLASS_MAPPINGS", "NODE_DISPLAY_NAME_MAPPINGS")

__all__ = [*_OF_NODES, "WEB_DIRECTORY"]


def __getattr__(name: str) -> Any:
    """The nodes, read when ComfyUI asks for them, so that the command line can be stopped while torch is read."""
    if name not in _OF_NODES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import nodes
    from .nodes.web_files import serve

    serve(Path(__path__[0]))
    globals().update({each: getattr(nodes, each) for each in _OF_NODES})
    return globals()[name]
