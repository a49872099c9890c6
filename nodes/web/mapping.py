"""The mapping screen: what it shows of a batch, and what somebody chose on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nodes.batch_models import MAPPING, Batch
from nodes.importers import choices as mapping_choices
from nodes.importers import columns as ours
from nodes.importers import seen, words
from nodes.importers.choices import CONSTANTS, Choices, vocabulary_of
from nodes.importers.seen import Column
from nodes.web import language
from nodes.web.forms import Form
from nodes.web.frame import choices_of
from nodes.web.language import gettext as _
from shared.errors import FieldError
from shared.vocabularies import vocabulary

LEAVE_OUT = "-"
"""What stands in the form for a word that is to be left out."""
LISTS = ("themes", "language")
MAX_TEXT = 500


def values_of(batch: Batch) -> dict[str, Any]:
    """What the screen shows while a batch waits for its columns."""
    if batch.phase != MAPPING:
        return {}
    columns = seen.from_json(batch.seen["columns"])
    chosen = Choices(**batch.seen["choices"])
    return {
        "columns": columns,
        "choices": chosen,
        "targets": [(target, ours.heading_of(target, language.current())) for target in ours.FIELDS[1:]],
        "strange": strange_words(chosen, columns) if batch.seen.get("asked") else [],
        "asked": bool(batch.seen.get("asked")),
        "constants": [(name, ours.heading_of(name, language.current()), terms_of(name)) for name in CONSTANTS],
        "lists": LISTS,
        "leave_out": LEAVE_OUT,
    }


def strange_words(chosen: Choices, columns: Sequence[Column]) -> list[dict[str, Any]]:
    """For each field with words that are not ours: the words, how often each stands, and what it may mean."""
    return [
        {
            "target": target,
            "heading": ours.heading_of(target, language.current()),
            "terms": terms_of(target),
            "words": [
                {"word": word, "count": count, "meant": _meant(chosen, target, word)} for word, count in found.items()
            ],
        }
        for target, found in mapping_choices.unknown_words(chosen, columns).items()
    ]


def terms_of(target: str) -> list[tuple[str, str]]:
    """Codes and labels to choose from; none for a field of text."""
    name = vocabulary_of(target)
    if name == words.LANGUAGES_OF_RESOURCES:
        return [("zh", _("中文")), ("en", _("英文")), ("zxx", _("没有语言（如图画、音乐）"))]
    return choices_of(name) if name else []


def read(form: Form, batch: Batch) -> Choices:
    """What was chosen, from the form; nothing is checked here."""
    columns = seen.from_json(batch.seen["columns"])
    before = Choices(**batch.seen["choices"])
    targets = {column.heading: form.get(f"column-{n}", "") for n, column in enumerate(columns)}
    known = {heading: target if target in ours.FIELDS else "" for heading, target in targets.items()}
    constants: dict[str, Any] = {}
    for name in CONSTANTS:
        allowed = {code for code, _label in terms_of(name)}
        if name in LISTS:
            constants[name] = [code for code in form.getlist(f"constant-{name}") if code in allowed]
        else:
            value = form.get(f"constant-{name}", "").strip()[:MAX_TEXT]
            constants[name] = value if value in allowed or not allowed else ""
    identifier = form.get("id", "")
    return Choices(
        source=form.get("source", "").strip()[:200] or batch.source,
        id=identifier if identifier in known else "",
        columns=known,
        constants={name: value for name, value in constants.items() if value},
        words=_read_words(form, batch, before, known),
    )


def faults_of(chosen: Choices) -> list[FieldError]:
    """What no row could be registered without: where it comes from has not been chosen."""
    faults = [] if chosen.id else [FieldError("/source_id", "no_source_id")]
    said = {target for target in chosen.columns.values() if target} | set(chosen.constants)
    for name, targets in ours.NEEDED_ONE_OF.items():
        if not said.intersection(targets):
            faults.append(FieldError(f"/{name}", "column_missing"))
    return faults


def _read_words(form: Form, batch: Batch, before: Choices, targets: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The meanings that were chosen, over those that were known before for fields that are still in the table."""
    found = {target: dict(meant) for target, meant in before.words.items() if target in targets.values()}
    for group in values_of(batch)["strange"]:
        target, name = group["target"], vocabulary_of(group["target"])
        for n, one in enumerate(group["words"]):
            code = form.get(f"word-{target}-{n}", "")
            if code == LEAVE_OUT:
                found.setdefault(target, {})[one["word"]] = ""
            elif code and _is_code(name, code):
                found.setdefault(target, {})[one["word"]] = code
            else:
                found.get(target, {}).pop(one["word"], None)
    return found


def _is_code(name: str, code: str) -> bool:
    return words.is_term(name, code) if name == words.LANGUAGES_OF_RESOURCES else code in vocabulary(name)


def _meant(chosen: Choices, target: str, word: str) -> str:
    known = chosen.words.get(target, {})
    if word in known:
        return known[word] or LEAVE_OUT
    return words.proposed(vocabulary_of(target), word)
