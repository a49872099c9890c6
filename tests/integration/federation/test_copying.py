"""Copying a hub's database to another engine: everything arrives and goes on from there, or nothing is done."""

from __future__ import annotations

import click
import pytest
from sqlalchemy import create_engine, delete, func, insert, select, text
from sqlalchemy.exc import DBAPIError

from federation import audit_keeper, auditlog, copying, forbidden_keys, withdrawals
from federation.collections import curating
from federation.database import unit_of_work
from federation.models.derivatives import Derivative
from federation.models.events import AuditEvent
from federation.models.institutions import Node
from federation.models.objects import StoredObject
from federation.models.people import User
from federation.models.renditions import Rendition
from federation.models.usage import UsageEvent
from federation.renditions import making
from federation.roles import CHIEF_REVIEWER
from tests.support.hub import rows, running_hub
from tests.support.publishing import file_entry, publish
from tests.support.records import Signer, make_record

PDF = b"%PDF-1.7 a balance"


@pytest.fixture
def old(tmp_path, store):
    """A hub on SQLite with something in it, and a member that goes on publishing."""
    folder = tmp_path / "old"
    urls = {"database_url": f"sqlite:///{folder / 'hub.sqlite'}", "queue_url": f"sqlite:///{folder / 'queue.sqlite'}"}
    with running_hub(folder, store, **urls) as hub:
        member = hub.member("institute-a")
        coverage = {"period": {"name": {"zh": "新"}, "from": 9, "until": 23}}
        record = make_record(files=[file_entry(PDF)], coverage=coverage)
        record["relations"] = [{"type": "references", "target": make_record()["id"]}]
        publish(hub, member, record, PDF, indexed=False)
        hub.invite(member.code)
        with unit_of_work(hub.app) as session:
            uses = [{"kind": "view", "resource_id": record["id"], "sha256": "", "day": 20260520} for _ in range(3)]
            session.execute(insert(UsageEvent), uses)
            withdrawals.hold(session, session.get_one(Node, member.node_id), [record["id"]])
            auditlog.record(session, auditlog.Happening("user:1", "test.done", "thing:1", "因为"))
            making.note_ability(session, "hub-1", hindrance="absent")
            kept = session.scalars(select(StoredObject)).one()
            session.add(Rendition(sha256=kept.sha256, state="failed", cause="unreadable", tries=1))
            session.merge(Derivative(sha256=kept.sha256, kind="picture", pictures=[["w9", 9, 9, 37, 40]], head="头"))
            author = User(id="01890a5d", name="he", display_name="何", password_hash="x", role=CHIEF_REVIEWER)
            session.add(author)
            session.flush()
            curating.create(session, by=author, kind="collection", slug="rulers", title="量尺")
            forbidden_keys.forbid(session, Signer().key_id, reason="泄露", actor="operator")
        audit_keeper.keep(hub.app, sign=True)
        hub.invite(member.code)
        yield hub, member


def test_every_row_of_every_table_arrives(hub, old):
    source, _ = old
    before = rows(source)
    copied = copying.copy_database(hub.app, source.settings.database_url)
    assert {one.table: one.rows for one in copied} == {name: len(found) for name, found in before.items()}
    assert rows(hub) == before == rows(source)
    empty = {name for name, found in before.items() if not found}
    of_accounts = {
        "account_links",
        "external_identities",
        "identity_providers",
        "outgoing_mails",
        "person_sessions",
        "recovery_codes",
        "reminders",
        "second_factors",
    }
    of_the_desk = {
        "claims",
        "feedback",
        "petitions",
        "questions",
        "rereviews",
        "reviewer_disciplines",
        "review_policies",
        "samplings",
        "text_bands",
    }
    of_a_moment = {"dumps", "uploads", "backups_made", "sign_in_attempts", "usage_salts"}
    others = {"users", "decisions", "reconciliations", "audit_cosignatures", "review_policies"}
    assert empty <= others | of_a_moment | of_accounts | of_the_desk


def test_the_copy_goes_on_with_the_next_numbers_and_an_append_only_log(hub, old):
    source, member = old
    copying.copy_database(hub.app, source.settings.database_url)
    member.hub = hub
    resource = make_record()
    publish(hub, member, resource, indexed=False)
    hub.invite(member.code)
    with unit_of_work(hub.app) as session:
        last = session.scalar(select(func.max(UsageEvent.id)))
        session.execute(insert(UsageEvent).values(kind="view", resource_id=resource["id"], sha256="", day=20260520))
        assert session.scalar(select(func.max(UsageEvent.id))) == last + 1
        assert list(session.scalars(text("SELECT seq FROM change_feed ORDER BY seq"))) == [1, 2]
    with pytest.raises(DBAPIError, match="append-only"), unit_of_work(hub.app) as session:
        session.execute(delete(AuditEvent))


def test_a_target_that_is_not_empty_is_left_as_it_is(hub, old):
    source, _ = old
    hub.institution("institute-b")
    before = rows(hub)
    with pytest.raises(click.ClickException, match="不是空的"):
        copying.copy_database(hub.app, source.settings.database_url)
    assert rows(hub) == before


def test_a_copy_that_fails_half_way_leaves_nothing(hub, old, monkeypatch):
    source, _ = old
    before = rows(hub)
    monkeypatch.setattr(copying, "_set_sequences", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        copying.copy_database(hub.app, source.settings.database_url)
    assert rows(hub) == before


@pytest.mark.parametrize("url", ["sqlite:////there/is/none.sqlite", "nonsense", "unknown://host/database"])
def test_a_source_that_is_none_is_named(hub, url):
    with pytest.raises(click.ClickException):
        copying.copy_database(hub.app, url)


def test_a_source_of_another_version_is_refused(hub, tmp_path):
    url = f"sqlite:///{tmp_path / 'strange.sqlite'}"
    strange = create_engine(url)
    with strange.begin() as connection:
        connection.execute(text("CREATE TABLE something (id INTEGER)"))
    strange.dispose()
    with pytest.raises(click.ClickException, match="版本"):
        copying.copy_database(hub.app, url)
