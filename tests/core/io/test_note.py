"""A note of the restoration in XMP, read back by ElementTree from what Pillow finds in the file."""

from xml.etree import ElementTree

import pytest
from conftest import make_photo
from monochromic.core import save_image
from monochromic.core.io.metadata import Metadata
from monochromic.core.io.note import with_note
from PIL import Image

HEAD = (
    b'<?xpacket begin="" id="x"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
)
TAIL = b'</rdf:RDF></x:xmpmeta><?xpacket end="w"?>   \n'
PLAIN = b'<rdf:Description rdf:about="uuid:1" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="image/\xc3\xa4"/>'
EARLIER = {
    "attribute": b'<rdf:Description rdf:about="uuid:1" '
    b'xmlns:ps="http://ns.adobe.com/photoshop/1.0/" ps:History="cut"/>',
    "element": b'<rdf:Description rdf:about="uuid:1" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/">'
    b"<photoshop:History>cut</photoshop:History></rdf:Description>",
}


def noted(xmp, tmp_path, ending="png"):
    """The properties of each description, by their names without name spaces."""
    path = tmp_path / f"x.{ending}"
    save_image(make_photo(), path, metadata=with_note(Metadata(xmp=xmp), "Restored & <more>"))
    with Image.open(path) as picture:
        tree = ElementTree.fromstring(picture.info.get("xmp") or picture.info["XML:com.adobe.xmp"])
    told = []
    for each in tree.findall(".//{*}Description"):
        properties = {**each.attrib, **{element.tag: element.text for element in each}}
        told.append({name.partition("}")[2]: text for name, text in properties.items()})
    return told


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "tif"])
def test_a_note_in_every_format(ending, tmp_path):
    told = noted(None, tmp_path, ending)[-1]
    assert told["History"] == "Restored & <more>"
    assert told["DigitalSourceType"].endswith("/compositeWithTrainedAlgorithmicMedia")


def test_what_the_photo_says_stays(tmp_path):
    first, last = noted(HEAD + PLAIN + TAIL, tmp_path)
    assert first["format"] == "image/\u00e4"
    assert (last["History"], last["about"]) == ("Restored & <more>", "uuid:1")


@pytest.mark.parametrize("how", EARLIER)
def test_an_earlier_history_is_continued(how, tmp_path):
    """And no property is there twice, which XMP forbids."""
    told = noted(HEAD + EARLIER[how] + TAIL, tmp_path)
    assert [each["History"] for each in told if "History" in each] == ["cut\nRestored & <more>"]


@pytest.mark.parametrize("xmp", [b"no xml", b"<a/>", b"\xff\xfe\0", HEAD])
def test_broken_xmp_is_left_alone(xmp, caplog):
    assert with_note(Metadata(xmp=xmp), "Restored").xmp == xmp
    assert "cannot be read, and the result gets no note" in caplog.text
