"""The form of a resource and the record, one from the other; what the form does not show stays as it was."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from werkzeug.datastructures import MultiDict

from shared.errors import FieldError, InvalidRequest
from shared.identifiers import fresh_id
from shared.record import is_record_id

LANGUAGES = ("zh", "en")
TEXTS = ("title", "summary", "description")
PLAIN = ("type", "stage", "license", "created", "rights_holder", "embargo_until")
TERMS = ("themes", "disciplines", "audiences", "occasions", "language")
GROUPS = {
    "creators": ("name", "role", "affiliation"),
    "contributors": ("name", "role", "affiliation"),
    "links": ("url", "label"),
    "evidence": ("source", "method", "verified_by"),
    "identifiers": ("scheme", "value"),
    "relations": ("type", "target"),
}
ALWAYS = ("creators", "links", "evidence")
"""Groups that every form shows: none of their fields means that there are no entries."""
CHOSEN = frozenset({"role", "scheme", "type"})
"""Parts of an entry that are chosen from a list: they alone are nothing that somebody wrote."""
NOT_FIELDS = frozenset({"id", "version", "files", "withdrawn"})
NEW: dict[str, Any] = {"type": "", "language": ["zh"], "license": "CC-BY-4.0"}
"""What an empty form proposes."""
_VERSION = re.compile(r"[1-9][0-9]{0,8}")
_FILE_KEY = re.compile(r"file-(\d{1,4})-key")
_WHOLE = re.compile(r"[+-]?\d{1,6}")
_DECIMAL = re.compile(r"[+-]?\d{1,4}(\.\d{1,20})?(e-\d{1,2})?")
_DIVIDER = re.compile(r"[；;，,、\n]")

Form = MultiDict[str, str]


@dataclass(frozen=True)
class Purpose:
    """What a form was opened to make: the version that follows version `after` (0: a new resource) of a record.

    The form of a new resource brings the resource's id along: however often it is sent, it makes this one.
    """

    record_id: str
    after: int = 0

    @classmethod
    def fresh(cls) -> Purpose:
        """To make a resource that is not there yet."""
        return cls(fresh_id())


@dataclass(frozen=True)
class FileChoice:
    """A file as the form shows it: where it comes from (`sha256:…` or `upload:…`), its name and its role.

    `alt` says what a picture shows, by language; None when the form did not ask for it.
    """

    key: str
    name: str
    role: str
    alt: Mapping[str, str] | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Faults:
    """The faults of a form, found by the place that they are about."""

    errors: Sequence[FieldError] = ()

    def at(self, pointer: str, *, exactly: bool = False) -> list[FieldError]:
        """Faults at `pointer`, and below it unless only those `exactly` there are wanted."""
        below = pointer + "/"
        return [e for e in self.errors if e.pointer == pointer or (not exactly and e.pointer.startswith(below))]

    def __bool__(self) -> bool:
        return bool(self.errors)


def read_fields(form: Form, standing: Mapping[str, Any]) -> dict[str, Any]:
    """A record's fields from a form, over what the standing version has; nothing is checked here."""
    made = {name: value for name, value in standing.items() if name not in NOT_FIELDS}
    for name in TEXTS:
        _set(made, name, _texts(form, name, made.get(name, {})))
    for name in PLAIN:
        _set(made, name, form.get(name, "").strip())
    for name in TERMS:
        _set(made, name, form.getlist(name))
    _set(made, "keywords", _keywords(form.get("keywords", ""), made.get("keywords", ())))
    for name, parts in GROUPS.items():
        if any(f"{name}.{part}" in form for part in parts) or name in ALWAYS:
            _set(made, name, list(_rows(form, name, parts)))
    if any(name.startswith("coverage.") for name in form):
        _set(made, "coverage", _coverage(form, made.get("coverage", {})))
    return made


def read_purpose(form: Form, standing: Mapping[str, Any]) -> Purpose:
    """What the form was opened to make, of what is `standing` if anything is. Raises `InvalidRequest`."""
    if standing:
        after = form.get("after", "")
        if not _VERSION.fullmatch(after):
            raise InvalidRequest(errors=[FieldError("/after", "bad_number")])
        return Purpose(str(standing["id"]), int(after))
    record_id = form.get("record", "")
    if not is_record_id(record_id):
        raise InvalidRequest(errors=[FieldError("/record", "bad_id")])
    return Purpose(record_id)


def read_revision(form: Form) -> int:
    """The revision of its draft that the form knows; 0 for none."""
    text = form.get("revision", "")
    return int(text) if _VERSION.fullmatch(text) else 0


def read_files(form: Form) -> list[FileChoice]:
    """The files that the form still shows and keeps, in its order."""
    numbers = sorted(int(found[1]) for name in form if (found := _FILE_KEY.fullmatch(name)))
    return [_choice(form, f"file-{number}") for number in numbers if form.get(f"file-{number}-keep")]


def _choice(form: Form, id: str) -> FileChoice:
    asked = f"{id}-alt.zh" in form or f"{id}-alt.en" in form
    alt = _texts(form, f"{id}-alt", {}) if asked else None
    return FileChoice(form[f"{id}-key"], form.get(f"{id}-name", "").strip(), form.get(f"{id}-role", "main"), alt)


def write_files(choices: Sequence[FileChoice]) -> dict[str, list[str]]:
    """Files as a form sends them: what `read_files` reads."""
    sent: dict[str, list[str]] = {}
    for number, choice in enumerate(choices):
        id = f"file-{number}"
        sent |= {f"{id}-key": [choice.key], f"{id}-name": [choice.name], f"{id}-role": [choice.role]}
        sent[f"{id}-keep"] = ["1"]
        if choice.alt is not None:
            sent |= {f"{id}-alt.{tag}": [choice.alt.get(tag, "")] for tag in LANGUAGES}
    return sent


def files_of(record: Mapping[str, Any]) -> list[FileChoice]:
    """The files of a record as the form shows them."""
    return [FileChoice(f"sha256:{f['sha256']}", f["name"], f["role"], f.get("alt")) for f in record.get("files", ())]


def rows_of(fields: Mapping[str, Any], name: str, spare: int) -> list[Mapping[str, Any]]:
    """The entries of a group with `spare` empty ones after them."""
    return [*fields.get(name, ()), *({} for _ in range(spare))]


def _texts(form: Form, name: str, standing: Mapping[str, str]) -> dict[str, str]:
    """The texts of the form's languages, and those of other languages as they were."""
    others = {tag: text for tag, text in standing.items() if tag not in LANGUAGES}
    given = {tag: form.get(f"{name}.{tag}", "").replace("\r\n", "\n").strip() for tag in LANGUAGES}
    return {**{tag: text for tag, text in given.items() if text}, **others}


def _keywords(text: str, standing: Sequence[str]) -> list[str]:
    """The keywords of a line; one of those that stood there keeps the comma that it has in itself."""
    whole = sorted((word for word in standing if _DIVIDER.search(word)), key=len, reverse=True)
    parts = re.split(f"({'|'.join(map(re.escape, whole))})", text) if whole else [text]
    found = [word for part in parts for word in ([part] if part in whole else _DIVIDER.split(part.replace("\r", "")))]
    return list(dict.fromkeys(word.strip() for word in found if word.strip()))


def _rows(form: Form, name: str, parts: Sequence[str]) -> Iterator[dict[str, str]]:
    """Each row of a group in which something was written; a role alone is nothing."""
    columns = [form.getlist(f"{name}.{part}") for part in parts]
    for values in zip_longest(*columns, fillvalue=""):
        entry = {part: value.replace("\r\n", "\n").strip() for part, value in zip(parts, values, strict=True)}
        if any(value for part, value in entry.items() if part not in CHOSEN):
            yield {part: value for part, value in entry.items() if value}


def _coverage(form: Form, standing: Mapping[str, Any]) -> dict[str, Any]:
    """What time and place it is about; a part of which nothing was written is none."""
    made: dict[str, Any] = {}
    for part, numbers in (("period", ("from", "until")), ("place", ("latitude", "longitude"))):
        entry: dict[str, Any] = {}
        _set(entry, "name", _texts(form, f"coverage.{part}.name", standing.get(part, {}).get("name", {})))
        for name in numbers:
            text = form.get(f"coverage.{part}.{name}", "").strip()
            if text:
                entry[name] = _year(text) if part == "period" else _degrees(text)
        _set(made, part, entry)
    return made


def _year(text: str) -> int | str:
    """A year as a record has it (astronomical: 1 BC is 0) from how people write it (1 BC is -1)."""
    year = int(text) if _WHOLE.fullmatch(text) else None
    return text if year is None else year + (year < 0)


def shown_year(year: int | str | None) -> str:
    """A year of a record as people write it; what is no year, as it was written."""
    return str(year - 1 if year <= 0 else year) if isinstance(year, int) else year or ""


def _degrees(text: str) -> float | str:
    return float(text) if _DECIMAL.fullmatch(text) else text


def _set(made: dict[str, Any], name: str, value: Any) -> None:
    if value:
        made[name] = value
    else:
        made.pop(name, None)
