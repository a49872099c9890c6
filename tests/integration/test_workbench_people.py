"""People in the browser: invited, let in, closed out and let in again, by admins and by managers of members."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select, update

from federation import account_links, operations, people, roles
from federation.database import unit_of_work
from federation.models.base import now
from federation.models.people import AccountLink, User
from tests.support.desk import DOOR, Browser, Desk
from tests.support.hub import ORIGIN, Hub, Member
from tests.support.reviewing import PASSWORD

USERS, TEAM = "/workbench/admin/users", "/workbench/own/people"
CHOSEN = {"name": "Wang", "display_name": "王五", "password": PASSWORD, "again": PASSWORD}


@pytest.fixture
def desk(hub: Hub) -> Iterator[Desk]:
    return Desk(hub)


def link_on(page: str) -> str:
    """The link that a page shows, as a path of this site."""
    found = re.search(r'class="secret mono">([^<]+)<', page)
    assert found is not None, page
    assert found[1].startswith(ORIGIN)
    return found[1].removeprefix(ORIGIN)


def invited(browser: Browser, page: str = USERS, **values: str) -> str:
    said = {"display_name": "王", "role": "reviewer", "institution": "", **values}
    return link_on(browser.submit(page, **said).get_data(as_text=True))


def user_id(desk: Desk, name: str) -> str:
    with unit_of_work(desk.hub.app, read_only=True) as session:
        return session.scalars(select(User.id).where(User.name == name)).one()


def test_an_invited_person_chooses_name_and_password_and_signs_in(desk: Desk) -> None:
    boss = desk.signed_in("boss", roles.ADMIN)
    link = invited(boss)
    assert link not in boss.page(USERS)
    person = desk.browser()
    assert "审核人" in person.page(link)
    done = person.submit(link, **CHOSEN)
    assert (done.status_code, done.headers["Location"]) == (303, DOOR)
    assert "账户已开好" in person.page(DOOR)
    assert person.enter("wang").status_code == 303
    assert "王五" in boss.page(USERS)
    assert desk.actions().count("user.invited") == 1


@pytest.mark.parametrize(
    ("values", "status", "words"),
    [
        ({"name": "two words"}, 422, "不能有空格"),
        ({"name": "boss"}, 409, "boss已存在"),
        ({"password": "short", "again": "short"}, 422, "至少"),
        ({"again": "something else"}, 422, "两次输入的不一致"),
    ],
)
def test_what_was_chosen_badly_is_said_and_the_rest_stays(
    desk: Desk, values: dict[str, str], status: int, words: str
) -> None:
    link = invited(desk.signed_in("boss", roles.ADMIN))
    browser = desk.browser()
    answer = browser.submit(link, **{**CHOSEN, **values})
    page = answer.get_data(as_text=True)
    assert answer.status_code == status
    assert words in page
    assert 'value="王五"' in page
    assert PASSWORD not in page
    assert browser.submit(link, **CHOSEN).status_code == 303


def test_a_link_that_is_no_good_says_why(desk: Desk) -> None:
    boss = desk.signed_in("boss", roles.ADMIN)
    used, expired, taken_back = invited(boss), invited(boss), invited(boss)
    assert desk.browser().submit(used, **CHOSEN).status_code == 303
    [form] = re.findall(rf'action="({USERS}/invitations/\d+)"', boss.page(USERS))[:1]
    assert boss.submit(form, seen_on=USERS, reason="").status_code == 422
    assert boss.submit(form, seen_on=USERS, reason="发错了人").status_code == 303
    with unit_of_work(desk.hub.app) as session:
        still_open = AccountLink.used_at.is_(None) & AccountLink.withdrawn_at.is_(None)
        session.execute(update(AccountLink).where(still_open).values(expires_at=now()))
    for link, status, words in (
        (used, 410, "已经用过"),
        (expired, 410, "已过期"),
        (taken_back, 410, "已被收回"),
        (used[:-1], 404, "没有复制完整"),
        (urlsplit(used).path, 404, "没有复制完整"),
    ):
        answer = desk.browser().get(link)
        page = answer.get_data(as_text=True)
        assert (answer.status_code, words in page, DOOR in page) == (status, True, True), link
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "<form method" not in page.split("<main")[1]


def test_a_link_reads_in_english_too(desk: Desk) -> None:
    page = desk.browser().page("/en" + invited(desk.signed_in("boss", roles.ADMIN)))
    assert "Accept the invitation" in page
    assert "token=" in page.split('hreflang="zh-Hans"')[0].rpartition("<a href=")[2]


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"display_name": " "}, 422),
        ({"role": "root"}, 422),
        ({"role": roles.MANAGER}, 422),
        ({"institution": "999999"}, 404),
        ({"institution": "x"}, 404),
    ],
)
def test_a_bad_invitation_is_refused_on_the_page(desk: Desk, values: dict[str, str], status: int) -> None:
    boss = desk.signed_in("boss", roles.ADMIN)
    said = {"display_name": "王", "role": "reviewer", "institution": "", **values}
    assert boss.submit(USERS, **said).status_code == status
    assert "user.invited" not in desk.actions()


def test_an_account_is_closed_with_a_reason_and_opened_again(desk: Desk) -> None:
    reviewer, boss = desk.signed_in("li"), desk.signed_in("boss", roles.ADMIN)
    path = f"{USERS}/{user_id(desk, 'li')}"
    refused = boss.submit(f"{path}/deactivation", seen_on=path, reason=" ")
    assert (refused.status_code, "理由" in refused.get_data(as_text=True)) == (422, True)
    assert reviewer.get("/workbench/").status_code == 200
    assert boss.submit(f"{path}/deactivation", seen_on=path, reason="离职").status_code == 303
    assert reviewer.get("/workbench/").status_code == 303
    assert desk.browser().enter("li").status_code == 401
    assert "已停用" in boss.page(path)
    assert boss.submit(f"{path}/reactivation", seen_on=path, reason="回来了").status_code == 303
    assert desk.browser().enter("li").status_code == 303
    assert [one for one in desk.actions() if "activated" in one] == ["user.deactivated", "user.reactivated"]


def test_a_forgotten_password_is_chosen_anew_by_a_link(desk: Desk) -> None:
    reviewer, boss = desk.signed_in("li"), desk.signed_in("boss", roles.ADMIN)
    path, new = f"{USERS}/{user_id(desk, 'li')}", "a new long one"
    link = link_on(boss.submit(f"{path}/password", seen_on=path).get_data(as_text=True))
    assert reviewer.get("/workbench/").status_code == 200
    assert desk.browser().submit(link, password=new, again=new).status_code == 303
    assert reviewer.get("/workbench/").status_code == 303
    assert desk.browser().enter("li", new).status_code == 303
    assert desk.browser().enter("li").status_code == 401


def test_an_account_gets_another_role_with_a_reason_and_signs_in_anew(desk: Desk, member: Member) -> None:
    reviewer, boss = desk.signed_in("li"), desk.signed_in("boss", roles.ADMIN)
    _, waiting = desk.waiting(member)
    reviewer.submit(f"{waiting}/claim", seen_on=waiting)
    path = f"{USERS}/{user_id(desk, 'li')}"
    deed = f"{path}/appointment"
    for bad in ({"reason": " "}, {"role": "emperor"}, {"role": "manager"}, {"institution": "99"}):
        sent = {"role": "auditor", "institution": "", "reason": "转岗", **bad}
        assert boss.submit(deed, seen_on=path, **sent).status_code in (404, 422)
    assert boss.submit(deed, seen_on=path, role="reviewer", institution="", reason="没有变").status_code == 303
    assert reviewer.get("/workbench/").status_code == 200, "nothing has changed yet"
    with unit_of_work(desk.hub.app, read_only=True) as session:
        institution = str(operations.institution(session, member.code).id)
    answer = boss.submit(deed, seen_on=path, role="contributor", institution=institution, reason="转到成员单位")
    assert answer.status_code == 303
    assert reviewer.get("/workbench/").status_code == 303
    again = desk.browser()
    assert again.enter("li").headers["Location"] == "/workbench/own/"
    assert again.get(waiting).status_code == 403
    assert "还没有人领取" in again.page("/workbench/own/"), "what was claimed is given back"
    assert desk.actions().count("user.appointed") == 1


@pytest.mark.parametrize("deed", ["deactivation", "reactivation", "password", "appointment"])
def test_no_admin_shuts_the_door_on_themselves(desk: Desk, deed: str) -> None:
    boss = desk.signed_in("boss", roles.ADMIN)
    path = f"{USERS}/{user_id(desk, 'boss')}"
    assert boss.submit(f"{path}/{deed}", seen_on=USERS, reason="x").status_code == 404
    assert f"{path}/{deed}" not in boss.page(path)


# -- the manager of an institution -----------------------------------------------------------------------------


def test_a_manager_invites_contributors_of_the_own_institution(desk: Desk, member: Member) -> None:
    manager = desk.signed_in("manager", roles.MANAGER, member.code)
    # Whatever else the form is made to say is not asked.
    link = invited(manager, TEAM, role=roles.ADMIN, institution="")
    person = desk.browser()
    assert person.submit(link, **CHOSEN).status_code == 303
    assert person.enter("wang").headers["Location"] == "/workbench/own/"
    with unit_of_work(desk.hub.app, read_only=True) as session:
        made = operations.user(session, "wang")
        assert (made.role, made.institution and made.institution.code) == (roles.CONTRIBUTOR, member.code)


def test_a_manager_closes_and_opens_the_accounts_of_own_contributors_only(
    desk: Desk, member: Member, other: Member
) -> None:
    manager = desk.signed_in("manager", roles.MANAGER, member.code)
    for name, role, code in (
        ("ours", roles.CONTRIBUTOR, member.code),
        ("theirs", roles.CONTRIBUTOR, other.code),
        ("second", roles.MANAGER, member.code),
        ("staff", roles.REVIEWER, member.code),
    ):
        desk.person(name, role, code)
    page = manager.page(TEAM)
    assert ("theirs" in page, "second" in page, "staff" in page) == (False, True, False)
    for name in ("theirs", "second", "staff", "manager"):
        path = f"{TEAM}/{user_id(desk, name)}/deactivation"
        assert manager.submit(path, seen_on=TEAM, reason="x").status_code == 404
        assert path not in page
    path = f"{TEAM}/{user_id(desk, 'ours')}"
    assert manager.submit(f"{path}/deactivation", seen_on=TEAM, reason="").status_code == 422
    assert manager.submit(f"{path}/deactivation", seen_on=TEAM, reason="离职").status_code == 303
    assert desk.browser().enter("ours").status_code == 401
    assert manager.submit(f"{path}/reactivation", seen_on=TEAM, reason="回来了").status_code == 303
    assert desk.browser().enter("ours").status_code == 303


def test_a_manager_sees_and_takes_back_own_invitations_only(desk: Desk, member: Member, other: Member) -> None:
    manager = desk.signed_in("manager", roles.MANAGER, member.code)
    link = invited(manager, TEAM)
    with unit_of_work(desk.hub.app) as session:
        foreign = operations.institution(session, other.code)
        account_links.invite(session, display_name="外人", role="contributor", institution=foreign, days=1)
        newest = account_links.open_invitations(session)[0].id
    page = manager.page(TEAM)
    assert "外人" not in page
    assert manager.submit(f"{TEAM}/invitations/{newest}", seen_on=TEAM, reason="x").status_code == 404
    [form] = re.findall(rf'action="({TEAM}/invitations/\d+)"', page)
    assert manager.submit(form, seen_on=TEAM, reason="发错了人").status_code == 303
    assert desk.browser().get(link).status_code == 410


def test_a_manager_who_was_closed_out_leaves_no_good_invitation(desk: Desk, member: Member) -> None:
    link = invited(desk.signed_in("manager", roles.MANAGER, member.code), TEAM)
    with unit_of_work(desk.hub.app) as session:
        people.deactivate(session, operations.user(session, "manager"), actor="operator")
    assert desk.browser().submit(link, seen_on=DOOR, **CHOSEN).status_code == 410
