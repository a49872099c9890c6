"""Texts that become files of their own: kept under the node's folder by their digest, so never written twice."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from nodes.faults import of_system
from shared.canonical import digest


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


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:
        return False
