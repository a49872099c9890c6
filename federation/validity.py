"""How long what is topical stays public: its last day is fixed as it is published, by the policy of that moment."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from federation import days, policies
from federation.models.resources import ResourceVersion


def give(session: Session, versions: Sequence[ResourceVersion]) -> None:
    """Give versions that are to be public now the day from which they no longer are, or none."""
    rules, first = policies.current(session), days.today()
    for version in versions:
        # The record is read out of its signature: not where the rules know nothing topical.
        version.expires_on = rules.expires_on(version.record, first) if rules.knows_topical else None
