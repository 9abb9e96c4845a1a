"""The names that the help shows are the library's."""

from monochromic.cli import names
from monochromic.core import BACKBONES, DETECTORS, METHODS, SCHEDULES
from monochromic.core.backbones import DEFAULT
from monochromic.core.damage_kinds import DAMAGE_KINDS
from monochromic.core.detect.detectors import DEFAULT as DETECTOR
from monochromic.core.io.images import ENDINGS
from monochromic.core.pipeline import PIPELINES


def test_the_help_names_what_there_is():
    """Add a new name to the list in cli/names.py, in the same order."""
    assert list(names.BACKBONES) == list(BACKBONES)
    assert list(names.METHODS) == list(METHODS)
    assert list(names.SCHEDULES) == list(SCHEDULES)
    assert list(names.DETECTORS) == list(DETECTORS)
    assert list(names.PIPELINES) == list(PIPELINES)
    assert list(names.ENDINGS) == list(ENDINGS)
    assert {kind.id: kind.title for kind in DAMAGE_KINDS} == names.KINDS
    assert [kind.id for kind in DAMAGE_KINDS if kind.restored] == list(names.RESTORED_KINDS)
    assert (names.DEFAULT_BACKBONE, names.DEFAULT_DETECTOR) == (DEFAULT, DETECTOR)
