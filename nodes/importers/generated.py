"""Texts that become files of their own: kept under the node's folder by their digest, so never written twice."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from nodes.faults import of_system
from shared.canonical import digest
from shared.record import MAX_NAME
from shared.validation import plain

_NOT_IN_NAMES = str.maketrans('/\\<>:"|?*', "／＼＜＞：＂｜？＊")
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


def keep_text(folder: Path, text: str) -> Path:
    """The file in `folder` that holds `text` (UTF-8); written only when it is not there with just these bytes.

    A changed text gets another file, so that a version registered earlier can still be sent. A process killed
    while writing leaves only a draft; a file damaged by a power failure is seen and written again. Raises `DiskFull`,
    `NotWritable` or `SystemFault`.
    """
    data = (text.rstrip("\n") + "\n").encode("utf-8")
    name = digest(data)
    path = folder / name[:2] / f"{name}.txt"
    if not _holds(path, data):
        draft = path.with_suffix(f".{os.getpid()}.new")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(data)
            draft.replace(path)
        except OSError as error:
            # The node's own folder is at fault, not the source: every further row would end the same way.
            with suppress(OSError):
                draft.unlink()
            raise of_system(error, folder) from error
    return path


def file_name(text: str) -> str:
    """`text` as a file name that any system takes: reserved signs full width, at most `MAX_NAME` characters."""
    name: str = plain(_BREAKS.sub(" ", text)).translate(_NOT_IN_NAMES).strip().rstrip(". ")
    stem, dot, suffix = name.rpartition(".")
    if not dot or len(suffix) > 10:
        stem, dot, suffix = name, "", ""
    # What was cut may have been what a joiner joined.
    return str(plain(stem[: MAX_NAME - len(dot + suffix)])).rstrip(". ") + dot + suffix


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:
        return False
