"""How a file is shown without a download: as what the browser knows, as text, in a sandboxed frame."""

from __future__ import annotations

from urllib.parse import urlsplit

from werkzeug.datastructures import Headers

from federation.parts import parts
from federation.storage.disposition import HTML, SAFE_INLINE, base_type
from federation.web.frame import is_picture
from federation.web.headers import content_policy

PICTURE, SOUND, FILM, PDF, TEXT, PAGE = "picture", "sound", "film", "pdf", "text", "page"
LARGEST = {PICTURE: 20_000_000, TEXT: 2_000_000, PDF: 50_000_000, PAGE: 50_000_000}
"""Bytes up to which a file of a kind is shown on the page; sound and film come piece by piece."""
AS_TEXT = frozenset(
    {"text/plain", "text/vtt", "text/csv", "text/markdown", "application/json", "application/xml", "text/xml"}
)
"""Types that are shown as plain text, in which nothing runs."""


def kind(media_type: str, size: int) -> str:
    """How a file is shown; empty for one that is only downloaded."""
    found = _kind(base_type(media_type))
    return found if size <= LARGEST.get(found, size) else ""


def in_our_frame(headers: Headers) -> bool:
    """Whether a frame on a page of ours asks, which takes its origin from what it shows (Fetch Metadata).

    Browsers say so themselves. A frame on somebody else's page would leave what runs in it the store's origin.
    """
    return headers.get("Sec-Fetch-Dest") == "iframe" and headers.get("Sec-Fetch-Site") == "same-origin"


def policy() -> str:
    """The Content Security Policy of a page with previews: frames of the store, by way of our own addresses."""
    settings = parts().settings
    store = settings.store_public_endpoint or settings.store_endpoint
    where = urlsplit(store)
    return f"{content_policy(store)}; frame-src 'self' {where.scheme}://{where.netloc}"


def _kind(base: str) -> str:
    if is_picture(base):
        return PICTURE
    if base == HTML:
        return PAGE
    if base in AS_TEXT:
        return TEXT
    if base not in SAFE_INLINE:
        return ""
    return {"audio": SOUND, "video": FILM, "application": PDF}.get(base.partition("/")[0], "")
