"""Weight files: what the manifest says of them, and how they are found, fetched, converted and read."""

from ..io.files import data_folder
from .manifest import (
    MANIFEST,
    WeightFile,
    add_row,
    all_rows,
    format_manifest,
    get_row,
    read_manifest,
    rows_for,
    user_manifest,
)
from .store import check, fetch, find, load_weights, locate, present

__all__ = [
    "MANIFEST",
    "WeightFile",
    "add_row",
    "all_rows",
    "check",
    "data_folder",
    "fetch",
    "find",
    "format_manifest",
    "get_row",
    "load_weights",
    "locate",
    "present",
    "read_manifest",
    "rows_for",
    "user_manifest",
]
