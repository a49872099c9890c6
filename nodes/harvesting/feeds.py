"""A feed (Atom, RFC 4287, or RSS) as a source: each entry is a resource, known by its own id, or by its link.

A feed holds the last entries only, so that one which is no longer in it is left as it is. Asked again, a feed that
has not changed is not sent anew (RFC 9110, 13.1: the validators that it gave). A row for the mapping has `id`,
`link`, `title`, `summary`, `content` (the texts also as `…_zh` and `…_en`), `author`, `tag`, `published`, `updated`,
`rights`, `license`, `language` and `feed` with `title`, `author`, `language` and `rights`; `file_addresses` are its
enclosures.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from nodes.harvesting import linked_files
from nodes.harvesting.asking import patiently
from nodes.harvesting.languages import by_language
from nodes.harvesting.work import Work
from shared.errors import SourceUnreadable
from shared.wording import Words

NO_FEED = Words("it is no Atom or RSS feed", "不是 Atom 或 RSS")
VALIDATORS = (("ETag", "If-None-Match"), ("Last-Modified", "If-Modified-Since"))
ACCEPT = "application/atom+xml, application/rss+xml, application/xml;q=0.9, */*;q=0.5"


def harvest(work: Work) -> None:
    """Register what the feed holds. Raises what fetching raises, or `SourceUnreadable`."""
    standing = dict(work.source.place)
    answer = patiently(work, work.source.address, accept=ACCEPT, also=standing)
    if answer.status == HTTPStatus.NOT_MODIFIED:
        return
    mapping, constants = work.mapping(), work.options.constants
    found, rows = rows_of(answer.body, work.source.address), []
    work.call(found[0]["feed"]["title"] if found else "")
    for number, row in enumerate(found, 1):
        if work.options.files:
            row["files"] = linked_files.fetched(work, row["file_addresses"], stamp=str(row.get("updated", "")))
        rows.append(work.intake.row(number, row, mapping, constants))
    work.intake.register(rows)
    work.keep({theirs: answer.headers[ours] for ours, theirs in VALIDATORS if answer.headers.get(ours)})


def rows_of(data: bytes, address: str) -> list[dict[str, Any]]:
    """The entries of a feed. Raises `SourceUnreadable`."""
    # It takes a tenth of a second to load, and only a feed needs it.
    import feedparser  # noqa: PLC0415  # see above

    # Given bytes, it would look whether they are the name of a file.
    parsed = feedparser.parse(
        io.BytesIO(data), response_headers={"content-location": address}, resolve_relative_uris=True
    )
    if not parsed.version and not parsed.entries:
        raise SourceUnreadable(address=address, cause=NO_FEED)
    feed = {name: str(parsed.feed.get(name, "")) for name in ("title", "author", "language", "rights")}
    return [_row(entry, feed) for entry in parsed.entries]


def _row(entry: Mapping[str, Any], feed: Mapping[str, str]) -> dict[str, Any]:
    said = {
        "title": [_said(entry.get("title_detail"), feed)],
        "summary": [_said(entry.get("summary_detail"), feed)],
        "content": [_said(one, feed) for one in entry.get("content", ())],
    }
    row: dict[str, Any] = {}
    for name, texts in said.items():
        row |= by_language(name, texts)
    links = entry.get("links", ())
    row |= {
        "id": entry.get("id") or entry.get("link", ""),
        "link": entry.get("link", ""),
        "author": _names(entry.get("authors", ()), "name"),
        "tag": _names(entry.get("tags", ()), "term"),
        "published": _day(entry.get("published_parsed")),
        # Asked for a date that is not there, the library gives another and warns.
        "updated": _day(entry["updated_parsed"]) if "updated_parsed" in entry else "",
        "rights": entry.get("rights", ""),
        "license": entry.get("license") or next((one["href"] for one in links if one.get("rel") == "license"), ""),
        "language": (entry.get("title_detail") or {}).get("language") or "",
        "feed": dict(feed),
        "file_addresses": [one["href"] for one in entry.get("enclosures", ()) if one.get("href")],
    }
    return {name: value for name, value in row.items() if value or name == "file_addresses"}


def _said(detail: Mapping[str, Any] | None, feed: Mapping[str, str]) -> tuple[str, str]:
    found = detail or {}
    return str(found.get("language") or feed["language"]), str(found.get("value") or "")


def _names(entries: Iterable[Mapping[str, Any]], part: str) -> list[str]:
    return [str(entry[part]) for entry in entries if entry.get(part)]


def _day(parsed: Any) -> str:
    return f"{parsed.tm_year:04}-{parsed.tm_mon:02}-{parsed.tm_mday:02}" if parsed else ""
