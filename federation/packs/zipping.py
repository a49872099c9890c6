"""Writing an archive as ZIP while it is sent: nothing is kept on a disk, and no more than a piece in memory.

The same archive has the same bytes each time, so that a download that was broken off goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from federation.days import ZONE
from federation.packs.contents import Archive, Member
from federation.storage import ObjectStore

PIECE = 256 * 1024
PERMISSIONS = 0o100644
EMPTY = Member("", 0, "", 0, b"")


def length(archive: Archive) -> int:
    """How many bytes `written` gives, without reading any file.

    Members are written in the ZIP64 form, whose headers are as long for an empty file as for a large one.
    """
    shells = [(_path(archive, one), EMPTY) for one in archive.members]
    return sum(map(len, _zip(archive, ((path, one, (b"",)) for path, one in shells)))) + sum(
        one.size for one in archive.members
    )


def written(archive: Archive, store: ObjectStore) -> Iterator[bytes]:
    """The bytes of the ZIP file.

    Breaks off with an error of `stream_zip` when the store gives other bytes than those that were verified, so that
    what arrives is too short for its announced length, or right.
    """
    return _zip(archive, ((_path(archive, one), one, _content(one, store)) for one in archive.members))


def _zip(archive: Archive, members: Iterable[tuple[str, Member, Iterable[bytes]]]) -> Iterator[bytes]:
    # It brings a library for encryption along, which nobody needs who downloads single files.
    from stream_zip import NO_COMPRESSION_64, stream_zip  # noqa: PLC0415  # see above

    # Where a program reads no other time of a file, it takes this one for that on its own wall.
    moment = archive.moment.astimezone(ZONE)
    files: Any = (
        (path, moment, PERMISSIONS, NO_COMPRESSION_64(one.size, one.crc32), content) for path, one, content in members
    )
    return iter(stream_zip(files, chunk_size=PIECE))


def _path(archive: Archive, member: Member) -> str:
    return f"{archive.folder}/{member.path}"


def _content(member: Member, store: ObjectStore) -> Iterator[bytes]:
    if member.data is not None:
        yield member.data
        return
    with store.passing(sha256=member.sha256, chunk=PIECE) as pieces:
        yield from pieces
