"""What importers pass on: a row as the source has it, and a row as a resource with its files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from nodes.files import FileSpec
from shared.errors import FieldError

MAX_SOURCE_ID = 500
"""Characters of an identifier at the source."""


@dataclass(frozen=True)
class SourceRow:
    """One entry as the source has it; `number` is its line (text) or its place (manifest, XML), from 1.

    `name` is what the entry is called when it does not say so itself (the name of its own file).
    """

    number: int
    data: dict[str, Any] = field(default_factory=dict)
    errors: tuple[FieldError, ...] = ()
    name: str = ""


@dataclass(frozen=True)
class ImportRow:
    """One resource to register, or the reasons why it cannot be.

    `source_id` names it for good within its source: importing it again is an update. `fields` is a record without id,
    version and files.
    """

    number: int
    source_id: str
    fields: dict[str, Any] = field(default_factory=dict)
    files: tuple[FileSpec, ...] = ()
    errors: tuple[FieldError, ...] = ()
