"""What a person chose on the mapping screen, and the mapping (see `nodes.importers.mapping`) that says the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from nodes.importers import columns as ours
from nodes.importers import words
from nodes.importers.mapping import LIST_TARGETS, Mapping, mapping_of
from nodes.importers.seen import DIVIDERS, Column
from nodes.importers.toml_text import toml_text
from shared.vocabularies import OF_FIELDS

CONSTANTS = ("type", "themes", "language", "license", "rights_holder")
"""Fields for which one value may be chosen for all rows that say nothing of their own."""
NAMES = ("；", ";", "、", "\n")
"""What stands between several names: a comma may be part of one."""
ADDRESSES = ("；", ";", "\n")
EACH = {"creators": "name", "contributors": "name", "links": "url"}
"""Lists of objects of which a column holds one part."""


@dataclass
class Choices:
    """For each heading a field (or nothing), the column of identifiers, constants, and what words mean.

    `constants` are codes or a text by field, `words` the codes by word, for each field with a vocabulary; an empty
    code leaves a word out.
    """

    source: str = ""
    id: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    constants: dict[str, Any] = field(default_factory=dict)
    words: dict[str, dict[str, str]] = field(default_factory=dict)

    def headings_for(self, target: str) -> list[str]:
        """The headings of the columns that are this field."""
        return [heading for heading, chosen in self.columns.items() if chosen == target]

    def as_json(self) -> dict[str, Any]:
        """The form in which it is remembered."""
        return asdict(self)


def unknown_words(choices: Choices, columns: Sequence[Column]) -> dict[str, dict[str, int]]:
    """For each field with a vocabulary, the words of its columns that are no terms of ours, with their counts."""
    found: dict[str, dict[str, int]] = {}
    for column in columns:
        target = choices.columns.get(column.heading, "")
        name = vocabulary_of(target)
        if name:
            strange = {word: count for word, count in column.words.items() if not words.is_term(name, word)}
            if strange:
                found[target] = {**found.get(target, {}), **strange}
    return found


def vocabulary_of(target: str) -> str:
    """The vocabulary of a field, or nothing."""
    return words.LANGUAGES_OF_RESOURCES if target == "language" else OF_FIELDS.get(target, "")


def mapping_for(choices: Choices, name: str) -> Mapping:
    """The mapping that does what was chosen. Raises `ImportUnreadable`."""
    return mapping_of(as_data(choices), Path(f"{name}.toml"))


def as_toml(choices: Choices) -> str:
    """The mapping as the file that `commons-node import --mapping` reads."""
    return toml_text(as_data(choices))


def as_data(choices: Choices) -> dict[str, Any]:
    """The mapping as a mapping file holds it."""
    fields: dict[str, Any] = {}
    derive: dict[str, Any] = {}
    for target in ours.FIELDS:
        headings = choices.headings_for(target)
        if headings and target in EACH:
            each = f"each of {target}"
            split = ADDRESSES if target == "links" else NAMES
            derive[each] = [{"from": heading, "split": list(split)} for heading in headings]
            fields[target] = [{"each": each, "parts": {EACH[target]: {"from": "."}}}]
        elif headings and target.startswith("identifiers."):
            each, scheme = f"each of {target}", target.partition(".")[2]
            derive[each] = [{"from": heading, "split": list(ADDRESSES)} for heading in headings]
            parts = {"scheme": {"value": scheme}, "value": {"from": "."}}
            fields["identifiers"] = [*fields.get("identifiers", ()), {"each": each, "parts": parts}]
        elif headings and target.startswith("evidence."):
            rule = fields.setdefault("evidence", [{"parts": {}}])[0]
            rule["parts"][target.partition(".")[2]] = {"from": headings}
        elif target not in ("files", "source_id"):
            rules = _rules(choices, target, headings)
            fields |= {target: rules} if rules else {}
    data: dict[str, Any] = {"source": choices.source, "id": choices.id}
    files = choices.headings_for("files")
    if files:
        data["files"] = [{"path": [{"from": heading, "split": list(ADDRESSES)} for heading in files]}]
    lookups = {target: meant for target, meant in choices.words.items() if meant and choices.headings_for(target)}
    return {**data, "lookups": lookups, "derive": derive, "fields": fields}


def _rules(choices: Choices, target: str, headings: Sequence[str]) -> list[dict[str, Any]]:
    rules = [_rule(choices, target, heading) for heading in headings]
    constant = choices.constants.get(target)
    if constant:
        # Of a list every rule counts, so that the constant must give way to what a row says itself.
        unless = {"unless": headings[0]} if headings and target in LIST_TARGETS else {}
        rules.append({"value": constant, **unless})
    return rules


def _rule(choices: Choices, target: str, heading: str) -> dict[str, Any]:
    rule: dict[str, Any] = {"from": heading}
    if target in LIST_TARGETS:
        rule["split"] = list(DIVIDERS)
    if name := vocabulary_of(target):
        # A word that is nobody's stays, so that the fault of its row can name it.
        rule |= {"terms": name, "keep": True}
        if choices.words.get(target):
            rule["lookup"] = target
    if target == "created":
        rule["date"] = True
    return rule
