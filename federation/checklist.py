"""The review policy: the checklist that every approval answers, and how many reviewers a resource needs."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.errors import ChecklistIncomplete, FieldError, InvalidRequest

SHIPPED = Path(__file__).with_name("policy") / "default.toml"
MOST_REVIEWERS, MOST_DAYS = 9, 365
DAYS = 10
"""Days for a review when a policy does not say."""


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
    """The rules of review, as one file gives them."""

    version: str
    items: tuple[Item, ...]
    needed: int
    sensitive_themes: frozenset[str]
    needed_when_sensitive: int
    days: int = DAYS
    """Within which what comes into review is to be reviewed."""

    def is_sensitive(self, themes: Collection[str]) -> bool:
        """Whether a resource of these themes needs particular care."""
        return not self.sensitive_themes.isdisjoint(themes)

    def approvals_needed(self, themes: Collection[str]) -> int:
        """How many different reviewers must approve a resource of these themes."""
        return self.needed_when_sensitive if self.is_sensitive(themes) else self.needed

    def everything(self) -> dict[str, bool]:
        """Answers that confirm every item: for one who has checked a whole delivery at its source."""
        return {item.code: True for item in self.items}

    def answers(self, given: Mapping[str, bool], *, complete: bool) -> dict[str, Any]:
        """The answers in the form in which a decision keeps them, with the policy's version.

        Raises `InvalidRequest` for an item that the policy does not have, and `ChecklistIncomplete` (whose
        data names the `codes`) when `complete` is asked for and an item is not confirmed.
        """
        known = {item.code for item in self.items}
        unknown = sorted(set(given) - known)
        if unknown:
            allowed = ", ".join(item.code for item in self.items)
            said = {"value": unknown[0], "vocabulary": "checklist", "allowed": allowed}
            raise InvalidRequest(errors=[FieldError("/checklist", "unknown_term", said)])
        missing = [item for item in self.items if given.get(item.code) is not True]
        if complete and missing:
            codes = tuple(item.code for item in missing)
            raise ChecklistIncomplete(items="、".join(item.zh for item in missing), codes=codes)
        return {"policy": self.version, "answers": {item.code: given.get(item.code) is True for item in self.items}}


def load(path: Path) -> Policy:
    """Read a policy file. Raises `ValueError` naming the file when its form is wrong."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return _policy(data)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path.name}: not a review policy: {error}") from error


def _policy(data: Mapping[str, Any]) -> Policy:
    items = tuple(Item(**entry) for entry in data["items"])
    codes = {item.code for item in items}
    if not items or len(codes) != len(items):
        raise ValueError("items: at least one, and no code twice")
    for item in items:
        if not all(item.question.get(language) for language in ("zh", "en")):
            raise ValueError(f"item {item.code}: the question is needed in zh and en")
    sensitive = data["sensitive"]
    return Policy(
        version=str(data["version"]),
        items=items,
        needed=_count("needed", data["needed"], MOST_REVIEWERS),
        sensitive_themes=frozenset(sensitive["themes"]),
        needed_when_sensitive=_count("needed", sensitive["needed"], MOST_REVIEWERS),
        days=_count("days", data.get("days", DAYS), MOST_DAYS),
    )


def _count(name: str, value: Any, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise ValueError(f"{name}: a number from 1 to {most}")
    return value


DEFAULT = load(SHIPPED)
"""The policy that the hub ships with, checked at import."""
_in_force: list[Policy] = [DEFAULT]


def policy() -> Policy:
    """The policy in force."""
    return _in_force[0]


def use(path: Path) -> Policy:
    """Put an operator's own policy in force, before the hub serves. Raises `ValueError` as `load` does."""
    _in_force[0] = load(path)
    return _in_force[0]
