"""How often the public used what a member has published: the node hears what the public page shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from federation import counting, usage
from federation.counting import DOWNLOAD, VIEW, Use
from federation.database import unit_of_work
from shared.messages import read
from shared.usage_messages import UsesReply
from tests.support.hub import Hub, Member
from tests.support.publishing import file_entry, publish
from tests.support.records import make_record

PDF = b"%PDF-1.7 a balance"
NOON = datetime(2026, 5, 20, 4, tzinfo=UTC)


def used(hub: Hub, record_id: str, kind: str, times: int) -> None:
    """So many people used it, each once."""
    with unit_of_work(hub.app) as session:
        for person in range(times):
            at = NOON + timedelta(seconds=person)
            counting.write(session, [Use(kind, record_id, "", at, f"10.0.{person}.1", "Firefox")])


def published(hub: Hub, member: Member) -> str:
    record = make_record(files=[file_entry(PDF)])
    publish(hub, member, record, PDF, indexed=False)
    return str(record["id"])


def test_a_member_hears_the_number_that_its_public_page_shows_and_nothing_of_others(
    hub: Hub, member: Member, other: Member
) -> None:
    mine, theirs, unused = published(hub, member), published(hub, other), published(hub, member)
    used(hub, mine, VIEW, 3)
    used(hub, mine, DOWNLOAD, 2)
    used(hub, theirs, VIEW, 1)
    said = read(UsesReply, member.post("/uses", {}).get_json())
    assert said["uses"] == [{"record_id": mine, "views": 3, "downloads": 2}]
    assert said["more"] is False
    with unit_of_work(hub.app, read_only=True) as session:
        assert usage.totals(session, mine) == {VIEW: 3, DOWNLOAD: 2}
        assert usage.totals(session, unused) == {VIEW: 0, DOWNLOAD: 0}
    assert member.post("/uses", {"after": mine}).get_json()["uses"] == []


def test_many_come_a_page_at_a_time(hub: Hub, member: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("federation.api.federation.MAX_USES", 1)
    first, second = sorted([published(hub, member), published(hub, member)])
    for record_id in (first, second):
        used(hub, record_id, VIEW, 1)
    page = member.post("/uses", {}).get_json()
    assert ([one["record_id"] for one in page["uses"]], page["more"]) == ([first], True)
    page = member.post("/uses", {"after": first}).get_json()
    assert ([one["record_id"] for one in page["uses"]], page["more"]) == ([second], False)


def test_what_is_no_record_to_go_on_from_is_refused(member: Member) -> None:
    assert member.post("/uses", {"after": "x"}).status_code == 422
