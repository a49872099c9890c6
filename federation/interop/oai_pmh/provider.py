"""Answering a request of a harvester: always a document, also for what is wrong (OAI-PMH 2.0 §3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from federation.interop.oai_pmh import arguments, describing, faults, records
from federation.interop.oai_pmh.arguments import TOKEN, Asked
from federation.interop.oai_pmh.faults import Fault, Refused
from federation.interop.oai_pmh.markup import document
from federation.interop.oai_pmh.repository import Repository
from federation.models.base import now

ANSWERS: Mapping[str, Callable[[Repository, Asked], str]] = {
    "Identify": describing.identify,
    "ListMetadataFormats": describing.list_metadata_formats,
    "ListSets": describing.list_sets,
    "GetRecord": records.get_record,
    "ListIdentifiers": records.next_part,
    "ListRecords": records.next_part,
}


def answer(repository: Repository, given: Iterable[tuple[str, str]]) -> bytes:
    """The document that answers these arguments."""
    asked = arguments.read(given, formats=repository.formats)
    if asked.faults:
        return _document(repository, asked, now(), asked.faults)
    try:
        told, at = _told(repository, asked)
    except Refused as refused:
        return _document(repository, asked, refused.at or now(), refused.faults)
    return _document(repository, asked, at, told=(told,))


def refusal(repository: Repository) -> bytes:
    """The document that answers what cannot even be read."""
    return _document(repository, Asked(""), now(), (faults.control_character(),))


def _told(repository: Repository, asked: Asked) -> tuple[str, datetime]:
    """What answers a good request, and the moment that the answer bears: a list's is when it was settled."""
    if asked.verb in ("ListIdentifiers", "ListRecords") and TOKEN not in asked.arguments:
        return records.first_part(repository, asked)
    return ANSWERS[asked.verb](repository, asked), now()


def _document(
    repository: Repository, asked: Asked, at: datetime, found: tuple[Fault, ...] = (), *, told: tuple[str, ...] = ()
) -> bytes:
    return document(repository.base_url, at=at, verb=asked.verb, arguments=asked.arguments, faults=found, told=told)
