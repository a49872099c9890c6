"""What counts as a use: COUNTER's rules, and nothing of the person stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from federation import counting
from federation.counting import Use
from federation.database import unit_of_work
from federation.models.usage import UsageEvent, UsageSalt
from tests.support.hub import Hub, Member
from tests.support.publishing import publish
from tests.support.records import make_record

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
WECHAT = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/116 Mobile Safari/537.36 MicroMessenger/8.0.42"
NOON = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
ADDRESS = "203.0.113.7"


@pytest.fixture
def resource_id(hub: Hub, member: Member) -> str:
    record = make_record()
    publish(hub, member, record)
    return str(record["id"])


def use(resource_id: str, seconds: float, *, kind: str = "view", agent: str = CHROME, address: str = ADDRESS) -> Use:
    return Use(kind, resource_id, "", NOON + timedelta(seconds=seconds), address, agent)


def write(hub: Hub, *uses: Use) -> int:
    with unit_of_work(hub.app) as session:
        return counting.write(session, uses)


def kept(hub: Hub) -> list[UsageEvent]:
    with unit_of_work(hub.app, read_only=True) as session:
        return list(session.scalars(select(UsageEvent).order_by(UsageEvent.at)))


@pytest.mark.parametrize("together", [True, False], ids=["in one writing", "in several"])
@pytest.mark.parametrize(
    ("seconds", "counted", "first"),
    [
        ([0, 29], 1, 1),
        ([0, 30], 1, 1),
        ([0, 31], 2, 1),
        ([0, 20, 40, 60], 1, 1),
        ([0, 25, 60, 200], 3, 1),
        ([0, 3599, 3601], 2, 1),
        ([0, 3590, 3625], 3, 2),
        ([0, 86_400], 2, 2),
    ],
)
def test_the_same_again_within_thirty_seconds_is_one_use_and_the_later_one_stays(
    hub: Hub, resource_id: str, seconds: list[int], counted: int, first: int, together: bool
) -> None:
    """COUNTER 5.1 §7.2; `first` counts once in each hour of the clock (§7.3)."""
    uses = [use(resource_id, one) for one in seconds]
    for some in [uses] if together else [[one] for one in uses]:
        write(hub, *some)
    events = kept(hub)
    assert len(events) == counted
    assert sum(event.first for event in events) == first
    assert events[-1].at == NOON + timedelta(seconds=seconds[-1])


def test_others_and_other_things_count_by_themselves(hub: Hub, resource_id: str) -> None:
    uses = [
        use(resource_id, 0),
        use(resource_id, 1, kind="download"),
        use(resource_id, 2, agent=WECHAT),
        use(resource_id, 3, address="203.0.113.8"),
    ]
    assert write(hub, *uses) == 4
    assert all(event.first for event in kept(hub))


@pytest.mark.parametrize(
    ("agent", "robot"),
    [
        (CHROME, False),
        (WECHAT, False),
        ("Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)", True),
        ("Mozilla/5.0 AppleWebKit/537.36 (compatible; GPTBot/1.2; +https://openai.com/gptbot)", True),
        ("360Spider", True),
        ("Mozilla/5.0 (compatible; YisouSpider/5.0; +http://www.yisou.com/)", True),
        ("python-requests/2.32", True),
        ("Wget/1.21", True),
        ("", True),
    ],
)
def test_robots_and_programs_that_fetch_are_not_counted(hub: Hub, resource_id: str, agent: str, robot: bool) -> None:
    assert write(hub, use(resource_id, 0, agent=agent)) == (0 if robot else 1)


def test_no_address_and_no_browser_stands_in_the_database_and_the_salt_goes_with_its_day(
    hub: Hub, resource_id: str
) -> None:
    write(hub, use(resource_id, 0))
    content = hub.database.content()
    assert ADDRESS.encode() not in content
    assert b"Chrome/140" not in content
    [event] = kept(hub)
    assert len(event.visitor) == counting.SHORT
    with unit_of_work(hub.app) as session:
        assert len(list(session.scalars(select(UsageSalt)))) == 1
        counting.forget(session)
        assert list(session.scalars(select(UsageSalt))) == []
    assert [event.visitor for event in kept(hub)] == [""]


def test_the_same_person_on_another_day_is_somebody_else(hub: Hub, resource_id: str) -> None:
    write(hub, use(resource_id, 0), use(resource_id, 86_400))
    first, second = kept(hub)
    assert first.visitor != second.visitor


def test_what_happened_just_now_is_remembered_until_nothing_can_repeat_it(hub: Hub, resource_id: str) -> None:
    now = datetime.now(UTC)
    for at, stays in ((now, True), (now - timedelta(hours=3), False)):
        write(hub, Use("download", resource_id, "", at, ADDRESS, CHROME))
        with unit_of_work(hub.app) as session:
            counting.forget(session)
        event = min(kept(hub), key=lambda one: abs(one.at - at))
        assert bool(event.visitor) is stays
