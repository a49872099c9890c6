"""How a download introduces itself: Content-Disposition (RFC 6266, RFC 8187) and Content-Type."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

MAX_NAME_BYTES = 200
"""Longest file name in UTF-8 bytes: file systems stop at 255, and the address should stay short."""

OPAQUE = "application/octet-stream"
HTML = "text/html"

SAFE_INLINE = frozenset(
    {
        "application/pdf",
        "audio/aac",
        "audio/flac",
        "audio/mp4",
        "audio/mpeg",
        "audio/ogg",
        "audio/wav",
        "audio/webm",
        "audio/x-wav",
        "image/avif",
        "image/bmp",
        "image/gif",
        "image/jpeg",
        "image/png",
        "image/tiff",
        "image/webp",
        "text/plain",
        "text/vtt",
        "video/mp4",
        "video/ogg",
        "video/quicktime",
        "video/webm",
    }
)
"""Types in which nothing runs; HTML, SVG and XML are not among them and always go as attachments."""

_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}")
_CHARSET = re.compile(r";\s*charset=\"?([A-Za-z0-9._-]{1,40})\"?", re.IGNORECASE)
_NOT_IN_NAMES = str.maketrans(dict.fromkeys('/\\"<>:|?*', "_"))
_NOT_IN_FALLBACK = re.compile(r"[^A-Za-z0-9 !#$&'()+,.;=@\[\]^_`{}~-]+")
_ATTR_CHAR = "!#$&+-.^_`|~"
"""The characters that RFC 8187 leaves unescaped besides letters and digits."""


def base_type(media_type: str) -> str:
    """The media type without parameters in lower case; what is none becomes `application/octet-stream`."""
    base = media_type.partition(";")[0].strip().lower()
    return base if _TYPE.fullmatch(base) else OPAQUE


def content_type(media_type: str) -> str:
    """Content-Type to answer with: text without a charset is said to be UTF-8, or Chinese is garbled."""
    base = base_type(media_type)
    if not base.startswith("text/"):
        return base
    charset = _CHARSET.search(media_type)
    return f"{base}; charset={charset.group(1).lower() if charset else 'utf-8'}"


def safe_name(name: str) -> str:
    """`name` as one harmless file name: no control or direction characters, separators or quotes."""
    shown = "".join(
        " " if char.isspace() else char
        for char in unicodedata.normalize("NFC", name)
        if char.isspace() or unicodedata.category(char)[0] != "C"
    )
    flat = " ".join(shown.translate(_NOT_IN_NAMES).split()).strip(". ")
    return shortened(flat) or "file"


def content_disposition(name: str, media_type: str, *, inline: bool = False) -> str:
    """The header in ASCII: a fallback name for old clients first, then `filename*` in UTF-8.

    `inline` is granted to the types in SAFE_INLINE only.
    """
    kind = "inline" if inline and base_type(media_type) in SAFE_INLINE else "attachment"
    name = safe_name(name)
    extended = quote(name, safe=_ATTR_CHAR)
    return f"{kind}; filename=\"{_fallback(name)}\"; filename*=UTF-8''{extended}"


def shortened(name: str) -> str:
    """At most MAX_NAME_BYTES of UTF-8, cut before the extension and never inside a character."""
    if len(name.encode()) <= MAX_NAME_BYTES:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension.encode()) > 20:
        stem, dot, extension = name, "", ""
    room = MAX_NAME_BYTES - len((dot + extension).encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip() + dot + extension


def _fallback(name: str) -> str:
    """An ASCII name that still has the extension, so that old clients know what they have."""
    plain = _NOT_IN_FALLBACK.sub("_", name)
    stem, dot, extension = plain.rpartition(".")
    if dot and not any(char.isalnum() for char in stem):
        return f"download.{extension}"
    return plain if any(char.isalnum() for char in plain) else "download"
