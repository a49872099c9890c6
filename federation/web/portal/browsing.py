"""Browsing: one page that leads into everything by each of its sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import render_template
from flask.typing import ResponseReturnValue

from federation import catalogue
from federation.database import db
from federation.language import request_language
from federation.web.portal import atlas, finding, timeline
from federation.web.portal.blueprint import portal
from federation.web.portal.memory import keeper
from shared.vocabularies import Term, vocabulary

SIDES = ("theme", "type", "discipline", "audience", "occasion")
"""Parameters of the search by whose values one can browse, in their order on the page."""
MOST_MEMBERS, MOST_PLACES = 12, 12


@dataclass(frozen=True)
class Choice:
    """A term with the number of its resources, and the terms below it; `share` is of the side's largest number."""

    term: Term
    count: int
    share: float
    below: Sequence[Choice] = ()


@dataclass(frozen=True)
class Side:
    """One way to browse: the parameter of the search, the vocabulary and its terms."""

    parameter: str
    vocabulary: str
    choices: Sequence[Choice]

    @property
    def title(self) -> str:
        """What it is called in the reader's language."""
        return vocabulary(self.vocabulary).title(request_language())


@portal.get("/browse")
def browse() -> ResponseReturnValue:
    """Everything that one can browse by."""
    session = db.session()
    figures = keeper().read(session)
    counts = finding.counts()
    periods = [one for one in timeline.counted_periods() if one.count]
    places = atlas.of_the_world()
    return render_template(
        "portal/browse.html",
        figures=figures,
        sides=[_side(name, counts[name]) for name in SIDES if name in counts],
        members=[one for one in catalogue.members(session, figures) if one.resources][:MOST_MEMBERS],
        periods=periods,
        places=places[:MOST_PLACES],
    )


def _side(parameter: str, counts: Mapping[str, int]) -> Side:
    name = finding.VOCABULARIES[parameter]
    terms = list(vocabulary(name))
    largest = max((counts.get(term.code, 0) for term in terms), default=0) or 1
    return Side(parameter, name, _choices(terms, None, counts, largest))


def _choices(terms: Sequence[Term], parent: str | None, counts: Mapping[str, int], largest: int) -> list[Choice]:
    """The terms below `parent` that lead somewhere; one that has no resources itself may have some below it."""
    found = []
    for term in terms:
        if term.parent == parent:
            below = _choices(terms, term.code, counts, largest)
            count = counts.get(term.code, 0)
            if count or below:
                found.append(Choice(term, count, count / largest, below))
    return found
