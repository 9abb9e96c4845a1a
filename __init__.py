"""Monochromic: inpainting with a monochromic bottleneck. ComfyUI's way in, and the names of `core` for Python.

Nothing is read before it is asked for: neither torch by the command line's help, nor the nodes by Python.
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .core import *  # noqa: F403

WEB_DIRECTORY = "./web"
_PACKAGES = ("batch", "cli", "core", "nodes", "runner")
_OF_NODES = ("NODE_CLASS_MAPPINGS", "NODE_DISPLAY_NAME_MAPPINGS")

__all__ = [*_OF_NODES, "WEB_DIRECTORY"]


def __getattr__(name: str) -> Any:
    """The nodes when ComfyUI asks for them; a public name of `core`, such as `restore`, when Python does."""
    if name in _OF_NODES:
        globals().update(_nodes())
        return globals()[name]
    if not name.startswith("_") and name not in _PACKAGES:
        core = import_module(".core", __name__)
        if name in core.__all__:
            return getattr(core, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _nodes() -> dict[str, Any]:
    from . import nodes
    from .nodes.web_files import serve

    serve(Path(__file__).parent)
    return {name: getattr(nodes, name) for name in _OF_NODES}
