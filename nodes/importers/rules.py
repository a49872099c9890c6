"""The rules of a mapping at work: what one rule gives for one row (the language is told in `mapping`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nodes.importers.markup import strip_markup
from nodes.importers.words import code_of, day_of, is_term

_PLACE = re.compile(r"\{([^{}]+)\}")
_WORD_REACH = 24
"""How far back from the limit a cut looks for the end of a word, in characters."""


class NotANumber(Exception):
    """A text for which a rule asked for a number."""


@dataclass(frozen=True)
class Rule:
    """One checked rule; the fields are the options of a mapping's rule."""

    paths: tuple[str, ...] = ()
    value: Any = None
    templates: tuple[str, ...] = ()
    each: str = ""
    parts: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)
    when: str = ""
    unless: str = ""
    split: tuple[str, ...] = ()
    strip_markup: bool = False
    replace: tuple[tuple[str, str], ...] = ()
    match: re.Pattern[str] | None = None
    lookup: Mapping[str, Any] | None = None
    keep: bool = False
    terms: str = ""
    date: bool = False
    max: int = 0
    ellipsis: str = "…"
    max_items: int = 0
    join: str = ", "
    number: bool = False


def apply(rule: Rule, scope: Mapping[str, Any]) -> Any:
    """What `rule` gives for a row, or None. Raises `NotANumber`."""
    if rule.when and empty(find(scope, rule.when)):
        return None
    if rule.unless and not empty(find(scope, rule.unless)):
        return None
    found = _origin(rule, scope)
    if rule.split and isinstance(found, str):
        found = divided(found, rule.split)
    if isinstance(found, list):
        items = unique(item for entry in found for item in as_list(_steps(rule, entry)))
        return (items[: rule.max_items] if rule.max_items else items) or None
    return None if empty(found) else _steps(rule, found)


def first(rules: Iterable[Rule], scope: Mapping[str, Any]) -> Any:
    """What the first rule that gives something gives, or None."""
    for rule in rules:
        found = apply(rule, scope)
        if not empty(found):
            return found
    return None


def gather(rules: Iterable[Rule], scope: Mapping[str, Any]) -> list[Any]:
    """All that the rules give, in one list, nothing twice."""
    return unique(item for rule in rules for item in as_list(apply(rule, scope)))


def find(scope: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path, or None; through a list, the list of what its entries have."""
    if path in scope:
        return scope[path]
    value: Any = scope
    for step in path.split("."):
        value = _step_into(value, step)
        if value is None:
            return None
    return value


def empty(value: Any) -> bool:
    """Whether there is nothing in `value`: none, blank, or no entries (zero and false are something)."""
    return value is None or (isinstance(value, str) and not value.strip()) or value in ([], {})


def as_list(value: Any) -> list[Any]:
    """`value` as a list without what is empty."""
    entries = value if isinstance(value, list) else [value]
    return [entry for entry in entries if not empty(entry)]


def unique(entries: Iterable[Any]) -> list[Any]:
    """The entries in their order, nothing empty and nothing twice (they may be unhashable)."""
    found: list[Any] = []
    seen: set[str] = set()
    for entry in entries:
        if not empty(entry) and repr(entry) not in seen:
            seen.add(repr(entry))
            found.append(entry)
    return found


def divided(text: str, delimiters: Iterable[str]) -> list[str]:
    """The pieces of `text` between any of the delimiters."""
    return re.split("|".join(map(re.escape, delimiters)), text)


def cut(text: str, limit: int, ellipsis: str) -> str:
    """`text` within `limit` characters, cut at the end of a word where one is near, ended with `ellipsis`."""
    if not limit or len(text) <= limit:
        return text
    room = limit - len(ellipsis)
    kept = text[:room]
    if text[room].isascii() and text[room].isalnum():
        space = kept.rfind(" ", max(0, room - _WORD_REACH))
        kept = kept[:space] if space > 0 else kept
    return kept.rstrip(" \n,;:，；：、") + ellipsis


def _origin(rule: Rule, scope: Mapping[str, Any]) -> Any:
    if rule.paths:
        return next((found for path in rule.paths if not empty(found := find(scope, path))), None)
    if rule.templates:
        return next((made for text in rule.templates if (made := _fill(text, scope, rule.join)) is not None), None)
    if rule.each:
        return [_object(rule, _inner(scope, entry)) for entry in as_list(find(scope, rule.each))]
    if rule.parts:
        return _object(rule, scope)
    return rule.value


def _inner(scope: Mapping[str, Any], entry: Any) -> dict[str, Any]:
    own = entry if isinstance(entry, dict) else {}
    return {**scope, **own, ".": entry}


def _object(rule: Rule, scope: Mapping[str, Any]) -> dict[str, Any]:
    made = {name: first(rules, scope) for name, rules in rule.parts.items()}
    return {name: value for name, value in made.items() if not empty(value)}


def _fill(template: str, scope: Mapping[str, Any], join: str) -> str | None:
    """The template with its places filled; None when there is nothing for one of them."""
    values = {path: find(scope, path) for path in _PLACE.findall(template)}
    if any(empty(value) for value in values.values()):
        return None
    texts = {path: join.join(map(str, as_list(value))) for path, value in values.items()}
    return _PLACE.sub(lambda place: texts[place[1]], template)


def _steps(rule: Rule, value: Any) -> Any:
    """One value through the steps of a rule; what is no text only meets `lookup` and `number`."""
    if isinstance(value, str):
        value = _text_steps(rule, value)
    if rule.lookup is not None and not empty(value):
        value = rule.lookup.get(str(value), rule.lookup.get("*", value if rule.keep else None))
    if rule.terms and isinstance(value, str):
        value = _term(rule, value.strip())
    if isinstance(value, str):
        value = day_of(value) if rule.date else value
        value = cut(value.strip(), rule.max, rule.ellipsis)
    return _number(value) if rule.number and not empty(value) else value


def _text_steps(rule: Rule, text: str) -> str:
    if rule.strip_markup:
        text = strip_markup(text)
    for old, new in rule.replace:
        text = text.replace(old, new)
    if rule.match is not None:
        found = rule.match.search(text)
        text = (found[1] if rule.match.groups else found[0]) or "" if found else ""
    return text.strip()


def _number(value: Any) -> Any:
    try:
        return value if isinstance(value, int | float) else int(str(value))
    except ValueError:
        try:
            return float(str(value))
        except ValueError as error:
            raise NotANumber(str(value)) from error


def _step_into(value: Any, step: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(step)
    if isinstance(value, list):
        if step.isdigit():
            return value[int(step)] if int(step) < len(value) else None
        return [found for entry in value if not empty(found := _step_into(entry, step))] or None
    return None


def _term(rule: Rule, text: str) -> str | None:
    return code_of(rule.terms, text) if rule.keep or is_term(rule.terms, text) else None
