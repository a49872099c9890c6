"""What goes into an archive: the files as they are kept, and the texts that explain them.

Nothing is left out in silence: an archive has all files of its resource, or is refused with the reason.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from federation import serving
from federation.catalogue import Page
from federation.days import ZONE
from federation.models.objects import StoredObject
from federation.packs import names
from federation.storage import ObjectStore
from federation.storage.disposition import safe_name
from shared.errors import CommonsError, FilesEmbargoed

PACK, BAG = "pack", "bag"
FORMS = (PACK, BAG)
MAX_TITLE = 40
"""Characters of a title in a folder's name: some systems stop at 260 for a whole path."""
FILES, MANIFEST = "files/", "manifest-sha256.txt"
BAGIT = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


@dataclass(frozen=True)
class Member:
    """One file of an archive, at `path` below its folder; `data` is None for what the store has."""

    path: str
    size: int
    sha256: str
    crc32: int
    data: bytes | None = None


@dataclass(frozen=True)
class Archive:
    """An archive that is ready to be written: its folder, its members in order, and the time that they all bear."""

    folder: str
    members: Sequence[Member]
    moment: datetime

    @property
    def tag(self) -> str:
        """Changes with every byte of the archive: what makes it up, in one digest."""
        said = "".join(f"{one.path}\0{one.sha256}\n" for one in self.members)
        return hashlib.sha256(f"{self.folder}\n{self.moment.isoformat()}\n{said}".encode()).hexdigest()[:32]


def assemble(
    session: Session, store: ObjectStore, page: Page, *, texts: Mapping[str, str], title: str, form: str
) -> Archive:
    """The archive of a public resource: its files, `texts` by their names, and a manifest of digests.

    Raises `FilesEmbargoed` while any of the files may not be had yet; `BeingRestored` or `FileWithheld` for one that
    is damaged or infected; what reading the store raises.
    """
    if any(not file.open for file in page.files):
        raise FilesEmbargoed(until=page.record["embargo_until"])
    sums = checksums(session, store, [file.sha256 for file in page.files])
    content = [made(name, text) for name, text in texts.items()]
    content += kept(page, FILES, sums)
    folder = names.fitting(f"{safe_name(title[:MAX_TITLE])}-{page.entry.ark.rpartition('/')[2]}")
    members = bagged(content, _bag_info(page)) if form == BAG else [*content, made(MANIFEST, manifest(content))]
    return Archive(folder, members, page.entry.at)


def made(path: str, text: str) -> Member:
    """A member of our own making."""
    data = text.encode("utf-8")
    return Member(path, len(data), hashlib.sha256(data).hexdigest(), zlib.crc32(data), data)


def kept(page: Page, folder: str, sums: Mapping[str, int]) -> list[Member]:
    """The files of a resource as members in a folder; `sums` has the CRC-32 of each by its digest."""
    called = names.in_archive(file.name for file in page.files)
    return [Member(folder + called[file.name], file.size, file.sha256, sums[file.sha256]) for file in page.files]


def bagged(content: Sequence[Member], info: Mapping[str, str]) -> list[Member]:
    """The same as a bag (RFC 8493): the content below `data/`, and what vouches for it beside that.

    `info` is what `bag-info.txt` says beside the sizes.
    """
    payload = [Member(f"data/{one.path}", one.size, one.sha256, one.crc32, one.data) for one in content]
    info = {**info, "Payload-Oxum": f"{sum(one.size for one in payload)}.{len(payload)}"}
    tags = [
        made("bagit.txt", BAGIT),
        made("bag-info.txt", "".join(f"{name}: {' '.join(value.split())}\n" for name, value in info.items())),
        made(MANIFEST, manifest(payload)),
    ]
    return [*tags, made(f"tag{MANIFEST}", manifest(tags)), *payload]


def manifest(members: Sequence[Member]) -> str:
    """The digests in the form that `sha256sum -c` reads.

    `%` stands for itself, as that program and the libraries for bags read it; RFC 8493 §2.1.3 would have it escaped.
    Where they would read it as more than itself, the file has another name (`names`).
    """
    return "".join(f"{one.sha256}  {one.path}\n" for one in members)


def checksums(
    session: Session,
    store: ObjectStore,
    digests: Sequence[str],
    *,
    named: Callable[[str, CommonsError], CommonsError] = lambda _digest, error: error,
) -> dict[str, int]:
    """The CRC-32 of each object; one that nobody has read for it yet is read now.

    Raises what `named` makes of `BeingRestored` or `FileWithheld` for the object with that digest.
    """
    rows = session.scalars(select(StoredObject).where(StoredObject.sha256.in_(set(digests)))).all()
    found: dict[str, int] = {}
    for stored in rows:
        _pass(stored.sha256, stored.damaged_at is not None, stored.malware, named)
        if stored.crc32 is not None:
            found[stored.sha256] = stored.crc32
    for digest in sorted(set(digests) - found.keys()):
        found[digest], sound = _read_through(store, digest)
        _pass(digest, not sound, "", named)
    return found


def _pass(digest: str, damaged: bool, malware: str, named: Callable[[str, CommonsError], CommonsError]) -> None:
    try:
        serving.passes(damaged, malware)
    except CommonsError as error:
        raise named(digest, error) from error


def _bag_info(page: Page) -> dict[str, str]:
    return {
        "Bagging-Date": page.entry.at.astimezone(ZONE).date().isoformat(),
        "External-Identifier": page.entry.ark,
        "Source-Organization": page.entry.institution.name("zh"),
    }


def _read_through(store: ObjectStore, sha256: str) -> tuple[int, bool]:
    """The CRC-32 of an object, and whether its bytes have the digest by which it is kept."""
    digest, crc32 = hashlib.sha256(), 0
    with store.reading(sha256=sha256) as pieces:
        for piece in pieces:
            digest.update(piece)
            crc32 = zlib.crc32(piece, crc32)
    return crc32, digest.hexdigest() == sha256
