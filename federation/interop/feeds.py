"""Feeds of new and changed resources: Atom (RFC 4287) and JSON Feed 1.1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from markupsafe import Markup, escape

ATOM, JSON_FEED = "application/atom+xml", "application/feed+json"
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
    picture: str


@dataclass(frozen=True)
class Channel:
    """What a feed is of: its name, the page that shows the same, and where the feed itself is."""

    title: str
    page: str
    feed: str
    language: str


def atom(channel: Channel, items: Sequence[Item]) -> bytes:
    """The feed as Atom; an entry's `id` never changes, its `updated` does with each version."""
    # Loaded with the first feed that is asked for: it takes as much memory as many pages.
    from feedgenerator import Atom1Feed  # noqa: PLC0415  # see above

    class Feed(Atom1Feed):  # type: ignore[misc]  # the library has no types
        """One that has changed with its newest entry, and not by being asked for when there is none."""

        def latest_post_date(self) -> datetime:
            return max((item.at for item in items), default=NEVER)

    feed = Feed(
        title=channel.title,
        link=channel.page,
        feed_url=channel.feed,
        feed_guid=channel.feed,
        description=channel.title,
        language=channel.language,
    )
    for item in items:
        feed.add_item(
            title=item.title,
            link=item.page,
            # The library says that it is HTML: a text with a < in it would lose what follows.
            description=str(escape(item.summary).replace("\n", Markup("<br/>"))),
            unique_id=item.id,
            author_name=item.by,
            updateddate=item.at,
            categories=item.tags,
        )
    written = BytesIO()
    feed.write(written, "utf-8")
    return written.getvalue()


def json_feed(channel: Channel, items: Sequence[Item]) -> dict[str, Any]:
    """The feed as JSON."""
    return {
        "version": VERSION,
        "title": channel.title,
        "home_page_url": channel.page,
        "feed_url": channel.feed,
        "language": channel.language,
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
    return said | ({"image": item.picture} if item.picture else {})
