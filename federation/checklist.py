"""The review policy as a document: the checklist that every approval answers, how many reviewers a resource needs,
who they must be, and by when. Where its versions are kept is `federation.policies`' matter.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from marshmallow import ValidationError, validates_schema

from shared.canonical import canonical, digest, parse
from shared.errors import ChecklistIncomplete, FieldError, InvalidRequest
from shared.validation import Fault, Many, Part, Strict, Term, Text, Whole, field_errors, plain

SHIPPED = Path(__file__).with_name("policy") / "default.toml"
MOST_REVIEWERS, MOST_DAYS, MOST_ITEMS = 9, 365, 30
MOST_TOPICAL_DAYS = 3650
STAYS: Mapping[str, Any] = MappingProxyType({"occasions": (), "types": (), "days": 365})
"""What is topical when a policy does not say: nothing."""
DAYS = 10
"""Days for a review when a policy does not say."""
MAX_NOTE = 300


class QuestionSchema(Strict):
    """What is asked, in both languages."""

    zh = Text(300, required=True)
    en = Text(300, required=True)


class ItemSchema(Strict):
    """One thing to confirm."""

    code = Text(40, pattern=r"[a-z][a-z0-9-]*", fault="bad_item_code", required=True)
    zh = Text(40, required=True)
    en = Text(60, required=True)
    question = Part(QuestionSchema, required=True)


class SensitiveSchema(Strict):
    """What needs more reviewers: by theme, by type, or either."""

    themes = Many(Term("themes"), 100, unique=True, required=True)
    types = Many(Term("types"), 100, unique=True, load_default=list)
    needed = Whole(1, MOST_REVIEWERS, required=True)


class TopicalSchema(Strict):
    """What is of use for a time only: by occasion, by type, or either; `days` is how long it stays public."""

    occasions = Many(Term("occasions"), 100, unique=True, required=True)
    types = Many(Term("types"), 100, unique=True, load_default=list)
    days = Whole(1, MOST_TOPICAL_DAYS, required=True)


class PolicySchema(Strict):
    """The whole document; `policy/default.toml` has it with a sentence for each part."""

    needed = Whole(1, MOST_REVIEWERS, required=True)
    days = Whole(1, MOST_DAYS, load_default=DAYS)
    sample_percent = Whole(0, 100, load_default=0)
    expert_disciplines = Many(Term("disciplines"), 100, unique=True, load_default=list)
    sensitive = Part(SensitiveSchema, required=True)
    topical = Part(TopicalSchema, load_default=lambda: dict(STAYS))
    items = Many(Part(ItemSchema), MOST_ITEMS, minimum=1, required=True)

    @validates_schema
    def _codes(self, data: Mapping[str, Any], **_: Any) -> None:
        seen: set[str] = set()
        faults: dict[int, Any] = {}
        for number, item in enumerate(data.get("items", ())):
            if item["code"] in seen:
                faults[number] = {"code": [Fault("duplicate", {"value": item["code"]})]}
            seen.add(item["code"])
        if faults:
            raise ValidationError({"items": faults})


@dataclass(frozen=True)
class Item:
    """One thing to confirm, with the question that says what is meant."""

    code: str
    zh: str
    en: str
    question: Mapping[str, str]

    def label(self, language: str) -> str:
        """What the item is called in `language`."""
        return self.zh if language.startswith("zh") else self.en

    def ask(self, language: str) -> str:
        """The question in `language`."""
        return self.question["zh" if language.startswith("zh") else "en"]


@dataclass(frozen=True)
class Policy:
    """The rules of review, as one version of the document gives them; `sha256` is that of its canonical JSON."""

    number: int
    sha256: str
    document: str
    items: tuple[Item, ...]
    needed: int
    sensitive_themes: frozenset[str]
    sensitive_types: frozenset[str]
    needed_when_sensitive: int
    days: int
    """Within which what comes into review is to be reviewed."""
    expert_disciplines: frozenset[str]
    """A resource of one of these is for reviewers of that discipline."""
    sample_percent: int
    """Of what is public, reviewed again within a year."""
    topical_occasions: frozenset[str]
    topical_types: frozenset[str]
    topical_days: int
    """How long what is topical stays public."""

    @property
    def knows_topical(self) -> bool:
        """Whether there is anything that does not stay public."""
        return bool(self.topical_occasions or self.topical_types)

    def expires_on(self, record: Mapping[str, Any], first: date) -> date | None:
        """From which day on a resource that becomes public on `first` no longer is; None for one that stays."""
        occasions = record.get("occasions", ())
        topical = record["type"] in self.topical_types or not self.topical_occasions.isdisjoint(occasions)
        return first + timedelta(days=self.topical_days) if topical else None

    def is_sensitive(self, record: Mapping[str, Any]) -> bool:
        """Whether a resource needs particular care, by its themes or its type."""
        return record["type"] in self.sensitive_types or not self.sensitive_themes.isdisjoint(record["themes"])

    def approvals_needed(self, record: Mapping[str, Any]) -> int:
        """How many different reviewers must approve a resource."""
        return self.needed_when_sensitive if self.is_sensitive(record) else self.needed

    def experts_for(self, record: Mapping[str, Any]) -> frozenset[str]:
        """The disciplines of which a reviewer of this resource must have one; none when anybody may."""
        return self.expert_disciplines.intersection(record.get("disciplines", ()))

    def everything(self) -> dict[str, bool]:
        """Answers that confirm every item: for one who has checked a whole delivery at its source."""
        return {item.code: True for item in self.items}

    def answers(
        self, given: Mapping[str, bool], *, complete: bool, notes: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """The answers in the form in which a decision keeps them, with the policy's number and what was noted.

        Raises `InvalidRequest` for an item that the policy does not have and for a note that is too long, and
        `ChecklistIncomplete` (whose data names the `codes`) when `complete` is asked for and some item is not
        confirmed.
        """
        written = {code: text for code, note in (notes or {}).items() if (text := plain(note).strip())}
        self._check_known([*given, *written])
        for code, text in written.items():
            if len(text) > MAX_NOTE:
                length = {"max": MAX_NOTE, "length": len(text)}
                raise InvalidRequest(errors=[FieldError(f"/notes/{code}", "too_long", length)])
        missing = [item for item in self.items if given.get(item.code) is not True]
        if complete and missing:
            codes = tuple(item.code for item in missing)
            raise ChecklistIncomplete(items="、".join(item.zh for item in missing), codes=codes)
        answers = {item.code: given.get(item.code) is True for item in self.items}
        return {"policy": self.number, "answers": answers, **({"notes": written} if written else {})}

    def _check_known(self, codes: Iterable[str]) -> None:
        unknown = sorted(set(codes) - {item.code for item in self.items})
        if unknown:
            allowed = ", ".join(item.code for item in self.items)
            said = {"value": unknown[0][:40], "vocabulary": "checklist", "allowed": allowed}
            raise InvalidRequest(errors=[FieldError("/checklist", "unknown_term", said)])


def faults(document: Any) -> list[FieldError]:
    """Everything that is wrong with a document, each fault by its place; none when it is good."""
    return list(field_errors(PolicySchema().validate(document)))


def written(document: Any) -> str:
    """A good document as it is kept: its canonical JSON (RFC 8785). Raises `InvalidRequest` naming each fault."""
    found = faults(document)
    if found:
        raise InvalidRequest(errors=found)
    return canonical(PolicySchema().load(document)).decode()


@lru_cache(maxsize=16)
def read(number: int, document: str) -> Policy:
    """The rules that version `number` of the document gives; it was good when it was kept."""
    data = parse(document.encode())
    sensitive, topical = data["sensitive"], data.get("topical", STAYS)
    return Policy(
        number=number,
        sha256=digest(document.encode()),
        document=document,
        items=tuple(Item(**entry) for entry in data["items"]),
        needed=data["needed"],
        sensitive_themes=frozenset(sensitive["themes"]),
        sensitive_types=frozenset(sensitive["types"]),
        needed_when_sensitive=sensitive["needed"],
        days=data["days"],
        expert_disciplines=frozenset(data["expert_disciplines"]),
        sample_percent=data["sample_percent"],
        topical_occasions=frozenset(topical["occasions"]),
        topical_types=frozenset(topical["types"]),
        topical_days=topical["days"],
    )


def load(path: Path) -> Policy:
    """Read a policy file as version one. Raises `ValueError` naming the file and each fault."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path.name}: not a review policy: {error}") from error
    found = faults(data)
    if found:
        said = "; ".join(f"{fault.pointer or '/'}: {fault.message('zh')}" for fault in found)
        raise ValueError(f"{path.name}: not a review policy: {said}")
    return read(1, written(data))


DEFAULT = load(SHIPPED)
"""The policy that the hub ships with, checked at import."""
_of_the_file: list[Policy] = [DEFAULT]


def of_the_file(number: int = 1) -> Policy:
    """The policy that the hub was started with, as version `number`."""
    return replace(_of_the_file[0], number=number)


def use(path: Path) -> None:
    """Start with an operator's own policy, before the hub serves. Raises `ValueError` as `load` does."""
    _of_the_file[0] = load(path)
