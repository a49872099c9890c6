"""The pages of sources, as a librarian meets them: a first look, adding, harvesting, mending, pausing, removing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from nodes import sources
from nodes.harvesting import running
from nodes.models import now
from nodes.source_models import HarvestSource
from nodes.sources import Options
from tests.support.local_page import Node
from tests.support.repository import PlayedRepository, played_repository, record

pytestmark = pytest.mark.only_on("sqlite")  # no hub is asked
CONSTANTS = {"license": "CC-BY-4.0", "type": "article", "themes": ["knowledge"], "minutes": "1440"}


@pytest.fixture
def repository() -> Iterator[PlayedRepository]:
    found = [
        record(f"oai:x:{number}", f"2024-01-0{number}T00:00:00Z", f"第 {number} 件藏品") for number in range(1, 8)
    ]
    with played_repository(found) as played:
        yield played


def source_of(node: Node, number: int = 1) -> HarvestSource:
    with node.workplace.database.unit_of_work(read_only=True) as session:
        return sources.get(session, number)


def added(node: Node, address: str = "https://repository.example.org/oai", **changes: Any) -> int:
    with node.workplace.database.unit_of_work() as session:
        name = sources.name_of(address)
        made = sources.remember(session, kind="oai", address=address, name=name, options=Options())
        for field, value in changes.items():
            setattr(made, field, value)
        return made.id


def harvest_ended(node: Node) -> None:
    """Wait for the process that the page began."""
    end = time.monotonic() + 60
    while node.app.config["HARVESTER"].runs(1):
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_first_look_shows_who_it_is_five_entries_and_what_they_lack_and_registers_nothing(node, repository):
    repository.records[0] = record("oai:x:1", "2024-01-01T00:00:00Z", "<script>alert(1)</script> 件藏品")
    page = node.submit("/sources/look", {"kind": "oai", "address": repository.address}, seen_on="/sources/new").text
    assert "某馆机构库" in page
    assert page.count("件藏品") == 5
    assert "<script>alert" not in page
    assert "许可（license）：必填" in page
    assert '<option value="maps"' in page
    assert node.counts() == (0, 0, 0)
    assert len(sources_in(node)) == 0


def sources_in(node: Node) -> list[HarvestSource]:
    with node.workplace.database.unit_of_work(read_only=True) as session:
        return list(sources.every(session))


def test_a_source_that_was_added_is_harvested_at_once_and_shown_with_what_came(node, repository):
    values = {"kind": "oai", "address": repository.address, "title": "某馆机构库", **CONSTANTS}
    answer = node.submit("/sources", values, seen_on="/sources/new")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/sources/1")
    harvest_ended(node)
    page = node.page("/sources/1")
    assert "<b>7</b>" in page
    assert "正常" in page
    assert "7" in node.page("/sources")
    assert source_of(node).minutes == 1440
    assert node.counts()[0] == 7


def test_an_address_where_nobody_answers_is_said_and_what_was_typed_stays(node):
    values = {"kind": "oai", "address": "http://127.0.0.1:1/oai"}
    answer = node.submit("/sources/look", values, seen_on="/sources/new")
    assert answer.status_code == 422
    assert "取不到内容" in answer.text
    assert 'value="http://127.0.0.1:1/oai"' in answer.text


@pytest.mark.parametrize("path", ["/sources", "/sources/look"])
def test_what_is_no_address_is_refused_in_words(node, path):
    answer = node.submit(path, {"kind": "oai", "address": "javascript:alert(1)"}, seen_on="/sources/new")
    assert answer.status_code == 422
    assert "不是来源的网址" in answer.text
    assert sources_in(node) == []


@pytest.mark.parametrize("path", ["/sources", "/sources/look"])
def test_a_first_day_that_there_is_not_is_refused_in_words(node, repository, path):
    values = {"kind": "oai", "address": repository.address, "since": "去年", **CONSTANTS}
    answer = node.submit(path, values, seen_on="/sources/new")
    assert answer.status_code == 422
    assert "没有这一天" in answer.text
    assert sources_in(node) == []


def test_faults_stand_together_by_their_reason_with_each_identifier(node):
    reason = {"zh": "许可：必填。", "en": "Licence: required."}
    faults = [{"identifier": f"oai:x:{number}", "reasons": [reason]} for number in range(3)]
    outcome = {**dict.fromkeys(("created", "updated", "unchanged", "withdrawn"), 0), "failed": 3, "faults": faults}
    number = added(node, outcome=outcome, started_at=now(), finished_at=now(), good=True)
    page = node.page(f"/sources/{number}")
    assert page.count("许可：必填。") == 1
    assert all(f"oai:x:{one}" in page for one in range(3))


def test_adding_again_with_what_was_lacking_reads_all_of_it_again(node):
    number = added(node, place={"since": "2026-01-01T00:00:00Z"})
    form = node.page(f"/sources/new?from={number}")
    assert 'value="https://repository.example.org/oai"' in form
    values = {"kind": "oai", "address": "https://repository.example.org/oai", **CONSTANTS}
    node.app.config["HARVESTER"].start = lambda number, **_: True
    assert node.submit("/sources", values, seen_on="/sources/new").headers["Location"] == f"/sources/{number}"
    assert source_of(node).place == {}
    assert source_of(node).options["constants"]["license"] == "CC-BY-4.0"


def test_pausing_how_often_and_removing_are_kept(node):
    number = added(node)
    node.submit(f"/sources/{number}/settings", {"minutes": "60", "paused": "on"}, seen_on=f"/sources/{number}")
    assert (source_of(node).minutes, source_of(node).paused) == (60, True)
    assert "已暂停" in node.page("/sources")
    node.submit(f"/sources/{number}/remove", seen_on=f"/sources/{number}")
    assert sources_in(node) == []


@pytest.mark.parametrize("path", ["/sources/9", "/sources/9/run", "/sources/9/settings", "/sources/9/remove"])
def test_a_source_that_is_not_there_is_not_found(node, path):
    answer = node.get(path) if path == "/sources/9" else node.submit(path, seen_on="/sources/new")
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "path", ["/sources", "/sources/look", "/sources/1/run", "/sources/1/settings", "/sources/1/remove"]
)
def test_a_form_without_the_pages_token_changes_nothing(node, path):
    added(node)
    assert node.client.post(path, data={"address": "https://example.org/oai"}).status_code == 400
    assert len(sources_in(node)) == 1


def test_a_harvest_that_was_cut_off_says_that_the_next_one_goes_on(node):
    number = added(node, started_at=now() - 2 * sources.SILENT, beat_at=now() - 2 * sources.SILENT)
    assert "中途停止" in node.page(f"/sources/{number}")


def test_a_harvest_that_cannot_begin_says_why(node):
    number = added(node)
    with running.alone(node.workplace):
        node.submit(f"/sources/{number}/run", seen_on=f"/sources/{number}")
        harvest_ended(node)
    assert "一次只采集一个" in node.page(f"/sources/{number}")


def test_the_schedule_begins_what_is_due_and_nothing_that_is_paused_or_by_hand_only(node):
    begun: list[int] = []
    harvester = node.app.config["HARVESTER"]
    harvester.start = lambda number, **_: begun.append(number)
    old, lately = now() - timedelta(hours=2), now() - timedelta(minutes=5)
    ended = {"beat_at": old, "good": True}
    added(node, "https://a.example.org/", minutes=60, paused=True)
    added(node, "https://b.example.org/", minutes=0)
    added(node, "https://c.example.org/", minutes=60, started_at=lately, finished_at=lately, **ended)
    harvester.look_whether_due()
    assert begun == []
    due = added(node, "https://d.example.org/", minutes=60, started_at=old, finished_at=old, **ended)
    busy = added(node, "https://e.example.org/", started_at=lately, beat_at=now())
    harvester.look_whether_due()
    assert begun == []
    with node.workplace.database.unit_of_work() as session:
        sources.remove(session, busy)
    harvester.look_whether_due()
    assert begun == [due]


def test_a_clock_that_is_set_back_keeps_no_source_from_being_harvested(node):
    later = now() + timedelta(days=9)
    broken = added(node, "https://a.example.org/", minutes=0, started_at=later, beat_at=later)
    ended = {"minutes": 60, "started_at": later, "beat_at": later, "finished_at": later, "good": True}
    added(node, "https://b.example.org/", **ended)
    assert not sources.is_running(source_of(node, broken), now())
    with node.workplace.database.unit_of_work(read_only=True) as session:
        found = sources.due(session, now())
    assert found is not None


def test_the_list_asks_the_database_as_often_for_many_sources_as_for_one(node):
    def queries() -> int:
        counted: list[str] = []
        engine = node.workplace.database.engine
        event.listen(engine, "before_cursor_execute", note := lambda *args: counted.append(args[2]))
        node.page("/sources")
        event.remove(engine, "before_cursor_execute", note)
        return len(counted)

    added(node, "https://a.example.org/")
    one = queries()
    for number in range(20):
        added(node, f"https://b.example.org/{number}")
    assert queries() == one


@pytest.mark.parametrize("path", ["/sources/{}", "/sources/new?from={}", "/sources/new?from=-{}"])
def test_a_number_that_no_source_can_have_leads_nowhere(node, path):
    assert "没有" in node.page(path.format(10**30), status=404)
