"""Harvesting repositories as real ones are: patient, gone on with where it stopped, and nothing twice."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from nodes import sources
from nodes.harvesting import intake, running
from nodes.harvesting.running import alone
from nodes.settings import NodeSettings
from nodes.sources import Options
from nodes.workplace import Workplace, initialise
from shared.errors import (
    HarvestInterrupted,
    HarvestUnderWay,
    NotARepository,
    SourceAway,
    SourceBusy,
    SourceLoops,
    SourceRefused,
    SourceUnreadable,
)
from tests.support.brought import harvested, remembered, source_at, standing
from tests.support.repository import PlayedRepository, Sent, played_repository, record

pytestmark = pytest.mark.only_on("sqlite")  # no hub is asked


def days(first: int, last: int) -> list[str]:
    """Records of these days of January, in order."""
    return [record(f"oai:x:{day:02}", f"2024-01-{day:02}T00:00:00Z") for day in range(first, last + 1)]


@pytest.fixture
def workplace(tmp_path, monkeypatch) -> Workplace:
    monkeypatch.setenv("COMMONS_LANGUAGE", "zh")
    return initialise(NodeSettings(data=str(tmp_path / "node"), attempts=2, contact="library@example.org"))


@pytest.fixture
def repository() -> Iterator[PlayedRepository]:
    with played_repository(days(1, 7), part=3) as played:
        yield played


def status(number: int, **headers: str) -> Any:
    return lambda sent: Sent(b"", number, {name.replace("_", "-"): value for name, value in headers.items()})


def altered(old: str, new: str) -> Any:
    return lambda sent: dataclasses.replace(sent, body=sent.body.replace(old.encode(), new.encode(), 1))


def test_a_second_harvest_asks_for_what_is_new_only_and_changes_nothing(workplace, repository):
    assert harvested(workplace, repository.address).created == 7
    repository.at = "2026-01-02T00:00:00Z"
    again = harvested(workplace, repository.address)
    assert (again.created, again.updated, again.unchanged) == (0, 0, 0)
    assert repository.lists()[-1] == {
        "verb": "ListRecords",
        "metadataPrefix": "oai_dc",
        "from": "2025-12-31T23:00:00Z",  # an hour before the first answer, by the repository's own clock
    }


def test_an_answer_that_is_no_list_and_no_error_is_told_and_nothing_is_taken_for_harvested(workplace, repository):
    harvested(workplace, repository.address)
    repository.records += [record("oai:x:new", "2025-12-31T23:30:00Z")]
    empty = [lambda sent: Sent(sent.body[: sent.body.index(b"<ListRecords")] + b"</OAI-PMH>")] * 2
    repository.faults = list(empty)
    with pytest.raises(SourceUnreadable):
        harvested(workplace, repository.address)
    repository.faults = []
    assert harvested(workplace, repository.address).created == 1


def test_a_repository_whose_clock_was_never_set_is_harvested_from_its_beginning(workplace, repository):
    repository.at = "0001-01-01T00:00:00Z"
    for created in (7, 0):
        assert harvested(workplace, repository.address).created == created
    assert "from" not in repository.lists()[-1]


def removed(session: Session, number: int) -> None:
    """Remove a source, and add another, which gets its number."""
    sources.remove(session, number)
    session.flush()
    sources.remember(session, kind=sources.OAI, address="http://other.example/", name="o", options=Options())


def read_otherwise(session: Session, number: int) -> None:
    source = sources.get(session, number)
    options = Options(prefix="oai_dcterms")
    sources.remember(session, kind=source.kind, address=source.address, name=source.name, options=options)


@pytest.mark.parametrize("change", [removed, read_otherwise])
def test_a_harvest_whose_source_is_changed_under_it_stops_and_writes_into_no_other(workplace, repository, change):
    number = source_at(workplace, repository.address)

    def meanwhile(sent: Sent) -> Sent:
        with workplace.database.unit_of_work() as session:
            change(session, number)
        return sent

    repository.faults = [meanwhile]
    with pytest.raises(HarvestInterrupted):
        running.run(workplace, number, pause=0, sleep=lambda _: None)
    found = remembered(workplace, number)
    assert (found.place, found.outcome, found.started_at) == ({}, {}, None)
    assert len(standing(workplace, repository.address)) < 7


def test_dates_are_asked_for_as_finely_as_the_repository_keeps_them(workplace, repository):
    repository.seconds = False
    for _ in range(2):
        harvested(workplace, repository.address)
    assert repository.lists()[-1]["from"] == "2025-12-31"


def test_a_repository_that_says_seconds_and_takes_days_gets_days(workplace, repository):
    harvested(workplace, repository.address)
    refusing = altered("<ListRecords>", '<error code="badArgument">days</error><ListRecords>')
    repository.faults = [
        lambda sent: Sent(refusing(sent).body.split(b"<error")[0] + b'<error code="badArgument"/></OAI-PMH>')
    ]
    assert harvested(workplace, repository.address).failed == 0
    assert repository.lists()[-1]["from"] == "2025-12-31"


def test_a_changed_record_is_a_new_version_and_a_deleted_one_is_withdrawn_with_a_reason(workplace, repository):
    harvested(workplace, repository.address)
    repository.records += [
        record("oai:x:01", "2026-01-01T10:00:00Z", "改过的标题"),
        record("oai:x:02", "2026-01-01T10:00:00Z", deleted=True),
        record("oai:y:99", "2026-01-01T10:00:00Z", deleted=True),
    ]
    done = harvested(workplace, repository.address)
    assert (done.created, done.updated, done.withdrawn) == (0, 1, 1)
    now = standing(workplace)
    assert now["oai:x:01"]["title"] == {"zh": "改过的标题"}
    assert "2026-01-01" in now["oai:x:02"]["withdrawn"]["reason"]
    assert "withdrawn" not in now["oai:x:03"]
    assert harvested(workplace, repository.address).withdrawn == 0


def test_a_deletion_touches_nothing_that_came_from_elsewhere(workplace, repository):
    with played_repository([record("oai:x:01", "2024-01-01T00:00:00Z", "另一个库的")]) as other:
        harvested(workplace, other.address)
    repository.records = [record("oai:x:01", "2024-01-01T00:00:00Z", deleted=True)]
    assert harvested(workplace, repository.address).withdrawn == 0


class Killed(BaseException):
    """Stands for the end of the process."""


def test_a_killed_harvest_goes_on_after_its_last_whole_part(workplace, repository, monkeypatch):
    numbers = count(1)
    register = intake.Intake.register

    def dying(self, rows):
        if next(numbers) == 3:
            raise Killed
        register(self, rows)

    monkeypatch.setattr(intake.Intake, "register", dying)
    with pytest.raises(Killed):
        harvested(workplace, repository.address)
    monkeypatch.setattr(intake.Intake, "register", register)
    done = harvested(workplace, repository.address)
    assert (done.created, len(standing(workplace))) == (1, 7)
    assert repository.lists()[-1]["resumptionToken"].startswith("6|")


def test_a_token_that_has_expired_is_answered_by_beginning_at_the_last_date(workplace, repository):
    repository.faults = [None, status(503, Retry_After="100000")]
    with pytest.raises(SourceBusy):
        harvested(workplace, repository.address)
    repository.forget_tokens()
    done = harvested(workplace, repository.address)
    assert (done.created, done.unchanged, len(standing(workplace))) == (4, 1, 7)
    assert repository.lists()[-2]["from"] == "2024-01-03T00:00:00Z"


def test_a_token_refused_in_the_middle_doubles_nothing(workplace, repository):
    repository.faults = [None, lambda sent: repository._said('<error code="badResumptionToken"/>')]
    done = harvested(workplace, repository.address)
    assert (done.created, done.updated, len(standing(workplace))) == (7, 0, 7)


def test_an_error_on_the_next_page_is_asked_again_and_then_gone_around_by_date(workplace, repository):
    repository.faults = [None, status(500), status(500), None]
    assert harvested(workplace, repository.address).created == 7
    assert repository.lists()[3]["from"] == "2024-01-03T00:00:00Z"


def test_a_page_that_fails_each_time_ends_the_harvest_and_keeps_the_rest(workplace, repository):
    repository.always = lambda sent: Sent(b"", 500) if b"oai:x:05" in sent.body else sent
    with pytest.raises(SourceAway) as raised:
        harvested(workplace, repository.address)
    assert "HTTP 500" in raised.value.message("zh")
    assert len(standing(workplace)) == 3
    repository.always = None
    harvested(workplace, repository.address)
    assert len(standing(workplace)) == 7


def test_dates_that_go_back_lose_no_record_when_the_list_is_begun_anew(workplace, repository):
    repository.records = [days(1, 7)[place] for place in (5, 6, 4, 0, 1, 2, 3)]
    repository.faults = [None, status(500), status(500)]
    assert harvested(workplace, repository.address).created == 7


def test_dates_that_go_back_only_later_are_caught_by_the_next_harvest(workplace, repository):
    repository.says_size = False
    repository.records = [days(1, 7)[place] for place in (3, 4, 5, 0, 1, 2, 6)]
    repository.faults = [None, status(500), status(500)]
    harvested(workplace, repository.address)
    harvested(workplace, repository.address)
    assert len(standing(workplace)) == 7


def test_what_is_no_date_is_not_asked_from(workplace, repository):
    repository.records = [one.replace("2024-01-", "2024/01/") for one in days(1, 7)]
    repository.faults = [None, status(500), status(500)]
    assert harvested(workplace, repository.address).created == 7


def test_a_part_asks_the_database_as_often_however_much_the_source_has(workplace, repository):
    def statements(name: str) -> int:
        counted: list[str] = []
        engine = workplace.database.engine
        event.listen(engine, "before_cursor_execute", note := lambda *args: counted.append(args[2]))
        repository.records = [record(name, "2026-01-01T00:00:00Z")]
        assert harvested(workplace, repository.address).created == 1
        event.remove(engine, "before_cursor_execute", note)
        # The heartbeat comes as often as the machine is slow.
        return sum(not one.startswith(("BEGIN", "UPDATE sources SET beat_at")) for one in counted)

    statements("oai:x:1")
    few = statements("oai:x:2")
    repository.part, repository.records = 100, [record(f"oai:y:{one}", "2026-01-01T00:00:00Z") for one in range(60)]
    harvested(workplace, repository.address)
    assert statements("oai:x:3") == few


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_busy_repository_is_waited_for_as_long_as_it_asks(workplace, repository, form):
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=7), usegmt=True)
    slept: list[float] = []
    repository.faults = [status(503, Retry_After="7" if form == "seconds" else later)]
    assert harvested(workplace, repository.address, sleep=slept.append).created == 7
    assert 5 <= max(slept) <= 7


def test_the_repository_is_told_who_asks_and_how_to_reach_them(workplace, repository):
    harvested(workplace, repository.address)
    assert {agent.split("/")[0] for agent in repository.agents} == {"metrology-commons-node"}
    assert all("library@example.org" in agent for agent in repository.agents)


def test_a_set_and_a_first_date_are_passed_on(workplace, repository):
    harvested(workplace, repository.address, chosen_set="maps", since="2024-01-05")
    assert repository.lists()[0] == {
        "verb": "ListRecords",
        "metadataPrefix": "oai_dc",
        "set": "maps",
        "from": "2024-01-04T23:00:00Z",
    }


def test_nothing_new_is_success(workplace, repository):
    repository.records = []
    assert harvested(workplace, repository.address).created == 0
    assert remembered(workplace, 1).good


@pytest.mark.parametrize(
    "fault",
    [
        lambda sent: dataclasses.replace(
            sent, body=sent.body + b"\n<b>Warning</b>: mysql_close() in /var/www/oai.php"
        ),
        lambda sent: dataclasses.replace(sent, body=b"<br />\nNotice: Undefined index <b>x</b>\n" + sent.body),
        altered("<dc:title>oai:x:01", "<dc:title>oai:x:01\x0b\x1f&#x1F;"),
        altered("<dc:title>oai:x:01", "<dc:title>oai:x:01 R&D &nbsp;&eacute;t&eacute; "),
        lambda sent: dataclasses.replace(sent, body=sent.body.replace(b'"UTF-8"', b'"US-ASCII"')),
        lambda sent: dataclasses.replace(sent, body=sent.body.decode().replace("UTF-8", "ISO-8859-1").encode()),
    ],
    ids=["notice after", "notice before", "control characters", "ampersands", "wrong encoding", "latin declared"],
)
def test_broken_xml_that_can_be_mended_brings_every_record(workplace, repository, fault):
    repository.always = fault
    done = harvested(workplace, repository.address)
    assert (done.created, done.failed) == (7, 0)


def test_a_record_that_cannot_be_mended_is_told_by_its_identifier_and_stops_no_other(workplace, repository):
    repository.always = altered("<dc:title>oai:x:02", "<dc:title><b>oai:x:02")
    done = harvested(workplace, repository.address)
    assert (done.created, done.failed) == (6, 1)
    assert done.faults[0]["identifier"] == "oai:x:02"
    assert "XML" in done.faults[0]["reasons"][0]["zh"]


def test_an_answer_cut_in_the_middle_is_asked_for_again(workplace, repository):
    repository.faults = [lambda sent: dataclasses.replace(sent, cut_to=len(sent.body) * 2 // 3)]
    assert harvested(workplace, repository.address).created == 7
    assert len(repository.lists()) == 4


def test_of_an_answer_cut_each_time_what_is_whole_is_kept(workplace, repository):
    repository.always = lambda sent: dataclasses.replace(sent, cut_to=sent.body.find(b"oai:x:03") + 20)
    with pytest.raises(SourceUnreadable):
        harvested(workplace, repository.address)
    assert sorted(standing(workplace)) == ["oai:x:01", "oai:x:02"]
    repository.always = None
    assert harvested(workplace, repository.address).created == 5


def test_the_same_part_again_and_again_ends_with_a_word_on_it(workplace, repository):
    repository.token = lambda start, from_: f"0|{from_}|=="
    with pytest.raises(SourceLoops) as raised:
        harvested(workplace, repository.address)
    assert "续传标记 0||==" in raised.value.message("zh")
    assert len(standing(workplace)) == 3


def test_a_token_that_changes_while_the_part_stays_ends_too(workplace, repository):
    numbers = count()
    repository.token = lambda start, from_: f"0|{from_}|{next(numbers)}"
    with pytest.raises(SourceLoops):
        harvested(workplace, repository.address)


def test_one_token_for_every_part_is_gone_on_with_while_new_records_come(workplace, repository):
    at = count(1)

    def counted(sent):
        return repository._said(
            f"<ListRecords>{''.join(days(part := 3 * next(at) - 2, min(7, part + 2)))}"
            + ("<resumptionToken>same</resumptionToken>" if part < 7 else "")
            + "</ListRecords>"
        )

    repository.always = counted
    assert harvested(workplace, repository.address).created == 7


def test_an_unknown_format_is_refused_with_those_that_there_are(workplace, repository):
    with pytest.raises(SourceRefused) as raised:
        harvested(workplace, repository.address, prefix="mods")
    assert "oai_dc" in raised.value.message("zh")
    assert remembered(workplace, 1).error["en"] == raised.value.message("en")


def test_a_page_that_is_no_repository_is_named_as_that(workplace, repository):
    repository.answer = lambda query: Sent("<html><p>欢迎".encode())
    with pytest.raises(NotARepository) as raised:
        harvested(workplace, repository.address)
    assert "/oai" in raised.value.message("zh")


def test_nobody_at_the_address_is_said_in_plain_words(workplace):
    with pytest.raises(SourceAway) as raised:
        harvested(workplace, "http://127.0.0.1:1/oai")
    assert "连接不上" in raised.value.message("zh")


def test_records_without_what_we_require_are_told_by_field_and_registered_once_it_is_given(workplace, repository):
    done = harvested(workplace, repository.address, constants={})
    assert (done.created, done.failed) == (0, 7)
    assert "许可" in str(done.faults[0]["reasons"])


def test_a_harvest_keeps_another_from_beginning(workplace, repository):
    number = source_at(workplace, repository.address)
    with alone(workplace), pytest.raises(HarvestUnderWay):
        harvested(workplace, repository.address)
    assert remembered(workplace, number).started_at is None
