"""Behind the scenes of the gallery: people of the alliance, a member's node with its resources, and a new node."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyotp
from flask import Flask
from sqlalchemy import delete, select, update
from werkzeug.serving import WSGIRequestHandler, make_server

from federation import (
    account_links,
    days,
    feedback,
    link_checks,
    operations,
    people,
    person_sessions,
    petitions,
    review,
    roles,
    second_factor,
    verdicts,
)
from federation.checklist import DEFAULT
from federation.database import unit_of_work
from federation.link_checker import Outcome
from federation.models.links import LinkCheck
from federation.models.people import User
from federation.models.resources import ResourceVersion
from nodes import accounts as node_accounts
from nodes import files as local_files
from nodes import joining, registration, routine, sources
from nodes.app import create_app
from nodes.files import FileSpec
from nodes.harvesting.intake import Outcome as Harvested
from nodes.hub_client import HubClient
from nodes.models import Line, LocalFile, Version, now
from nodes.outbox import Sent
from nodes.rounds import outcome_of
from nodes.routine import Done
from nodes.settings import NodeSettings
from nodes.sources import Options
from nodes.sync import Synced, synchronise
from nodes.transfer import Transferred
from nodes.workplace import Workplace
from shared.petitioning import APPEAL
from tests.browser.holdings import CHANGED, NEW, PLAIN, SENT, TRANSFERS
from tests.browser.tabulated import tabulate
from tests.support.hub import Hub
from tests.support.reviewing import PASSWORD
from tests.support.rounds import put_round, round_of, task

DEMO = Path(__file__).parents[2] / "config" / "demo"
MUSEUM = "demo-museum"
SOURCES = (
    (sources.OAI, "https://repository.museum.example.org/oai/request", "示范计量博物馆机构库"),
    (sources.FOLDER, "/srv/museum/2026年展览照片", ""),
)
LACKING = {"zh": "许可（license）：必填。", "en": "许可 (license): This is required."}
PEOPLE = (("zhao", "赵敏", people.ADMIN), ("li", "李慧", people.REVIEWER), ("wang", "王远", people.REVIEWER))
STAFF = (("chen", "陈静", roles.MANAGER), ("wu", "吴桐", roles.CONTRIBUTOR), ("sun", "孙立", roles.AUDITOR))
RUNNING = round_of(tasks=[task("发布著录", 40, 40), task("上传文件", 10**9, 355 * 10**6)])
SENT_ALL = Done(Synced(Sent(accepted=12), Transferred(sent=9, present=3, bytes_sent=48_300_000), 31))
DONE = round_of(good=True, outcome=outcome_of(SENT_ALL))


@dataclass
class Office:
    """Where the node's page and the new node's are, the node's resources by a name, and versions to judge."""

    node: str
    new_node: str
    app: Flask
    node_id: str
    resources: Mapping[str, str]
    versions: Mapping[str, int]
    people: Mapping[str, str]
    """The ids of accounts by their names: `chen` manages the museum's people, `sun` has a second factor."""
    invitation: str
    """Where an invitation leads."""
    shared_node: str
    """Where the page of a node is that several people share."""
    tables: Mapping[str, int]
    """The numbers of tables that the node's page has, by a name for each."""

    def show_round(self, round: dict[str, Any]) -> None:
        """Let the node's page show this as its last round, or as one that runs."""
        put_round(self.app.config["WORKPLACE"], round)

    def show_transfers(self, wanted: bool) -> None:
        """Let the node's page show files on their way, two of them being sent just now; or none."""
        with self.app.config["WORKPLACE"].database.unit_of_work() as session:
            session.execute(delete(LocalFile).where(LocalFile.sha256.in_(TRANSFERS)))
            moving = {"rate": 2_340_000, "beat_at": now()} if wanted else {"rate": 0, "beat_at": None}
            session.execute(
                update(Line).values(
                    limits=[[480, 1080, 2_500_000], [1080, 480, 8_000_000]] if wanted else None, **moving
                )
            )
            for sha256, (name, path, size, values) in TRANSFERS.items() if wanted else ():
                beat = {"beat_at": now()} if "rate" in values else {}
                record_id = self.resources[name]
                file = LocalFile(sha256=sha256, path=path, size=size, mtime_ns=0, resource_id=record_id)
                for key, value in {**values, **beat}.items():
                    setattr(file, key, value)
                session.add(file)


class Quiet(WSGIRequestHandler):
    """A handler that writes no log."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def served(app: Flask, port: int = 0) -> Iterator[str]:
    """Serve an application on this machine; its origin."""
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def office(folder: Path, hub: Hub, origin: str) -> Iterator[Office]:
    """People at a hub that answers at `origin`, and a museum that is a member of it."""
    _hire(hub)
    hub.institution(MUSEUM, kind="museum", name_zh="示范计量博物馆", name_en="Demo Museum of Metrology")
    apps = [create_app(NodeSettings(data=str(folder / name))) for name in ("node", "new", "shared")]
    app, new, together = apps
    _share(together.config["WORKPLACE"])
    work: Workplace = app.config["WORKPLACE"]
    joined = joining.join(
        work, HubClient(origin, work.key, work.settings), token=hub.invite(MUSEUM), node_name="馆藏部电脑"
    )
    resources = {name: _register(work, **values) for name, values in SENT.items()}
    synchronise(work)
    hub.work()
    _judge(hub, resources["published"], verdicts.APPROVE, "")
    _judge(
        hub,
        resources["returned"],
        "request_changes",
        "第二段说“误差为零”，不合适。请改为“误差在允许范围内”，并注明检定周期。",
    )
    _hear(hub, resources["published"])
    _open_links(hub)
    _judge(hub, resources["approved"], verdicts.APPROVE, "", publish_on=days.today() + timedelta(days=20))
    _appeal(hub, resources["returned"])
    _register(work, record_id=resources["published"], **CHANGED)
    synchronise(work)
    _compare(work, resources["returned"])
    _bring(work)
    resources |= {name: _register(work, **values) for name, values in NEW.items()}
    with work.database.unit_of_work() as session:
        registration.withdraw(session, resources["withdrawn"], "与另一件资源重复。", key=work.key)
    versions = {
        name: _latest(hub, resources[name]) for name in ("waiting", "sensitive", "published", "returned", "approved")
    }
    accounts, invitation = _invite(hub)
    tables = tabulate(work)
    try:
        with served(app) as node, served(new) as new_node, served(together) as shared_node:
            behind = (joined.node_id, resources, versions, accounts, invitation, shared_node, tables)
            yield Office(node, new_node, app, *behind)
    finally:
        for one in apps:
            one.config["SYNCER"].stop()
            one.config["HARVESTER"].stop()
            one.config["WORKPLACE"].database.close()


def _share(work: Workplace) -> None:
    with work.database.unit_of_work() as session:
        for name, role in (("周远", node_accounts.MANAGER), ("吴桐", node_accounts.EDITOR)):
            node_accounts.add(session, name, role=role, password=PASSWORD)


def _hire(hub: Hub) -> None:
    with unit_of_work(hub.app) as session:
        for name, shown, role in PEOPLE:
            people.create_user(session, name=name, display_name=shown, password=PASSWORD, role=role, actor="operator")


def _invite(hub: Hub) -> tuple[dict[str, str], str]:
    """A museum's manager and contributor, an auditor with a second factor, and somebody who is invited."""
    with unit_of_work(hub.app) as session:
        museum = operations.institution(session, MUSEUM)
        made = {}
        for name, shown, role in STAFF:
            owner = museum if role in roles.OF_AN_INSTITUTION else None
            given = {"password": PASSWORD, "role": role, "institution": owner, "actor": "operator"}
            made[name] = people.create_user(session, name=name, display_name=shown, **given)
        secret = second_factor.new_secret()
        shown = {"code": pyotp.TOTP(secret).now(), "address": "", "settings": hub.settings}
        second_factor.set_up(session, made["sun"], secret=secret, **shown)
        person_sessions.begin(session, made["sun"], browser="Firefox · Windows", hours=8, second_factor=True)
        person_sessions.begin(session, made["sun"], browser="Safari · iPhone", hours=8, second_factor=True)
        token = account_links.invite(
            session, display_name="周远", role=roles.CONTRIBUTOR, institution=museum, days=14, issuer=made["chen"]
        )
    return {name: user.id for name, user in made.items()}, account_links.address("", token)


def _register(work: Workplace, *, record_id: str = "", files: tuple[str, ...] = (), **fields: Any) -> str:
    prepared = local_files.prepare(FileSpec(DEMO / path) for path in files)
    with work.database.unit_of_work() as session:
        done = registration.register(session, {**PLAIN, **fields}, prepared, key=work.key, record_id=record_id)
    return done.record_id


def _bring(work: Workplace) -> None:
    """Sources of the museum's node: its repository, of which some records lack a licence, and a folder."""
    faults = [{"identifier": f"oai:museum.example.org:{number}", "reasons": [LACKING]} for number in range(12)]
    outcome = Harvested(
        created=214, updated=3, withdrawn=1, unchanged=8, failed=12, mended=1, faults=faults
    ).as_dict()
    ended = {"started_at": now(), "beat_at": now(), "finished_at": now(), "good": True}
    given = Options(constants={"type": "photo", "themes": ["history"]})
    with work.database.unit_of_work() as session:
        for kind, address, title in SOURCES:
            name = sources.name_of(address)
            made = sources.remember(session, kind=kind, address=address, name=name, options=given, title=title)
            made.minutes, made.outcome = 1440, outcome if kind == sources.OAI else Harvested(created=16).as_dict()
            for field, value in ended.items():
                setattr(made, field, value)


def _compare(work: Workplace, record_id: str) -> None:
    """Compare with the hub, finding that this node has lost what became of one resource."""
    with work.database.unit_of_work() as session:
        session.execute(update(Version).where(Version.resource_id == record_id).values(state="in_review"))
    routine.reconcile(work)


def _appeal(hub: Hub, record_id: str) -> None:
    text = "“误差为零”是引用的一句老广告，原文在图的左下角，正文接着就说了它为什么不对。请再看一遍全图。"
    with unit_of_work(hub.app) as session:
        version = session.get_one(ResourceVersion, _latest_id(session, record_id))
        petitions.make(session, version, kind=APPEAL, text=text, maker="operator")


def _hear(hub: Hub, record_id: str) -> None:
    """A reader points out a mistake, which waits for an answer."""
    with unit_of_work(hub.app) as session:
        version = session.get_one(ResourceVersion, _latest_id(session, record_id))
        text = "第三张图的图注写成了“1985 年”，可照片背面写的是 1958 年。"
        feedback.give(session, version, kind="mistake", text=text, address="198.51.100.9", settings=hub.settings)


def _open_links(hub: Hub) -> None:
    """One link is broken, and one was asked for in vain twice."""
    outcomes = {"archive.example.org": (Outcome("broken", 404), 1), "example.com": (Outcome("unsure", 403), 2)}
    with unit_of_work(hub.app) as session:
        while (claimed := link_checks.claim(session, days=30)) is not None:
            outcome, times = outcomes.get(urlsplit(claimed.url).hostname or "", (Outcome("sound", 200), 1))
            for _ in range(times):
                session.get_one(LinkCheck, claimed.url_sha256).claimed_until = claimed.until
                link_checks.conclude(session, claimed, outcome)


def _judge(hub: Hub, record_id: str, verdict: str, reason: str, publish_on: date | None = None) -> None:
    with unit_of_work(hub.app) as session:
        reviewer = session.scalars(select(User).where(User.name == "li")).one()
        version = session.get_one(ResourceVersion, _latest_id(session, record_id))
        checklist = {item.code: True for item in DEFAULT.items}
        review.decide(
            session,
            version,
            reviewer=reviewer,
            verdict=verdict,
            reason=reason,
            checklist=checklist,
            publish_on=publish_on,
            naan="99999",
        )


def _latest(hub: Hub, record_id: str) -> int:
    with unit_of_work(hub.app, read_only=True) as session:
        return _latest_id(session, record_id)


def _latest_id(session: Any, record_id: str) -> int:
    query = select(ResourceVersion.id).where(ResourceVersion.resource_id == record_id)
    return int(session.scalars(query.order_by(ResourceVersion.version.desc())).first())
