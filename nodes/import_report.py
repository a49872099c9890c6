"""What an import did, in a few lines however many rows have the same fault."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nodes.importers import columns
from nodes.importing import Failure, Imported
from nodes.texts import _, in_ones_language, language

KINDS_SHOWN = 3
"""Sentences for one kind of fault in one field, which differ in the value that they quote."""
ROWS_SHOWN = 5
Rows = list[Failure]
Faults = dict[tuple[str, str], dict[str, Rows]]
"""For each field and kind of fault: its sentences, each with the rows that it is about."""


def counts(done: Imported) -> str:
    """How many resources were created, changed, left alone and refused."""
    said = _("新登记 {created}，新版本 {updated}，无变化 {unchanged}，有误 {failed}。")
    return said.format(created=done.created, updated=done.updated, unchanged=done.unchanged, failed=len(done.failed))


def faults(failed: Sequence[Failure]) -> Iterator[str]:
    """What is wrong, each kind of fault once, with the first rows that have it."""
    shortened = False
    for (name, _code), sentences in _grouped(failed).items():
        for sentence, rows in list(sentences.items())[:KINDS_SHOWN]:
            shortened |= len(rows) > ROWS_SHOWN
            yield f"  {_rows(rows)}  {name}  {sentence}"
        others = [failure for rows in list(sentences.values())[KINDS_SHOWN:] for failure in rows]
        if others:
            shortened = True
            yield "  " + _("另有 {count} 处同类问题：{name}").format(count=len(others), name=name)
    if shortened:
        yield _("加上 --json 可得到每一行的全部问题。各栏怎样写见 {document}。").format(document=columns.DOCUMENT)


def _grouped(failed: Sequence[Failure]) -> Faults:
    found: Faults = {}
    for failure in failed:
        for fault in failure.errors:
            name = in_ones_language(columns.place(fault.pointer))
            rows = found.setdefault((name, fault.code), {}).setdefault(fault.message(language()), [])
            if rows[-1:] != [failure]:
                rows.append(failure)
    return found


def _rows(rows: Rows) -> str:
    if len(rows) == 1:
        named = f" {rows[0].source_id}" if rows[0].source_id else ""
        return _("第 {row} 行").format(row=rows[0].row) + named
    numbers = _("、").join(str(failure.row) for failure in rows[:ROWS_SHOWN])
    if len(rows) <= ROWS_SHOWN:
        return _("第 {rows} 行").format(rows=numbers)
    return _("第 {rows} 行等 {count} 行").format(rows=numbers, count=len(rows))
