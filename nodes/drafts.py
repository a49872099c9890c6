"""Resource descriptions as people write them: a TOML or JSON file, or options, become fields and files."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from nodes.files import FileSpec
from shared.canonical import parse
from shared.errors import CommonsError, FieldError, FileUnreadable, InvalidRecord

FILE_KEYS = frozenset({"path", "name", "role", "alt"})


@dataclass(frozen=True)
class Draft:
    """A record's fields without what the node measures, and the files to measure."""

    fields: dict[str, Any]
    files: list[FileSpec]


def read_draft(path: Path) -> Draft:
    """A draft from a .toml or .json file; files' paths are relative to it.

    Raises `FileUnreadable` when it cannot be read or parsed, `InvalidRecord` for a wrong list of files.
    """
    try:
        data = path.read_bytes()
        content = tomllib.loads(data.decode("utf-8-sig")) if path.suffix.lower() == ".toml" else parse(data)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        cause = getattr(error, "strerror", None) or str(error)
        raise FileUnreadable(name=str(path), cause=_plain(cause)) from error
    except CommonsError as error:
        raise FileUnreadable(name=str(path), cause=_plain(error.message("zh"))) from error
    if not isinstance(content, dict):
        raise FileUnreadable(name=str(path), cause="应为一个对象")
    return make_draft(content, path.parent)


def make_draft(content: Mapping[str, Any], folder: Path) -> Draft:
    """A draft from a parsed description. Raises `InvalidRecord` for a wrong list of files."""
    fields = {name: as_json(value) for name, value in content.items() if name != "files"}
    given = content.get("files", [])
    faults: list[FieldError] = []
    specs: list[FileSpec] = []
    if not isinstance(given, list):
        raise InvalidRecord([FieldError("/files", "wrong_type", {"expected": "list"})])
    for number, entry in enumerate(given):
        spec = _file(entry, folder, f"/files/{number}", faults)
        if spec is not None:
            specs.append(spec)
    if faults:
        raise InvalidRecord(faults)
    return Draft(fields, specs)


def as_json(value: Any) -> Any:
    """TOML's dates as the text that the record has for them; all else stays."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: as_json(below) for name, below in value.items()}
    return [as_json(below) for below in value] if isinstance(value, list) else value


def _file(entry: Any, folder: Path, pointer: str, faults: list[FieldError]) -> FileSpec | None:
    if not isinstance(entry, dict):
        faults.append(FieldError(pointer, "wrong_type", {"expected": "object"}))
        return None
    before = len(faults)
    faults += [FieldError(f"{pointer}/{name}", "unknown_field") for name in entry if name not in FILE_KEYS]
    if "path" not in entry:
        faults.append(FieldError(f"{pointer}/path", "required"))
    for name in ("path", "name", "role"):
        if name in entry and not isinstance(entry[name], str):
            faults.append(FieldError(f"{pointer}/{name}", "wrong_type", {"expected": "text"}))
    if len(faults) > before:
        return None
    alt = entry.get("alt", {})
    path = Path(entry["path"]).expanduser()
    return FileSpec(
        path if path.is_absolute() else folder / path, entry.get("name", ""), entry.get("role", "main"), alt
    )


def _plain(text: str) -> str:
    return text.replace("{", "(").replace("}", ")")[:500]
