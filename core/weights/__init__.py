"""Weight files: what the manifest says of them, and how they are found, fetched, converted and read."""

from ..io.files import data_folder
from .manifest import (
    MANIFEST,
    WeightFile,
    add_entry,
    all_entries,
    entries_for,
    format_manifest,
    get_entry,
    read_manifest,
    user_manifest,
)
from .store import cached_path, check, fetch, find, load_weights, locate

__all__ = [
    "MANIFEST",
    "WeightFile",
    "add_entry",
    "all_entries",
    "cached_path",
    "check",
    "data_folder",
    "entries_for",
    "fetch",
    "find",
    "format_manifest",
    "get_entry",
    "load_weights",
    "locate",
    "read_manifest",
    "user_manifest",
]
