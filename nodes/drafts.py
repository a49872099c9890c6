"""Resource descriptions as people write them: a TOML or JSON file, or options, become fields and files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from nodes.documents import Unreadable, read_json, read_toml
from nodes.files import FileSpec
from nodes.models import Resource
from shared.errors import DescriptionUnreadable, FieldError, InvalidRecord
from shared.wording import Words

FILE_KEYS = frozenset({"path", "name", "role", "alt"})
KINDS: Mapping[str, tuple[type, str]] = {
    "path": (str, "text"),
    "name": (str, "text"),
    "role": (str, "text"),
    "alt": (dict, "object"),
}


@dataclass(frozen=True)
class Draft:
    """A record's fields without what the node measures and counts, and the files to measure.

    `record_id` and `version` are what the description says of itself: the resource that it means to update, and
    the version that it means to become.
    """

    fields: dict[str, Any]
    files: list[FileSpec]
    record_id: str = ""
    version: int | None = None


def read_draft(path: Path) -> Draft:
    """A draft from a .toml or .json file; files' paths are relative to it.

    Raises `DescriptionUnreadable` when it cannot be read or parsed, `InvalidRecord` for a wrong list of files.
    """
    try:
        content = read_toml(path) if path.suffix.lower() == ".toml" else read_json(path)
    except Unreadable as error:
        raise DescriptionUnreadable(name=str(path), cause=error.cause) from error
    if not isinstance(content, dict):
        raise DescriptionUnreadable(name=str(path), cause=Words("an object is expected", "应为一个对象"))
    return make_draft(content, path.parent)


def make_draft(content: Mapping[str, Any], folder: Path) -> Draft:
    """A draft from a parsed description. Raises `InvalidRecord` for a wrong list of files, id or version."""
    fields = {name: value for name, value in content.items() if name not in ("id", "version", "files")}
    given = content.get("files", [])
    faults: list[FieldError] = []
    specs: list[FileSpec] = []
    record_id, version = content.get("id", ""), content.get("version")
    if not isinstance(record_id, str):
        faults.append(FieldError("/id", "wrong_type", {"expected": "text"}))
    if version is not None and type(version) is not int:
        faults.append(FieldError("/version", "wrong_type", {"expected": "whole number"}))
    if not isinstance(given, list):
        faults.append(FieldError("/files", "wrong_type", {"expected": "list"}))
        given = []
    for number, entry in enumerate(given):
        spec = _file(entry, folder, f"/files/{number}", faults)
        if spec is not None:
            specs.append(spec)
    if faults:
        raise InvalidRecord(faults)
    return Draft(fields, specs, str(record_id), version)


def standing_id(session: Session, draft: Draft, *, given: str) -> str:
    """The resource that `draft` is a new version of: the one `given`, else the one that it names itself.

    Raises `InvalidRecord` when it names one that is not here, or another than the one given: to make a second
    resource of what was meant as an update would be worse than to ask.
    """
    if not draft.record_id or draft.record_id == given:
        return given
    if given:
        raise InvalidRecord([FieldError("/id", "other_id", {"value": draft.record_id[:80], "given": given[:80]})])
    if session.get(Resource, draft.record_id) is None:
        raise InvalidRecord([FieldError("/id", "unknown_id", {"value": draft.record_id[:80]})])
    return draft.record_id


def _file(entry: Any, folder: Path, pointer: str, faults: list[FieldError]) -> FileSpec | None:
    if not isinstance(entry, dict):
        faults.append(FieldError(pointer, "wrong_type", {"expected": "object"}))
        return None
    before = len(faults)
    faults += [FieldError(f"{pointer}/{name}", "unknown_field") for name in entry if name not in FILE_KEYS]
    if "path" not in entry:
        faults.append(FieldError(f"{pointer}/path", "required"))
    for name, (kind, expected) in KINDS.items():
        if name in entry and not isinstance(entry[name], kind):
            faults.append(FieldError(f"{pointer}/{name}", "wrong_type", {"expected": expected}))
    if len(faults) > before:
        return None
    written = entry["path"]
    path = Path(written) if written.startswith("~") else folder / written
    return FileSpec(path, entry.get("name", ""), entry.get("role", "main"), entry.get("alt", {}))
