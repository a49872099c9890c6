"""Counting what is used: late, in one go, and never a person."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from federation import counting, usage
from federation.database import unit_of_work
from federation.models.usage import UsageEvent
from tests.support.hub import Hub, Member
from tests.support.publishing import publish
from tests.support.records import make_record

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def resource_id(hub: Hub, member: Member) -> str:
    record = make_record()
    publish(hub, member, record)
    return str(record["id"])


def totals(hub: Hub, resource_id: str) -> dict[str, int]:
    with unit_of_work(hub.app, read_only=True) as session:
        return usage.totals(session, resource_id)


def test_uses_are_written_together_when_flushed(hub: Hub, resource_id: str) -> None:
    recorder = usage.Recorder(hub.app, interval=3600)
    recorder.count(counting.VIEW, resource_id, agent=BROWSER)
    recorder.count(counting.DOWNLOAD, resource_id, "a" * 64, agent=BROWSER)
    assert totals(hub, resource_id) == {"view": 0, "download": 0}
    assert recorder.flush() == 2
    assert totals(hub, resource_id) == {"view": 1, "download": 1}
    recorder.close()


def test_the_end_of_the_process_loses_nothing(hub: Hub, resource_id: str) -> None:
    recorder = usage.Recorder(hub.app, interval=3600)
    recorder.count(counting.VIEW, resource_id, agent=BROWSER)
    recorder.close()
    assert totals(hub, resource_id)["view"] == 1


def test_what_the_database_cannot_take_now_waits(hub: Hub, resource_id: str) -> None:
    recorder = usage.Recorder(hub.app, interval=3600)
    recorder.count(counting.VIEW, resource_id, agent=BROWSER)
    with unit_of_work(hub.app) as session:
        session.execute(text("ALTER TABLE usage_events RENAME TO usage_away"))
    assert recorder.flush() == 0
    with unit_of_work(hub.app) as session:
        session.execute(text("ALTER TABLE usage_away RENAME TO usage_events"))
    recorder.close()
    assert totals(hub, resource_id)["view"] == 1


def test_a_resource_that_the_database_forgot_does_not_block_the_others(hub: Hub, resource_id: str) -> None:
    recorder = usage.Recorder(hub.app, interval=3600)
    recorder.count(counting.VIEW, "0" * 36, agent=BROWSER)
    recorder.flush()
    recorder.count(counting.VIEW, resource_id, agent=BROWSER)
    recorder.close()
    assert totals(hub, resource_id)["view"] == 1


@pytest.mark.parametrize(
    ("method", "headers", "counts"),
    [
        ("GET", {}, True),
        ("GET", {"Range": "bytes=0-"}, True),
        ("GET", {"Range": "bytes=1000-"}, False),
        ("GET", {"Sec-Purpose": "prefetch;prerender"}, False),
        ("HEAD", {}, False),
    ],
)
def test_only_a_whole_reading_counts(method: str, headers: dict[str, str], counts: bool) -> None:
    assert usage.is_whole_reading(method, headers) is counts


def test_an_event_has_no_field_for_a_person() -> None:
    assert {column.name for column in UsageEvent.__table__.columns} == {
        "id",
        "kind",
        "resource_id",
        "sha256",
        "at",
        "day",
        "visitor",
        "first",
    }
