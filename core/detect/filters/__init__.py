"""Scratches and dust found by filters, without weights."""

from .classical import find_damage, find_marks

__all__ = ["find_damage", "find_marks"]
