"""What a harvest brings in, and what became of it: new, changed, withdrawn, and faulty with the reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from nodes import importing, registration
from nodes.importers import ImportRow
from nodes.importers import Mapping as FieldMapping
from nodes.importers.columns import place
from nodes.importers.reading import through_mapping
from nodes.importers.rows import SourceRow
from nodes.sources import LANGUAGES
from nodes.workplace import Workplace
from shared.errors import FieldError

LISTED = 200
"""How many faults, and how many missing entries, are kept in words; their number is always whole."""
FOLDER = "harvested"


@dataclass
class Outcome:
    """What a harvest came to, in whole numbers, and the first faults with the identifier of each entry."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    failed: int = 0
    missing: int = 0
    unsettled: int = 0
    mended: int = 0
    faults: list[dict[str, Any]] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """The form in which it is kept, and printed by `--json`."""
        return asdict(self)


class Intake:
    """Registers what comes from one source, by the name under which its resources are known."""

    def __init__(self, workplace: Workplace, name: str, *, dry_run: bool = False) -> None:
        self._workplace, self._name, self._dry_run = workplace, name, dry_run
        self.outcome = Outcome()

    @property
    def base(self) -> Path:
        """Where fetched files lie; a mapping can name no other file of this machine."""
        return self._workplace.folder / FOLDER

    def row(
        self, number: int, data: Mapping[str, Any], mapping: FieldMapping, constants: Mapping[str, Any]
    ) -> ImportRow:
        """An entry through a mapping, which finds the constants under `default`."""
        row = SourceRow(number, {**data, "default": dict(constants)})
        return through_mapping(row, mapping, generated=self._workplace.folder / "generated", base=self.base)

    def register(self, rows: Sequence[ImportRow]) -> None:
        """Register rows; what is registered already becomes a new version or stays as it is."""
        done = importing.import_part(self._workplace, rows, source_name=self._name, dry_run=self._dry_run)
        self.outcome.created += done.created
        self.outcome.updated += done.updated
        self.outcome.unchanged += done.unchanged
        for failure in done.failed:
            self.fail(failure.source_id, failure.errors)

    def withdraw(self, reasons: Mapping[str, str]) -> None:
        """Register a withdrawal of what came from this source, with the reason by identifier; all else is left."""
        with self._workplace.database.unit_of_work(read_only=self._dry_run) as session:
            standing = registration.standing_of(session, self._name, list(reasons))
            for identifier, one in standing.items():
                if one.withdrawn:
                    continue
                self.outcome.withdrawn += 1
                if not self._dry_run:
                    registration.withdraw(session, one.resource.id, reasons[identifier], key=self._workplace.key)

    def fail(self, identifier: str, errors: Sequence[FieldError]) -> None:
        """Note an entry that cannot be registered, and why."""
        self.outcome.failed += 1
        if len(self.outcome.faults) < LISTED:
            self.outcome.faults.append({"identifier": identifier, "reasons": [in_words(error) for error in errors]})


def in_words(error: FieldError) -> dict[str, str]:
    """A fault with the field that it is about, a sentence for each language."""
    where = place(error.pointer)
    return {
        language: f"{where.zh}：{error.message(language)}"
        if language == "zh"
        else f"{where}: {error.message(language)}"
        for language in LANGUAGES
    }
