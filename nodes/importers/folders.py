"""A folder of resources: with a manifest beside the files, or with a small TOML or JSON file for each resource.

A manifest is `manifest.toml` (a `[[resources]]` table each), `manifest.jsonl`, `manifest.csv` or `manifest.xlsx`;
its files lie in the folder or below it. Without one, each `*.toml` and `*.json` in the folder is one resource, whose
files may lie in the folders beside. `source` in manifest.toml names the source; otherwise the folder's name does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nodes.documents import Unreadable, read_json, read_toml
from nodes.importers import json_lines, tables, workbooks
from nodes.importers.grids import Check
from nodes.importers.rows import SourceRow
from nodes.texts import _
from shared.errors import FieldError, ImportUnreadable
from shared.wording import Words

MANIFESTS = ("manifest.toml", "manifest.jsonl", "manifest.csv", "manifest.xlsx")
DESCRIPTIONS = (".toml", ".json")


@dataclass(frozen=True)
class Batch:
    """What a source holds: its rows, whether they are of a table, and where the files that they name may lie."""

    name: str
    rows: Iterable[SourceRow]
    table: bool
    base: Path
    root: Path


def open_folder(folder: Path, resources: list[Any], check: Check | None, *, foreign: bool = False) -> Batch:
    """The batch in `folder`; `resources` are entries that a mapping brings for a folder without a manifest.

    `check` looks at the headings of a table; a `foreign` one may have others.

    Raises `ImportUnreadable`.
    """
    if resources:
        return Batch(folder.resolve().name, _entries(resources), table=False, base=folder, root=folder)
    present = [name for name in MANIFESTS if (folder / name).is_file()]
    if len(present) > 1:
        cause = _("同时有 {names}，请只留一个清单").format(names="、".join(present))
        raise ImportUnreadable(name=folder.name, cause=cause)
    if present:
        return _manifest(folder, folder / present[0], check, foreign=foreign)
    described = sorted(path for path in folder.iterdir() if path.suffix in DESCRIPTIONS and path.is_file())
    if not described:
        cause = _("文件夹里没有清单（{names}），也没有逐件描述的 .toml 或 .json 文件")
        raise ImportUnreadable(name=folder.name, cause=cause.format(names=_("、").join(MANIFESTS)))
    rows = (_description(path, number) for number, path in enumerate(described, 1))
    return Batch(folder.resolve().name, rows, table=False, base=folder, root=folder.resolve().parent)


def _manifest(folder: Path, path: Path, check: Check | None, *, foreign: bool) -> Batch:
    name = folder.resolve().name
    if path.suffix in (".csv", ".xlsx"):
        rows = (tables if path.suffix == ".csv" else workbooks).read(path, check, foreign=foreign)
        return Batch(name, rows, table=True, base=folder, root=folder)
    if path.suffix == ".jsonl":
        return Batch(name, json_lines.read(path), table=False, base=folder, root=folder)
    try:
        data = read_toml(path)
    except Unreadable as error:
        raise ImportUnreadable(name=path.name, cause=error.cause) from error
    resources, source = data.get("resources"), data.get("source", name)
    if not isinstance(resources, list) or not isinstance(source, str) or set(data) - {"resources", "source"}:
        raise ImportUnreadable(name=path.name, cause=_("清单须由 [[resources]] 组成，另可有 source"))
    return Batch(source, _entries(resources), table=False, base=folder, root=folder)


def _entries(resources: list[Any]) -> Iterator[SourceRow]:
    for number, entry in enumerate(resources, 1):
        if isinstance(entry, dict):
            yield SourceRow(number, entry, name=_first_path(entry))
        else:
            yield _bad(number, _("应为一个表"))


def _description(path: Path, number: int) -> SourceRow:
    try:
        data = read_toml(path) if path.suffix == ".toml" else read_json(path)
    except Unreadable as error:
        return _bad(number, Words(f"{path.name}: {error.cause}", f"{path.name}：{error.cause.zh}"))
    if not isinstance(data, dict):
        return _bad(number, f"{path.name}: " + _("应为一个 JSON 对象"))
    return SourceRow(number, data, name=path.stem)


def _first_path(entry: dict[str, Any]) -> str:
    """The path of the first file: it names an entry that has no identifier, since it stays when titles change."""
    files = entry.get("files")
    first = files[0] if isinstance(files, list) and files else files
    found = first.get("path") if isinstance(first, dict) else first
    return found if isinstance(found, str) else ""


def _bad(number: int, cause: str) -> SourceRow:
    return SourceRow(number, errors=(FieldError("", "unreadable_row", {"cause": cause}),))
