"""A resource's own picture for lists: shown where it has a small one, instead of the drawing of its type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flask import url_for

from federation.catalogue import Entry, embargoed
from federation.days import today
from federation.storage.disposition import SAFE_INLINE
from federation.web.frame import is_picture

MAX_BYTES = 300_000
"""A larger picture would make a list slow: it waits for the page of its resource."""
ROLES = ("cover", "main")


def picture_of(entry: Entry) -> str | None:
    """The address of the picture that stands for a resource in a list; None where the drawing has to do."""
    if embargoed(entry.record, today()):
        return None
    small = [
        file
        for file in entry.record.get("files", ())
        if is_picture(file["media_type"]) and file["media_type"] in SAFE_INLINE and file["size"] <= MAX_BYTES
    ]
    for role in ROLES:
        for file in small:
            if file["role"] == role:
                return url_for("portal.download", ark=entry.ark, name=file["name"], inline=1)
    return None


def pictures_of(entries: Iterable[Entry]) -> Mapping[str, str]:
    """The addresses of the pictures of those resources that have one, by ARK."""
    found = {entry.ark: picture_of(entry) for entry in entries}
    return {ark: address for ark, address in found.items() if address is not None}
