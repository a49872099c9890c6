"""An OAI-PMH repository as a source: its records become resources, its deletions withdrawals with a reason."""

from __future__ import annotations

from nodes.harvesting import linked_files
from nodes.harvesting.oai import harvesting
from nodes.harvesting.oai.dublin_core import row_of
from nodes.harvesting.oai.envelope import Record, Response
from nodes.harvesting.oai.harvesting import Place
from nodes.harvesting.oai.repository import DAYS, Repository
from nodes.harvesting.work import Work
from nodes.importers.rows import MAX_SOURCE_ID
from shared.errors import FieldError
from shared.wording import Words

DELETED = "来源库 {at} 已删除这条记录。The repository that this came from deleted it on {at}."
"""The reason of a withdrawal, which the public sees."""
NOT_XML = Words("its XML is broken", "这一条的 XML 写法不对")


def harvest(work: Work) -> None:
    """Harvest what is new, changed or deleted since the last time. Raises what `harvesting.harvest` raises."""
    settings = work.workplace.settings
    repository = Repository(work.source.address, work.fetcher(), settings, pause=work.pause, sleep=work.sleep)
    described = repository.identify()
    work.call(described.name)
    place = Place(**work.source.place) if work.source.place else Place(since=work.options.since)
    taking = _Taking(work)
    harvesting.harvest(
        repository,
        place,
        days=described.granularity == DAYS,
        prefix=work.options.prefix,
        chosen_set=work.options.chosen_set,
        take=taking.take,
        keep=lambda kept: work.keep(kept.as_dict()),
    )


class _Taking:
    """Takes the records of one part after the other."""

    def __init__(self, work: Work) -> None:
        self._work, self._mapping, self._number = work, work.mapping(), 0

    def take(self, response: Response) -> None:
        """Register what a part has."""
        intake, work = self._work.intake, self._work
        intake.outcome.mended += response.mended
        for identifier in response.unreadable:
            intake.fail(identifier, [FieldError("", "unreadable_row", {"cause": NOT_XML})])
        latest = _latest(response.records)
        intake.withdraw({one.identifier: DELETED.format(at=one.datestamp[:10]) for one in latest if one.deleted})
        rows = []
        for record in latest:
            if record.deleted:
                continue
            self._number += 1
            row = row_of(record)
            if work.options.files:
                row["files"] = linked_files.fetched(work, row.get("file_addresses", ()), stamp=record.datestamp)
            rows.append(intake.row(self._number, row, self._mapping, work.options.constants))
        intake.register(rows)
        for record in response.records:
            if not record.identifier or len(record.identifier) > MAX_SOURCE_ID:
                intake.fail(record.identifier[:80], [FieldError("/source_id", "no_source_id")])


def _latest(records: list[Record]) -> list[Record]:
    """Each record once, as it is by its latest date: parts of a list may hold one twice."""
    found: dict[str, Record] = {}
    for record in records:
        standing = found.get(record.identifier)
        if standing is None or record.datestamp >= standing.datestamp:
            found[record.identifier] = record
    return [one for identifier, one in found.items() if identifier and len(identifier) <= MAX_SOURCE_ID]
