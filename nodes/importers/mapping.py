"""Mapping files: which field of a foreign source is which field of a record.

A mapping is a TOML file, kept as small as it can be:

    source = "annals"                      # names the source; with `id` it makes importing again an update
    id = "nr"                              # where an entry has its own identifier (a path, or a rule)
    format = "jsonl"                       # jsonl, json, csv, xlsx or crossref; left out: by the file's name

    [lookups.kinds]                        # tables for `lookup`; "*" is for everything else
    "Aufsatz" = "article"

    [derive]                               # values by name, for paths and templates below
    opening = { from = "text", max = 24 }

    [fields]                               # target in the record = a rule, or a list of rules
    "title.zh" = { template = "《{book}》：{opening}" }
    "type" = { from = "kind", lookup = "kinds" }
    "themes" = { value = ["history"] }
    "language" = [ { value = "zh", when = "text" }, { value = "en", when = "abstract" } ]

    [[fields.creators]]                    # an object for each entry of a list
    each = "authors"
    parts.name = { from = "." }
    parts.role = { value = "author" }

    [[files]]                              # a text that becomes a file of its own, or a path beside the source
    text = { from = "text" }               # (or: path = { from = "pdf" })
    name = { template = "{book}.txt" }
    role = "main"

A *path* is dotted (`en.title`, `authors.0`); through a list it gives a list; `.` is the entry of `each` itself. A
rule has one origin: `from` (a path, or several: the first that is not empty), `value` (a constant), `template`
(`{path}` in braces, or several: the first whose places are all filled), `each` (with `parts`), or `parts` alone.
`when` / `unless` name a path that must / must not hold something. Then, in this order, each text goes through:
`split` (one or several delimiters: text → list) · `strip_markup` (HTML, AsciiDoc, invisible control characters) ·
`replace` (list of [old, new]) · `match` (a regular expression: its first group, or all of it; no match is nothing) ·
`lookup` (not in the table is nothing) · `terms` (a vocabulary: the code of a term by code, Chinese or English label,
or the address of a licence; none is nothing) · `keep` (what neither of the two knows stays) · `date` (2026/5/20,
2026年5月 → 2026-05-20, 2026-05) · `max` (characters; cut at a word, ended with “…”; `ellipsis = false` leaves that
out) · `number`. Lists drop what is empty or stands twice; `max_items` cuts them; `join` (default “, ”) joins them
inside a template.

What is empty is left out of the record. A list of rules fills a list field with all that they give, any other field
with the first that gives something. `[[resources]]` in a mapping describes the files of a folder that has no
manifest of its own (see `nodes.importers.folders`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nodes.documents import Unreadable, read_toml
from nodes.importers.rules import Rule
from nodes.importers.words import LANGUAGES_OF_RESOURCES
from nodes.texts import _
from shared.errors import ImportUnreadable
from shared.record import RecordSchema
from shared.validation import Many
from shared.vocabularies import OF_FIELDS, vocabulary

_SCHEMA_FIELDS = RecordSchema().fields
TARGETS = frozenset(_SCHEMA_FIELDS) - {"id", "version", "files", "withdrawn"}
"""Fields of a record that a mapping can fill."""
LIST_TARGETS = frozenset(name for name, kind in _SCHEMA_FIELDS.items() if isinstance(kind, Many))
FORMATS = ("jsonl", "json", "csv", "xlsx", "crossref")
TERMS = (*OF_FIELDS.values(), LANGUAGES_OF_RESOURCES)
"""What `terms` may name."""
ORIGINS = ("from", "value", "template", "each", "parts")
_OPTIONS: dict[str, type | tuple[type, ...]] = {
    "from": (str, list),
    "value": object,
    "template": (str, list),
    "each": str,
    "parts": dict,
    "when": str,
    "unless": str,
    "split": (str, list),
    "strip_markup": bool,
    "replace": list,
    "match": str,
    "lookup": str,
    "keep": bool,
    "terms": str,
    "date": bool,
    "max": int,
    "ellipsis": bool,
    "max_items": int,
    "join": str,
    "number": bool,
}


@dataclass(frozen=True)
class FileRule:
    """A file of each resource: at a path beside the source, or made of a text."""

    text: tuple[Rule, ...]
    path: tuple[Rule, ...]
    name: tuple[Rule, ...]
    role: str
    when: str


@dataclass(frozen=True)
class Mapping:
    """A mapping file, checked."""

    source: str
    format: str
    identifier: tuple[Rule, ...]
    derive: dict[str, tuple[Rule, ...]]
    fields: dict[str, tuple[Rule, ...]]
    files: tuple[FileRule, ...]
    lookups: dict[str, dict[str, Any]]
    resources: list[Any] = field(default_factory=list)


def load_mapping(path: Path) -> Mapping:
    """Read and check a mapping file. Raises `ImportUnreadable` naming every fault."""
    try:
        data = read_toml(path)
    except Unreadable as error:
        raise ImportUnreadable(name=path.name, cause=error.cause) from error
    return mapping_of(data, path)


def mapping_of(data: dict[str, Any], path: Path) -> Mapping:
    """The mapping that stands in `data`, read from `path`. Raises `ImportUnreadable` naming every fault."""
    reader = _Reader(data)
    mapping = reader.mapping(path.stem)
    if reader.faults:
        raise ImportUnreadable(name=path.name, cause=_("；").join(reader.faults))
    return mapping


class _Reader:
    """Turns the TOML into rules and gathers every fault on the way."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data
        self.faults: list[str] = []
        self.lookups: dict[str, dict[str, Any]] = self._take("lookups", dict, {})

    def mapping(self, name: str) -> Mapping:
        self._known(self.data, frozenset(Mapping.__dataclass_fields__) - {"identifier"} | {"id"}, "")
        found_format = self._take("format", str, "")
        if found_format and found_format not in FORMATS:
            self.faults.append(_("format 应为 {formats} 之一").format(formats=", ".join(FORMATS)))
        fields = self._take("fields", dict, {})
        self._check_targets(fields)
        return Mapping(
            source=self._take("source", str, name),
            format=found_format,
            identifier=self._identifier(),
            derive={
                name: self.rules(rule, f"derive.{name}") for name, rule in self._take("derive", dict, {}).items()
            },
            fields={target: self.rules(rule, f"fields.{target}") for target, rule in fields.items()},
            files=tuple(self._file(entry, number) for number, entry in enumerate(self._take("files", list, []), 1)),
            lookups=self.lookups,
            resources=self._take("resources", list, []),
        )

    def _check_targets(self, fields: dict[str, Any]) -> None:
        for target in fields:
            steps = target.split(".")
            if steps[0] not in TARGETS:
                self.faults.append(_("fields：著录中没有“{field}”").format(field=target))
            for end in range(1, len(steps)):
                whole = ".".join(steps[:end])
                if whole in fields:
                    said = _("fields：“{whole}”和它的一部分“{field}”不能都写")
                    self.faults.append(said.format(whole=whole, field=target))

    def rules(self, value: Any, where: str) -> tuple[Rule, ...]:
        """One rule or a list of them."""
        entries = value if isinstance(value, list) else [value]
        if not entries:
            self.faults.append(_("{where}：至少写一条规则").format(where=where))
        return tuple(self._rule(entry, where) for entry in entries)

    def _rule(self, entry: Any, where: str) -> Rule:
        if not isinstance(entry, dict):
            self.faults.append(_('{where}：应为规则，如 {{ from = "…" }}').format(where=where))
            return Rule()
        self._known(entry, frozenset(_OPTIONS), where)
        for option, kind in _OPTIONS.items():
            if option in entry and not isinstance(entry[option], kind):
                self.faults.append(_("{where}：{option} 的类型不对").format(where=where, option=option))
                return Rule()
        for option in ("max", "max_items"):
            if entry.get(option, 0) < 0:
                self.faults.append(_("{where}：{option} 不能小于 0").format(where=where, option=option))
        origins = [origin for origin in ORIGINS if origin in entry]
        if origins != ["each", "parts"] and (len(origins) != 1 or origins == ["each"]):
            self.faults.append(_("{where}：须有且只有 from、value、template、parts 之一").format(where=where))
        return Rule(
            paths=_several(entry.get("from")),
            value=entry.get("value"),
            templates=_several(entry.get("template")),
            each=entry.get("each", ""),
            parts={name: self.rules(part, f"{where}.{name}") for name, part in entry.get("parts", {}).items()},
            when=entry.get("when", ""),
            unless=entry.get("unless", ""),
            split=_several(entry.get("split") or None),
            strip_markup=entry.get("strip_markup", False),
            replace=self._pairs(entry.get("replace", []), where),
            match=self._pattern(entry.get("match"), where),
            lookup=self._lookup(entry.get("lookup"), where),
            keep=entry.get("keep", False),
            terms=self._terms(entry.get("terms", ""), where),
            date=entry.get("date", False),
            max=entry.get("max", 0),
            ellipsis="…" if entry.get("ellipsis", True) else "",
            max_items=entry.get("max_items", 0),
            join=entry.get("join", ", "),
            number=entry.get("number", False),
        )

    def _file(self, entry: Any, number: int) -> FileRule:
        where = f"files {number}"
        if not isinstance(entry, dict) or ("text" in entry) == ("path" in entry):
            self.faults.append(_("{where}：须有 text 或 path 之一").format(where=where))
            entry = {}
        self._known(entry, frozenset(FileRule.__dataclass_fields__), where)
        if "text" in entry and "name" not in entry:
            self.faults.append(_("{where}：由文本生成的文件须有 name").format(where=where))
        role = entry.get("role", "main")
        if not isinstance(role, str) or role not in vocabulary("file-roles"):
            self.faults.append(_("{where}：没有文件用途“{role}”").format(where=where, role=role))
        rules = {name: self.rules(entry[name], where) if name in entry else () for name in ("text", "path", "name")}
        return FileRule(**rules, role=role, when=str(entry.get("when", "")))

    def _identifier(self) -> tuple[Rule, ...]:
        found = self.data.get("id", "source_id")
        return (Rule(paths=(found,)),) if isinstance(found, str) else self.rules(found, "id")

    def _take(self, name: str, kind: type, default: Any) -> Any:
        found = self.data.get(name, default)
        if isinstance(found, kind):
            return found
        self.faults.append(_("{option} 的类型不对").format(option=name))
        return default

    def _known(self, table: dict[str, Any], names: frozenset[str], where: str) -> None:
        said = _("{where}：不认识“{option}”") if where else _("不认识“{option}”")
        self.faults += [said.format(where=where, option=name) for name in sorted(set(table) - names)]

    def _lookup(self, name: str | None, where: str) -> dict[str, Any] | None:
        if name is not None and not isinstance(self.lookups.get(name), dict):
            self.faults.append(_("{where}：没有对照表“{name}”").format(where=where, name=name))
        return self.lookups.get(name) if name is not None else None

    def _terms(self, name: str, where: str) -> str:
        if name and name not in TERMS:
            said = _("{where}：没有词表“{name}”，terms 应为 {names} 之一")
            self.faults.append(said.format(where=where, name=name, names=", ".join(TERMS)))
        return name

    def _pairs(self, value: list[Any], where: str) -> tuple[tuple[str, str], ...]:
        if all(isinstance(pair, list) and [type(text) for text in pair] == [str, str] for pair in value):
            return tuple((pair[0], pair[1]) for pair in value)
        self.faults.append(_('{where}：replace 应为 [["旧", "新"]]').format(where=where))
        return ()

    def _pattern(self, value: str | None, where: str) -> re.Pattern[str] | None:
        try:
            return re.compile(value) if value is not None else None
        except re.error as error:
            said = _("{where}：match 不是正则表达式（{cause}）")
            self.faults.append(said.format(where=where, cause=error))
            return None


def _several(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(map(str, value)) if isinstance(value, list) else (value,)
