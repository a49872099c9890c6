"""XML as repositories really send it, mended as far as its meaning is not in doubt.

Found in repositories at work, and mended here: a declared encoding that is another, notices of PHP before or after
the document, control characters, references to characters that XML does not allow, bare ampersands, and names of HTML
entities. What stands in a CDATA section is left alone but for control characters. Nothing is guessed about elements:
a document that breaks off stays broken, and `nodes.harvesting.oai.envelope` takes the records that are whole.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from html.entities import html5

BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
DEFAULTS = frozenset({"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin1", "windows-1252"})
MOST = 0.8
FEW = 0.02
"""Part of the characters beyond ASCII that may be broken in what still is UTF-8."""
_DECLARATION = re.compile(r"\A\s*<\?xml\b[^>]*\?>")
_DECLARED = re.compile(rb"""<\?xml\b[^>]*?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_ROOT = re.compile(r"<(?:[\w.-]+:)?OAI-PMH[\s>]")
_END = re.compile(r"</(?:[\w.-]+:)?OAI-PMH\s*>")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML document may hold (XML 1.0, 2.2, Char)."""
CDATA, CDATA_END = "<![CDATA[", "]]>"
_AMPERSAND = re.compile(r"&(#[0-9]{1,8};|#[xX][0-9A-Fa-f]{1,7};|[A-Za-z][A-Za-z0-9]{1,31};)?")
_XML_NAMES = frozenset({"amp;", "lt;", "gt;", "quot;", "apos;"})
_GB_PAIR, _HIGH = re.compile(rb"[\xa1-\xf7][\xa1-\xfe]"), re.compile(rb"[\x80-\xff]")


def decoded(data: bytes, charset: str = "") -> str:
    """The text of a document: by its byte order mark, as UTF-8 where it is that, else as declared, GB 18030 or Latin
    1.

    UTF-8 comes before what is declared, since text in another encoding is almost never valid UTF-8. `charset` is what
    the HTTP header says.
    """
    for mark, name in BOMS:
        if data.startswith(mark):
            return data.decode(name, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    text = data.decode("utf-8", errors="replace")
    foreign = sum(1 for character in text if character > "\x7f")
    if text.count("\ufffd") <= max(1, FEW * foreign) and foreign > text.count("\ufffd"):
        return text
    found = _DECLARED.search(data[:400])
    named = [name for name in (found[1].decode("ascii") if found else "", charset) if name]
    # What software writes by default says nothing; any other declaration was somebody's wish.
    meant = [name for name in named if name.lower() not in DEFAULTS]
    for name in (*meant, *(("gb18030",) if _looks_chinese(data) else ()), "cp1252"):
        read = _as(data, name)
        if read is not None:
            return read
    return data.decode("cp1252", errors="replace")


def mended(text: str) -> str:
    """The document within `text`, without what XML does not allow; empty when there is no OAI-PMH document in it."""
    root = _ROOT.search(text)
    if root is None:
        return ""
    ends = list(_END.finditer(text))
    inside = text[root.start() : ends[-1].end()] if ends else text[root.start() :]
    parts = _by_cdata(_NOT_XML.sub("", inside))
    return "".join(part if part.startswith(CDATA) else _AMPERSAND.sub(_reference, part) for part in parts)


def without_declaration(text: str) -> str:
    """A document whose encoding is known already."""
    return _DECLARATION.sub("", text)


def _by_cdata(text: str) -> Iterator[str]:
    """The text in pieces: whole CDATA sections, and what lies between; one that never ends is as any other text."""
    place = 0
    while (begins := text.find(CDATA, place)) >= 0 and (ends := text.find(CDATA_END, begins)) >= 0:
        yield text[place:begins]
        place = ends + len(CDATA_END)
        yield text[begins:place]
    yield text[place:]


def _as(data: bytes, name: str) -> str | None:
    try:
        return data.decode(name)
    except (LookupError, ValueError):  # some codecs raise others than `UnicodeDecodeError`
        return None


def _looks_chinese(data: bytes) -> bool:
    """Whether most of what is beyond ASCII are pairs of GB 2312; a letter with an accent mostly stands alone."""
    return len(_GB_PAIR.findall(data)) * 2 > MOST * len(_HIGH.findall(data))


def _reference(found: re.Match[str]) -> str:
    named = found[1]
    if named is None:
        return "&amp;"
    if named.startswith("#"):
        number = int(named[2:-1], 16) if named[1] in "xX" else int(named[1:-1])
        allowed = number <= 0x10FFFF and not _NOT_XML.match(chr(number))
        return found[0].replace("&#X", "&#x") if allowed else ""
    if named in _XML_NAMES:
        return found[0]
    # In a title, “R&D;” is an ampersand; “&eacute;” is a letter that XML knows no name for.
    known = html5.get(named)
    return "&amp;" + named if known is None else known.replace("&", "&amp;").replace("<", "&lt;")
