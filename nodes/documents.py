"""TOML and JSON files that people write: read whole, or refused with a cause that a person understands."""

from __future__ import annotations

import codecs
import os
import stat
import tomllib
from datetime import date, time
from pathlib import Path
from typing import Any

from shared.canonical import MAX_DEPTH, depth, parse
from shared.errors import CommonsError
from shared.wording import NOT_REGULAR, Words, system_fault, toml_fault

MAX_BYTES = 64 * 1024**2
"""Bytes of one such file: they are read into memory."""


class Unreadable(Exception):
    """Why a file cannot be read or understood."""

    def __init__(self, cause: Words) -> None:
        super().__init__(cause)
        self.cause = cause


def regular(path: Path) -> os.stat_result:
    """How a regular file looks. Raises `OSError` for anything else: opening a pipe would wait for ever."""
    found = path.stat()
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(21, "Is a directory")
    if not stat.S_ISREG(found.st_mode):
        raise OSError(0, NOT_REGULAR)
    return found


def read_bytes(path: Path) -> bytes:
    """The content of `path` without a byte order mark. Raises `Unreadable`."""
    try:
        size = regular(path).st_size
        if size > MAX_BYTES:
            raise Unreadable(Words(f"it has more than {MAX_BYTES} bytes", f"超过 {MAX_BYTES} 字节"))
        return path.read_bytes().removeprefix(codecs.BOM_UTF8)
    except (OSError, ValueError, RuntimeError) as error:
        raise Unreadable(system_fault(error)) from error


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file, its dates as text. Raises `Unreadable`."""
    data = read_bytes(path)
    try:
        content = tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Unreadable(_not_utf8(error.start)) from error
    except RecursionError as error:
        raise Unreadable(_TOO_DEEP) from error
    except ValueError as error:
        raise Unreadable(toml_fault(error)) from error
    if depth(content) > MAX_DEPTH:
        raise Unreadable(_TOO_DEEP)
    found: dict[str, Any] = _as_json(content)
    return found


def read_json(path: Path) -> Any:
    """A JSON file. Raises `Unreadable`."""
    try:
        return parse(read_bytes(path))
    except CommonsError as error:
        raise Unreadable(error.as_cause()) from error


_TOO_DEEP = Words(f"it is nested more than {MAX_DEPTH} levels deep", f"嵌套超过 {MAX_DEPTH} 层")


def _not_utf8(position: int) -> Words:
    return Words(
        f"it is not UTF-8 (unreadable from byte {position + 1}), save it as UTF-8",
        f"不是 UTF-8 编码（第 {position + 1} 字节起无法识别），请另存为 UTF-8",
    )


def _as_json(value: Any) -> Any:
    """TOML's dates and times as the text that a record has for them; all else stays."""
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: _as_json(below) for name, below in value.items()}
    return [_as_json(below) for below in value] if isinstance(value, list) else value
