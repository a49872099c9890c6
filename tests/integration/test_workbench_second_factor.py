"""Signing in with a second factor over HTTP: set up the first time, asked for ever after, reset by an admin."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import select, update

from federation import operations, people, roles
from federation.database import unit_of_work
from federation.models.people import PersonSession, SecondFactor, User
from federation.web.workbench import sessions
from tests.support.desk import DOOR, Browser, Desk
from tests.support.hub import running_hub
from tests.support.reviewing import PASSWORD
from tests.support.stores import RunningStore

CODE, FIRST, ACCOUNT = f"{DOOR}/code", f"{DOOR}/second-factor", "/workbench/account"


@pytest.fixture
def desk(tmp_path: Path, store: RunningStore) -> Iterator[Desk]:
    with running_hub(tmp_path, store, second_factor_required=True) as hub:
        yield Desk(hub)


def secret_on(page: str) -> str:
    found = re.search(r'class="secret mono">([A-Z2-7 ]+)<', page)
    assert found is not None, page
    return found[1].replace(" ", "")


def set_up(browser: Browser, path: str = FIRST) -> tuple[str, list[str]]:
    """The secret and the recovery codes; the code that was shown counts as one of some time ago."""
    secret = secret_on(browser.page(path))
    answer = browser.submit(path, code=pyotp.TOTP(secret).now())
    assert answer.status_code == 200, answer.get_data(as_text=True)
    codes = re.findall(r"<li>([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3})</li>", answer.get_data(as_text=True))
    return secret, codes


def some_time_later(desk: Desk) -> None:
    """So that the next code of the authenticator is a new one."""
    with unit_of_work(desk.hub.app) as session:
        session.execute(update(SecondFactor).values(last_step=SecondFactor.last_step - 10))


def inside(browser: Browser) -> bool:
    return browser.get(ACCOUNT).status_code == 200


def test_a_reviewer_sets_up_an_authenticator_at_the_first_sign_in_and_shows_it_at_the_next(desk: Desk) -> None:
    desk.person("li")
    browser = desk.browser()
    assert browser.enter("li", query="?next=/workbench/%3Ftheme%3Dlaw").headers["Location"].startswith(CODE)
    assert not inside(browser)
    led = browser.get(f"{CODE}?next=/workbench/?theme=law")
    assert (led.status_code, FIRST in led.headers["Location"]) == (303, True)
    page = browser.page(FIRST)
    assert '<svg viewBox="0 0' in page
    assert secret_on(page) == secret_on(browser.page(FIRST)), "reloading the page changes nothing"
    secret, codes = set_up(browser)
    assert len(codes) == 10
    assert inside(browser)
    some_time_later(desk)
    again = desk.browser()
    assert again.enter("li").headers["Location"] == CODE
    assert again.get(FIRST).headers["Location"] == CODE
    assert not inside(again)
    done = again.submit(f"{CODE}?next=/en/workbench/", seen_on=CODE, code=pyotp.TOTP(secret).now())
    assert (done.status_code, done.headers["Location"]) == (303, "/en/workbench/")
    assert inside(again)
    actions = desk.actions()
    assert actions.count("user.signed_in") == actions.count("user.password_accepted") == 2
    assert actions.count("user.second_factor_set_up") == 1


def test_a_code_that_was_used_lets_nobody_else_in(desk: Desk) -> None:
    desk.person("li")
    first, second = desk.browser(), desk.browser()
    first.enter("li")
    secret, codes = set_up(first)
    second.enter("li")
    refused = second.submit(CODE, code=pyotp.TOTP(secret).now())
    assert (refused.status_code, "已经用过" in refused.get_data(as_text=True)) == (401, True)
    assert not inside(second)
    assert second.submit(CODE, code=codes[0]).status_code == 303
    assert inside(second)


def test_guesses_are_counted_and_stopped(desk: Desk) -> None:
    desk.person("li")
    browser = desk.browser()
    browser.enter("li")
    secret, _ = set_up(browser)
    some_time_later(desk)
    thief = desk.browser()
    for _ in range(5):
        # The right password in between does not forget the wrong codes.
        assert thief.enter("li").headers["Location"] == CODE
        assert thief.submit(CODE, code="000000").status_code == 401
    throttled = thief.submit(CODE, code=pyotp.TOTP(secret).now())
    assert (throttled.status_code, int(throttled.headers["Retry-After"]) > 0) == (429, True)
    assert desk.actions().count("user.second_factor_refused") == 5


@pytest.mark.parametrize("path", [CODE, FIRST])
def test_nobody_comes_to_the_second_step_without_the_first(desk: Desk, path: str) -> None:
    desk.person("li")
    stranger = desk.browser()
    assert stranger.get(path).headers["Location"] == DOOR
    assert stranger.submit(path, seen_on=DOOR, code="000000").headers["Location"] == DOOR


@pytest.mark.parametrize("change", ["password", "closed", "late"])
def test_the_first_step_is_forgotten_when_it_no_longer_holds(
    desk: Desk, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.person("li")
    if change == "late":
        monkeypatch.setattr(sessions, "HALF_SECONDS", -1)
    browser = desk.browser()
    browser.enter("li")
    with unit_of_work(desk.hub.app) as session:
        user = operations.user(session, "li")
        if change == "password":
            people.set_password(session, user, "a new long one", actor="operator")
        if change == "closed":
            people.deactivate(session, user, actor="operator")
    assert browser.get(FIRST).headers["Location"] == DOOR


def test_a_contributor_needs_none_but_may_set_one_up(desk: Desk) -> None:
    desk.hub.institution("nim")
    browser = desk.signed_in("zhang", roles.CONTRIBUTOR, "nim")
    secret, codes = set_up(browser, f"{ACCOUNT}/second-factor")
    assert inside(browser)
    assert "还有 10 个恢复码" in browser.page(ACCOUNT)
    assert browser.get(f"{ACCOUNT}/second-factor").headers["Location"] == ACCOUNT
    assert desk.browser().enter("zhang").headers["Location"] == CODE
    some_time_later(desk)
    renewed = browser.submit(f"{ACCOUNT}/recovery-codes", seen_on=ACCOUNT, code=pyotp.TOTP(secret).now())
    assert (renewed.status_code, codes[0] in renewed.get_data(as_text=True)) == (200, False)
    assert browser.submit(f"{ACCOUNT}/recovery-codes", seen_on=ACCOUNT, code=codes[0]).status_code == 401


def test_an_admin_resets_a_lost_authenticator_with_a_reason(desk: Desk) -> None:
    for name, role in (("boss", roles.ADMIN), ("li", roles.REVIEWER)):
        desk.person(name, role)
    boss, lost = desk.browser(), desk.browser()
    for name, browser in (("boss", boss), ("li", lost)):
        browser.enter(name)
        set_up(browser)
    with unit_of_work(desk.hub.app, read_only=True) as session:
        path = f"/workbench/admin/users/{session.scalars(select(User.id).where(User.name == 'li')).one()}"
    assert "还有 10 个恢复码" in boss.page(path)
    assert boss.submit(f"{path}/second-factor", seen_on=path, reason="").status_code == 422
    assert boss.submit(f"{path}/second-factor", seen_on=path, reason="手机丢了").status_code == 303
    assert not inside(lost)
    lost.enter("li")
    set_up(lost)
    assert inside(lost)


def test_a_session_from_before_the_second_factor_was_required_is_out(desk: Desk) -> None:
    desk.person("li")
    browser = desk.browser()
    browser.enter("li")
    set_up(browser)
    with unit_of_work(desk.hub.app) as session:
        session.execute(update(PersonSession).values(second_factor=False))
    assert not inside(browser)


def test_a_new_password_keeps_the_second_factor_of_this_session(desk: Desk) -> None:
    desk.person("li")
    browser = desk.browser()
    browser.enter("li")
    set_up(browser)
    new = "a new long one"
    assert browser.submit(ACCOUNT, old=PASSWORD, new=new, again=new).status_code == 303
    assert inside(browser)


def test_the_secret_stands_in_no_cookie(desk: Desk) -> None:
    desk.person("li")
    browser = desk.browser()
    browser.enter("li")
    secret = secret_on(browser.page(FIRST))
    with browser.client.session_transaction(base_url="http://hub.test") as kept:
        assert secret not in str(dict(kept))
