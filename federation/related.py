"""What a public resource has to do with others: declared by either side, the same thing elsewhere, and what is alike.

Everything is found among what is public at this moment. A resource stands in one place only: what is declared is not
said again to be the same, nor what is the same to be alike.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select, union_all
from sqlalchemy.orm import Session, aliased

from federation import catalogue
from federation.catalogue import Entry, Page
from federation.findings import likeness
from federation.models.bearings import Pointer
from federation.models.events import FeedEntry
from federation.models.findings import TextBand
from federation.models.resources import VersionFile
from federation.publication import PUBLISHED
from federation.search.alike import alike
from federation.search.index import SearchIndex
from federation.search.text import fold

HAS_PART, IS_PART_OF = "has-part", "is-part-of"
INVERSE: Mapping[str, str] = {HAS_PART: IS_PART_OF, IS_PART_OF: HAS_PART, "is-related-to": "is-related-to"}
"""Relations whose other side has a name of its own in the vocabulary."""
MOST_DECLARED, MOST_SAME, MOST_ALIKE = 50, 6, 4
MOST_SHARED = 20
"""A file that more resources have is a form or a logo, and says nothing of them."""
MOST_FILES = 50
"""Main files of a resource that are looked for elsewhere."""
MAIN = "main"


@dataclass(frozen=True)
class Declared:
    """A relation that one of the two has declared; `type` is what it is called from this side.

    With `reverse` it is the other one's word, of which the vocabulary has no name for this side.
    """

    type: str
    reverse: bool
    entry: Entry


@dataclass(frozen=True)
class Same:
    """The same thing at another institution: how many files are the same bytes, and the share of the text, 0 to 1."""

    entry: Entry
    files: int
    share: float


@dataclass(frozen=True)
class Alike:
    """A resource that is like this one, and why: keywords that both have, or else themes."""

    entry: Entry
    keywords: Sequence[str]
    themes: Sequence[str]


@dataclass(frozen=True)
class Surroundings:
    """All of it, in the order in which a page shows it."""

    declared: Sequence[Declared]
    same: Sequence[Same]
    alike: Sequence[Alike]

    @property
    def entries(self) -> list[Entry]:
        """The resources that are named."""
        found = [one.entry for one in self.declared]
        return [*found, *(one.entry for one in self.same), *(one.entry for one in self.alike)]

    def __bool__(self) -> bool:
        return bool(self.declared or self.same or self.alike)


@dataclass(frozen=True)
class Known:
    """What is remembered of a resource until something changes: ids of others and what they have in common with it.

    `same` has the number of files and the share of the text by id, `alike` the keywords or themes in common.
    """

    incoming: Sequence[tuple[str, str]]
    same: Mapping[str, tuple[int, float]]
    alike: Mapping[str, tuple[Sequence[str], Sequence[str]]]


def find(session: Session, index: SearchIndex, page: Page) -> Known:
    """Look for whatever has to do with the resource of a page; four queries, and one of the index."""
    mine = page.entry
    pointing = select(Pointer.resource_id, Pointer.type).where(Pointer.target_id == mine.resource_id)
    incoming = session.execute(pointing.order_by(Pointer.resource_id, Pointer.position).limit(MOST_DECLARED)).all()
    files, texts = _same_files(session, page), _near_texts(session, mine.resource_id)
    arks = alike(index, mine.ark, page.record, limit=3 * MOST_ALIKE + MOST_SAME)
    entries = catalogue.some(session, sorted({*files, *texts}), arks)
    apart = {mine.resource_id, *(one.entry.resource_id for one in page.relations), *(one for one, _ in incoming)}
    same = _same(mine, files, texts, {key: entry for key, entry in entries.items() if key not in apart})
    others = [entry for key, entry in entries.items() if key not in apart and key not in same]
    return Known([(resource_id, kind) for resource_id, kind in incoming], same, _alike(mine, arks, others))


def around(session: Session, page: Page, known: Known) -> Surroundings:
    """What of that is public at this moment, sorted by what it has to do with the resource of the page; one query."""
    ids = {*(one for one, _ in known.incoming), *known.same, *known.alike}
    entries = catalogue.some(session, sorted(ids), ())
    return Surroundings(
        _declared(page, known, entries),
        [Same(entries[one], *common) for one, common in known.same.items() if one in entries],
        [Alike(entries[one], *common) for one, common in known.alike.items() if one in entries],
    )


def _same_files(session: Session, page: Page) -> dict[str, int]:
    """Public resources that have main files of this one, by id, with how many."""
    mine = sorted({file.sha256 for file in page.files if file.role == MAIN})[:MOST_FILES]
    if not mine:
        return {}
    # Each file by itself: what everybody has would else fill the answer before what only two have comes.
    each = [select(_owners(sha256, page.entry.resource_id).subquery()) for sha256 in mine]
    pairs = {(sha256, resource_id) for sha256, resource_id in session.execute(union_all(*each))}
    owners = Tally(sha256 for sha256, _ in pairs)
    return dict(Tally(resource_id for sha256, resource_id in pairs if owners[sha256] < MOST_SHARED))


def _owners(sha256: str, without: str) -> Select[str, str]:
    """The first of the public resources with this main file, one left out."""
    return (
        select(VersionFile.sha256, FeedEntry.resource_id)
        .join(FeedEntry, FeedEntry.version_id == VersionFile.version_id)
        .where(
            VersionFile.sha256 == sha256,
            VersionFile.role == MAIN,
            VersionFile.size > 0,
            FeedEntry.latest.is_not(False),
            FeedEntry.kind == PUBLISHED,
            FeedEntry.resource_id != without,
        )
        .limit(MOST_SHARED)
    )


def _near_texts(session: Session, resource_id: str) -> list[str]:
    """Resources whose texts are worth comparing with this one's: those that meet it in most bands."""
    mine, other = aliased(TextBand), aliased(TextBand)
    meeting = (
        select(other.resource_id)
        .join(mine, mine.band == other.band)
        .where(mine.resource_id == resource_id, other.resource_id != resource_id)
        .group_by(other.resource_id)
        .order_by(func.count().desc(), other.resource_id)
        .limit(likeness.MOST_COMPARED)
    )
    return list(session.scalars(meeting))


def _declared(page: Page, known: Known, entries: Mapping[str, Entry]) -> list[Declared]:
    """What this one declares, parts left out, which its page lists by themselves; then what others declare of it."""
    said = {(one.type, one.entry.resource_id) for one in page.relations}
    found = [Declared(one.type, False, one.entry) for one in page.relations if one.type != HAS_PART]
    for resource_id, kind in known.incoming:
        named = INVERSE.get(kind, kind)
        if resource_id in entries and (kind not in INVERSE or (named, resource_id) not in said):
            said.add((named, resource_id))
            found.append(Declared(named, kind not in INVERSE, entries[resource_id]))
    return found


def _same(
    mine: Entry, files: Mapping[str, int], texts: Collection[str], entries: Mapping[str, Entry]
) -> dict[str, tuple[int, float]]:
    text = likeness.pieces(mine.record) if texts else frozenset()
    found = {}
    for resource_id, entry in entries.items():
        if (resource_id not in files and resource_id not in texts) or entry.institution.id == mine.institution.id:
            continue
        share = likeness.share(text, likeness.pieces(entry.record)) if resource_id in texts else 0.0
        if resource_id in files or share >= likeness.NEAR:
            found[resource_id] = (files.get(resource_id, 0), share if share >= likeness.NEAR else 0.0)
    ordered = sorted(found.items(), key=lambda one: (-one[1][0], -one[1][1], one[0]))
    return dict(ordered[:MOST_SAME])


def _alike(
    mine: Entry, arks: Sequence[str], entries: Sequence[Entry]
) -> dict[str, tuple[Sequence[str], Sequence[str]]]:
    by_ark = {entry.ark: entry for entry in entries}
    ranked = [by_ark[ark] for ark in arks if ark in by_ark]
    found = [(one.resource_id, _in_common(mine.record, one.record)) for one in ranked]
    return dict([one for one in found if any(one[1])][:MOST_ALIKE])


def _in_common(mine: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    folded = {fold(word) for word in other.get("keywords", ())}
    keywords = [word for word in mine.get("keywords", ()) if fold(word) in folded]
    return keywords, [code for code in mine["themes"] if code in other["themes"]]
