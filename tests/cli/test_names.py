"""The names that the help shows are the library's."""

from monochromic.cli import names
from monochromic.core import BACKBONES, DETECTORS, METHODS, SCHEDULES
from monochromic.core.backbones import AUTO, DEFAULT
from monochromic.core.damage_kinds import DAMAGE_KINDS
from monochromic.core.detect.detectors import DEFAULT as DETECTOR
from monochromic.core.harmonize import MATCHES, MAX_FEATHER
from monochromic.core.inpaint.texture.stage import WAYS
from monochromic.core.io.images import ENDINGS
from monochromic.core.io.mask_picture import CHANNELS
from monochromic.core.pipeline import GRAIN, PIPELINES, TEXTURE


def test_the_help_names_what_there_is():
    lists = {"BACKBONES": BACKBONES, "METHODS": METHODS, "SCHEDULES": SCHEDULES, "DETECTORS": DETECTORS}
    lists |= {
        "PIPELINES": PIPELINES,
        "ENDINGS": ENDINGS,
        "CHANNELS": CHANNELS,
        "MATCHES": MATCHES,
        "TEXTURE_WAYS": WAYS,
    }
    for name, there_are in lists.items():
        assert list(getattr(names, name)) == list(there_are), f"{name} of cli/names.py must be {list(there_are)}"
    assert {kind.id: kind.title for kind in DAMAGE_KINDS} == names.KINDS
    assert [kind.id for kind in DAMAGE_KINDS if kind.restored] == list(names.RESTORED_KINDS)
    assert (names.AUTO_BACKBONE, names.DEFAULT_BACKBONE, names.DEFAULT_DETECTOR) == (AUTO, DEFAULT, DETECTOR)
    assert (names.TEXTURE, names.GRAIN, names.MAX_FEATHER) == (TEXTURE, GRAIN, MAX_FEATHER)
