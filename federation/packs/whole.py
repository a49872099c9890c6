"""An archive of a whole collection: each resource in a folder of its own, and one page that leads to all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from federation.catalogue import Entry, Page
from federation.days import ZONE
from federation.packs import contents, names
from federation.packs.contents import BAG, FILES, MANIFEST, MAX_TITLE, Archive, made
from federation.storage import ObjectStore
from federation.storage.disposition import safe_name
from shared.errors import CollectionPackRefused, CollectionPackTooLarge, CommonsError, FilesEmbargoed
from shared.wording import in_bytes

MOST_FILES = 5000
MOST_BYTES = 20 * 10**9
"""What somebody can still carry on a stick; more is taken resource by resource."""
RESOURCES = "resources/"
IN_FOLDER = 24
"""Characters of a title in the name of a resource's folder, which stands in another one."""


@dataclass(frozen=True)
class Part:
    """A resource of the archive: its page, title and folder, how it is credited, and its texts by their names."""

    page: Page
    title: str
    folder: str
    reference: str
    texts: Mapping[str, str]


@dataclass(frozen=True)
class About:
    """What the whole is called: the title, the address by which it is known, who curates it, and the time of it."""

    title: str
    address: str
    slug: str
    curator: str
    moment: datetime


def folder_of(number: int, title: str, ark: str) -> str:
    """The folder of the resource with that number, from 1: in order, and a name that every system takes."""
    return f"{RESOURCES}{number:02d}-{safe_name(title[:IN_FOLDER])}-{ark.rpartition('/')[2]}/"


def extent(entries: Sequence[Entry]) -> tuple[int, int]:
    """How many files these resources have, and how many bytes they are together."""
    sizes = [file["size"] for entry in entries for file in entry.record.get("files", ())]
    return len(sizes), sum(sizes)


def is_too_large(entries: Sequence[Entry]) -> bool:
    """Whether they are more than goes into one archive."""
    files, size = extent(entries)
    return files > MOST_FILES or size > MOST_BYTES


def refuse_too_large(entries: Sequence[Entry]) -> None:
    """Raise `CollectionPackTooLarge` for more than goes into one archive: before anything is made or read."""
    if is_too_large(entries):
        files, size = extent(entries)
        raise CollectionPackTooLarge(files=files, size=in_bytes(size), most=MOST_FILES, limit=in_bytes(MOST_BYTES))


def assemble(
    session: Session,
    store: ObjectStore,
    about: About,
    *,
    parts: Sequence[Part],
    texts: Mapping[str, str],
    form: str,
) -> Archive:
    """The archive of a collection: the files of all of its resources, or none.

    Raises `CollectionPackRefused`, naming the resource, while one of its files may not be had, or is damaged or
    infected; what reading the store raises.
    """
    owner = {file.sha256: part for part in parts for file in part.page.files}
    sums = contents.checksums(session, store, _digests(parts), named=lambda one, error: _refusal(owner[one], error))
    content = [made(name, text) for name, text in texts.items()]
    for part in parts:
        content += [made(part.folder + name, text) for name, text in part.texts.items()]
        content += contents.kept(part.page, part.folder + FILES, sums)
    folder = names.fitting(f"{safe_name(about.title[:MAX_TITLE])}-{about.slug}")
    if form == BAG:
        info = {
            "Bagging-Date": about.moment.astimezone(ZONE).date().isoformat(),
            "External-Identifier": about.address,
            "Source-Organization": about.curator,
        }
        return Archive(folder, contents.bagged(content, info), about.moment)
    return Archive(folder, [*content, made(MANIFEST, contents.manifest(content))], about.moment)


def _digests(parts: Sequence[Part]) -> list[str]:
    """The digests of all files. Raises `CollectionPackRefused` for a resource whose files are not open yet."""
    for part in parts:
        if any(not file.open for file in part.page.files):
            raise _refusal(part, FilesEmbargoed(until=part.page.record["embargo_until"]))
    return [file.sha256 for part in parts for file in part.page.files]


def _refusal(part: Part, cause: CommonsError) -> CollectionPackRefused:
    """Why there is no archive: which resource it is for, and what is the matter with that."""
    return CollectionPackRefused(title=part.title, cause=cause.as_cause(), retry_after=cause.retry_after)
