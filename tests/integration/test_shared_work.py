"""Two web processes and two workers over one database and one store share the work, and nothing happens twice."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import func, select, update

from federation import review
from federation.checklist import DEFAULT
from federation.core import create_core
from federation.database import db, unit_of_work
from federation.models.base import now
from federation.models.events import AuditEvent, FeedEntry, NodeEvent
from federation.models.institutions import Node
from federation.models.objects import Upload
from federation.models.people import User
from federation.models.resources import Resource, ResourceVersion
from federation.parts import parts
from federation.settings import load_settings
from federation.tasks import STALE, init_queue, prepare_queue, queue
from shared import http_signatures
from shared.errors import CommonsError
from shared.messages import PREFIX, PROTOCOL
from tests.support.daemons import free_ports
from tests.support.engines import new_database
from tests.support.processes import Command, HubProcess, abroad, eventually, surroundings
from tests.support.records import Signer, make_file, make_record

pytestmark = [pytest.mark.only_on("postgresql"), pytest.mark.xdist_group("live")]
RECORDS = 24
AT_ONCE = 4


@dataclass
class Site:
    """Two hosts of one hub: each has a web process, a worker and a search index."""

    hosts: list[HubProcess]
    app: Flask

    def scalars(self, query: Any) -> list[Any]:
        """What a query finds."""
        with unit_of_work(self.app, read_only=True) as session:
            return list(session.scalars(query))


@dataclass
class Sender:
    """A node that sends to either host, also to both at once."""

    site: Site
    signer: Signer
    node_id: str = ""

    def post(self, host: int, path: str, message: dict[str, Any]) -> requests.Response:
        """A signed message to one of the hosts; its signature names the one public origin."""
        public = self.site.hosts[0].origin + PREFIX + path
        body = requests.Request("POST", public, json=message).prepare().body or b""
        data = body.encode() if isinstance(body, str) else body
        request = http_signatures.Request("POST", public, {"Content-Type": "application/json"})
        http_signatures.sign_request(request, data, private_key=self.signer.private_key, kid=self.signer.key_id)
        url = self.site.hosts[host].origin + PREFIX + path
        return requests.post(url, data=data, headers=dict(request.headers), timeout=60)

    def until_taken(self, host: int, path: str, message: dict[str, Any]) -> dict[str, Any]:
        """Send as a node does: again while the hub says that it is busy."""
        answer: requests.Response = eventually(lambda: _unless_busy(self.post(host, path, message)), seconds=60)
        assert answer.status_code in (200, 201), answer.text
        found: dict[str, Any] = answer.json()
        return found


def _unless_busy(answer: requests.Response) -> requests.Response | None:
    return None if answer.status_code in (429, 503) else answer


@contextmanager
def _process(host: HubProcess, *words: str) -> Iterator[None]:
    with host.log.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *words], env={**surroundings(), **host.command.environ}, stdout=log, stderr=log
        )
    try:
        yield
        assert process.poll() is None, host.log.read_text(encoding="utf-8")
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Both hosts, running."""
    folder = tmp_path_factory.mktemp("site")
    first = free_ports(2)
    with ExitStack() as stack:
        database = stack.enter_context(new_database(folder, migrated=False))
        common = {**abroad(folder, first, database), "COMMONS_LOG_LEVEL": "WARNING", "COMMONS_SWEEP_SECONDS": "1"}
        hosts = []
        for number in range(2):
            var = folder / f"host-{number}"
            own = {"COMMONS_VAR": str(var), "COMMONS_PORT": str(first + number)}
            command = Command("federation", {**common, **own})
            hosts.append(HubProcess(var, first + number, command, database, log=var.with_suffix(".log")))
        _migrate_on_both(hosts)
        for host in hosts:
            stack.enter_context(_process(host, "federation", "web"))
            stack.enter_context(_process(host, "federation.worker"))
        for host in hosts:
            eventually(lambda host=host: _ready(host), seconds=60)
        app = create_core(load_settings(environ=hosts[0].command.environ))
        yield Site(hosts, app)
        queue(app).huey.storage.close()
        with app.app_context():
            db.engine.dispose()


def _migrate_on_both(hosts: list[HubProcess]) -> None:
    """Hosts that are brought to a new version at the same moment take turns."""
    with ThreadPoolExecutor() as pool:
        for done in pool.map(lambda host: host.command.run("migrate"), hosts):
            assert done.returncode == 0


def _ready(host: HubProcess) -> bool:
    try:
        return host.get("/readyz").status_code == 200
    except requests.RequestException:
        return False


@pytest.fixture(scope="module")
def sender(site: Site) -> Sender:
    """An enrolled node; both hosts are asked at once with the one token, and one node comes of it."""
    made = Sender(site, Signer())
    token = site.hosts[0].institution("shared-work")
    message = {"protocol": PROTOCOL, "token": token, "node_name": "节点", "public_key": made.signer.jwk}
    answers = at_once(lambda host: made.until_taken(host, "/enrolments", message), [0, 1])
    (made.node_id,) = {answer["node_id"] for answer in answers}
    for name in ("reviewer-one", "reviewer-two"):
        site.hosts[0].reviewer(name)
    return made


def at_once(act: Callable[[Any], Any], arguments: list[Any]) -> list[Any]:
    """Do the same for each argument at the same moment."""
    with ThreadPoolExecutor(len(arguments)) as pool:
        return list(pool.map(act, arguments))


@pytest.fixture(scope="module")
def published(site: Site, sender: Sender) -> list[dict[str, Any]]:
    """Records whose files went to both hosts at once, each step more than once, verified by both workers."""
    contents = [f"第 {number} 件".encode() for number in range(RECORDS + 1)]
    entries = [make_file(size=len(data), sha256=hashlib.sha256(data).hexdigest()) for data in contents]
    # Neighbours share a file, so that whoever verifies one of them decides about two records.
    records = [
        make_record(files=[{**entries[n], "name": "a.txt"}, {**entries[n + 1], "name": "b.txt"}])
        for n in range(RECORDS)
    ]
    batch = {"records": [sender.signer.sign(record) for record in records]}
    answers = at_once(lambda host: sender.until_taken(host, "/records", batch), [0, 1] * (AT_ONCE // 2))
    outcomes = Counter(result["outcome"] for answer in answers for result in answer["results"])
    assert outcomes == {"accepted": RECORDS, "duplicate": RECORDS * (AT_ONCE - 1)}
    offer = {"files": [{"sha256": entry["sha256"], "size": entry["size"]} for entry in entries]}
    granted = at_once(lambda host: sender.until_taken(host, "/uploads", offer)["uploads"], [0, 1] * (AT_ONCE // 2))
    assert len({upload["upload_id"] for answer in granted for upload in answer}) == len(entries)
    for upload, data in zip(granted[0], contents, strict=True):
        requests.put(upload["parts"][0]["url"], data=data, timeout=30).raise_for_status()
    ids = [upload["upload_id"] for upload in granted[0]]
    at_once(lambda host: sender.until_taken(host, "/uploads/complete", {"upload_ids": ids}), [0, 1])
    # Besides, every task is there twice, as after a restored queue.
    queue(site.app).verify(ids)
    waiting = select(func.count()).where(ResourceVersion.state != "in_review").select_from(ResourceVersion)
    eventually(lambda: site.scalars(waiting) == [0], seconds=90)
    return records


def test_a_batch_that_comes_four_times_at_once_is_taken_in_once(site: Site, published: list[Any]) -> None:
    assert site.scalars(select(func.count()).select_from(ResourceVersion)) == [RECORDS]
    assert site.scalars(select(func.count()).select_from(Resource)) == [RECORDS]


def test_every_upload_is_verified_once_and_no_state_is_stuck(site: Site, published: list[Any]) -> None:
    assert Counter(site.scalars(select(Upload.state))) == {"verified": RECORDS + 1}
    assert set(site.scalars(select(ResourceVersion.state))) == {"in_review"}


def test_each_change_of_state_is_in_the_audit_log_once(site: Site, published: list[Any]) -> None:
    def subjects(action: str) -> Counter[str]:
        return Counter(site.scalars(select(AuditEvent.subject).where(AuditEvent.action == action)))

    once = {f"resource:{record['id']}": 1 for record in published}
    for action in ("version.received", "version.awaiting_files", "version.verifying", "version.in_review"):
        assert subjects(action) == once, action


def test_the_sweeps_of_two_workers_share_what_was_left_behind(site: Site, published: list[Any]) -> None:
    """Uploads that a killed worker left: both workers sweep every second, and each is ended once."""
    before = Counter(site.scalars(select(AuditEvent.action)))
    with unit_of_work(site.app) as session:
        session.execute(update(Upload).values(state="verifying", changed_at=now() - 2 * STALE))
    eventually(lambda: set(site.scalars(select(Upload.state))) == {"verified"}, seconds=60)
    assert Counter(site.scalars(select(AuditEvent.action))) == before


def test_two_reviewers_who_decide_at_once_publish_each_resource_once(site: Site, published: list[Any]) -> None:
    def approve(name: str) -> tuple[int, int]:
        with unit_of_work(site.app) as session:
            versions = session.scalars(select(ResourceVersion).order_by(ResourceVersion.id)).all()
            done = review.decide_many(
                session,
                versions,
                reviewer=session.scalars(select(User).where(User.name == name)).one(),
                reason="核对无误",
                checklist=DEFAULT.everything(),
                naan=parts(site.app).settings.ark_naan,
            )
            assert all(isinstance(error, CommonsError) for _, error in done.refused)
            return len(done.decided), len(done.refused)

    outcomes = at_once(approve, ["reviewer-one", "reviewer-two"])
    assert sorted(outcomes) == [(0, RECORDS), (RECORDS, 0)]
    assert set(site.scalars(select(ResourceVersion.state))) == {"published"}
    arks = site.scalars(select(Resource.ark))
    assert len(set(arks)) == RECORDS
    assert None not in arks


def test_feed_and_events_have_no_gap_and_no_number_twice(site: Site, sender: Sender, published: list[Any]) -> None:
    feed = site.scalars(select(FeedEntry.seq).order_by(FeedEntry.seq))
    assert feed == list(range(1, RECORDS + 1))
    events = site.scalars(select(NodeEvent.seq).where(NodeEvent.node_id == sender.node_id).order_by(NodeEvent.seq))
    assert events == list(range(1, len(events) + 1))
    assert site.scalars(select(Node.event_seq).where(Node.id == sender.node_id)) == [len(events)]
    states = Counter(site.scalars(select(NodeEvent.state).where(NodeEvent.node_id == sender.node_id)))
    assert states == dict.fromkeys(("awaiting_files", "verifying", "in_review", "published"), RECORDS)


def test_each_host_has_the_whole_index(site: Site, published: list[Any]) -> None:
    for host in site.hosts:
        found = eventually(lambda host=host: _status(host)["search_index"] == RECORDS, seconds=30)
        assert found
        # Its web process looks for a newer index now and then.
        assert eventually(lambda host=host: host.get("/api/v1/search").json()["total"] == RECORDS, seconds=10)


def _status(host: HubProcess) -> dict[str, Any]:
    found: list[dict[str, Any]] = host.command.json("status")
    return found[0]


def test_hosts_that_prepare_the_queue_at_the_same_moment_all_succeed(tmp_path: Path) -> None:
    for number in range(5):
        with new_database(tmp_path / str(number), migrated=False) as database:
            apps = [Flask(f"host-{host}") for host in range(4)]
            for app in apps:
                app.config["SECRET_KEY"] = "for-tests-only-0123456789-0123456789"
                init_queue(app, database.queue_url)
            with ThreadPoolExecutor(len(apps)) as pool:
                list(pool.map(prepare_queue, apps))
            assert [queue(app).huey.pending_count() for app in apps] == [0] * len(apps)
            for app in apps:
                queue(app).huey.storage.close()
