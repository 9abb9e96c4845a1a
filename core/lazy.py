"""Packages whose public names are loaded when they are first asked for, so that a start loads only what it uses.

Such an `__init__.py` imports its names `if TYPE_CHECKING:`, for type checkers and editors, lists them in `__all__`, and
calls `lazy(__name__)`. (lazy_loader does this by stubs, but not for a function that is called like its module.)
"""

import ast
import sys
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any


def lazy(package: str) -> None:
    """Make a package load its public names when they are asked for.

    Args:
        package: Its `__name__`, while its `__init__.py` runs.
    """
    sys.modules[package].__class__ = _LazyPackage


class _LazyPackage(ModuleType):
    """A package that looks an unknown name up among the imports that it makes for type checkers."""

    __all__: list[str]

    def __getattr__(self, name: str) -> Any:
        homes = _homes(self.__file__ or "")
        if name in homes:
            module, original = homes[name]
            self.__dict__[name] = getattr(import_module(module, self.__name__), original)
            return self.__dict__[name]
        if not name.startswith("_") and find_spec(f"{self.__name__}.{name}"):  # a module, as if it were imported here
            return import_module(f"{self.__name__}.{name}")
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")

    def __setattr__(self, name: str, value: object) -> None:
        """Python sets each imported module in its package; a public name hides a module that is called the same."""
        if not (isinstance(value, ModuleType) and name in self.__all__):
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*self.__dict__, *self.__all__})


@cache
def _homes(file: str) -> dict[str, tuple[str, str]]:
    """By name: the relative module that it is imported from, and what it is called there."""
    imports = (node for node in ast.walk(ast.parse(Path(file).read_text("utf-8"))) if isinstance(node, ast.ImportFrom))
    relative = ((node, "." * node.level + (node.module or "")) for node in imports if node.level)
    return {alias.asname or alias.name: (home, alias.name) for node, home in relative for alias in node.names}
