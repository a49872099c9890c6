"""`commons-hub user`: what an operator does with accounts at the command line, and that the links work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pyotp
import pytest
from click.testing import CliRunner
from flask import Flask

from federation import cli, identities, operations, second_factor
from federation.commands import members, users
from federation.core import create_core
from federation.database import db, unit_of_work
from federation.settings import HubSettings
from federation.tasks import queue
from tests.support.desk import DOOR, Desk
from tests.support.hub import ORIGIN, Hub, Member
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
def run(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """The program in this process, on the hub of this test; what it printed.

    A process that ends closes its connections by that; here each command's are closed afterwards.
    """
    environ = {f"COMMONS_{name.upper()}": str(getattr(hub.settings, name)) for name in NEEDED}
    made: list[Flask] = []

    def create_and_remember(settings: HubSettings) -> Flask:
        made.append(create_core(settings))
        return made[-1]

    for module in (members, users):
        monkeypatch.setattr(module, "create_core", create_and_remember)

    def commons_hub(*words: str, code: int = 0, group: str = "user") -> str:
        done = CliRunner().invoke(cli.main, [group, *words], env={**environ, "COMMONS_LOG_LEVEL": "ERROR"})
        assert done.exit_code == code, done.output
        return done.output.strip()

    yield commons_hub
    for app in made:
        queue(app).huey.storage.close()
        with app.app_context():
            db.engine.dispose()


def test_an_operator_sets_the_provider_of_an_institution_and_takes_it_away(
    hub: Hub, run: Run, tmp_path: Path
) -> None:
    hub.institution("nim")
    secret = tmp_path / "secret"
    secret.write_text("known to both\n", encoding="utf-8")
    given = ("--issuer", "https://id.example.org", "--client-id", "hub", "--client-secret-file", str(secret))
    assert f"{ORIGIN}/workbench/sign-in/through/back" in run("sign-in", "nim", *given, group="institution")
    with unit_of_work(hub.app, read_only=True) as session:
        [kept] = identities.providers(session)
        assert "known to both" not in kept.sealed_secret
        found = identities.provider_of(session, kept.institution_id, settings=hub.settings)
        assert found.client_secret == "known to both"
    assert "--issuer" in run("sign-in", "nim", code=2, group="institution")
    run("sign-in", "nim", "--off", group="institution")
    run("sign-in", "nim", "--off", code=5, group="institution")


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


def test_an_operator_gives_an_account_another_role_and_institution(hub: Hub, run: Run, member: Member) -> None:
    desk = Desk(hub)
    desk.person("li")
    assert "已保存" in run("appoint", "li", "--role", "manager", "--institution", member.code)
    assert desk.browser().enter("li").headers["Location"] == "/workbench/own/"
