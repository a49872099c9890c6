"""A web page as a source: what its JSON-LD says in the terms of schema.org, each work a resource.

A row for the mapping has the node's own properties, each as a list of texts: of people and organisations their names,
of addresses the addresses; `name`, `headline`, `description` and `abstract` also as `…_zh` and `…_en`. `id` is its
`@id`, else its `url`, else the page's address with a number; `type` are its types; `page` has `address` and
`language`; `file_addresses` are the addresses of its contents.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from types import MappingProxyType
from typing import Any
from urllib.parse import urljoin

from nodes.harvesting import linked_files
from nodes.harvesting.asking import patiently
from nodes.harvesting.languages import by_language
from nodes.harvesting.oai.repair import decoded
from nodes.harvesting.work import Work
from shared.canonical import MAX_DEPTH
from shared.errors import SourceUnreadable
from shared.wording import Words

NO_WORKS = Words("there is no JSON-LD about a work in it", "其中没有说明作品的 JSON-LD（schema.org）")
NOT_WORKS = frozenset(
    {
        "Organization",
        "Person",
        "WebSite",
        "WebPage",
        "BreadcrumbList",
        "ListItem",
        "SearchAction",
        "Place",
        "PostalAddress",
        "ImageObject",
        "ItemList",
        "DefinedTerm",
        "Audience",
        "EducationalAudience",
        "SiteNavigationElement",
        "CollegeOrUniversity",
        "GovernmentOrganization",
        "Offer",
        "CollectionPage",
        "ItemPage",
        "ContactPoint",
        "EntryPoint",
        "ReadAction",
        "Rating",
        "AggregateRating",
        "Comment",
    }
)
"""Types that describe what stands around a work."""
OURS = frozenset({"files", "default"})
"""Names that a row has from this node, which no source may give."""
TEXTS = ("name", "headline", "description", "abstract", "alternateName")
ADDRESSES = frozenset({"url", "contentUrl", "license", "sameAs", "thumbnailUrl", "mainEntityOfPage"})
CONTENTS = ("encoding", "associatedMedia", "video", "audio", "distribution")
MOST = 2000
"""Works of one page."""
_BEGIN = re.compile(r"<!--|<(script|html)(?=[\s/>])", re.I)
_TAG = re.compile(r"""<(?:[^<>"']|"[^"]{0,2000}"|'[^']{0,2000}'){1,500}>""")
_SCRIPT_END = re.compile(r"</script(?=[\s/>])", re.I)


def harvest(work: Work) -> None:
    """Register what the page describes. Raises what fetching raises, or `SourceUnreadable`."""
    answer = patiently(work, work.source.address, accept="text/html, application/ld+json;q=0.9, */*;q=0.1")
    mapping, constants = work.mapping(), work.options.constants
    rows = []
    for number, row in enumerate(rows_of(answer.body, answer.url, answer.headers.get("Content-Type", "")), 1):
        if work.options.files:
            stamp = " ".join(row.get("dateModified", ()))
            row["files"] = linked_files.fetched(work, row["file_addresses"], stamp=stamp)
        rows.append(work.intake.row(number, row, mapping, constants))
    work.intake.register(rows)
    work.keep({})


def rows_of(data: bytes, address: str, media_type: str = "") -> list[dict[str, Any]]:
    """The works that a page describes, each once. Raises `SourceUnreadable`."""
    text = decoded(data, media_type.partition("charset=")[2].strip(" \"'"))
    language, scripts = ("", [text]) if "json" in media_type.partition(";")[0] else _scripts(text)
    rows: dict[str, dict[str, Any]] = {}
    for script in scripts:
        try:
            document = json.loads(script.strip().removesuffix(";"))
        except (ValueError, RecursionError):
            continue
        for node in _works(document, 0):
            row = _row(node, address, language, len(rows) + 1)
            rows.setdefault(row["id"], row)
            if len(rows) >= MOST:
                return list(rows.values())
    if not rows:
        raise SourceUnreadable(address=address, cause=NO_WORKS)
    return list(rows.values())


def _scripts(text: str) -> tuple[str, list[str]]:
    """The language of a page, and the texts of its `<script type="application/ld+json">`.

    The library's parser is given single tags only: of a whole page that never closes what it opens it reads the rest
    again and again.
    """
    language, found, place = "", [], 0
    while (begun := _BEGIN.search(text, place)) is not None:
        if begun[0] == "<!--":
            place = text.find("-->", begun.end())
            if place < 0:
                break
            continue
        tag = _TAG.match(text, begun.start())
        if tag is None:
            place = begun.end()
            continue
        given, place = _attributes(tag[0]), tag.end()
        if begun[1].lower() == "html":
            language = language or given.get("lang") or ""
            continue
        ended = _SCRIPT_END.search(text, place)
        if ended is None:
            break
        if (given.get("type") or "").partition(";")[0].strip().lower() == "application/ld+json":
            found.append(text[place : ended.start()])
        place = ended.end()
    return language, found


def _attributes(tag: str) -> Mapping[str, str | None]:
    reader = _Tag(convert_charrefs=False)
    reader.feed(tag)
    return reader.given


class _Tag(HTMLParser):
    """Reads the attributes of one tag."""

    given: Mapping[str, str | None] = MappingProxyType({})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        self.given = dict(attrs)


def _works(value: Any, deep: int) -> Iterator[dict[str, Any]]:
    """Every node of a work, wherever it stands; what is inside a work is a part of its description, but for parts."""
    if deep > MAX_DEPTH:
        return
    if isinstance(value, list):
        for entry in value:
            yield from _works(entry, deep + 1)
    elif isinstance(value, dict):
        types = _types(value)
        is_work = bool(types) and not NOT_WORKS.issuperset(types) and any(name in value for name in TEXTS[:2])
        if is_work:
            yield value
        for name in ("hasPart",) if is_work else value:
            yield from _works(value.get(name), deep + 1)


def _types(node: dict[str, Any]) -> list[str]:
    return [one.rpartition("/")[2].rpartition(":")[2] for one in _plain(node.get("@type"))]


def _row(node: dict[str, Any], address: str, language: str, number: int) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name, value in node.items():
        if name in TEXTS:
            row |= by_language(name, _said(value, language))
        elif not name.startswith("@") and name not in OURS:
            found = _plain(value)
            row[name] = [_joined(address, one) for one in found] if name in ADDRESSES else found
    keywords = [part.strip() for one in row.get("keywords", ()) for part in one.replace("，", ",").split(",")]
    own = [*_plain(node.get("@id")), *_plain(node.get("url"))]
    contents = [one for name in CONTENTS for one in _contents(node.get(name))] + _plain(node.get("contentUrl"))
    return {
        **{name: value for name, value in row.items() if value},
        **({"keywords": keywords} if keywords else {}),
        "id": _joined(address, own[0]) if own else f"{address}#{number}",
        "url": row.get("url") or [address],
        "type": _types(node),
        "page": {"address": address, "language": language},
        "file_addresses": [_joined(address, one) for one in dict.fromkeys(contents)],
    }


def _said(value: Any, language: str) -> list[tuple[str, str]]:
    entries = value if isinstance(value, list) else [value]
    found = []
    for entry in entries:
        if isinstance(entry, dict) and "@value" in entry:
            found.append((str(entry.get("@language", "")), str(entry["@value"])))
        else:
            found += [("", text) for text in _plain(entry)]
    return found


def _plain(value: Any, deep: int = 0) -> list[str]:
    """A property as texts: a node by its name, else its address; nothing of what lies absurdly deep."""
    if deep > MAX_DEPTH:
        return []
    if isinstance(value, list):
        return [text for entry in value for text in _plain(entry, deep + 1)]
    if isinstance(value, dict):
        for name in ("@value", "name", "termCode", "audienceType", "url", "@id"):
            if name in value:
                return _plain(value[name], deep + 1)
        return []
    if isinstance(value, bool) or value is None:
        return []
    return [str(value).strip()] if str(value).strip() else []


def _joined(address: str, found: str) -> str:
    """An address as the page means it; one that cannot be read as it stands, which the record's check then tells."""
    try:
        return urljoin(address, found)
    except ValueError:
        return found


def _contents(value: Any) -> list[str]:
    entries = value if isinstance(value, list) else [value]
    return [address for one in entries if isinstance(one, dict) for address in _plain(one.get("contentUrl"))]
