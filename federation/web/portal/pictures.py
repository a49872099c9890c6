"""The picture that stands for a resource in lists, and the addresses of all pictures that the hub has made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue

from federation import listing
from federation.catalogue import Entry, embargoed
from federation.database import db, session_is_open
from federation.days import today
from federation.derivatives import reading
from federation.derivatives.reading import Look, Picture
from federation.interop.places import Thumbnail
from federation.parts import parts
from federation.storage import ObjectMissing
from federation.web.addresses import on_origin
from federation.web.portal.addressing import elsewhere
from federation.web.portal.blueprint import portal
from federation.web.portal.memory import finder, small_pictures
from shared.errors import NotFound

WEBP = "image/webp"
DIGITS = 32
"""How much of a file's SHA-256 its pictures' addresses have."""
KEPT = "private, max-age=604800, immutable"
"""The address holds the digest. Only the reader's own browser keeps it: what is taken down is gone for others."""
WIDEST = 640
"""Pixels of the widest picture that a list offers."""
DRAWN = (320, 240)
"""Room for a drawing, of which nobody knows how large it is."""
SMALL = 64_000
"""Bytes of a picture that is kept in memory."""


@dataclass(frozen=True)
class Shown:
    """A picture in its widths, for `<img>`: addresses within this site, and the pixels of the first.

    `widest` is for those who show one of them only; a drawing, which is shown as it is, has none.
    """

    src: str
    srcset: str
    width: int
    height: int
    widest: Thumbnail | None


def picture_of(entry: Entry) -> Shown | None:
    """The picture that stands for a resource in a list; None where the drawing has to do."""
    return pictures_of([entry]).get(entry.ark)


def pictures_of(entries: Iterable[Entry]) -> Mapping[str, Shown]:
    """The pictures of those resources that have one, by ARK; by one question to the database."""
    on = today()
    wanted = {entry.ark: entry.record for entry in entries if not embargoed(entry.record, on)}
    looks = reading.looks(db.session(), {one for record in wanted.values() for one in listing.candidates(record)})
    best = {ark: listing.best(record, looks) for ark, record in wanted.items()}
    found = {ark: shown(ark, _for_lists(look)) for ark, look in best.items() if look is not None}
    return found | _drawings({ark: record for ark, record in wanted.items() if ark not in found})


def _drawings(records: Mapping[str, Mapping[str, Any]]) -> dict[str, Shown]:
    """The drawings of those resources that have one and no picture; a question of its own where any has."""
    drawings = {ark: drawing for ark, record in records.items() if (drawing := listing.drawing(record))}
    usable = reading.usable(db.session(), {sha256 for _, sha256 in drawings.values()})
    return {
        ark: Shown(url_for("portal.download", ark=ark, name=name, inline=1), "", *DRAWN, None)
        for ark, (name, sha256) in drawings.items()
        if sha256 in usable
    }


def _for_lists(look: Look) -> Sequence[Picture]:
    return [one for one in look.widths if one.width <= WIDEST] or look.widths[:1]


def shown(ark: str, pictures: Sequence[Picture]) -> Shown:
    """These pictures of one file, the narrowest first, as a page shows them."""
    least = pictures[0]
    srcset = ", ".join(f"{address(ark, one)} {one.width}w" for one in pictures)
    widest = Thumbnail(on_origin(address(ark, pictures[-1])), pictures[-1].width, pictures[-1].height)
    return Shown(address(ark, least), srcset, least.width, least.height, widest)


def largest(ark: str, look: Look) -> str:
    """The address of the largest picture of a file."""
    return address(ark, look.widths[-1])


def address(ark: str, picture: Picture) -> str:
    """The address of a picture: the same in every language, so that a browser keeps it once."""
    root = request.script_root
    path = url_for("portal.picture", ark=ark, digest=picture.sha256[:DIGITS], name=picture.name)
    return root.removesuffix("/en") + path.removeprefix(root)


@portal.get("/resources/<path:ark>/pictures/<string(length=32):digest>/<string(maxlength=8):name>.webp")
def picture(ark: str, digest: str, name: str) -> ResponseReturnValue:
    """One picture of a file of a resource, while the file itself may be had. Raises what `FileFinder` raises."""
    moved = elsewhere(ark, "portal.picture", digest=digest, name=name)
    if moved is not None:
        return moved
    engine = None if session_is_open() else db.engine
    file = finder().find_by_digest(db.session, ark, digest, today=today(), engine=engine)
    found = reading.picture(db.session(), file.sha256, name)
    if found is None:
        raise NotFound()
    answer = Response(content_type=WEBP)
    answer.set_etag(f"{digest}-{name}-{found.offset}-{found.length}")
    answer.headers["Cache-Control"] = KEPT
    answer.make_conditional(request)
    if answer.status_code == 200:
        answer.set_data(_bytes(found))
    return answer


def _bytes(picture: Picture) -> bytes:
    kept = small_pictures()
    data = kept.get(picture)
    if data is None:
        try:
            data = parts().store.derivatives.read_range(
                sha256=picture.sha256, offset=picture.offset, length=picture.length
            )
        except ObjectMissing as error:
            raise NotFound() from error
        if len(data) != picture.length or data[:4] != b"RIFF":
            # It is being made anew at this very moment, and stands elsewhere in the file.
            raise NotFound()
        if len(data) <= SMALL:
            kept.put(picture, data)
    return data
