"""Several people at one institution: who gets in, what each may do, and who did what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.routing import Rule

from nodes import accounts, server
from nodes.accounts import EDITOR, MANAGER, ROLES, VIEWER
from nodes.guessing import FOR_A_NAME
from nodes.models import Version
from nodes.settings import NodeSettings
from nodes.web.audience import ANYBODY, AUDIENCE
from shared.errors import AccountNameUnusable, AccountsNeeded, InvalidSettings
from shared.settings import read
from tests.support.local_page import GOOD, WORD, Node, local_page
from tests.support.processes import Command

OPEN = {"public_hosts": "node.museum.example", "trusted_proxy": "127.0.0.1"}
BY_HTTPS: dict[str, Any] = {
    "base_url": "https://node.museum.example",
    "environ_overrides": {"REMOTE_ADDR": "192.0.2.7"},
}
PART = re.compile(r"<(?:[^<>]*:)?(\w+)>")


@pytest.fixture
def open_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Node]:
    """A node that others reach by HTTPS, with a manager."""
    monkeypatch.setenv("COMMONS_LANGUAGE", "zh")
    with local_page(tmp_path / "node", **OPEN) as made:
        made.account("guan", MANAGER)
        yield made


def rules(node: Node) -> list[tuple[str, str, str]]:
    """Every route: its endpoint, a method, and an address."""
    found: list[Rule] = list(node.app.url_map.iter_rules())
    parts = {"code": "zh", "digest": "0", "number": "1", "sha256": "0"}
    return [
        (rule.endpoint, method, PART.sub(lambda part: parts.get(part[1], "x"), rule.rule))
        for rule in found
        for method in sorted((rule.methods or set()) & {"GET", "POST"})
    ]


def test_every_route_names_its_audience_and_none_is_named_that_is_not_there(node: Node) -> None:
    assert {endpoint for endpoint, _, _ in rules(node)} == set(AUDIENCE)


@pytest.mark.parametrize("role", ["", *ROLES])
def test_each_role_reaches_what_is_for_it_and_nothing_else(node: Node, role: str) -> None:
    node.account("somebody", role or MANAGER)
    if role:
        assert node.sign_in("somebody").status_code == 302
    for endpoint, method, address in rules(node):
        if endpoint == "accounts.sign_out":
            continue
        answer = node.client.open(address, method=method)
        away = answer.headers.get("Location", "").startswith("/sign-in")
        wanted = AUDIENCE[endpoint]
        if wanted == ANYBODY:
            assert not away, address
        elif not role:
            assert away, address
        else:
            assert (answer.status_code == 403) is not accounts.allows(role, wanted), address
            assert not away, address


def test_pages_offer_each_role_only_what_it_may_do(node: Node) -> None:
    record_id = node.put()
    node.set_state(record_id, "changes_requested", reason="换图")
    node.account("guan", MANAGER)
    node.account("kan", VIEWER)
    node.account("bian", EDITOR)
    node.sign_in("kan")
    page = node.page(f"/resources/{record_id}")
    assert "修改后重新提交" not in page
    assert "撤回这件资源" not in page
    assert "登记资源" not in node.page("/")
    node.sign_in("bian")
    page = node.page(f"/resources/{record_id}")
    assert "修改后重新提交" in page
    assert "撤回这件资源" not in page
    assert "提出申诉" not in page
    node.sign_in("guan")
    assert "撤回这件资源" in node.page(f"/resources/{record_id}")


def test_a_session_begins_anew_and_leads_on_to_the_page_that_was_wanted(node: Node) -> None:
    node.account("guan", MANAGER)
    door = node.get("/sync?still=1").headers["Location"]
    assert door == "/sign-in?next=/sync?still%3D1"
    before = node.opened("/sign-in")["csrf_token"]
    answer = node.client.post(door, data={"csrf_token": before, "name": "guan", "password": WORD})
    assert answer.headers["Location"] == "/sync?still=1"
    assert node.client.post("/sync", data={"csrf_token": before}).status_code == 400, "older forms are void"
    assert "同步" in node.page("/sync")


def test_a_wrong_name_and_a_wrong_password_are_told_alike_and_guessing_is_slowed_down(node: Node) -> None:
    node.account("guan", MANAGER)
    said = {node.sign_in(name, "wrong-password").text.replace(name, "") for name in ("guan", "niemand")}
    assert len({text.partition('role="alert"')[2].partition("</p>")[0] for text in said}) == 1
    for _ in range(FOR_A_NAME - 1):
        assert node.sign_in("guan", "wrong-password").status_code == 401
    throttled = node.sign_in("guan")
    assert throttled.status_code == 429
    assert int(throttled.headers["Retry-After"]) > 0
    elsewhere = {"environ_overrides": {"REMOTE_ADDR": "127.0.0.2"}}
    assert node.sign_in("guan", **elsewhere).status_code == 302


def test_a_session_ends_with_the_password_with_the_account_and_when_one_signs_out(node: Node) -> None:
    for name, role in (("guan", MANAGER), ("bian", EDITOR)):
        node.account(name, role)
    for end in ("password", "remove", "out"):
        node.sign_in("bian")
        assert node.get("/").status_code == 200
        with node.workplace.database.unit_of_work() as session:
            if end == "password":
                accounts.set_password(session, "bian", WORD)
            elif end == "remove":
                accounts.remove(session, "bian")
        if end == "out":
            node.submit("/sign-out", seen_on="/account")
        assert node.get("/").headers["Location"].startswith("/sign-in"), end
        if end == "remove":
            node.account("bian", EDITOR)


def test_a_cookie_that_was_kept_is_no_use_after_its_session_was_signed_out_of(node: Node) -> None:
    node.account("guan", MANAGER)
    node.sign_in("guan")
    kept = node.client.get_cookie(node.app.config["SESSION_COOKIE_NAME"])
    assert kept is not None
    node.submit("/sign-out", seen_on="/account")
    node.client.set_cookie(kept.key, kept.value)
    assert node.get("/resources").headers["Location"].startswith("/sign-in")


@pytest.mark.parametrize("name", ["", "两 个", "a/b", ".", "..", "x" * 65])
def test_a_name_that_cannot_stand_in_an_address_is_no_account_s(node: Node, name: str) -> None:
    with node.workplace.database.unit_of_work() as session, pytest.raises(AccountNameUnusable):
        accounts.add(session, name, role=MANAGER, password=WORD)


def test_one_s_own_password_is_changed_by_who_knows_it_and_this_session_goes_on(node: Node) -> None:
    node.account("guan", MANAGER)
    node.sign_in("guan")
    for old, new, status in (
        ("wrong", "另一个足够长的密码呀", 401),
        (WORD, "短", 422),
        (WORD, "另一个足够长的密码呀", 302),
    ):
        assert node.submit("/account", {"old": old, "new": new}).status_code == status
    assert node.get("/account").status_code == 200
    assert node.sign_in("guan").status_code == 401
    assert node.sign_in("guan", "另一个足够长的密码呀").status_code == 302


def test_the_first_account_is_a_manager_s_and_its_maker_is_signed_in(node: Node) -> None:
    assert "什么都可以做" in node.page("/people")
    answer = node.submit("/people", {"name": "guan", "password": WORD, "role": VIEWER})
    assert answer.headers["Location"] == "/people"
    page = node.page("/people")
    assert "guan" in page
    assert "（您）" in page
    for values, words in (
        ({"name": "guan", "password": WORD, "role": EDITOR}, "已存在"),
        ({"name": "a b", "password": WORD, "role": EDITOR}, "中间不留空格"),
        ({"name": "bian", "password": "短", "role": EDITOR}, "至少 10 个字符"),
        ({"name": "bian", "password": WORD, "role": "god"}, "必填"),
    ):
        refused = node.submit("/people", values)
        assert refused.status_code >= 400
        assert words in refused.text
    assert node.submit("/people", {"name": "bian", "password": WORD, "role": EDITOR}).status_code == 302
    for deed in ({"deed": "remove"}, {"deed": "role", "role": VIEWER}):
        assert "唯一的管理员" in node.submit("/people/guan", deed, seen_on="/people").text
    assert node.submit("/people/bian", {"deed": "role", "role": MANAGER}, seen_on="/people").status_code == 302
    assert node.submit("/people/bian", {"deed": "remove"}, seen_on="/people").status_code == 302


def test_what_somebody_registers_bears_their_name(node: Node) -> None:
    node.account("bian", EDITOR)
    node.account("guan", MANAGER)
    node.sign_in("bian")
    record_id = node.registered()
    node.sign_in("guan")
    node.submit(f"/resources/{record_id}/edit", {**GOOD, "title.zh": "新题"})
    page = node.page(f"/resources/{record_id}")
    assert "bian 登记" in page
    assert "guan 登记" in page
    assert Version.registered_by.default.arg(None) == "", "nobody acts once the request is over"  # type: ignore[attr-defined]


def test_a_page_that_others_reach_is_refused_without_accounts(tmp_path: Path) -> None:
    with pytest.raises(AccountsNeeded) as caught:
        server.run(NodeSettings(data=str(tmp_path), **OPEN), port=1)
    assert "commons-node user add" in caught.value.message("zh")


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"host": "0.0.0.0"}, "public_hosts"),
        ({"host": "0.0.0.0", "public_hosts": "node.example"}, "HTTPS"),
        ({"public_hosts": "node.example"}, "HTTPS"),
        ({"host": "museum"}, "IP"),
        ({"public_hosts": "node.example", "trusted_proxy": "proxy"}, "IP"),
        ({**OPEN, "public_hosts": "https://node.museum.example"}, "不写 https:// 和端口"),
        ({**OPEN, "public_hosts": "192.0.2.1, node.museum.example:443"}, "node.museum.example:443"),
    ],
)
def test_settings_that_are_not_safe_are_refused_by_name(values: dict[str, str], fault: str) -> None:
    environ = {f"COMMONS_NODE_{name.upper()}": value for name, value in values.items()}
    with pytest.raises(InvalidSettings, match=fault):
        read(NodeSettings, prefix="COMMONS_NODE_", file=None, environ=environ)


def test_an_open_page_is_reached_by_its_name_and_by_https_alone(open_node: Node) -> None:
    assert open_node.get("/", **BY_HTTPS).headers["Location"] == "/sign-in?next=/"
    assert "https://" in open_node.get("/", **{**BY_HTTPS, "base_url": "http://node.museum.example"}).text
    for address in ("https://evil.example", "https://127.0.0.1"):
        refused = open_node.get("/", **{**BY_HTTPS, "base_url": address})
        assert (refused.status_code, "管理员告诉您的网址" in refused.text) == (403, True)
    foreign = open_node.client.post("/sign-in", headers={"Origin": "https://evil.example"}, **BY_HTTPS)
    assert foreign.status_code == 403
    answer = open_node.sign_in("guan", **{**BY_HTTPS, "headers": {"Origin": "https://node.museum.example"}})
    assert answer.status_code == 302
    cookie = answer.headers["Set-Cookie"]
    assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=Strict"))


def test_an_open_page_lets_nobody_in_when_its_last_account_is_gone(open_node: Node) -> None:
    with open_node.workplace.database.unit_of_work() as session:
        accounts.remove(session, "guan")
    assert open_node.get("/", **BY_HTTPS).headers["Location"].startswith("/sign-in")


def test_the_command_makes_lists_and_removes_accounts(node: Node) -> None:
    command = Command("nodes", {"COMMONS_NODE_DATA": str(node.workplace.folder)})
    assert "还没有账号" in command.run("user", "list").stdout
    assert "至少 10 个字符" in command.run("user", "add", "guan", "--role", "manager", check=5).stderr
    node.account("guan", MANAGER)
    assert command.json("user", "list", "--json")[0]["role"] == "manager"
    assert "用 commons-node user list" in command.run("user", "remove", "niemand", check=5).stderr
    assert "已更改角色" not in command.run("user", "role", "guan", "viewer", check=5).stdout
    assert "已删除" in command.run("user", "remove", "guan").stdout
