"""All findings on the versions at hand, at a number of queries that does not depend on how many they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from sqlalchemy.orm import Session

from federation import link_checks
from federation.findings import accessibility, duplicates, elsewhere, links, personal_data, plain_language, rights
from federation.findings.finding import Finding, Record, by_severity
from federation.models.resources import ResourceVersion

OF_THE_RECORD: tuple[Callable[[Record], Iterable[Finding]], ...] = (
    personal_data.personal_data,
    rights.licence,
    accessibility.alternatives,
    accessibility.captions,
    plain_language.plain_language,
    links.inside,
)
"""What is found by reading the record alone."""


def findings(session: Session, versions: Sequence[ResourceVersion]) -> dict[int, list[Finding]]:
    """The findings on each version, by its id, what is most serious in front."""
    by_id = {version.id: version for version in versions}
    same, near = duplicates.same_bytes(session, by_id), duplicates.same_words(session, by_id)
    checks = link_checks.of(session, by_id)
    records = {number: version.record for number, version in by_id.items()}
    pages = elsewhere.pages(session, records.values())
    found = {}
    for number, record in records.items():
        own = [*_of_record(record), *elsewhere.elsewhere(record, pages), *links.opened(record, checks)]
        found[number] = by_severity([*own, *near[number], *same[number]])
    return found


def of_its_own(session: Session, version: ResourceVersion) -> list[Finding]:
    """What its institution is shown: the findings on the version itself, nothing of what others have handed in."""
    checks, record = link_checks.of(session, {version.id: version}), version.record
    named = elsewhere.elsewhere(record, elsewhere.pages(session, [record]))
    return by_severity([*_of_record(record), *named, *links.opened(record, checks)])


def _of_record(record: Record) -> list[Finding]:
    return [one for find in OF_THE_RECORD for one in find(record)]
