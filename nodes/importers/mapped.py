"""One row through a mapping: the fields of a record, its identifier, and its files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nodes.file_names import file_name
from nodes.files import FileSpec
from nodes.importers.attachments import attach
from nodes.importers.generated import keep_text
from nodes.importers.mapping import LIST_TARGETS, FileRule, Mapping
from nodes.importers.rules import NotANumber, Rule, apply, empty, find, first, gather
from shared.errors import FieldError


def scope_of(mapping: Mapping, data: dict[str, Any]) -> dict[str, Any]:
    """What paths can name: the row itself and, over it, the derived values in their order. Raises `NotANumber`."""
    scope = dict(data)
    for name, rules in mapping.derive.items():
        found = gather(rules, scope) if len(rules) > 1 else apply(rules[0], scope)
        if empty(found):
            scope.pop(name, None)
        else:
            scope[name] = found
    return scope


def identifier(mapping: Mapping, scope: dict[str, Any]) -> str:
    """The row's own identifier, or the empty string."""
    found = first(mapping.identifier, scope)
    return "" if empty(found) or isinstance(found, dict | list) else str(found)


def fields(mapping: Mapping, scope: dict[str, Any]) -> tuple[dict[str, Any], list[FieldError]]:
    """The record's fields, and what could not be made of the row."""
    made: dict[str, Any] = {}
    errors = []
    for target, rules in mapping.fields.items():
        try:
            found = _found(target, rules, scope)
        except NotANumber as error:
            errors.append(FieldError("/" + target.replace(".", "/"), "bad_number", {"value": str(error)[:80]}))
            continue
        if not empty(found):
            _put(made, target, found)
    return made, errors


def files(mapping: Mapping, scope: dict[str, Any], *, generated: Path, base: Path) -> tuple[FileSpec, ...]:
    """The row's files; texts are written below `generated`. Raises `BadAttachments`."""
    specs: list[FileSpec] = []
    for rule in mapping.files:
        if rule.when and empty(find(scope, rule.when)):
            continue
        specs += _texts(rule, scope, generated) if rule.text else _beside(rule, scope, base)
    return tuple(specs)


def _texts(rule: FileRule, scope: dict[str, Any], generated: Path) -> list[FileSpec]:
    text, name = first(rule.text, scope), first(rule.name, scope)
    if empty(text) or empty(name):
        return []
    return [FileSpec(keep_text(generated, str(text)), file_name(str(name)), rule.role)]


def _beside(rule: FileRule, scope: dict[str, Any], base: Path) -> tuple[FileSpec, ...]:
    paths = gather(rule.path, scope)
    name = first(rule.name, scope) if len(paths) == 1 else None
    named = {} if empty(name) else {"name": file_name(str(name))}
    return attach([{"path": path, "role": rule.role, **named} for path in paths], base=base, root=base)


def _found(target: str, rules: tuple[Rule, ...], scope: dict[str, Any]) -> Any:
    return gather(rules, scope) if target in LIST_TARGETS else first(rules, scope)


def _put(made: dict[str, Any], target: str, value: Any) -> None:
    *steps, last = target.split(".")
    place = made
    for step in steps:
        place = place.setdefault(step, {})
    place[last] = value
