"""Sessions in the browser: a person sees and ends the own ones, an admin anybody's; what is ended is out at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import event, select, update

from federation import roles
from federation.database import db, unit_of_work
from federation.models.base import now
from federation.models.people import PersonSession, User
from tests.support.desk import DOOR, Browser, Desk
from tests.support.hub import Hub

ACCOUNT = "/workbench/account"
ENDS = f"{ACCOUNT}/sessions"
HERE = "就是这里"


@pytest.fixture
def desk(hub: Hub) -> Iterator[Desk]:
    return Desk(hub)


def numbers(page: str) -> list[str]:
    return re.findall(r'name="session" value="(\d+)"', page)


def another(desk: Desk, name: str) -> Browser:
    browser = desk.browser()
    browser.client.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (Windows NT 10.0) Chrome/130.0 Safari/537.36"
    assert browser.enter(name).status_code == 303
    return browser


def test_a_person_sees_where_they_are_signed_in_and_ends_one(desk: Desk) -> None:
    here = desk.signed_in("li")
    there = another(desk, "li")
    page = here.page(ACCOUNT)
    assert page.count(HERE) == 1
    assert "Chrome · Windows" in page
    [newer, older] = numbers(page)
    assert page.index(f'value="{newer}"') < page.index(HERE) < page.index(f'value="{older}"')
    assert here.submit(ENDS, seen_on=ACCOUNT, session=newer).status_code == 303
    assert there.get("/workbench/").headers["Location"].startswith(DOOR)
    assert here.get("/workbench/").status_code == 200
    assert desk.actions()[-1] == "user.session_ended"


def test_a_person_ends_all_others_and_then_this_one(desk: Desk) -> None:
    here = desk.signed_in("li")
    others = [another(desk, "li") for _ in range(2)]
    assert here.submit(ENDS, seen_on=ACCOUNT, session="others").status_code == 303
    assert [one.get(ACCOUNT).status_code for one in (here, *others)] == [200, 303, 303]
    page = here.page(ACCOUNT)
    assert here.submit(ENDS, seen_on=ACCOUNT, session=numbers(page)[0]).status_code == 303
    assert here.get(ACCOUNT).status_code == 303


def test_signing_out_ends_this_session_and_no_other(desk: Desk) -> None:
    here = desk.signed_in("li")
    there = another(desk, "li")
    assert here.submit("/workbench/sign-out", seen_on=ACCOUNT).status_code == 303
    assert [one.get(ACCOUNT).status_code for one in (here, there)] == [303, 200]


@pytest.mark.parametrize("chosen", ["", "x", "-1", "9" * 30, "0", "²"])
def test_a_session_that_there_is_not_is_not_found(desk: Desk, chosen: str) -> None:
    assert desk.signed_in("li").submit(ENDS, seen_on=ACCOUNT, session=chosen).status_code == 404


def test_nobody_ends_a_session_of_somebody_else(desk: Desk) -> None:
    li, wang = desk.signed_in("li"), desk.signed_in("wang")
    [foreign] = numbers(wang.page(ACCOUNT))
    assert li.submit(ENDS, seen_on=ACCOUNT, session=foreign).status_code == 404
    assert wang.get(ACCOUNT).status_code == 200


@pytest.mark.parametrize("chosen", ["one", "all"])
def test_an_admin_ends_a_persons_sessions(desk: Desk, chosen: str) -> None:
    boss, browsers = desk.signed_in("boss", roles.ADMIN), [desk.signed_in("li"), another(desk, "li")]
    with unit_of_work(desk.hub.app, read_only=True) as session:
        path = f"/workbench/admin/users/{session.scalars(select(User.id).where(User.name == 'li')).one()}"
    number = numbers(boss.page(path))[0] if chosen == "one" else chosen
    assert boss.submit(f"{path}/sessions", seen_on=path, session=number).status_code == 303
    assert [one.get(ACCOUNT).status_code for one in browsers] == [200 if chosen == "one" else 303, 303]
    assert boss.get(ACCOUNT).status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_use_is_written_once_and_then_not_for_some_minutes(desk: Desk, method: str) -> None:
    """Also by a request that otherwise only reads; what it costs is one statement in some minutes."""
    browser, written = desk.signed_in("li"), []
    token = browser.token(ACCOUNT)
    with unit_of_work(desk.hub.app) as session:
        session.execute(update(PersonSession).values(last_used_at=now() - timedelta(hours=1)))
        engine = db.engine

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("UPDATE person_sessions"):
            written.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    for _ in range(3):
        browser.client.open(
            ACCOUNT, method=method, base_url="http://hub.test", data={"csrf_token": token, "new": "x"}
        )
    event.remove(engine, "before_cursor_execute", note)
    assert len(written) == 1
    with unit_of_work(desk.hub.app, read_only=True) as session:
        kept = session.scalars(select(PersonSession)).one()
        assert kept.last_used_at >= kept.begun_at
