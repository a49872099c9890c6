"""Writing a dump: every public resource in a line, in JSON (JSON Lines) or as a row of a table (CSV)."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import IO, Any
from urllib.parse import quote

from federation import catalogue
from federation.catalogue import Described
from federation.spreadsheets import BOM, inert

JSON_LINES, CSV = "jsonl", "csv"
LEVEL = 6
COLUMNS = (
    "ark",
    "url",
    "title_zh",
    "title_en",
    "summary_zh",
    "summary_en",
    "type",
    "themes",
    "disciplines",
    "audiences",
    "keywords",
    "creators",
    "institution",
    "license",
    "language",
    "created",
    "version",
    "published_at",
    "files",
    "bytes",
)
"""Columns of the table; a value that is a list has `; ` between its parts."""
Tell = Callable[[], object]


@dataclass(frozen=True)
class Written:
    """How many resources were written, and the first day on which files of one open that are not open yet."""

    resources: int
    opens_on: date | None


def write(file: IO[bytes], found: Iterable[Described], *, kind: str, origin: str, today: date, tell: Tell) -> Written:
    """Write the resources to `file`, compressed. The same resources on the same day give the same bytes."""
    header, line = ("", _json_line) if kind == JSON_LINES else (BOM + _row(COLUMNS), _table_row)
    count, opening = 0, ""
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=LEVEL, mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8", newline="") as text,
    ):
        text.write(header)
        for one in found:
            text.write(line(one, origin, today))
            if catalogue.embargoed(one.entry.record, today):
                until = one.entry.record["embargo_until"]
                opening = min(opening or until, until)
            count += 1
            tell()
    return Written(count, date.fromisoformat(opening) if opening else None)


def _json_line(one: Described, origin: str, today: date) -> str:
    return json.dumps(_as_json(one, origin, today), ensure_ascii=False, separators=(",", ":")) + "\n"


def _as_json(one: Described, origin: str, today: date) -> dict[str, Any]:
    entry, record = one.entry, one.entry.record
    is_open = not catalogue.embargoed(record, today)
    return {
        "ark": entry.ark,
        "url": f"{origin}/{entry.ark}",
        "version": one.version,
        "sha256": one.sha256,
        "published_at": entry.at.isoformat(),
        "institution": {"code": entry.institution.code, "name": entry.institution.names},
        "record": record,
        "downloads": {
            file["name"]: f"{origin}/resources/{entry.ark}/files/{quote(file['name'], safe='')}"
            for file in record.get("files", ())
            if is_open
        },
    }


def _table_row(one: Described, origin: str, _today: date) -> str:
    return _row([inert(str(value)) for value in _values(one, origin)])


def _values(one: Described, origin: str) -> Iterable[Any]:
    entry, record = one.entry, one.entry.record
    files = record.get("files", ())
    yield from (entry.ark, f"{origin}/{entry.ark}")
    for texts in (record["title"], record["summary"]):
        yield from (texts.get("zh", ""), texts.get("en", ""))
    yield entry.type
    for name in ("themes", "disciplines", "audiences", "keywords"):
        yield "; ".join(record.get(name, ()))
    yield "; ".join(agent["name"] for agent in record.get("creators", ()))
    yield from (entry.institution.code, record["license"], "; ".join(record["language"]), record.get("created", ""))
    yield from (one.version, entry.at.isoformat(), len(files), sum(file["size"] for file in files))


def _row(values: Iterable[str]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(values)
    return written.getvalue()
