"""A note of the restoration in the metadata of a picture, as XMP."""

import logging
from dataclasses import replace
from importlib.metadata import version
from xml.dom import minidom
from xml.parsers.expat import ExpatError

from torch import Tensor

from .metadata import Metadata

log = logging.getLogger(__name__)

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
PARTLY_MADE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
EMPTY = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}"/></x:xmpmeta>'
BEGIN, END = b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>\n', b'\n<?xpacket end="w"?>'


def note_of(done: str, hole: Tensor, by: str) -> str:
    """What a note says.

    Args:
        done: such as "Restored".
        hole: 1 = filled.
        by: what filled it.

    Returns:
        One line; nothing where nothing was filled.
    """
    share = 100 * hole.float().mean().item()
    if not share:
        return ""
    return f"{done} with Monochromic {version('monochromic-inpaint')}: {share:.3g} % of the picture ({by})"


def with_note(metadata: Metadata, text: str) -> Metadata:
    """Metadata that say what was done to the picture.

    The text is added to the history that Photoshop shows, and IPTC's "digital source type" says that parts are made by
    a trained program. All else that the XMP says stays.

    Args:
        metadata: of the photo.
        text: one line.

    Returns:
        The metadata with the note; without it, with a warning, where the photo's XMP cannot be read.
    """
    try:
        document = minidom.parseString((metadata.xmp or EMPTY.encode()).strip(b"\0 \r\n\t"))
        body = document.getElementsByTagNameNS(RDF, "RDF")[0]
    except (ExpatError, IndexError, ValueError):
        log.warning("the XMP data of the photo cannot be read, and the result gets no note")
        return metadata
    abouts = [each.getAttributeNS(RDF, "about") for each in body.getElementsByTagNameNS(RDF, "Description")]
    lines = [*filter(None, [_taken(body, PHOTOSHOP, "History")]), text]
    _taken(body, IPTC, "DigitalSourceType")
    description = body.appendChild(document.createElementNS(RDF, "rdf:Description"))
    for prefix, space in (("rdf", RDF), ("photoshop", PHOTOSHOP), ("Iptc4xmpExt", IPTC)):
        description.setAttribute(f"xmlns:{prefix}", space)
    description.setAttributeNS(RDF, "rdf:about", next(filter(None, abouts), ""))
    for name, words in (("photoshop:History", "\n".join(lines)), ("Iptc4xmpExt:DigitalSourceType", PARTLY_MADE)):
        description.appendChild(document.createElement(name)).appendChild(document.createTextNode(words))
    tree = document.documentElement
    return replace(metadata, xmp=BEGIN + (tree.toxml() if tree else "").encode() + END)


def _taken(body: minidom.Element, space: str, name: str) -> str:
    """Remove a property, written as an attribute or as an element; returns what it said."""
    text = ""
    for description in body.getElementsByTagNameNS(RDF, "Description"):
        text = description.getAttributeNS(space, name) or text
        if description.hasAttributeNS(space, name):
            description.removeAttributeNS(space, name)
    for element in body.getElementsByTagNameNS(space, name):
        text = "".join(node.data for node in element.childNodes if isinstance(node, minidom.Text)) or text
        if element.parentNode:
            element.parentNode.removeChild(element)
    return text
