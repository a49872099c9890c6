"""Pictures: their size from the head, and when a camera took them (Exif 2.32, CIPA DC-008, in a JPEG's APP1)."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path

import imagesize

from nodes.extraction.facts import Facts

HEAD = 256 * 1024
"""Bytes at the beginning of a JPEG in which its APP1 segment ends: a segment has 64 KiB at most."""
EXIF = b"Exif\0\0"
MAX_TAGS = 200
MAKE, DATE_TIME, EXIF_IFD, DATE_TIME_ORIGINAL = 0x010F, 0x0132, 0x8769, 0x9003
"""Tags of Exif: maker of the camera, when the file was changed, where the further tags are, when it was taken."""
_MOMENT = re.compile(r"(\d{4}):(\d{2}):(\d{2})[ T]")


def read(path: Path) -> Facts:
    """Width and height, and the day on which it was taken."""
    with path.open("rb") as file:
        width, height = imagesize.get(file)
        file.seek(0)
        tags = dict(_tags(file.read(HEAD)))
    moment = _MOMENT.match(tags.get(DATE_TIME_ORIGINAL, "") or tags.get(DATE_TIME, ""))
    created = "-".join(moment.groups()) if moment and moment[1] != "0000" else ""
    return Facts(width=max(0, width), height=max(0, height), created=created, camera=bool(tags.get(MAKE) and created))


def _tags(head: bytes) -> Iterator[tuple[int, str]]:
    """The texts among the tags of the first and of the Exif directory of a JPEG; none for what is no such file."""
    start = head.find(EXIF) if head.startswith(b"\xff\xd8") else -1
    tiff = head[start + len(EXIF) :] if start >= 0 else b""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None or len(tiff) < 8:
        return
    places = [struct.unpack_from(order + "I", tiff, 4)[0]]
    for number in range(2):
        if number >= len(places):
            return
        for tag, kind, count, raw in _entries(tiff, places[number], order):
            if tag == EXIF_IFD and number == 0:
                places.append(struct.unpack(order + "I", raw)[0])
            elif kind == 2:
                at = struct.unpack(order + "I", raw)[0] if count > 4 else None
                data = raw[:count] if at is None else tiff[at : at + min(count, 100)]
                yield tag, data.split(b"\0")[0].decode("ascii", errors="ignore")


def _entries(tiff: bytes, place: int, order: str) -> Iterator[tuple[int, int, int, bytes]]:
    """The entries of the directory at `place`: tag, type, count, and the four bytes of its value or place."""
    if place + 2 > len(tiff):
        return
    count = min(struct.unpack_from(order + "H", tiff, place)[0], MAX_TAGS)
    for number in range(count):
        at = place + 2 + 12 * number
        if at + 12 > len(tiff):
            return
        tag, kind, length = struct.unpack_from(order + "HHI", tiff, at)
        yield tag, kind, length, tiff[at + 8 : at + 12]
