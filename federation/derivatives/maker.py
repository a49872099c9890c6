"""Having pictures made of a file in a process apart, and believing nothing of what comes out of it.

The process (`federation.derivatives.apart`) is shut in with bubblewrap where that can be had. Elsewhere it has its
limits only, which is more than most sites give such libraries; films, which far more code reads, are then left out.
"""

from __future__ import annotations

import json
import struct
import sys
import time
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from federation import sandbox
from federation.sandbox import Pause

MIB = 1024**2
PICTURE, PAGES, FILM = "picture", "pages", "film"
SECONDS: Mapping[str, int] = {PICTURE: 60, PAGES: 60, FILM: 60}
"""How long a file of a kind may take."""
LOOK_SECONDS = 30
MOST_WRITTEN = 64 * MIB
"""Bytes of all pictures of one file, and of what the process may keep in its /tmp, where it needs nothing."""
MOST_FACTS = 4096
MOST_EDGE = 16_383
"""Pixels of a side of a WebP picture."""
LIMITS = {"nofile": 64, "core": 0}
UNREADABLE, TIMEOUT, TOO_LARGE = "unreadable", "timeout", "too_large"
"""Why a file has no pictures."""
_CAUSES = {3: UNREADABLE, 4: TOO_LARGE}
_APART = str(Path(__file__).with_name("apart.py"))
_FACTS = ("width", "height", "pages", "animated")


class NotMade(Exception):
    """There are no pictures of this file; `cause` is one of UNREADABLE, TIMEOUT, TOO_LARGE."""

    def __init__(self, cause: str) -> None:
        self.cause = cause
        super().__init__(cause)


@dataclass(frozen=True)
class Piece:
    """One picture in a ZIP: its name, its pixels, and where its bytes are."""

    name: str
    width: int
    height: int
    offset: int
    length: int


@dataclass(frozen=True)
class Made:
    """The pictures of a file, in a ZIP that is not compressed, and what there is to know of the file."""

    zip: IO[bytes]
    pieces: Sequence[Piece]
    facts: Mapping[str, int]


@dataclass(frozen=True)
class Maker:
    """What this host can make: kinds and the libraries for them; `confined` when it shuts them in."""

    confined: bool
    libraries: Mapping[str, str]

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of files that it makes pictures of."""
        return frozenset(self.libraries)

    @property
    def name(self) -> str:
        """What it calls itself: another one may read what this one could not."""
        return ", ".join(self.libraries.values())[:100]

    def make(self, source: IO[bytes], kind: str, *, pause: Pause = time.sleep) -> Made:
        """Pictures of a file of that kind, the ZIP in an unnamed temporary file. Raises `NotMade`.

        `source` is a file of the system's. `pause` is called several times a second and may raise; then everything
        that was started is ended first.
        """
        target = TemporaryFile()  # noqa: SIM115  # handed to the caller
        try:
            source.seek(0)
            code = _run([kind], source, target, SECONDS[kind], pause, confined=self.confined)
            if code:
                raise NotMade(_CAUSES.get(code, UNREADABLE))
            pieces, facts = _read(target)
        except sandbox.TookTooLong as error:
            target.close()
            raise NotMade(TIMEOUT) from error
        except BaseException:
            target.close()
            raise
        return Made(target, pieces, facts)


def find() -> Maker:
    """What this host can do, tried out; a maker of nothing where not even the process starts."""
    for confined in (True, False):
        if confined and not sandbox.is_there():
            continue
        libraries = _said_libraries(confined=confined)
        if libraries:
            able = {kind: name for kind, name in libraries.items() if confined or kind != FILM}
            return Maker(confined, able)
    return Maker(False, {})


def _said_libraries(*, confined: bool) -> dict[str, str]:
    with TemporaryFile() as nothing, TemporaryFile() as said:
        try:
            if _run([], nothing, said, LOOK_SECONDS, time.sleep, confined=confined):
                return {}
        except sandbox.TookTooLong:
            return {}
        said.seek(0)
        found: dict[str, str] = json.loads(said.read(MOST_FACTS))
    return {kind: found[kind] for kind in (PICTURE, PAGES, FILM) if kind in found}


def _run(
    words: Sequence[str], source: IO[bytes], target: IO[bytes], seconds: float, pause: Pause, *, confined: bool
) -> int:
    # -I: nothing of the environment or of the working folder; -B: no compiled files.
    command = [sys.executable, "-I", "-B", _APART, *words]
    if confined:
        shown = (sys.prefix, sys.base_prefix, _APART)
        command = sandbox.shut_in(command, shown=shown, written=MIB, limits=LIMITS)
    else:
        command = [*sandbox.MODEST, *command]
    return sandbox.run(command, source, target, seconds=seconds, pause=pause)


# -- what came out -----------------------------------------------------------------------------------------


def _read(target: IO[bytes]) -> tuple[list[Piece], dict[str, int]]:
    """The pieces of a ZIP that a process wrote of which a file may have taken hold. Raises `NotMade`."""
    try:
        if target.seek(0, 2) > MOST_WRITTEN:
            raise NotMade(TOO_LARGE)
        with zipfile.ZipFile(target) as made:
            members = {one.filename: one for one in made.infolist()}
            facts = members.pop("facts.json")
            if facts.file_size > MOST_FACTS or facts.compress_type:
                raise NotMade(UNREADABLE)
            said = json.loads(made.read(facts))
        pieces = [_piece(target, one) for one in members.values()]
    except (zipfile.BadZipFile, KeyError, ValueError, struct.error, EOFError) as error:
        raise NotMade(UNREADABLE) from error
    return pieces, _bounded(said)


def _bounded(said: Any) -> dict[str, int]:
    if not isinstance(said, dict):
        raise NotMade(UNREADABLE)
    return {name: said[name] for name in _FACTS if isinstance(said.get(name), int) and 0 <= said[name] < 2**31}


def _piece(target: IO[bytes], one: zipfile.ZipInfo) -> Piece:
    """Where a member's bytes are (APPNOTE.TXT 4.3.7), and its size as WebP says it."""
    target.seek(one.header_offset)
    header = target.read(30)
    name_length, extra_length = struct.unpack("<HH", header[26:30])
    offset = one.header_offset + 30 + name_length + extra_length
    target.seek(offset)
    head = target.read(30)
    stem, _dot, suffix = one.filename.partition(".")
    known = stem[:1] in ("w", "p") and stem[1:].isdecimal() and len(stem) <= 6 and suffix == "webp"
    if not known or one.compress_type or target.seek(0, 2) < offset + one.file_size:
        raise NotMade(UNREADABLE)
    if int.from_bytes(head[4:8], "little") + 8 != one.file_size or one.file_size < len(head):
        raise NotMade(UNREADABLE)
    width, height = _webp_size(head)
    return Piece(stem, width, height, offset, one.file_size)


def _webp_size(head: bytes) -> tuple[int, int]:
    """Width and height of a simple or extended WebP file (RFC 9649 2.5 to 2.7)."""
    kind = head[12:16]
    if head[:4] != b"RIFF" or head[8:12] != b"WEBP":
        raise NotMade(UNREADABLE)
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", head[26:30])
        return width & MOST_EDGE, height & MOST_EDGE
    if kind == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    raise NotMade(UNREADABLE)
