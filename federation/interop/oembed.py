"""A resource on other sites' pages (oEmbed 1.0): which of our addresses is meant, and what stands for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from markupsafe import Markup

from federation import catalogue
from federation.interop.places import Thumbnail

MEDIA_TYPE = "application/json+oembed"
WIDTH, HEIGHT = 480, 180
_COLLECTION = re.compile(r"/collections/([a-z0-9-]{1,64})/?")


def ark_of(url: str, origin: str) -> str | None:
    """The ARK of the resource whose page, or permanent address, is `url`; None for an address that is not ours."""
    path = _path(url, origin)
    return None if path is None else catalogue.normal_ark(path.removeprefix("/resources").strip("/"))


def slug_of(url: str, origin: str) -> str | None:
    """The address of the collection whose page is `url`; None for one that is not ours or not of a collection."""
    found = _COLLECTION.fullmatch(_path(url, origin) or "")
    return found[1] if found else None


def _path(url: str, origin: str) -> str | None:
    """The path of one of our addresses, in whichever language; None for an address that is not ours."""
    try:
        own, given = urlsplit(origin), urlsplit(url)
    except ValueError:
        # Brackets that are no IPv6 address, and signs that a browser would read as slashes.
        return None
    if (given.scheme, given.netloc) != (own.scheme, own.netloc):
        return None
    path = unquote(given.path)
    return path.removeprefix("/en") if path.startswith("/en/") else path


def size(max_width: int | None, max_height: int | None) -> tuple[int, int]:
    """How wide and high the frame is in pixels: never more than the other site has room for (oEmbed 1.0 §2.3.4.4).

    What is no size at all, zero or less, says nothing.
    """
    return _within(WIDTH, max_width), _within(HEIGHT, max_height)


def _within(usual: int, most: int | None) -> int:
    return usual if most is None or most < 1 else min(usual, most)


def reply(
    *,
    title: str,
    by: str,
    by_url: str,
    hub: str,
    origin: str,
    frame: str,
    picture: Thumbnail | None,
    box: tuple[int, int],
) -> Mapping[str, Any]:
    """The answer, of type `rich`: a frame that shows the resource's card (oEmbed 1.0 §2.3.4.4)."""
    width, height = box
    said: dict[str, Any] = {
        "version": "1.0",
        "type": "rich",
        "title": title,
        "author_name": by,
        "author_url": by_url,
        "provider_name": hub,
        "provider_url": origin,
        "cache_age": 86_400,
        "html": frame_of(frame, title, box),
        "width": width,
        "height": height,
    }
    if picture is None:
        return said
    return said | {
        "thumbnail_url": picture.url,
        "thumbnail_width": picture.width,
        "thumbnail_height": picture.height,
    }


def frame_of(address: str, title: str, box: tuple[int, int] = (WIDTH, HEIGHT)) -> str:
    """The HTML that shows the card at `address` on any page."""
    html = Markup('<iframe src="{}" width="{}" height="{}" title="{}" loading="lazy" frameborder="0"></iframe>')
    return str(html.format(address, *box, title))
