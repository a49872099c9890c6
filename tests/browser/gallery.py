"""A hub with the demo resources in public and a node beside it, served on free ports, for a browser to look at."""

from __future__ import annotations

import hashlib
import mimetypes
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uuid6
from sqlalchemy import delete, select

from federation import (
    catalogue,
    demo_collections,
    feedback,
    ingestion,
    operations,
    people,
    questions,
    roles,
    withdrawals,
)
from federation.collections import content, curating, showing
from federation.database import unit_of_work
from federation.derivatives import maker
from federation.derivatives import watch as derivative_watch
from federation.models.collections import Collection
from federation.models.derivatives import Derivative
from federation.models.institutions import Node, NodeKey
from tests.browser.office import Office, office, served
from tests.support.hub import Hub, Member, running_hub
from tests.support.log import signed
from tests.support.publishing import publish, publish_all, withdraw
from tests.support.records import make_record
from tests.support.reviewing import PASSWORD
from tests.support.stores import free_port, running_store

DEMO = Path(__file__).parents[2] / "config" / "demo"
NAMES = {
    "institute": ("示范市计量测试院", "Demo City Institute of Metrology"),
    "university": ("示范计量大学", "Demo University of Metrology"),
    "society": ("示范省计量测试学会", "Demo Provincial Society for Metrology"),
}


@dataclass
class Gallery:
    """The served hub: where it is, a resource of each kind that a page is about, and who works behind it.

    `held` is a node whose withdrawals wait for an administrator, `drafts` are the ids of collections by their slugs.
    """

    hub: Hub
    origin: str
    store: str
    arks: Mapping[str, str]
    withdrawn: str
    held: str
    office: Office
    drafts: Mapping[str, str]

    @property
    def requests_allowed(self) -> tuple[str, ...]:
        """The only origins that a page may load from."""
        behind = self.office
        return self.origin, self.store, behind.node, behind.new_node, behind.shared_node


@contextmanager
def gallery(folder: Path) -> Iterator[Gallery]:
    """Serve a hub with everything that `config/demo` has, and one withdrawn resource."""
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    with (
        running_store(folder / "s") as store,
        running_hub(folder / "hub", store, public_origin=origin) as hub,
    ):
        withdrawn, held = _fill(hub)
        signed(hub)
        arks = _by_type(hub)
        _picture(hub, [arks[kind] for kind in ("article", "course", "video") if kind in arks])
        drafts = _curate(hub)
        _hear(hub, arks["artefact"])
        with served(hub.app, port), office(folder, hub, origin) as behind:
            yield Gallery(hub, origin, store.endpoint, arks, withdrawn, held, behind, drafts)


def _fill(hub: Hub) -> tuple[str, str]:
    """Fill it; the name of the resource that is gone, and the node whose withdrawals were stopped."""
    for place, (name_zh, name_en) in NAMES.items():
        hub.institution(f"demo-{place}", kind=place, name_zh=name_zh, name_en=name_en)
        member, demo = _enrolled(hub, f"demo-{place}"), demo_records(DEMO / place / "resources")
        publish_all(hub, member, list(demo.values()))
    _stop(hub, member, [record for record, _ in demo.values()])
    hub.institution("former", name_zh="前沿测量研究会", name_en="Society of Measurement")
    gone = make_record(title={"zh": "旧版检定规程汇编", "en": "Old verification rules"})
    ark = publish(hub, _enrolled(hub, "former"), gone)
    withdraw(hub, gone, "内容已被新的检定规程取代，请查阅现行规程。")
    return ark, member.node_id


def _hear(hub: Hub, ark: str) -> None:
    """Readers ask about a resource, and its institution answers."""
    said = {
        "kind": "question",
        "text": "铭文里的“十六尊（寸）五分尊（寸）壹”怎么念？能不能标上拼音？",
        "address": "203.0.113.7",
        "settings": hub.settings,
    }
    with unit_of_work(hub.app) as session:
        version, _ = catalogue.latest(session, ark)
        asked = feedback.give(session, version, **said)
        node = session.get_one(Node, version.resource.node_id)
        text = "“尊”通“寸”。拼音已写进第 2 版的说明，谢谢提醒。"
        assert questions.answer(session, node, [{"question_id": asked.id, "text": text}]) == ["accepted"]


def _curate(hub: Hub) -> Mapping[str, str]:
    """The demo's collections, and one that its institution has proposed; their ids by their slugs."""
    with unit_of_work(hub.app) as session:
        owner = operations.institution(session, "demo-society")
        lead, manager = (
            people.create_user(session, name=name, display_name=shown, password=PASSWORD, role=role, **more)
            for name, shown, role, more in (
                ("he", "何主编", roles.CHIEF_REVIEWER, {"actor": "operator"}),
                ("shi", "史老师", roles.MANAGER, {"actor": "operator", "institution": owner}),
            )
        )
        demo_collections.add(session, DEMO, by=lead)
        ids = [entry.resource_id for entry in catalogue.newest(session, limit=5, institution_id=owner.id)]
        proposed = curating.create(session, by=manager, kind="collection", slug="at-the-market", title="集市上的计量")
        said = {
            "title": {"zh": "集市上的计量", "en": "Measures at the market"},
            "introduction": {"zh": "带孩子逛一次菜市场，顺便把秤看懂。"},
            "items": [{"resource": one} for one in ids],
        }
        curating.revise(session, proposed, content.read(said), based_on=1, by=manager)
        showing.propose(session, proposed, by=manager, based_on=2)
        return {one.slug: one.id for one in session.scalars(select(Collection))}


def _stop(hub: Hub, member: Member, records: list[dict[str, Any]]) -> None:
    """Have a member ask for the withdrawal of all that it has in public, which the hub stops."""
    with unit_of_work(hub.app) as session:
        node = session.get_one(Node, member.node_id)
        tokens = [member.signer.sign({**one, "version": 2, "withdrawn": {"reason": "清理"}}) for one in records]
        guard = withdrawals.Guard.of(hub.settings)
        outcomes = ingestion.ingest(session, node, tokens, max_file_bytes=10**9, guard=guard)
        assert {outcome.error.code for outcome in outcomes if outcome.error} == {"mass_withdrawal"}


def _enrolled(hub: Hub, code: str) -> Member:
    member = Member(hub, code, node_id=str(uuid6.uuid7()))
    with unit_of_work(hub.app) as session:
        owner = operations.institution(session, code)
        session.add(Node(id=member.node_id, institution_id=owner.id, name="节点"))
        session.flush()
        session.add(NodeKey(id=member.signer.key_id, node_id=member.node_id, jwk=member.signer.jwk))
    return member


def demo_records(folder: Path) -> dict[str, tuple[dict[str, Any], dict[str, bytes]]]:
    """The demo records of one institution, by slug, with the bytes of their files by name."""
    slugs = {path.stem: str(uuid6.uuid7()) for path in sorted(folder.glob("*.toml"))}
    found = {}
    for slug, record_id in slugs.items():
        record = tomllib.loads((folder / f"{slug}.toml").read_text(encoding="utf-8"))
        files: dict[str, bytes] = {}
        for entry in record.get("files", ()):
            path = folder / entry.pop("path")
            entry.setdefault("name", path.name)
            data = files[entry["name"]] = path.read_bytes()
            guessed = {".vtt": "text/vtt"}.get(path.suffix) or mimetypes.guess_type(path.name)[0]
            entry.setdefault("role", "main")
            entry["media_type"] = guessed or "application/octet-stream"
            entry["size"], entry["sha256"] = len(data), hashlib.sha256(data).hexdigest()
        for relation in record.get("relations", ()):
            relation["target"] = slugs.get(relation["target"], relation["target"])
        found[slug] = ({"id": record_id, "version": 1, **record}, files)
    return found


def _picture(hub: Hub, arks: list[str]) -> None:
    """Make what pictures and texts are shown by; films and pages of these resources alone, for they take long."""
    with unit_of_work(hub.app) as session:
        records = [entry.record for entry in catalogue.by_arks(session, arks)]
        shown = {file["sha256"] for record in records for file in record["files"]}
        slow = Derivative.kind.in_((maker.PAGES, maker.FILM)) & Derivative.sha256.not_in(shown)
        session.execute(delete(Derivative).where(slow))
    using = maker.find()
    while derivative_watch.make_next(hub.app, using):
        pass


def _by_type(hub: Hub) -> dict[str, str]:
    """One ARK for each type that is public; for a course the one with most lessons."""
    with unit_of_work(hub.app, read_only=True) as session:
        entries = catalogue.newest(session, limit=200)
        return {
            entry.type: entry.ark for entry in sorted(entries, key=lambda one: len(one.record.get("relations", ())))
        }
