"""`make run`: the hub, three demo institutions with a node each, and their resources on the way to the public.

Everything goes the way that real members go: invitations, `commons-node` commands, reviewers who decide. What is
there already stays, so that a second run goes on.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click
from flask import Flask
from sqlalchemy import select

from federation import auditlog, demo_collections, enrolment, listening, operations, people, service
from federation.core import create_core
from federation.database import unit_of_work
from federation.models.institutions import Institution
from federation.models.people import User
from federation.processes import Supervisor
from federation.settings import PREFIX, HubSettings

FOLDER = Path(__file__).resolve().parent.parent / "config" / "demo"
FIRST_NODE_PORT = 11
"""The first node's page is this many ports above the hub's."""
ACCOUNTS = (
    ("reviewer", "审核员甲", people.REVIEWER),
    ("reviewer2", "审核员乙", people.REVIEWER),
    ("admin", "联盟管理员", people.ADMIN),
)
CURATOR = "admin"
"""Whose collections are shown."""
SECOND_FACTOR = PREFIX + "SECOND_FACTOR_REQUIRED"
"""Off here, so that whoever looks around need not set up an authenticator first; on everywhere else."""
REASON = "示范资源：内容由本项目编写，已逐项核对。"


@dataclass(frozen=True)
class DemoMember:
    """One demo institution; `published` says whether its resources are reviewed by this command."""

    code: str
    kind: str
    name_zh: str
    name_en: str
    folder: str
    published: bool


def run(settings: HubSettings) -> None:
    """Start all of it, say where it is, and keep it running until Ctrl-C."""
    members = read_members()
    pages = [("127.0.0.1", settings.port + FIRST_NODE_PORT + number) for number in range(len(members))]
    with service.running(settings, further=pages) as supervisor:
        app = create_core(settings)
        passwords = _passwords(settings.var / "demo-logins.json")
        _accounts(app, passwords)
        for member, (_, port) in zip(members, pages, strict=True):
            _member(app, settings, member, supervisor, port)
            if supervisor.stopping.is_set():
                return
        with unit_of_work(app) as session:
            demo_collections.add(session, FOLDER, by=session.scalars(select(User).where(User.name == CURATOR)).one())
        service.wait_until(lambda: all(map(listening.is_taken, pages)), supervisor)
        if not supervisor.stopping.is_set():
            _announce(settings, members, passwords)
        supervisor.run()
        click.echo("正在停止 …")


def read_members(folder: Path = FOLDER) -> list[DemoMember]:
    """The demo institutions; the last one's resources stay in review, so that a reviewer has something to do."""
    listed = tomllib.loads((folder / "institutions.toml").read_text(encoding="utf-8"))["institutions"]
    return [
        DemoMember(
            entry["code"],
            entry["kind"],
            entry["name"]["zh"],
            entry["name"]["en"],
            entry["folder"],
            published=number < len(listed) - 1,
        )
        for number, entry in enumerate(listed)
    ]


def _member(app: Flask, settings: HubSettings, member: DemoMember, supervisor: Supervisor, port: int) -> None:
    click.echo(f"· {member.name_zh}：加入、登记、发布 …")
    data = settings.var / "nodes" / member.code
    node = ["--data", str(data)]
    token = _invitation(app, member)
    steps: list[list[str]] = []
    if token is not None:
        steps += [["init"], ["join", settings.origin, token, "--name", f"{member.name_zh}节点"]]
    steps += [["import", str(FOLDER / member.folder / "resources")], ["sync", "--wait", "60"]]
    if not all(_node(node, words, supervisor) for words in steps):
        return
    if member.published:
        for name, _, role in ACCOUNTS:
            if role == people.REVIEWER:
                operations.approve_waiting(app, code=member.code, reviewer_name=name, reason=REASON)
    if _node(node, ["sync"], supervisor):
        supervisor.add(f"node {member.code}", [*_node_command(node), "serve", "--port", str(port)], _node_environ())


def _invitation(app: Flask, member: DemoMember) -> str | None:
    """A token for an institution that has not joined yet, None for one that has."""
    with unit_of_work(app) as session:
        found = session.scalar(select(Institution).where(Institution.code == member.code))
        if found is None:
            found = enrolment.create_institution(
                session,
                code=member.code,
                kind=member.kind,
                name_zh=member.name_zh,
                name_en=member.name_en,
                actor=auditlog.OPERATOR,
            )
        if operations.has_node(session, found):
            return None
        return enrolment.invite(session, found, days=1, actor=auditlog.OPERATOR)


def _node_command(options: list[str]) -> list[str]:
    return [sys.executable, "-m", "nodes", *options]


def _node_environ() -> Mapping[str, str]:
    return {"COMMONS_LANGUAGE": "zh"}


def _node(options: list[str], words: list[str], supervisor: Supervisor) -> bool:
    """Run one `commons-node` command; False when it was cut short since everything is to stop.

    Raises `click.ClickException` with what it said when it fails. A member that was cut short goes on next time.
    """
    with subprocess.Popen(
        [*_node_command(options), *words],
        env={**os.environ, **_node_environ()},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        while not supervisor.stopping.is_set():
            try:
                said, _ = running.communicate(timeout=0.2)
            except subprocess.TimeoutExpired:
                supervisor.revive()
                continue
            if running.returncode and not supervisor.stopping.is_set():
                raise click.ClickException(f"commons-node {words[0]}：{said.strip()}")
            return not running.returncode
        running.terminate()
    return False


def _passwords(path: Path) -> dict[str, str]:
    """The demo accounts' passwords: random, made once, readable by their owner only."""
    if not path.exists():
        made = {name: secrets.token_urlsafe(9) for name, _, _ in ACCOUNTS}
        draft = path.with_suffix(".new")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(made, file)
        draft.rename(path)
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _accounts(app: Flask, passwords: Mapping[str, str]) -> None:
    with unit_of_work(app) as session:
        standing = set(session.scalars(select(User.name)))
        for name, display_name, role in ACCOUNTS:
            if name not in standing:
                people.create_user(
                    session,
                    name=name,
                    display_name=display_name,
                    password=passwords[name],
                    role=role,
                    actor=auditlog.OPERATOR,
                )


def _announce(settings: HubSettings, members: list[DemoMember], passwords: Mapping[str, str]) -> None:
    lines = [
        "",
        f"  公众门户    {settings.origin}/        English: {settings.origin}/en/",
        f"  审核工作台  {settings.origin}/workbench/",
        *(f"      {name:<10} {passwords[name]}  （{display_name}）" for name, display_name, _ in ACCOUNTS),
        *_about_second_factor(settings),
        *(
            f"  节点        http://127.0.0.1:{settings.port + FIRST_NODE_PORT + number}/  {member.name_zh}"
            for number, member in enumerate(members)
        ),
        "",
        "  Ctrl-C 停止全部。再次运行会接着现有数据继续；make clean-data 清除数据。",
    ]
    click.echo("\n".join(lines))


def _about_second_factor(settings: HubSettings) -> list[str]:
    if settings.second_factor_required:
        return ["      首次登录时要设置第二重验证（手机上的验证器）。"]
    return [f"      示范不要求第二重验证；正式运行默认要求。设 {SECOND_FACTOR}=true 可以试试。"]
