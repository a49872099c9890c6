"""The federation under test: a hub of real processes behind proxies, and nodes that are commands."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uuid6
from flask import Flask
from sqlalchemy import select

from federation import auditlog, enrolment, people, standing
from federation.core import create_core
from federation.database import db, unit_of_work
from federation.models.resources import ResourceVersion
from federation.settings import load_settings
from federation.tasks import queue
from nodes import files, joining, registration, rounds
from nodes.files import FileSpec
from nodes.hub_client import HubClient
from nodes.routine import Done
from nodes.settings import NodeSettings
from nodes.workplace import Workplace, initialise
from tests.faults.desk import Desk
from tests.support.processes import PASSWORD, Command
from tests.support.proxied import ProxiedHub, running_proxied_hub
from tests.support.records import make_record

REVIEWER = "faults-reviewer"


@dataclass
class Member:
    """A node that has joined: its command, and the same folder opened here, for what no fault is to hit."""

    workplace: Workplace
    command: Command

    @property
    def folder(self) -> Path:
        """Its data folder."""
        return self.workplace.folder

    def register(self, paths: Sequence[Path] = (), *, record_id: str = "", **changes: Any) -> str:
        """Register a resource, or a new version of one, by the node's own services; its id."""
        fields = make_record(**changes)
        if paths:
            del fields["links"]
        del fields["id"], fields["version"]
        with self.workplace.database.unit_of_work() as session:
            prepared = files.prepare(FileSpec(path) for path in paths)
            key = self.workplace.key
            return registration.register(session, fields, prepared, key=key, record_id=record_id).record_id

    def withdraw(self, record_id: str) -> None:
        """Register a withdrawal."""
        with self.workplace.database.unit_of_work() as session:
            registration.withdraw(session, record_id, "故障测试撤回", key=self.workplace.key)

    def synchronise(self, wait: float = 0.0) -> Done:
        """A round that no fault hits, without the cost of a process."""
        return rounds.synchronise(self.workplace, wait=wait)


@dataclass
class Site:
    """A hub with its proxies, its own services over the same database and store, and a reviewer who is signed in."""

    hub: ProxiedHub
    app: Flask
    desk: Desk
    place: Path
    members: list[Member] = field(default_factory=list)
    reviving: threading.Lock = field(default_factory=threading.Lock)
    """Held by whoever starts the hub again."""

    def member(self, **settings: Any) -> Member:
        """A new institution whose node has joined through the proxy; `settings` are the command's."""
        code, folder = f"f{uuid6.uuid7().hex[-12:]}", self.place / f"node-{len(self.members)}"
        with unit_of_work(self.app) as session:
            names = {"kind": "institute", "name_zh": f"{code}院", "name_en": code}
            made = enrolment.create_institution(session, code=code, actor=auditlog.OPERATOR, **names)
            token = enrolment.invite(session, made, days=1, actor=auditlog.OPERATOR)
        workplace = initialise(NodeSettings(data=str(folder)))
        client = HubClient(self.hub.web.origin, workplace.key, workplace.settings)
        joining.join(workplace, client, token=token, node_name="故障")
        client.session.close()
        environ = {f"COMMONS_NODE_{name.upper()}": str(value) for name, value in settings.items()}
        member = Member(workplace, Command("nodes", {"COMMONS_NODE_DATA": str(folder), **environ}))
        self.members.append(member)
        return member

    def waiting(self, *record_ids: str) -> list[int]:
        """The versions of these resources that wait for a reviewer."""
        query = select(ResourceVersion.id).where(
            ResourceVersion.resource_id.in_(record_ids), ResourceVersion.state == "in_review"
        )
        with unit_of_work(self.app, read_only=True) as session:
            return list(session.scalars(query.order_by(ResourceVersion.id)))


@contextmanager
def running_site(place: Path, **environ: str) -> Iterator[Site]:
    """A site whose processes end with the block."""
    settings: Mapping[str, str] = {
        "COMMONS_MAX_WITHDRAWN_PERCENT": "100",
        "COMMONS_SECOND_FACTOR_REQUIRED": "false",
        **environ,
    }
    with running_proxied_hub(place / "hub", **settings) as hub:
        app = create_core(load_settings(environ=hub.process.command.environ))
        with unit_of_work(app) as session:
            values = {"display_name": "审核人", "password": PASSWORD, "role": people.REVIEWER}
            people.create_user(session, name=REVIEWER, institution=None, actor=auditlog.OPERATOR, **values)
        site = Site(hub, app, Desk(hub.web.origin), place)
        site.desk.enter(REVIEWER, PASSWORD)
        try:
            yield site
        finally:
            for member in site.members:
                member.workplace.database.close()
            site.desk.session.close()
            queue(app).huey.storage.close()
            with app.app_context():
                db.engine.dispose()


def hub_status(site: Site) -> dict[str, Any]:
    """How the hub is, as `commons-hub status` says."""
    return standing.status(site.app)
