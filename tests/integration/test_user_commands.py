"""`commons-hub user`: what an operator does with accounts at the command line, and that the links work."""

from __future__ import annotations

from collections.abc import Callable

import pyotp
import pytest
from click.testing import CliRunner

from federation import cli, operations, second_factor
from federation.database import unit_of_work
from tests.support.desk import DOOR, Desk
from tests.support.hub import ORIGIN, Hub
from tests.support.reviewing import PASSWORD

Run = Callable[..., str]
NEEDED = (
    "var",
    "public_origin",
    "database_url",
    "queue_url",
    "store_endpoint",
    "store_access_key",
    "store_secret_key",
)
NEW = "a new long one"


@pytest.fixture
def run(hub: Hub) -> Run:
    """The program in this process, on the hub of this test; what it printed."""
    environ = {f"COMMONS_{name.upper()}": str(getattr(hub.settings, name)) for name in NEEDED}

    def commons_hub(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(cli.main, ["user", *words], env={**environ, "COMMONS_LOG_LEVEL": "ERROR"})
        assert done.exit_code == code, done.output
        return done.output.strip()

    return commons_hub


def test_an_operator_invites_and_gives_a_link_for_a_new_password(hub: Hub, run: Run) -> None:
    hub.institution("nim")
    link = run("invite", "王五", "--role", "manager", "--institution", "nim").removeprefix(ORIGIN)
    desk = Desk(hub)
    chosen = {"name": "wang", "display_name": "王五", "password": PASSWORD, "again": PASSWORD}
    assert desk.browser().submit(link, **chosen).status_code == 303
    link = run("reset-password", "wang").removeprefix(ORIGIN)
    assert desk.browser().submit(link, password=NEW, again=NEW).status_code == 303
    assert desk.browser().enter("wang", NEW).headers["Location"] == "/workbench/own/"


def test_an_operator_resets_a_second_factor(hub: Hub, run: Run) -> None:
    desk = Desk(hub)
    desk.person("li")
    assert "没有找到" in run("reset-second-factor", "li", code=5)
    secret = second_factor.new_secret()
    with unit_of_work(hub.app) as session:
        user = operations.user(session, "li")
        given = {"code": pyotp.TOTP(secret).now(), "address": "", "settings": hub.settings}
        second_factor.set_up(session, user, secret=secret, **given)
    assert desk.browser().enter("li").headers["Location"] == f"{DOOR}/code"
    run("reset-second-factor", "li", "--reason", "手机丢了")
    assert desk.browser().enter("li").headers["Location"] == "/workbench/"


def test_an_operator_closes_an_account_and_opens_it_again(hub: Hub, run: Run) -> None:
    desk = Desk(hub)
    desk.person("li")
    run("deactivate", "li", "--reason", "离职")
    assert desk.browser().enter("li").status_code == 401
    run("reactivate", "li")
    assert desk.browser().enter("li").status_code == 303
