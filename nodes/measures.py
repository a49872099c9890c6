"""Files that were measured for a preview need not be read again to be registered, as long as they stand unchanged."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from nodes import files as local_files
from nodes.files import FileSpec, PreparedFile

_MEASURED = ("media_type", "size", "sha256")


class Measures:
    """What was found of each file, kept in `path`; a file whose size and time of change stand is trusted."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, dict[str, Any]] = {}
        # What is missing or was cut off is measured anew.
        with suppress(OSError, ValueError):
            found = json.loads(path.read_text(encoding="utf-8"))
            self._known = found if isinstance(found, dict) else {}

    def prepare(self, specs: Iterable[FileSpec]) -> list[PreparedFile]:
        """Each file as `nodes.files.prepare` has it. Raises what that raises."""
        return [self._prepare(spec) for spec in specs]

    def keep(self) -> None:
        """Write down what was found; a process that is killed leaves what was there before. Raises `OSError`."""
        draft = self._path.with_suffix(".new")
        draft.write_text(json.dumps(self._known, ensure_ascii=False), encoding="utf-8")
        draft.replace(self._path)

    def _prepare(self, spec: FileSpec) -> PreparedFile:
        known = self._unchanged(spec.path)
        if known is None:
            (made,) = local_files.prepare([spec])
            kept = {name: made.entry[name] for name in _MEASURED}
            self._known[str(made.path)] = {"mtime_ns": made.mtime_ns, **kept}
            return made
        entry = {
            "name": spec.name or spec.path.name,
            "role": spec.role,
            **{name: known[name] for name in _MEASURED},
            **({"alt": dict(spec.alt)} if spec.alt else {}),
        }
        return PreparedFile(spec.path, known["mtime_ns"], entry)

    def _unchanged(self, path: Path) -> dict[str, Any] | None:
        known = self._known.get(str(path))
        with suppress(OSError, ValueError):
            found = path.stat()
            if known and (known["mtime_ns"], known["size"]) == (found.st_mtime_ns, found.st_size):
                return known
        return None
