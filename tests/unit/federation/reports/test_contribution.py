"""The contribution report: every figure is what happened in the period, for whom it counts, and no other."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update

from federation import days, publication
from federation.counting import day_of
from federation.database import db, unit_of_work
from federation.models.base import insert_rows, now
from federation.models.events import FeedEntry
from federation.models.feedback import Feedback
from federation.models.institutions import Institution
from federation.models.resources import Resource, ResourceVersion
from federation.models.reviews import Decision
from federation.models.usage import UsageEvent
from federation.operations import institution, user
from federation.reports import contribution
from federation.reports.completeness import completeness
from federation.reports.contribution import Report
from federation.reports.period import Period, asked_for
from shared.errors import InvalidRequest
from tests.support.counting import statements
from tests.support.desk import Desk
from tests.support.hub import Hub
from tests.support.publishing import file_entry, publish
from tests.support.records import make_record

MAY = Period(date(2026, 5, 1), date(2026, 5, 31))
IN_MAY = datetime(2026, 5, 20, 4, 0, tzinfo=UTC)
TEXT = b"a file of thirty-one bytes, yes"


@pytest.fixture
def shared(hub: Hub) -> dict[str, str]:
    """Two members with public resources that came in and became public in May; some of it was used."""
    ids = {}
    for code, themes in (("a", ["knowledge"]), ("b", ["history", "knowledge"])):
        member = hub.member(code)
        entry = file_entry(TEXT, name="text.txt", media_type="text/plain")
        evidence = [{"source": "x", "method": "y", "verified_by": "z"}]
        record = make_record(themes=themes, files=[entry], evidence=evidence)
        publish(hub, member, record, TEXT, indexed=False)
        ids[code] = str(record["id"])
    with unit_of_work(hub.app) as session:
        session.execute(update(Resource).values(created_at=IN_MAY))
        session.execute(update(ResourceVersion).values(received_at=IN_MAY))
        session.execute(update(FeedEntry).values(at=IN_MAY + timedelta(days=2)))
        used = [
            (ids["a"], "view", IN_MAY, True),
            (ids["a"], "view", IN_MAY, False),
            (ids["a"], "download", IN_MAY, True),
            (ids["b"], "view", datetime(2026, 4, 30, 15, 59, tzinfo=UTC), True),
            (ids["b"], "view", datetime(2026, 4, 30, 16, 1, tzinfo=UTC), True),
            (ids["b"], "view", datetime(2026, 5, 31, 16, 0, tzinfo=UTC), True),
        ]
        names = ("resource_id", "kind", "at", "first")
        blank = {"sha256": "", "visitor": ""}
        rows = [dict(zip(names, row, strict=True)) | blank | {"day": day_of(row[2])} for row in used]
        insert_rows(session, UsageEvent, rows)
    return ids


def report(hub: Hub, period: Period = MAY, code: str = "") -> Report:
    with unit_of_work(hub.app, read_only=True) as session:
        whose: Institution | None = institution(session, code) if code else None
        return contribution.report(session, period, institution=whose)


def queries(hub: Hub) -> int:
    with hub.app.app_context(), statements(db.engine) as seen:
        report(hub)
        return len(seen)


def test_each_member_has_what_it_did_and_what_was_used_of_it(hub: Hub, shared: dict[str, str]) -> None:
    made = report(hub)
    a, b = made.members
    assert (a.registered, a.versions, a.published, a.public) == (1, 1, 1, 1)
    assert (a.files, a.size) == (1, len(TEXT))
    assert (a.uses.views, a.uses.unique_views, a.uses.downloads) == (2, 1, 1)
    assert (b.uses.views, b.uses.downloads) == (1, 0), "the day begins and ends in China"
    assert (made.total.published, made.total.uses.views) == (2, 3)
    assert made.before.uses.views == 1
    assert made.before.registered == 0


def test_feedback_counts_when_it_came_and_whether_it_was_answered_without_what_was_hidden(
    hub: Hub, shared: dict[str, str]
) -> None:
    with unit_of_work(hub.app) as session:
        versions = {one.resource_id: one.id for one in session.query(ResourceVersion)}
        for number, (at, answered, hidden) in enumerate(
            [
                (IN_MAY, True, False),
                (IN_MAY, False, False),
                (IN_MAY, True, True),
                (IN_MAY - timedelta(days=40), True, False),
            ]
        ):
            given = Feedback(id=f"{number:036}", resource_id=shared["a"], version_id=versions[shared["a"]], at=at)
            given.kind, given.text = "question", "?"
            given.answered_at, given.hidden_at = now() if answered else None, now() if hidden else None
            session.add(given)
    made = report(hub)
    assert [(one.feedback, one.feedback_answered) for one in (*made.members, made.total)] == [(2, 1), (0, 0), (2, 1)]
    assert (made.before.feedback, made.before.feedback_answered) == (1, 1)


def test_what_is_put_back_after_a_takedown_was_published_once(hub: Hub, shared: dict[str, str]) -> None:
    with unit_of_work(hub.app) as session:
        version = session.query(ResourceVersion).filter_by(resource_id=shared["a"]).one()
        publication.remove(session, [version], to="taken_down", actor="test", reason="x")
        publication.put_back(session, [version], actor="test", reason="x")
    everything = Period(date(2026, 5, 1), days.today())
    a = report(hub, everything, "a").total
    assert (a.published, a.files, a.size, a.public) == (1, 1, len(TEXT), 1)
    assert sum(month.published for month in report(hub, everything, "a").trend) == 1


def test_one_member_s_report_knows_nothing_of_the_others(hub: Hub, shared: dict[str, str]) -> None:
    made = report(hub, code="b")
    assert [one.institution.code for one in made.members if one.institution] == ["b"]
    assert (made.total.published, made.total.uses.views, made.before.uses.views) == (1, 1, 1)
    assert set(made.terms["themes"]) == {"history", "knowledge"}
    assert made.terms["themes"]["knowledge"].resources == 1
    assert [month.uses.views for month in made.trend] == [1]


def test_terms_count_the_public_resources_that_have_them_and_their_use(hub: Hub, shared: dict[str, str]) -> None:
    themes = report(hub).terms["themes"]
    assert (themes["knowledge"].resources, themes["knowledge"].uses.views) == (2, 3)
    assert (themes["history"].resources, themes["history"].uses.views) == (1, 1)


def test_decisions_count_when_they_were_made_and_how_long_they_took(hub: Hub, shared: dict[str, str]) -> None:
    Desk(hub).person("li")
    with unit_of_work(hub.app) as session:
        reviewer = user(session, "li").id
        versions = session.query(ResourceVersion).order_by(ResourceVersion.id).all()
        for version, verdict, after in ((versions[0], "approve", 2), (versions[1], "reject", 5)):
            session.add(
                Decision(
                    version_id=version.id,
                    reviewer_id=reviewer,
                    verdict=verdict,
                    reason="x",
                    checklist={},
                    at=IN_MAY + timedelta(days=after),
                )
            )
    made = report(hub)
    a, b = made.members
    assert (a.approvals, a.median_days, b.rejected, b.median_days) == (1, 2.0, 1, 5.0)
    assert made.total.median_days == 3.5
    assert report(hub, Period(date(2026, 4, 1), date(2026, 4, 30))).total.median_days is None


def test_the_number_of_queries_does_not_grow_with_what_there_is(hub: Hub, shared: dict[str, str]) -> None:
    few = queries(hub)
    member = hub.member("c")
    for _ in range(5):
        publish(hub, member, make_record(), indexed=False)
    more = queries(hub)
    assert more == few <= 20


def test_completeness_is_the_share_of_what_could_be_said() -> None:
    bare = {"title": {"zh": "x"}, "summary": {"zh": "x"}}
    assert completeness(bare) == 0.1, "no picture lacks a description"
    full = make_record(
        title={"zh": "x", "en": "x"},
        summary={"zh": "x", "en": "x"},
        description={"zh": "x"},
        disciplines=["length"],
        audiences=["primary"],
        keywords=["1", "2", "3"],
        creators=[{"name": "x", "role": "author"}],
        created="2026",
        rights_holder="x",
    )
    assert completeness(full) == 1.0


def test_a_period_has_its_months_and_the_one_before_it() -> None:
    period = Period(date(2026, 1, 15), date(2026, 3, 10))
    assert [(one.first.day, one.last.day) for one in period.months()] == [(15, 31), (1, 28), (1, 10)]
    assert period.before == Period(date(2025, 11, 21), date(2026, 1, 14))
    assert len(list(Period(date(2016, 1, 1), date(2026, 1, 1)).months())) == 24


@pytest.mark.parametrize(
    ("first", "last", "pointers"),
    [
        ("x", "", ["/begin"]),
        ("2026-02-30", "2026-13-01", ["/begin", "/end"]),
        ("2026-02-02", "2026-02-01", ["/end"]),
        ("1990-01-01", "2026-01-01", ["/end"]),
        ("0001-01-01", "", ["/begin"]),
    ],
)
def test_what_is_no_period_is_said_so(first: str, last: str, pointers: list[str]) -> None:
    with pytest.raises(InvalidRequest) as caught:
        asked_for(first, last, today=date(2026, 11, 25))
    assert [error.pointer for error in caught.value.errors] == pointers


def test_without_dates_it_is_this_year_until_today() -> None:
    assert asked_for("", "", today=date(2026, 11, 25)) == Period(date(2026, 1, 1), date(2026, 11, 25))
    assert now().tzinfo is not None
