"""What a file really is, told by its content, and whether its name and its signed type say the same.

Nothing is ever unpacked: of a ZIP only the directory at its end is read, and only so much of it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import filetype

from federation import zip_directory

POLICY = Path(__file__).with_name("policy") / "file_types.toml"
UNKNOWN = "application/octet-stream"
TEXT = "text/plain"
OLE_BYTES = 65_536
"""How much of an old Office file's directory is looked at."""
OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
OLE_STREAMS = {
    "PowerPoint Document": "application/vnd.ms-powerpoint",
    "WordDocument": "application/msword",
    "Workbook": "application/vnd.ms-excel",
}
"""The stream that holds an old Office file's own content ([MS-PPT] 2.1.2, [MS-DOC] 2.1.1, [MS-XLS] 2.1.2)."""
SCRIPT, HTA, MACROS, EXECUTABLE = (
    "text/x-script",
    "application/hta",
    "application/vnd.ms-office.vbaproject",
    "application/x-msdownload",
)

Read = Callable[[int, int], bytes]
"""Gives at most so many bytes of the file from an offset."""

_HTML = re.compile(
    r"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body|script|iframe)\b",
    re.IGNORECASE | re.DOTALL,
)
_SVG = re.compile(r"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*|<!doctype[^>]*>\s*)*<svg\b", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Format:
    """One format: who claims to be it, and which contents make good on that."""

    zh: str
    suffixes: frozenset[str]
    types: frozenset[str]
    content: frozenset[str]
    strict: bool


@dataclass(frozen=True)
class Policy:
    """The rules of policy/file_types.toml."""

    refused: Mapping[str, str]
    refused_suffixes: Mapping[str, str]
    magic: tuple[tuple[int, bytes, str], ...]
    formats: tuple[Format, ...]
    weak: frozenset[str]


@cache
def policy() -> Policy:
    """The rules, read once."""
    said = tomllib.loads(POLICY.read_text(encoding="utf-8"))
    refused = said["refused"]
    return Policy(
        refused={one["type"]: one["zh"] for one in refused},
        refused_suffixes={suffix: one["zh"] for one in refused for suffix in one["suffixes"]},
        magic=tuple(
            (one.get("offset", 0), bytes.fromhex(magic), one["type"])
            for one in refused
            for magic in one.get("magic", ())
        ),
        formats=tuple(_format(one) for one in said["formats"]),
        weak=frozenset(said["weak"]),
    )


def _format(said: Mapping[str, Any]) -> Format:
    return Format(
        said["zh"],
        frozenset(said["suffixes"]),
        frozenset(said["types"]),
        frozenset(said["content"]),
        said.get("strict", False),
    )


# -- what it is --------------------------------------------------------------------------------------------


def identify(head: bytes, size: int, read: Read) -> str:
    """The media type of the content; `head` are its first 8 KiB, `read` gives other parts of it."""
    for offset, magic, kind in policy().magic:
        there = head[offset : offset + len(magic)] if offset + len(magic) <= len(head) else b""
        if offset >= len(head) and size >= offset + len(magic):
            there = read(offset, len(magic))
        if there == magic:
            return kind
    if head.startswith(b"MZ") and _is_windows_program(head, read):
        return EXECUTABLE
    if head.startswith(bytes.fromhex("cafebabe")) and len(head) > 8:
        # A Java class has its version here (45 and more), a fat macOS program the number of its parts.
        return "application/java-vm" if int.from_bytes(head[6:8]) >= 45 else "application/x-mach-binary"
    if head.startswith(OLE_MAGIC):
        return _ole_kind(head, read)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return zip_directory.kind(head, size, read)
    guessed = str(filetype.guess_mime(head) or "") if head else ""
    if guessed and guessed not in policy().weak and guessed != EXECUTABLE:
        return guessed
    text = _as_text(head)
    return _text_kind(text) if text else (guessed if guessed in policy().weak else UNKNOWN)


def _is_windows_program(head: bytes, read: Read) -> bool:
    """Whether the DOS header points to a header of a program: a text may begin with these two letters, too."""
    place = int.from_bytes(head[60:64], "little")
    pointed = head[place : place + 4] if place + 4 <= len(head) else read(place, 4)
    return pointed[:2] in (b"PE", b"NE", b"LE", b"LX") or b"DOS mode" in head[:512]


def _ole_kind(head: bytes, read: Read) -> str:
    """Old Office files and installers share one container; its directory names what is in it."""
    shift = int.from_bytes(head[30:32], "little")
    first = int.from_bytes(head[48:52], "little")
    directory = read((first + 1) << shift, OLE_BYTES) if shift in (9, 12) else b""
    if "_VBA_PROJECT".encode("utf-16-le") in directory:
        return MACROS
    # The class of the root entry: an installer's is 000C1084-0000-0000-C000-000000000046.
    if directory[80:84] == bytes.fromhex("84100c00"):
        return "application/x-msi"
    # A file's own stream is written before those of what is embedded in it.
    places = {directory.find(name.encode("utf-16-le")): kind for name, kind in OLE_STREAMS.items()}
    return places[min(found)] if (found := places.keys() - {-1}) else "application/x-ole-storage"


def _as_text(head: bytes) -> str:
    """The beginning as text, empty when it is none."""
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"), (b"\xef\xbb\xbf", "utf-8")):
        if head.startswith(mark):
            return head[len(mark) :].decode(encoding, errors="replace")
    if b"\0" in head:
        return ""
    for encoding in ("utf-8", "gb18030"):
        # The last character may be cut in half.
        for cut in range(4):
            try:
                return head[: len(head) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
    return ""


def _text_kind(text: str) -> str:
    if text.startswith("#!"):
        return SCRIPT
    if "<hta:application" in text.lower():
        return HTA
    if _HTML.match(text):
        return "text/html"
    if _SVG.match(text):
        return "image/svg+xml"
    return "application/xml" if text.lstrip().startswith("<?xml") else TEXT


# -- whether it may be ------------------------------------------------------------------------------------


def objection(found: str, *, name: str, media_type: str) -> str:
    """Why a file with this content, name and signed type is not taken; empty when it is."""
    rules = policy()
    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    claimed = media_type.partition(";")[0].strip().lower()
    refused = rules.refused.get(found) or rules.refused_suffixes.get(suffix) or rules.refused.get(claimed)
    if refused:
        return f"文件“{name}”是{refused}，平台不收这类文件。请去掉它，以新版本提交。"
    for form in rules.formats:
        for said, claims in (
            (f"文件名后缀 .{suffix}（{form.zh}）", suffix in form.suffixes),
            (f"登记的类型 {claimed}（{form.zh}）", claimed in form.types),
        ):
            if claims and not _fits(found, form, rules):
                return f"文件“{name}”的内容是{_called(found, rules)}，与{said}不符。请改正后以新版本提交。"
    return ""


def _fits(found: str, form: Format, rules: Policy) -> bool:
    if found in form.content:
        return True
    return not form.strict and (found in (UNKNOWN, TEXT) or found in rules.weak)


def _called(found: str, rules: Policy) -> str:
    """What a content is called: the name of the first format that it makes good on."""
    if found == UNKNOWN:
        return "认不出的格式"
    if found == "text/html":
        return " HTML 网页"
    return next((form.zh for form in rules.formats if found in form.content), f" {found}")
