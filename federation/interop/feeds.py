"""Feeds of new and changed resources: Atom (RFC 4287) and JSON Feed 1.1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from markupsafe import Markup, escape

from federation.interop.places import Thumbnail

ATOM, JSON_FEED = "application/atom+xml", "application/feed+json"
MEDIA_RSS = "http://search.yahoo.com/mrss/"
VERSION = "https://jsonfeed.org/version/1.1"
NEVER = datetime.fromtimestamp(0, UTC)
"""When a feed without entries was changed last: always the same, for whoever asks whether there is anything new."""


@dataclass(frozen=True)
class Item:
    """A resource in a feed; `id` is its permanent address, `page` where it is read."""

    id: str
    page: str
    title: str
    summary: str
    by: str
    at: datetime
    tags: Sequence[str]
    picture: Thumbnail | None


@dataclass(frozen=True)
class Channel:
    """What a feed is of: its name, the page that shows the same, and where the feed itself is."""

    title: str
    page: str
    feed: str
    language: str
    others: Mapping[str, str] = field(default_factory=dict)
    """The other pages of a long feed: `first`, `previous`, `next` and `last` (RFC 5005 §3)."""


def atom(channel: Channel, items: Sequence[Item]) -> bytes:
    """The feed as Atom; an entry's `id` never changes, its `updated` does with each version.

    Its picture is a thumbnail of Media RSS 1.5.1, which readers show beside the entry.
    """
    # Loaded with the first feed that is asked for: it takes as much memory as many pages.
    from feedgenerator import Atom1Feed  # noqa: PLC0415  # see above

    class Feed(Atom1Feed):  # type: ignore[misc]  # the library has no types
        """One that has changed with its newest entry, and not by being asked for when there is none."""

        def latest_post_date(self) -> datetime:
            return max((item.at for item in items), default=NEVER)

        def root_attributes(self) -> dict[str, str]:
            return {**super().root_attributes(), "xmlns:media": MEDIA_RSS}

        def add_root_elements(self, handler: Any) -> None:
            super().add_root_elements(handler)
            for relation, address in channel.others.items():
                handler.addQuickElement("link", "", {"rel": relation, "href": address})

        def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
            super().add_item_elements(handler, item)
            if (picture := item["picture"]) is not None:
                size = {"width": str(picture.width), "height": str(picture.height)}
                handler.addQuickElement("media:thumbnail", "", {"url": picture.url, **size})

    feed = Feed(
        title=channel.title,
        link=channel.page,
        feed_url=channel.feed,
        feed_guid=channel.others.get("first", channel.feed),
        description=channel.title,
        language=channel.language,
    )
    for item in items:
        feed.add_item(**_values(item))
    written = BytesIO()
    feed.write(written, "utf-8")
    return written.getvalue()


def _values(item: Item) -> dict[str, Any]:
    """An entry as the library takes it."""
    return {
        "title": item.title,
        "link": item.page,
        # The library says that it is HTML: a text with a < in it would lose what follows.
        "description": str(escape(item.summary).replace("\n", Markup("<br/>"))),
        "unique_id": item.id,
        "author_name": item.by,
        "updateddate": item.at,
        "categories": item.tags,
        "picture": item.picture,
    }


def json_feed(channel: Channel, items: Sequence[Item]) -> dict[str, Any]:
    """The feed as JSON."""
    return {
        "version": VERSION,
        "title": channel.title,
        "home_page_url": channel.page,
        "feed_url": channel.feed,
        "language": channel.language,
        **({"next_url": channel.others["next"]} if "next" in channel.others else {}),
        "items": [_entry(item) for item in items],
    }


def _entry(item: Item) -> dict[str, Any]:
    said: dict[str, Any] = {
        "id": item.id,
        "url": item.page,
        "title": item.title,
        "content_text": item.summary,
        "date_modified": item.at.isoformat(timespec="seconds"),
        "authors": [{"name": item.by}],
        "tags": list(item.tags),
    }
    return said | ({"image": item.picture.url} if item.picture else {})
