"""JSON Lines: one JSON object a line; or a JSON file with a list of objects. A bad one stops no other."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from nodes.documents import Unreadable, read_json
from nodes.importers.rows import SourceRow
from nodes.texts import _
from shared.canonical import parse
from shared.errors import CommonsError, FieldError, ImportUnreadable

MAX_LINE = 4 * 1024**2
"""Bytes of one line; a longer one is no record."""


def read(path: Path) -> Iterator[SourceRow]:
    """The rows of `path`, in UTF-8; empty lines are passed over. Raises `OSError`."""
    with path.open("rb") as file:
        number = 0
        while line := file.readline(MAX_LINE + 1):
            number += 1
            if len(line) > MAX_LINE and not line.endswith(b"\n"):
                _pass_over_the_rest(file)
                yield _bad(number, _("一行超过 {limit} 字节").format(limit=MAX_LINE))
                continue
            text = line.removeprefix(codecs.BOM_UTF8).strip() if number == 1 else line.strip()
            if text:
                yield _row(number, text)


def read_list(path: Path) -> Iterator[SourceRow]:
    """The entries of the list that `path` holds, numbered from 1. Raises `ImportUnreadable`."""
    try:
        entries = read_json(path)
    except Unreadable as error:
        raise ImportUnreadable(name=path.name, cause=error.cause) from error
    if not isinstance(entries, list):
        cause = _("应为一个数组，每项一件资源；只有一件时用 commons-node register --from 登记")
        raise ImportUnreadable(name=path.name, cause=cause)
    for number, entry in enumerate(entries, 1):
        yield SourceRow(number, entry) if isinstance(entry, dict) else _bad(number, _("应为一个 JSON 对象"))


def _row(number: int, text: bytes) -> SourceRow:
    try:
        value = parse(text)
    except CommonsError as error:
        return _bad(number, error.as_cause())
    if not isinstance(value, dict):
        return _bad(number, _("一行须是一个 JSON 对象"))
    return SourceRow(number, value)


def _bad(number: int, cause: str) -> SourceRow:
    return SourceRow(number, errors=(FieldError("", "unreadable_row", {"cause": cause}),))


def _pass_over_the_rest(file: BinaryIO) -> None:
    while (piece := file.readline(MAX_LINE)) and not piece.endswith(b"\n"):
        pass
