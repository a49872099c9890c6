"""The files of a form, a draft or a version as pages show them: their size, what was read of them, a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from nodes.arrivals import Arrivals
from nodes.extraction.facts import Facts, facts_from
from nodes.models import LocalFile, Upload
from nodes.web.forms import FileChoice
from nodes.web.language import gettext as _
from nodes.web.language import ngettext
from shared.errors import FileChanged, FileUnreadable, NotFound
from shared.wording import NO_BREAK, file_size

PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp"})
"""Raster pictures: a browser shows them and runs nothing. SVG may hold scripts, so it is never shown from here."""
FILMS = frozenset({"video/mp4", "video/webm", "video/ogg"})
SOUNDS = frozenset({"audio/mpeg", "audio/mp4", "audio/ogg", "audio/wav", "audio/x-wav", "audio/webm", "audio/flac"})
SHOWN = PICTURES | FILMS | SOUNDS
_OFFICE = "application/vnd.openxmlformats-officedocument."
FORMATS = {
    _OFFICE + "wordprocessingml.document": "Word",
    _OFFICE + "presentationml.presentation": "PowerPoint",
    _OFFICE + "spreadsheetml.sheet": "Excel",
    "application/msword": "Word",
    "application/vnd.ms-powerpoint": "PowerPoint",
    "application/vnd.ms-excel": "Excel",
    "application/epub+zip": "EPUB",
    "application/jsonl": "JSON Lines",
    "application/octet-stream": "",
    "audio/mpeg": "MP3",
    "audio/x-wav": "WAV",
    "image/svg+xml": "SVG",
    "text/plain": "TXT",
    "text/markdown": "Markdown",
    "text/vtt": "WebVTT",
    "video/quicktime": "MOV",
}
"""What people call formats whose media type does not say it."""


MAX_SUBTYPE = 12
"""Characters of a subtype that is a name; longer ones are registrations."""


@dataclass(frozen=True)
class ShownFile:
    """One file: `kind` is picture, film, sound or empty; `facts` are words such as “1920 × 1080” or “12 页”."""

    choice: FileChoice
    size: int | None = None
    media_type: str = ""
    facts: Sequence[str] = ()

    @property
    def format(self) -> str:
        """What people call its format."""
        return format_of(self.media_type)

    @property
    def kind(self) -> str:
        """How a browser may show it."""
        kinds = (("picture", PICTURES), ("film", FILMS), ("sound", SOUNDS))
        return next((kind for kind, types in kinds if self.media_type in types), "")


def shown_files(
    session: Session, arrivals: Arrivals, choices: Sequence[FileChoice], standing: Mapping[str, Any]
) -> list[ShownFile]:
    """The chosen files, in two queries however many there are; one whose bytes are gone has its name only."""
    entries = {f"sha256:{entry['sha256']}": entry for entry in standing.get("files", ())}
    keys = [choice.key.removeprefix("upload:") for choice in choices]
    uploads = {f"upload:{one.key}": one for one in session.scalars(select(Upload).where(Upload.key.in_(keys)))}
    return [_shown(choice, arrivals, uploads.get(choice.key), entries.get(choice.key)) for choice in choices]


def of_record(record: Mapping[str, Any]) -> list[ShownFile]:
    """The files of a version."""
    return [
        ShownFile(
            FileChoice(f"sha256:{entry['sha256']}", entry["name"], entry["role"], entry.get("alt", {})),
            entry["size"],
            entry["media_type"],
        )
        for entry in record.get("files", ())
    ]


def _shown(
    choice: FileChoice, arrivals: Arrivals, upload: Upload | None, entry: Mapping[str, Any] | None
) -> ShownFile:
    if entry is not None:
        return ShownFile(choice, entry["size"], entry["media_type"])
    if upload is not None and upload.sha256:
        return ShownFile(choice, upload.size, upload.media_type, in_words(facts_from(upload.facts)))
    with suppress(NotFound, OSError):
        return ShownFile(choice, arrivals.path(choice.key.removeprefix("upload:")).stat().st_size)
    return ShownFile(choice)


def in_words(facts: Facts) -> list[str]:
    """What is worth saying beside the name of a file."""
    said = []
    if facts.width and facts.height:
        said.append(f"{facts.width}{NO_BREAK}×{NO_BREAK}{facts.height}")
    if facts.seconds:
        said.append(duration(facts.seconds))
    if facts.pages:
        said.append(ngettext("%(num)s 页", "%(num)s 页", facts.pages) % {"num": facts.pages})
    if facts.camera:
        said.append(_("摄于 %(day)s") % {"day": facts.created})
    return said


def format_of(media_type: str) -> str:
    """What people call a format: PDF, PNG, PowerPoint; empty when nobody knows."""
    named = FORMATS.get(media_type)
    subtype = media_type.rpartition("/")[2].removeprefix("x-")
    return subtype.upper() if named is None and len(subtype) <= MAX_SUBTYPE else named or ""


def duration(seconds: float) -> str:
    """A time as players show it: 3:05, 1:02:07; what is shorter than a second is one."""
    whole = max(1, round(seconds))
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def summary(upload: Upload, facts: Facts) -> str:
    """The line under the name of a file that has just come."""
    said = (file_size(upload.size), format_of(upload.media_type), *in_words(facts))
    return " · ".join(one for one in said if one)


def content_of(session: Session, arrivals: Arrivals, key: str) -> tuple[Path, str]:
    """Where the bytes of `key` lie, and their type if a browser may show it. Raises `NotFound` for all other."""
    kind, _dot, name = key.partition(":")
    if kind == "upload":
        try:
            upload = arrivals.measured(name)
        except (FileUnreadable, FileChanged) as error:
            raise NotFound() from error
        path, media_type = arrivals.path(name), upload.media_type
    else:
        found = session.get(LocalFile, name) if kind == "sha256" else None
        if found is None:
            raise NotFound()
        path = Path(found.path)
        media_type = arrivals.type_of(path)
    if media_type not in SHOWN or not path.is_file():
        raise NotFound()
    return path, media_type
