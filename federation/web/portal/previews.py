"""What a resource's page shows of its files at once; everything stays in the list of files, too.

A file is shown only while it may be had and is sound, scanned where there is a scanner, and clean.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from federation.catalogue import Page, PublicFile
from federation.derivatives import heads, reading
from federation.derivatives.heads import Head, Table
from federation.derivatives.reading import Look
from federation.renditions import office
from federation.storage.disposition import SAFE_INLINE, base_type
from federation.web import viewing
from federation.web.portal import pictures
from federation.web.portal.pictures import Shown
from federation.web.viewing import FILM, PAGE, PICTURE, SOUND

MOST_PICTURES, MOST_PLAYERS, MOST_OTHERS = 24, 6, 4
"""Of one resource on its page; the others are opened from the list of files."""
MOST_UNMADE = 5_000_000
"""Bytes of a picture that is shown as it is, as drawings are and what nothing has been made of yet."""
MOST_FULL = 20_000_000
"""Bytes of a picture that is loaded as it is when somebody looks closer."""
TABLES = frozenset({"text/csv", "text/tab-separated-values"})
CAPTIONS = "text/vtt"
ASIDE = ("cover", "source")
"""Roles of files that are shown only where there is nothing else to see."""
_LANGUAGE = re.compile(r"[._-](zh|en)(?:[-_][A-Za-z]{2,4})*$")


@dataclass(frozen=True)
class Plate:
    """A picture among those of a resource. `large` is what a link leads to, `full` the file itself, if browsers
    show it."""

    file: PublicFile
    image: Shown | None
    large: str
    full: str


@dataclass(frozen=True)
class Player:
    """Something to be heard or seen in time, with the texts that belong to it and a still for a film."""

    file: PublicFile
    film: bool
    poster: str
    captions: Sequence[tuple[PublicFile, str]]


@dataclass(frozen=True)
class Paper:
    """A document by pictures of its first pages; `made` says that they are of the hub's own PDF."""

    file: PublicFile
    pages: Sequence[Shown]
    count: int
    made: bool


@dataclass
class Previews:
    """What there is to see on the page; `shown` are the names of the files that are."""

    plates: list[Plate] = field(default_factory=list)
    players: list[Player] = field(default_factory=list)
    papers: list[Paper] = field(default_factory=list)
    frames: list[tuple[PublicFile, Sequence[str]]] = field(default_factory=list)
    tables: list[tuple[PublicFile, Table]] = field(default_factory=list)
    texts: list[tuple[PublicFile, Head]] = field(default_factory=list)

    @property
    def any(self) -> bool:
        """Whether there is anything."""
        return any((self.plates, self.players, self.papers, self.frames, self.tables, self.texts))

    @property
    def zooms(self) -> bool:
        """Whether there are pictures to look at closer."""
        return bool(self.plates or self.papers)


def of(session: Session, page: Page, *, address: Callable[[PublicFile], str]) -> Previews:
    """What the page of a resource shows; `address` is where a file is shown by itself. Three questions at most."""
    may = [file for file in page.files if file.open]
    digests = [file.sha256 for file in may]
    usable = reading.usable(session, digests)
    may = [file for file in may if file.sha256 in usable]
    made = _Made(page.entry.ark, reading.looks(session, digests), reading.texts(session, digests), address)
    found = Previews(players=_players(made, may))
    for file in may:
        if file.role not in ASIDE:
            _add(found, made, file)
    if not found.any:
        for file in may:
            _add(found, made, file)
    return found


def may_open(file: PublicFile) -> bool:
    """Whether a browser shows the file by itself, and the store lets it (nothing in it runs)."""
    base = base_type(file.media_type)
    return base in SAFE_INLINE and not base.startswith(("audio/", "video/")) and base != CAPTIONS


def software(file: PublicFile) -> str:
    """What it needs to be opened, for a file that is neither shown nor opened here; empty for all others."""
    base = base_type(file.media_type)
    if may_open(file) or viewing.kind(base, 0) or base in office.TYPES:
        return ""
    return str(_("下载后用相应的软件打开"))


@dataclass(frozen=True)
class _Made:
    """What was made of the files of a resource."""

    ark: str
    looks: Mapping[str, Look]
    texts: Mapping[str, Head]
    address: Callable[[PublicFile], str]


def _add(found: Previews, made: _Made, file: PublicFile) -> None:
    """Put a file where it is shown, if it is and there is room."""
    base, look, head = base_type(file.media_type), made.looks.get(file.sha256), made.texts.get(file.sha256)
    if viewing.kind(base, 0) == PICTURE or base == "image/tiff":
        plate = _plate(made, file, look)
        if plate and len(found.plates) < MOST_PICTURES:
            found.plates.append(plate)
    elif look and look.pages:
        if len(found.papers) < MOST_OTHERS:
            pages = [pictures.shown(made.ark, [one]) for one in look.pages]
            found.papers.append(Paper(file, pages, max(look.page_count, len(pages)), base in office.TYPES))
    elif viewing.kind(base, file.size) == PAGE:
        if len(found.frames) < MOST_OTHERS:
            found.frames.append((file, look.elsewhere.loads if look else ()))
    elif head and base != CAPTIONS and len(found.tables) + len(found.texts) < MOST_OTHERS:
        table = heads.as_table(head) if base in TABLES or file.name.lower().endswith((".csv", ".tsv")) else None
        if table:
            found.tables.append((file, table))
        elif head.text.strip():
            found.texts.append((file, head))


def _plate(made: _Made, file: PublicFile, look: Look | None) -> Plate | None:
    base = base_type(file.media_type)
    browsers = viewing.kind(base, 0) == PICTURE
    full = made.address(file) if browsers and file.size <= MOST_FULL else ""
    if look and look.widths:
        if look.moves and full and file.size <= MOST_UNMADE:
            return Plate(file, None, full, full)
        return Plate(file, pictures.shown(made.ark, look.widths), pictures.largest(made.ark, look), full)
    return Plate(file, None, full, full) if full and file.size <= MOST_UNMADE else None


def _players(made: _Made, may: Sequence[PublicFile]) -> list[Player]:
    playing = [file for file in may if viewing.kind(file.media_type, 0) in (SOUND, FILM)][:MOST_PLAYERS]
    captions = [file for file in may if base_type(file.media_type) == CAPTIONS]
    covers = [file for file in may if file.role == "cover" and file.sha256 in made.looks]
    found = []
    for file in playing:
        film = viewing.kind(file.media_type, 0) == FILM
        look = made.looks.get(file.sha256) or (made.looks[covers[0].sha256] if covers else None)
        poster = pictures.largest(made.ark, look) if film and look and look.widths else ""
        own = _captions(file, captions, alone=len(playing) == 1)
        found.append(Player(file, film, poster, [(one, _language(one.name)) for one in own]))
    return found


def _captions(file: PublicFile, captions: Sequence[PublicFile], *, alone: bool) -> list[PublicFile]:
    """The captions whose names begin as the film's does; all of them where there is one film only."""
    stem = PurePath(file.name).stem
    return [one for one in captions if alone or one.name.startswith(stem)]


def _language(name: str) -> str:
    """The language of captions by their name (`film.zh.vtt`), Chinese where it says nothing."""
    found = _LANGUAGE.search(PurePath(name).stem)
    return found[1] if found else "zh"
