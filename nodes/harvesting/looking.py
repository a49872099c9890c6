"""A first look at a source: who it is, what it offers, and a few of its entries as they would be registered."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from nodes import importers, registration, sources
from nodes.harvesting import feeds, folders, web_pages
from nodes.harvesting.asking import patiently
from nodes.harvesting.intake import Intake, in_words
from nodes.harvesting.oai.dublin_core import row_of
from nodes.harvesting.oai.repository import Repository
from nodes.harvesting.work import Work
from nodes.importers import ImportRow
from nodes.patience import Sleep
from nodes.source_models import HarvestSource
from nodes.sources import Options
from nodes.workplace import Workplace
from shared.errors import CommonsError, FieldError, NotARepository, SourceAway, SourceRefused, SourceUnreadable

SAMPLE = 5
PAUSE = 0.3
"""Seconds between the few questions of a look, for which somebody waits."""
ATTEMPTS, PATIENCE = 2, 20
"""How often, and for how many seconds that were asked for, a look waits."""
DAILY = ("license", "type", "themes", "language")
"""What a record needs and sources often do not say."""


def look(
    workplace: Workplace,
    *,
    kind: str,
    address: str,
    options: Options,
    pause: float = PAUSE,
    sleep: Sleep = time.sleep,
) -> dict[str, Any]:
    """What a person is shown before a source is added, as JSON; nothing is registered.

    Raises what a harvest of it would raise.
    """
    if kind != sources.FOLDER:
        address = sources.checked_address(address)
    source = HarvestSource(
        kind=kind, address=address, name=sources.name_of(address), options=options.as_dict(), place={}
    )
    work = Work(
        workplace, source, Intake(workplace, source.name, dry_run=True), lambda _: None, lambda _: None, pause, sleep
    )
    seen = {sources.OAI: _repository, sources.FEED: _feed, sources.PAGE: _page, sources.FOLDER: _folder}[kind](work)
    rows: list[ImportRow] = seen.pop("rows")
    seen.setdefault("name", source.name)
    sample = [_as_it_would_be(row) for row in rows]
    lacking = [name for name in DAILY if any(name not in one["fields"] for one in sample)]
    return {**seen, "sample": sample, "lacking": lacking}


def _repository(work: Work) -> dict[str, Any]:
    settings = replace(work.workplace.settings, attempts=ATTEMPTS, patience=PATIENCE)
    repository = Repository(work.source.address, work.fetcher(), settings, pause=work.pause, sleep=work.sleep)
    described = repository.identify()
    prefix, chosen = work.options.prefix, work.options.chosen_set
    formats = repository.formats()
    if prefix not in formats and formats:
        prefix = "oai_dc" if "oai_dc" in formats else formats[0]
    response = repository.ask("ListRecords", metadataPrefix=prefix, set=chosen)
    codes = {code: said for code, said in response.errors.items() if code != "noRecordsMatch"}
    if codes:
        said = "; ".join(f"{code}: {text}" if text else code for code, text in codes.items())
        raise SourceRefused(address=work.source.address, cause=said[:500])
    alive = [record for record in response.records if not record.deleted]
    return {
        "title": described.name,
        "earliest": described.earliest,
        "deletions": described.deleted,
        "formats": formats,
        "prefix": prefix,
        "sets": _sets(repository),
        "size": response.size or (0 if response.token else len(response.records)),
        "rows": _mapped(work, (row_of(record) for record in alive[:SAMPLE])),
    }


def _sets(repository: Repository) -> list[list[str]]:
    """The sets to choose from; a repository that cannot list them can still be harvested whole."""
    try:
        return [list(one) for one in repository.sets()]
    except (SourceAway, SourceRefused, NotARepository, SourceUnreadable):
        return []


def _feed(work: Work) -> dict[str, Any]:
    answer = patiently(work, work.source.address, accept=feeds.ACCEPT)
    found = feeds.rows_of(answer.body, work.source.address)
    title = found[0]["feed"]["title"] if found else ""
    return {"title": title, "size": len(found), "rows": _mapped(work, found[:SAMPLE])}


def _page(work: Work) -> dict[str, Any]:
    answer = patiently(work, work.source.address, accept="text/html, application/ld+json;q=0.9")
    found = web_pages.rows_of(answer.body, answer.url, answer.headers.get("Content-Type", ""))
    return {"title": "", "size": len(found), "rows": _mapped(work, found[:SAMPLE])}


def _folder(work: Work) -> dict[str, Any]:
    folder = Path(work.source.address)
    mapping = folders.mapping_of(work.options)
    rows = importers.read(folder, mapping, work.workplace.folder / "generated")
    name = importers.source_name(folder, mapping)
    return {"title": folder.name, "name": name, "size": 0, "rows": list(islice(rows, SAMPLE))}


def _mapped(work: Work, found: Iterable[dict[str, Any]]) -> list[ImportRow]:
    mapping = work.mapping()
    return [work.intake.row(number, row, mapping, work.options.constants) for number, row in enumerate(found, 1)]


def _as_it_would_be(row: ImportRow) -> dict[str, Any]:
    # Files are read when they are registered; until then a resource may be without.
    content = {"links": [{"url": "https://example.org/"}], **row.fields} if row.files else row.fields
    errors = list(row.errors)
    try:
        registration.would_register(None, content)
    except CommonsError as error:
        errors += error.errors or [FieldError("", error.code, dict(error.data))]
    return {"identifier": row.source_id, "fields": row.fields, "faults": [in_words(error) for error in errors]}
