"""Office documents that ask for more than themselves: pictures from a server, files of whoever opens them."""

from __future__ import annotations

import io
import zipfile
from xml.sax.saxutils import quoteattr

from pptx import Presentation
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.oxml.ns import qn
from pptx.util import Inches

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc00000000300010018dd8db0"
    "0000000049454e44ae426082"
)
_TITLE_ONLY = 5
_NAMESPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{value}:1.0"'
    for name, value in (("office", "office"), ("text", "text"), ("draw", "drawing"), ("svg", "svg-compatible"))
)
_ODT = "application/vnd.oasis.opendocument.text"


def deck(*titles: str, hidden: str = "", linked: str = "") -> bytes:
    """A PowerPoint deck: a slide for each title, one that is hidden, and on the first a picture that is linked."""
    presentation = Presentation()
    for title in (*titles, *([hidden] if hidden else [])):
        presentation.slides.add_slide(presentation.slide_layouts[_TITLE_ONLY]).shapes.title.text = title
    if hidden:
        presentation.slides[len(titles)].element.set("show", "0")
    if linked:
        slide = presentation.slides[0]
        picture = slide.shapes.add_picture(io.BytesIO(PIXEL), Inches(1), Inches(2), Inches(3), Inches(3))
        blip = picture.element.find(f".//{qn('a:blip')}")
        del blip.attrib[qn("r:embed")]
        blip.set(qn("r:link"), slide.part.relate_to(linked, RELATIONSHIP_TYPE.IMAGE, is_external=True))
    made = io.BytesIO()
    presentation.save(made)
    return made.getvalue()


def paper(text: str, *, sections: tuple[str, ...] = (), pictures: tuple[str, ...] = ()) -> bytes:
    """An OpenDocument text with a paragraph, sections whose text is linked, and pictures that are."""
    body = f"<text:p>{text}</text:p>"
    for number, link in enumerate(sections):
        source = f'<text:section-source xlink:type="simple" xlink:href={quoteattr(link)}/>'
        body += f'<text:section text:name="s{number}">{source}<text:p>-</text:p></text:section>'
    for link in pictures:
        image = f'<draw:image xlink:href={quoteattr(link)} xlink:type="simple" xlink:actuate="onLoad"/>'
        body += f'<text:p><draw:frame svg:width="5cm" svg:height="5cm">{image}</draw:frame></text:p>'
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_NAMESPACES}'
        f' xmlns:xlink="http://www.w3.org/1999/xlink" office:version="1.3">'
        f"<office:body><office:text>{body}</office:text></office:body></office:document-content>"
    )
    entries = f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_ODT}"/>'
    entries += '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
    namespace = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    manifest = f'<manifest:manifest xmlns:manifest="{namespace}" manifest:version="1.3">{entries}</manifest:manifest>'
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("mimetype", _ODT, zipfile.ZIP_STORED)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)
    return made.getvalue()
