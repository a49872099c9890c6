"""Finding a file to download: quickly, and never one that is not public any more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from federation import database as databases
from federation import publication
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


def test_a_file_that_was_found_before_is_gone_with_its_resource_and_changes_with_its_version(
    session: Session, member: Member
) -> None:
    entry, other = make_file(), make_file(name="新.pdf")
    store_object(session, entry["sha256"], 0, entry["media_type"])
    finder = FileFinder(known_seconds=0)
    first = public(session, member, files=[entry])
    assert finder.find(lambda: session, ark_of(first), entry["name"], today=TODAY).sha256 == entry["sha256"]
    second = public(session, member, **{**first.record, "version": 2, "files": [other]})
    assert finder.find(lambda: session, ark_of(first), "新.pdf", today=TODAY).sha256 == other["sha256"]
    with pytest.raises(NotFound):
        finder.find(lambda: session, ark_of(first), entry["name"], today=TODAY)
    publication.remove(session, [second], to="withdrawn", actor="test", reason="有误")
    with pytest.raises(Gone):
        finder.find(lambda: session, ark_of(first), "新.pdf", today=TODAY)


def test_a_file_is_found_and_gone_also_outside_of_any_transaction(session: Session, member: Member) -> None:
    entry = make_file()
    store_object(session, entry["sha256"], 0, entry["media_type"])
    finder, engine = FileFinder(known_seconds=0), session.get_bind()
    assert isinstance(engine, Engine)
    version = public(session, member, files=[entry])
    ark = ark_of(version)
    session.commit()
    assert finder.find(lambda: session, ark, entry["name"], today=TODAY, engine=engine).sha256 == entry["sha256"]
    session.commit()
    finder.find(lambda: session, ark, entry["name"], today=TODAY, engine=engine)
    assert not session.in_transaction(), "what was found before takes no transaction"
    for unknown in ("ark:99999/nothing", "nothing"):
        with pytest.raises(NotFound):
            finder.find(lambda: session, unknown, entry["name"], today=TODAY, engine=engine)
        session.rollback()
    publication.remove(session, [version], to="withdrawn", actor="test", reason="有误")
    session.commit()
    with pytest.raises(Gone):
        finder.find(lambda: session, ark, entry["name"], today=TODAY, engine=engine)


def test_how_a_resource_stands_is_asked_once_a_second_and_anew_after_a_write_of_ours(
    session: Session, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry, moment, asked = make_file(), [0.0], list[str]()
    store_object(session, entry["sha256"], 0, entry["media_type"])
    ark = ark_of(public(session, member, files=[entry]))
    finder = FileFinder(clock=lambda: moment[0])
    event.listen(session.connection(), "before_cursor_execute", lambda _c, _cursor, text, *_: asked.append(text))

    def questions() -> int:
        asked.clear()
        finder.find(lambda: session, ark, entry["name"], today=TODAY)
        return sum("change_feed" in text for text in asked)

    assert [questions(), questions()] == [1, 0]
    moment[0] = 1.0
    assert [questions(), questions()] == [1, 0]
    monkeypatch.setattr("federation.finding.last_write", lambda: databases.last_write() + 1)
    assert [questions(), questions()] == [1, 0]


def test_unknown_names_do_not_fill_the_memory(session: Session, member: Member) -> None:
    finder = FileFinder()
    for number in range(3000):
        with pytest.raises(NotFound):
            finder.find(lambda: session, f"ark:99999/b{number}", "x.pdf", today=TODAY)
    assert len(finder._standing) <= 1024
