"""The faults of a row as people find them in their table: which cell, what stood there, what would be right."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from nodes.importers import columns, words
from nodes.importers.choices import Choices
from nodes.importers.grids import column_letter
from nodes.importers.rows import SourceRow
from nodes.importing import Failure
from shared.errors import FieldError
from shared.vocabularies import OF_FIELDS, vocabulary

MAX_WAS = 120
"""Characters of a cell that are shown."""
MOST_FILES = 10_000
"""Files of a folder that are looked through for one with a like name."""
LANGUAGES = ("zh", "en")
Said = dict[str, str]
"""A text in each language."""


@dataclass(frozen=True)
class CellFault:
    """One fault: `place` counts columns from 0, or is -1 where no column of the table is about it."""

    place: int
    cell: str
    column: Said
    said: Said
    was: str
    right: Said = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The form in which a batch keeps it."""
        return asdict(self)


@dataclass(frozen=True)
class Places:
    """The headings of one table, the fields that its columns are, and the folder with its files."""

    headings: Sequence[str]
    fields: Mapping[str, str]
    folder: Path

    @classmethod
    def of(cls, headings: Sequence[str], choices: Choices | None, folder: Path) -> Places:
        """Of a table that is read through a mapping, or as it is; the first of two columns for a field counts."""
        if choices is None:
            pairs = [(columns.target_of(heading), heading) for heading in headings if heading]
        else:
            pairs = [("source_id", choices.id), *((target, heading) for heading, target in choices.columns.items())]
        return cls(headings, dict(reversed([pair for pair in pairs if pair[0]])), folder)

    @cached_property
    def files(self) -> list[str]:
        """The paths of the files in the folder and below."""
        found = (path for path in self.folder.rglob("*") if path.is_file())
        names: list[str] = []
        with suppress(OSError):  # a folder that may not be looked into offers nothing
            names += (path.relative_to(self.folder).as_posix() for path in islice(found, MOST_FILES))
        return names

    def faults(self, failure: Failure, row: SourceRow) -> list[CellFault]:
        """Every fault of a row, in the order of the columns."""
        return sorted((self._fault(error, row) for error in failure.errors), key=lambda fault: fault.place)

    def _fault(self, error: FieldError, row: SourceRow) -> CellFault:
        if error.pointer.startswith("/cells/"):
            cell = error.params["cell"]
            place = next((n for n in range(len(self.headings)) if f"{column_letter(n)}{row.number}" == cell), -1)
            heading = self.headings[place] if place >= 0 else ""
        else:
            heading = self._heading(error.pointer)
            place = self.headings.index(heading) if heading in self.headings else -1
            cell = f"{column_letter(place)}{row.number}" if place >= 0 else ""
        named = columns.place(error.pointer)
        shown = {"zh": heading or named.zh, "en": heading or str(named)}
        was = str(row.data.get(heading, ""))[:MAX_WAS] if heading else ""
        right = self._right(error)
        return CellFault(place, cell, shown, _sentence(error, right), was, right)

    def _heading(self, pointer: str) -> str:
        """The column that mends a fault at `pointer`."""
        steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:] if not step.isdigit()]
        for target in _targets(steps):
            if target in self.fields:
                return self.fields[target]
        below = f"{steps[0]}." if steps else "?"
        return next((heading for target, heading in self.fields.items() if target.startswith(below)), "")

    def _right(self, error: FieldError) -> Said:
        """What was probably meant, or nothing."""
        value = str(error.params.get("value", ""))
        if error.code == "unknown_term" and error.params.get("vocabulary") in OF_FIELDS.values():
            name = str(error.params["vocabulary"])
            code = words.proposed(name, value)
            return {one: vocabulary(name).label(code, one) for one in LANGUAGES} if code else {}
        if error.code == "file_missing":
            near = self._near_file(str(error.params.get("path", "")))
            return dict.fromkeys(LANGUAGES, near) if near else {}
        return {}

    def _near_file(self, path: str) -> str:
        wanted = path.replace("\\", "/")
        name = wanted.rpartition("/")[2].casefold()
        same = [one for one in self.files if one.rpartition("/")[2].casefold() == name]
        found = same or difflib.get_close_matches(wanted, self.files, n=1, cutoff=0.6)
        return found[0] if found else ""


def _targets(steps: Sequence[str]) -> Iterator[str]:
    """The fields that a fault may be about, the closest first."""
    for end in range(len(steps), 0, -1):
        yield ".".join(steps[:end])
    if steps and steps[0] in columns.TEXTS:
        yield from (f"{steps[0]}.{language}" for language in LANGUAGES)
    if steps and steps[0] in columns.CONTENT:
        yield from columns.CONTENT


def _sentence(error: FieldError, right: Said) -> Said:
    """What is wrong, and all terms to choose from unless it is plain which of them is `right`."""
    if error.code == "unknown_term" and error.params.get("vocabulary") in OF_FIELDS.values():
        terms = list(vocabulary(str(error.params["vocabulary"])))
        value = error.params.get("value", "")
        if right:
            return {"zh": f"“{value}”不是可选的词。", "en": f"“{value}” is not one of the terms."}
        return {
            "zh": f"“{value}”不是可选的词。可选：{'、'.join(term.zh for term in terms)}。",
            "en": f"“{value}” is not one of the terms: {'; '.join(term.en for term in terms)}.",
        }
    return {language: error.message(language) for language in LANGUAGES}
