"""What tests of review and of the workbench start from: members, people, and submissions that wait."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uuid6
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from federation import auditlog, ingestion, people, publication, review
from federation.checklist import DEFAULT
from federation.database import prepare_sqlite
from federation.models.events import AuditEvent
from federation.models.institutions import Institution, Node, NodeKey
from federation.models.objects import StoredObject
from federation.models.people import User
from federation.models.resources import ResourceVersion
from federation.models.reviews import Decision
from federation.settings import HubSettings
from federation.transparency.keys import log_keys
from tests.support.engines import SQLITE, new_database
from tests.support.records import Signer, make_record

PASSWORD = "一把量天尺 1889"
SETTINGS = HubSettings(
    secret_key="for-tests-only-0123456789-0123456789",
    audit_key="for-tests-only-9876543210-9876543210",
    sign_in_attempts=3,
    sign_in_window=900,
    second_factor_required=False,
)
NAAN = "99999"
ALL = DEFAULT.everything()
"""Every question of the checklist confirmed."""


@contextmanager
def database(folder: Path) -> Iterator[Session]:
    """A session on a real database with the hub's tables, without the application around it."""
    with new_database(folder) as made:
        opened = create_engine(made.url)
        if opened.dialect.name == SQLITE:
            prepare_sqlite(opened)
        opened.update_execution_options(**{auditlog.SEAL_KEY: log_keys(SETTINGS).sealing})
        with Session(opened, expire_on_commit=False) as session:
            yield session
        opened.dispose()


@dataclass
class Member:
    """An institution with one node, whose records are signed and taken in as in earnest."""

    session: Session
    institution: Institution
    node: Node
    signer: Signer = field(default_factory=Signer)

    def submit(self, **changes: Any) -> ResourceVersion:
        """A record of this member that has come as far as it can: with all files stored, into review."""
        record = make_record(**changes)
        token = self.signer.sign(record)
        (outcome,) = ingestion.ingest(self.session, self.node, [token], max_file_bytes=10**9)
        assert outcome.error is None, outcome.error
        query = select(ResourceVersion).where(
            ResourceVersion.resource_id == record["id"], ResourceVersion.version == record["version"]
        )
        return self.session.scalars(query).one()


def add_member(session: Session, code: str, name_zh: str = "", name_en: str = "") -> Member:
    """A member called `code` with an enrolled node."""
    count = session.query(Institution).count()
    institution = Institution(
        code=code,
        kind="institute",
        name_zh=name_zh or f"{code} 研究院",
        name_en=name_en or f"Institute {code}",
        shoulder=f"x{count + 1}",
    )
    session.add(institution)
    session.flush()
    node = Node(id=str(uuid6.uuid7()), institution_id=institution.id, name="主节点", institution=institution)
    session.add(node)
    session.flush()
    member = Member(session, institution, node)
    session.add(NodeKey(id=member.signer.key_id, node_id=node.id, jwk=member.signer.jwk))
    session.flush()
    return member


def add_person(
    session: Session, name: str, role: str = people.REVIEWER, *, member: Member | None = None, shown: str = ""
) -> User:
    """Somebody who may sign in with PASSWORD."""
    return people.create_user(
        session,
        name=name,
        display_name=shown or name,
        password=PASSWORD,
        role=role,
        institution=member.institution if member else None,
        actor="operator",
    )


def store_object(session: Session, sha256: str, size: int, media_type: str) -> None:
    """Say that the hub keeps these bytes."""
    session.add(StoredObject(sha256=sha256, size=size, media_type=media_type))
    session.flush()


def public(session: Session, member: Member, **changes: Any) -> ResourceVersion:
    """A record of the member that the public sees."""
    version = member.submit(**changes)
    publication.publish(session, [version], naan=NAAN, actor="test")
    return version


def ark_of(version: ResourceVersion) -> str:
    """Its resource's permanent identifier."""
    assert version.resource.ark
    return version.resource.ark


@dataclass
class Scene:
    """A member, and three people of whom one belongs to it."""

    session: Session
    member: Member
    first: User
    second: User
    insider: User

    def judge(self, version: ResourceVersion, reviewer: User | None = None, verdict: str = "approve") -> None:
        """Decide, with all that the verdict needs."""
        reason = "" if verdict == "approve" else "数据有误"
        judge = reviewer or self.first
        review.decide(self.session, version, reviewer=judge, verdict=verdict, reason=reason, checklist=ALL, naan=NAAN)

    def actions(self, subject: str) -> list[str]:
        """What the audit log says of a subject."""
        query = select(AuditEvent.action).where(AuditEvent.subject == subject).order_by(AuditEvent.id)
        return list(self.session.scalars(query))

    def decisions(self) -> list[Decision]:
        """All decisions."""
        return list(self.session.scalars(select(Decision)))


@contextmanager
def scene_in(folder: Path) -> Iterator[Scene]:
    """A scene on a database of its own."""
    with database(folder) as session:
        member = add_member(session, "nim")
        yield Scene(
            session,
            member,
            add_person(session, "first"),
            add_person(session, "second", people.ADMIN),
            add_person(session, "insider", member=member),
        )
