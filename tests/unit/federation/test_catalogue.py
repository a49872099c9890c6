"""What readers are told: only what is public, by any spelling of its ARK."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import uuid6
from sqlalchemy import event
from sqlalchemy.orm import Session

from federation import catalogue, publication
from federation.finding import FileFinder
from shared.errors import Gone, NotFound
from tests.support.records import make_file
from tests.support.reviewing import Member, add_member, ark_of, database, public, store_object

TODAY = date(2026, 5, 20)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with database(tmp_path) as opened:
        yield opened


@pytest.fixture
def member(session: Session) -> Member:
    return add_member(session, "institute-a")


@pytest.mark.parametrize(
    "text",
    [
        "ark:99999/b1xyz",
        "ark:/99999/b1xyz",
        "ark:99999/b1-xyz",
        " ark:99999/b1xyz/ ",
        "ark:/99999/b\u20101\u2013xyz.",
    ],
)
def test_every_way_to_write_an_ark_is_one_name(text: str) -> None:
    assert catalogue.normal_ark(text) == "ark:99999/b1xyz"


@pytest.mark.parametrize(
    "text", ["", "ark:", "ark:9999/b1", "b1xyz", "ark:99999/", "ark:99999/b1/c", "ark:99999/b é"]
)
def test_what_is_no_ark_has_no_normal_form(text: str) -> None:
    assert catalogue.normal_ark(text) is None


def test_a_version_in_review_is_not_found(session: Session, member: Member) -> None:
    version = member.submit()
    version.resource.ark = "ark:99999/b1abc"
    session.flush()
    with pytest.raises(NotFound):
        catalogue.find(session, "ark:99999/b1abc", today=TODAY)


def test_a_page_has_the_record_its_files_and_its_institution(session: Session, member: Member) -> None:
    entry = make_file(alt={"zh": "卡尺"}, size=3)
    store_object(session, entry["sha256"], 3, entry["media_type"])
    version = public(session, member, files=[entry])
    page = catalogue.find(session, ark_of(version), today=TODAY)
    assert page.record["title"]["zh"] == "游标卡尺怎么读"
    assert [(file.name, file.alt, file.open) for file in page.files] == [(entry["name"], {"zh": "卡尺"}, True)]
    assert page.entry.institution.code == "institute-a"


def test_what_was_removed_is_gone_with_its_title_and_reason(session: Session, member: Member) -> None:
    version = public(session, member)
    publication.remove(session, [version], to="withdrawn", actor="test", reason="有误")
    with pytest.raises(Gone) as gone:
        catalogue.find(session, ark_of(version), today=TODAY)
    assert gone.value.data["reason"] == "有误"
    assert gone.value.data["title"] == version.record["title"]
    assert catalogue.newest(session, limit=5) == []


def test_the_history_names_each_public_version_the_newest_first(session: Session, member: Member) -> None:
    first = public(session, member)
    record = first.record
    second = public(session, member, **{**record, "version": 2})
    page = catalogue.find(session, ark_of(second), today=TODAY)
    assert [one.version for one in page.history] == [2, 1]
    assert page.version == 2


def test_relations_keep_their_order_and_name_only_what_is_public(session: Session, member: Member) -> None:
    lessons = [public(session, member), member.submit(), public(session, member)]
    targets = [one.resource_id for one in lessons] + [str(uuid6.uuid7())]
    relations = [{"type": "has-part", "target": one} for one in reversed(targets)]
    course = public(session, member, relations=relations)
    page = catalogue.find(session, ark_of(course), today=TODAY)
    assert [one.entry.resource_id for one in page.relations] == [lessons[2].resource_id, lessons[0].resource_id]


def test_an_embargo_keeps_files_but_not_the_page(session: Session, member: Member) -> None:
    entry = make_file()
    store_object(session, entry["sha256"], 0, entry["media_type"])
    version = public(session, member, files=[entry], embargo_until="2026-05-21")
    ark = ark_of(version)
    assert [file.open for file in catalogue.find(session, ark, today=TODAY).files] == [False]
    finder = FileFinder(known_seconds=0)
    with pytest.raises(NotFound):
        finder.find(lambda: session, ark, entry["name"], today=TODAY)
    assert finder.find(lambda: session, ark, entry["name"], today=date(2026, 5, 21)).name == entry["name"]


@pytest.mark.only_on("sqlite")  # PostgreSQL reads a small table whole, whatever its indexes
@pytest.mark.parametrize("ask", [catalogue.by_ids, catalogue.by_arks])
def test_a_few_resources_are_found_without_reading_all_of_them(session: Session, member: Member, ask: Any) -> None:
    version = public(session, member)
    seen: list[tuple[str, Any]] = []
    bind = session.connection()
    event.listen(bind, "before_cursor_execute", lambda _c, _cursor, text, given, *_: seen.append((text, given)))
    assert ask(session, [version.resource_id if ask is catalogue.by_ids else ark_of(version)] * 20)
    text, given = next(one for one in seen if "change_feed" in one[0])
    plan = [row[3] for row in bind.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", given)]
    assert not any(step.startswith("SCAN") or "latest" in step for step in plan), plan
    assert any("ix_change_feed_resource" in step for step in plan), plan


def test_figures_count_what_is_public_and_nothing_else(session: Session, member: Member) -> None:
    entry = make_file(size=7)
    store_object(session, entry["sha256"], 7, entry["media_type"])
    version = public(session, member, files=[entry], links=None)
    public(session, member, **{**version.record, "version": 2})
    member.submit()
    keeper = catalogue.FigureKeeper()
    figures = keeper.read(session)
    assert (figures.resources, figures.files, figures.size) == (1, 1, 7)
    [only] = catalogue.members(session, figures)
    assert (only.institution.code, only.resources) == ("institute-a", 1)
    public(session, member)
    assert keeper.read(session).resources == 2
