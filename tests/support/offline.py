"""A hub that no network reaches: its commands, its database and a real store, but no web server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from federation import bundles as hub_bundles
from federation import enrolment, membership_message
from federation import receipts as hub_receipts
from federation.database import unit_of_work
from federation.parts import parts
from federation.transparency.keys import log_keys
from nodes import bundles, carried_enrolment, queries, receipts, registration
from nodes import files as local_files
from nodes.files import FileSpec
from nodes.settings import NodeSettings
from nodes.sync import Synced
from nodes.workplace import Workplace, initialise, open_workplace
from shared import hub_answers
from shared.carrying import read_enrolment_request
from tests.support.hub import Hub
from tests.support.processes import PASSWORD, Command
from tests.support.records import make_record
from tests.support.stores import ACCESS_KEY, SECRET_KEY, RunningStore

ORIGIN = "https://cloud.example.org"
REVIEWER = "reviewer"


@dataclass
class OfflineHub:
    """What an operator does at the hub with what was carried there."""

    command: Command
    stick: Path

    def institution(self, code: str) -> str:
        """Register an institution; its invitation."""
        self.command.run("institution", "add", code, "--kind", "institute", "--name-zh", f"{code}院")
        return self.command.run("invite", code).stdout.strip()

    def join(self, folder: Path, code: str) -> OfflineNode:
        """A node that joins by files alone."""
        node = OfflineNode(Command("nodes", {"COMMONS_NODE_DATA": str(folder)}), self.stick / code)
        node.stick.mkdir(parents=True)
        request, reply = node.stick / "request.jws", node.stick / "reply.jws"
        node.command.run("init")
        node.command.run("join-request", str(request), self.institution(code))
        self.command.run("enrol", str(request), "--reply", str(reply))
        node.command.run("join-reply", str(reply), "--hub-key", self.fingerprint())
        return node

    def fingerprint(self) -> str:
        """What the operator reads out on the telephone: the fingerprint of the hub's key."""
        return self.command.run("audit", "key", "--fingerprint").stdout.strip()

    def take(self, bag: Path, *, check: int | None = 0) -> tuple[Any, Path]:
        """Import a bag: what the command said, and the receipt."""
        receipt = bag.with_name(f"{bag.name}.receipt.jws")
        return self.command.json("import", str(bag), "--receipt", str(receipt), check=check), receipt

    def approve(self, code: str) -> None:
        """Let the reviewer approve what waits of an institution."""
        self.command.run("approve", "--institution", code, "--reviewer", REVIEWER, "--reason", "已核对")


@dataclass
class OfflineNode:
    """What an institution does on a machine without a network."""

    command: Command
    stick: Path
    bags: int = 0

    def register(self, source: Path, *words: str) -> Any:
        """Register what a description says."""
        return self.command.json("register", "--from", str(source), *words)

    def export(self, *, check: int | None = 0) -> tuple[Any, Path]:
        """Export what waits: what the command said, and the bag."""
        self.bags += 1
        bag = self.stick / f"bag-{self.bags}"
        return self.command.json("export", str(bag), check=check), bag

    def take(self, receipt: Path, *, check: int | None = 0) -> Any:
        """Take in a receipt."""
        return self.command.json("import-receipt", str(receipt), check=check)

    def states(self) -> dict[str, int]:
        """How many resources are in each state."""
        found: dict[str, int] = self.command.json("status")["states"]
        return found


@contextmanager
def offline_hub(folder: Path, store: RunningStore) -> Iterator[OfflineHub]:
    """A hub with a reviewer, ready to take in what is carried to it."""
    environ = {
        "COMMONS_VAR": str(folder / "var"),
        "COMMONS_PUBLIC_ORIGIN": ORIGIN,
        "COMMONS_STORE_ENDPOINT": store.endpoint,
        "COMMONS_STORE_ACCESS_KEY": ACCESS_KEY,
        "COMMONS_STORE_SECRET_KEY": SECRET_KEY,
        "COMMONS_STORE_INCOMING_BUCKET": "offline-in",
        "COMMONS_STORE_PUBLIC_BUCKET": "offline-pub",
        "COMMONS_LOG_LEVEL": "ERROR",
    }
    hub = OfflineHub(Command("federation", environ), folder / "stick")
    hub.command.run("migrate")
    hub.command.run("user", "add", REVIEWER, "--password", PASSWORD)
    yield hub


# -- the same inside the test's process --------------------------------------------------------------------------


@dataclass
class Isolated:
    """A node that reaches no hub, and what is done for it at the hub, without a process for each step."""

    hub: Hub
    workplace: Workplace
    folder: Path
    node_id: str = ""

    def register(self, record_id: str = "", *files: Path, **fields: Any) -> str:
        """Register a record with these files; its id."""
        content = {name: value for name, value in make_record(**fields).items() if name not in ("id", "version")}
        prepared = local_files.prepare([FileSpec(path) for path in files])
        with self.workplace.database.unit_of_work() as session:
            done = registration.register(session, content, prepared, key=self.workplace.key, record_id=record_id)
        return done.record_id

    def file(self, name: str, data: bytes) -> Path:
        """A file of the institution."""
        path = self.folder / name
        path.write_bytes(data)
        return path

    def export(self, name: str = "bag") -> Path:
        """The bag of what waits."""
        return bundles.export(self.workplace, self.folder / name).folder

    def import_(self, bag: Path, progress: Any = lambda _steps: None) -> dict[str, Any]:
        """Take the bag in at the hub; the receipt."""
        work = self.work
        bundle = hub_bundles.open_bundle(work, bag, self.hub.settings)
        answers = hub_bundles.take_in(work, parts(self.hub.app).store, bundle, self.hub.settings, progress)
        return hub_receipts.receipt(work, bundle, answers, self.hub.settings)

    def take(self, receipt: dict[str, Any]) -> Synced:
        """Take a receipt in at the node, signed by the hub as it is now, whatever it says."""
        path = self.folder / "receipt.jws"
        path.write_bytes(hub_answers.sign_receipt(receipt, key=self.hub_key))
        return receipts.take(self.workplace, path)

    @property
    def hub_key(self) -> Ed25519PrivateKey:
        """What the hub signs with."""
        return log_keys(self.hub.settings).signing

    @property
    def work(self) -> Any:
        """The hub's transactions."""
        return partial(unit_of_work, self.hub.app)

    def states(self) -> list[str]:
        """The states of the latest versions as the node knows them."""
        with self.workplace.database.unit_of_work(read_only=True) as session:
            return sorted(item.state for item in queries.list_resources(session))


def isolated(hub: Hub, folder: Path, code: str = "isolated") -> Isolated:
    """A node that has joined by files alone."""
    folder.mkdir(exist_ok=True)
    node = Isolated(hub, initialise(NodeSettings(data=str(folder / "node"))), folder)
    hub.institution(code)
    request, reply = folder / "request.jws", folder / "reply.jws"
    carried_enrolment.write_request(node.workplace, request, token=hub.invite(code), node_name="离线节点")
    reply.write_bytes(hub_answers.sign_reply(enrolled(hub, request), key=node.hub_key))
    known = log_keys(hub.settings).fingerprint
    node.node_id = carried_enrolment.take_reply(node.workplace, reply, hub_key=known).node_id
    return node


def enrolled(hub: Hub, request: Path) -> dict[str, Any]:
    """The hub's reply to a carried request to join."""
    asked, kid = read_enrolment_request(request.read_text().strip())
    with unit_of_work(hub.app) as session:
        node = enrolment.enrol_carried(session, asked, signed_by=kid)
        return {"key_id": kid, "membership": membership_message.describe(session, node, hub.settings)}


def lose_database(node: Isolated, *besides: str) -> None:
    """The node's database is gone, and the files called `besides`; its key is there still."""
    folder = node.workplace.folder
    node.workplace.database.close()
    for path in (*folder.glob("node.sqlite*"), *(folder / name for name in besides)):
        path.unlink()
    node.workplace = open_workplace(node.workplace.settings)
