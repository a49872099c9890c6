"""Reading a source of any kind: each row as a resource to register, or as its faults; a bad row stops no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nodes.documents import regular
from nodes.files import FileSpec
from nodes.importers import columns, crossref, json_lines, mapped, plain, tables, workbooks
from nodes.importers.attachments import BadAttachments, attach
from nodes.importers.folders import Batch, open_folder
from nodes.importers.grids import Check
from nodes.importers.mapping import Mapping
from nodes.importers.rows import MAX_SOURCE_ID, ImportRow, SourceRow
from nodes.importers.rules import NotANumber
from nodes.texts import _
from shared.errors import FieldError, ImportUnreadable
from shared.wording import system_fault

READERS = {"jsonl": json_lines.read, "json": json_lines.read_list, "crossref": crossref.read}
BY_SUFFIX = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".xml": "crossref",
}
TABLES = {"csv": tables.read, "xlsx": workbooks.read}
"""The forms that are tables: their headings are looked at."""
SPREADSHEETS = (".xls", ".xlsb", ".ods", ".et", ".numbers")


@dataclass(frozen=True)
class _Made:
    """What one row became before it is known whether its identifier is good."""

    source_id: str = ""
    fields: dict[str, Any] | None = None
    files: tuple[FileSpec, ...] = ()
    errors: tuple[FieldError, ...] = ()


def read(
    source: Path, mapping: Mapping | None, generated: Path, *, beside: Path | None = None
) -> Iterator[ImportRow]:
    """The rows of `source` (folder, workbook, CSV, JSON Lines, JSON list or Crossref XML), made as they are wanted.

    Its files lie in its folder, or in `beside`. Texts that a mapping turns into files are written below `generated`.
    Raises `ImportUnreadable` when the source as a whole cannot be read.
    """
    try:
        batch = _open(source, mapping)
        batch = replace(batch, base=beside, root=beside) if beside is not None else batch
        for row in batch.rows:
            made = _make(row, batch, mapping, generated)
            if made.source_id in columns.EXAMPLES.values():
                if _is_example(made):
                    continue
                made = replace(made, source_id="")
            yield _checked(row.number, made)
    except OSError as error:
        raise ImportUnreadable(name=source.name, cause=system_fault(error)) from error


def through_mapping(row: SourceRow, mapping: Mapping, *, generated: Path, base: Path) -> ImportRow:
    """One row that another part of the node has read; files that it names lie in `base`."""
    return _checked(row.number, _make(row, Batch("", (), table=False, base=base, root=base), mapping, generated))


def source_name(source: Path, mapping: Mapping | None) -> str:
    """The name that makes importing `source` again an update: the mapping's, the manifest's, or the file's own.

    A workbook with rows to mend, which this node has written, says itself whose rows they are. Raises
    `ImportUnreadable`.
    """
    try:
        name = _open(source, mapping).name
        written_here = mapping is None and source.suffix.lower() in workbooks.SUFFIXES
        return (workbooks.source_named_in(source) if written_here else "") or name
    except OSError as error:
        raise ImportUnreadable(name=source.name, cause=system_fault(error)) from error


def _is_example(made: _Made) -> bool:
    """Whether the row still is the template's example, or what is left of it; else somebody has written over it."""
    title = (made.fields or {}).get("title")
    return not title or (isinstance(title, dict) and title.get("zh") == columns.EXAMPLE_TITLE)


def _open(source: Path, mapping: Mapping | None) -> Batch:
    if not source.exists():
        raise ImportUnreadable(name=str(source), cause=_("没有这个文件或文件夹"))
    foreign = mapping is not None and not mapping.resources
    check = _names_identifiers(mapping) if mapping is not None and foreign else columns.fault
    if source.is_dir():
        batch = open_folder(source, mapping.resources if mapping else [], check, foreign=foreign)
    else:
        form = (mapping.format if mapping else "") or BY_SUFFIX.get(source.suffix.lower(), "")
        if not form:
            cause = _("看不出格式。可导入：文件夹、.xlsx、.csv、.jsonl、.json（数组）、Crossref 的 .xml")
            if source.suffix.lower() in SPREADSHEETS:
                cause = _("这种电子表格不能直接读，请在 Excel 或 WPS 里另存为 .xlsx 再导入")
            raise ImportUnreadable(name=source.name, cause=cause)
        if form == "crossref" and mapping is None:
            raise ImportUnreadable(name=source.name, cause=_("Crossref XML 须配合 --mapping 使用"))
        regular(source)
        folder = source.resolve().parent
        rows = TABLES[form](source, check, foreign=foreign) if form in TABLES else READERS[form](source)
        batch = Batch(source.stem, rows, table=form in TABLES, base=folder, root=folder)
    name = mapping.source if mapping else batch.name
    return Batch(name[:200], batch.rows, batch.table, batch.base, batch.root)


def _names_identifiers(mapping: Mapping) -> Check:
    """Whether headings hold the column by which the mapping identifies rows: so the right sheet is found."""
    wanted = {path for rule in mapping.identifier for path in rule.paths}
    return lambda headings: "" if wanted.intersection(headings) else "another table"


def _make(row: SourceRow, batch: Batch, mapping: Mapping | None, generated: Path) -> _Made:
    if row.errors and not row.data:
        return _Made(errors=row.errors)
    if mapping is not None and not mapping.resources:
        made = _by_mapping(row, batch, mapping, generated)
    else:
        made = _as_it_is(row, batch)
    return replace(made, errors=row.errors + made.errors)


def _by_mapping(row: SourceRow, batch: Batch, mapping: Mapping, generated: Path) -> _Made:
    files: tuple[FileSpec, ...] = ()
    try:
        scope = mapped.scope_of(mapping, row.data)
        name = mapped.identifier(mapping, scope) or row.name
        fields, errors = mapped.fields(mapping, scope)
        try:
            files = mapped.files(mapping, scope, generated=generated, base=batch.base)
        except BadAttachments as error:
            errors += error.errors
    except NotANumber as error:
        return _Made(errors=(FieldError("", "bad_number", {"value": str(error)[:80]}),))
    return _Made(name, fields, files, tuple(errors))


def _as_it_is(row: SourceRow, batch: Batch) -> _Made:
    fields = plain.from_table(row.data) if batch.table else dict(row.data)
    own = fields.pop("source_id", None) or fields.pop("id", None) or row.name
    listed = fields.pop("files", [])
    try:
        files, errors = attach(listed, base=batch.base, root=batch.root), []
    except BadAttachments as error:
        files, errors = (), error.errors
    errors += plain.take_unknown(fields)
    if not isinstance(own, str | int):
        errors.append(FieldError("/source_id", "wrong_type", {"expected": "text"}))
        own = ""
    if fields.pop("version", None) is not None:
        errors.append(FieldError("/version", "version_not_taken"))
    return _Made(str(own), fields, files, tuple(errors))


def _checked(number: int, made: _Made) -> ImportRow:
    errors = list(made.errors)
    if made.fields is not None:
        errors += _identifier_faults(made.source_id)
    return ImportRow(number, made.source_id, made.fields or {}, made.files, tuple(errors))


def _identifier_faults(source_id: str) -> Iterator[FieldError]:
    if not source_id.strip():
        yield FieldError("/source_id", "no_source_id")
    elif len(source_id) > MAX_SOURCE_ID:
        yield FieldError("/source_id", "too_long", {"max": MAX_SOURCE_ID, "length": len(source_id)})
