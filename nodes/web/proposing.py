"""What the files and the text of a form propose: values for empty fields, and keywords."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from nodes import keywords, proposals
from nodes.arrivals import Arrivals
from nodes.extraction.facts import facts_from
from nodes.models import Upload
from nodes.proposals import Source
from nodes.web.forms import FileChoice
from shared.errors import FileChanged, FileUnreadable, NotFound

READ_AT_ONCE = 30
"""Files that are read while a page without scripts waits; each takes a tenth of a second, a hostile one 20."""


def sources_of(session: Session, choices: Sequence[FileChoice]) -> list[Source]:
    """The chosen files with what was read of them so far."""
    keys = [choice.key.removeprefix("upload:") for choice in choices]
    known = {f"upload:{one.key}": one.facts for one in session.scalars(select(Upload).where(Upload.key.in_(keys)))}
    return [Source(choice.name, choice.role, facts_from(known.get(choice.key))) for choice in choices]


def read_all(arrivals: Arrivals, choices: Sequence[FileChoice]) -> None:
    """Read what nobody has read yet of the first files."""
    for choice in choices[:READ_AT_ONCE]:
        if choice.key.startswith("upload:"):
            with suppress(NotFound, FileUnreadable, FileChanged):
                arrivals.facts(choice.key.removeprefix("upload:"))


def suggested(session: Session, fields: Mapping[str, Any], sources: Sequence[Source]) -> list[str]:
    """Keywords for what the form and its files say, without those that it has."""
    proposed = proposals.propose(sources)
    titles = [*fields.get("title", {}).values(), *proposed.get("title", {}).values()]
    texts = [*fields.get("summary", {}).values(), *fields.get("description", {}).values()]
    texts += [one.facts.text for one in sources]
    said = [word for one in sources for word in one.facts.keywords]
    found = keywords.suggest(
        "\n".join(dict.fromkeys(titles)), "\n".join(texts), known=keywords.earlier(session), said=said
    )
    return [one for one in found if one not in fields.get("keywords", ())]


def as_values(proposed: Mapping[str, Any]) -> dict[str, list[str]]:
    """Proposed fields as the form has them: values by the names of its inputs."""
    values: dict[str, list[str]] = {}
    for name, value in proposed.items():
        if isinstance(value, Mapping):
            values |= {f"{name}.{tag}": [text] for tag, text in value.items()}
        elif isinstance(value, str):
            values[name] = [value]
        elif value and isinstance(value[0], Mapping):
            values |= {f"{name}.{part}": [entry[part] for entry in value] for part in value[0]}
        else:
            values[name] = list(value)
    return values
