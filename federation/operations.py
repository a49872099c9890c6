"""What the operator's commands do: look things up, approve in bulk, and say how the hub is."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from federation import auditlog, forbidden_keys, key_register, policies, quotas, review, withdrawals
from federation.database import unit_of_work
from federation.models.institutions import ForbiddenKey, Institution, Node, NodeKey
from federation.models.people import User
from federation.models.resources import Resource, ResourceVersion
from federation.parts import parts
from federation.people import fold_name
from federation.storage import StorageError
from shared.errors import NoSuch, StoreAway
from shared.wording import Words

AT_A_TIME = 500
APPROVING = "批量通过"
"""What is said beside the bar."""
Begin = Callable[[str, int], Callable[[int], None]]
MEMBER, ACCOUNT = Words("institution", "成员单位"), Words("user", "用户")
MEMBERS_LISTED = Words(
    "“commons-hub institution list” shows those there are, “institution add” registers one",
    "用 commons-hub institution list 列出现有的，用 commons-hub institution add 登记新的",
)
ACCOUNTS_LISTED = Words(
    "“commons-hub user list” shows those there are, “user add” adds one",
    "用 commons-hub user list 列出现有的，用 commons-hub user add 添加新的",
)


@dataclass(frozen=True)
class Approved:
    """What a bulk approval did: made public, waiting for a second reviewer, left as they were and why."""

    published: int
    waiting: int
    refused: Tally[str]
    """How many were left for each reason, in words."""

    @property
    def left(self) -> int:
        """How many were left as they were."""
        return self.refused.total()


def prepare_store(app: Flask) -> None:
    """Make the buckets. Raises `StoreAway`."""
    try:
        parts(app).store.ensure_buckets()
    except StorageError as error:
        raise StoreAway() from error


def institution(session: Session, code: str) -> Institution:
    """The member with that code. Raises `NoSuch`."""
    found = session.scalar(select(Institution).where(Institution.code == code))
    if found is None:
        raise NoSuch(what=MEMBER, name=code[:80], remedy=MEMBERS_LISTED)
    return found


def user(session: Session, name: str) -> User:
    """The account with that name. Raises `NoSuch`."""
    found = session.scalar(select(User).where(User.name == fold_name(name)))
    if found is None:
        raise NoSuch(what=ACCOUNT, name=name[:80], remedy=ACCOUNTS_LISTED)
    return found


def institutions(session: Session, *, quota: int) -> list[dict[str, Any]]:
    """The members, with their nodes, how many resources they sent, how much they store of what they may, and how
    many withdrawals of theirs wait for a person.

    `quota` is that of a member without one of its own; 0 is no limit.
    """
    stored, held = quotas.used(session), Tally[int]()
    for one in withdrawals.held(session):
        held[one.node.institution_id] += one.count
    counts = dict(pairs(session, select(Resource.institution_id, func.count()).group_by(Resource.institution_id)))
    nodes = dict(pairs(session, select(Node.institution_id, func.count()).group_by(Node.institution_id)))
    return [
        {
            "code": member.code,
            "kind": member.kind,
            "name_zh": member.name_zh,
            "name_en": member.name_en,
            "nodes": nodes.get(member.id, 0),
            "resources": counts.get(member.id, 0),
            "bytes": stored.get(member.id, 0),
            "quota": quotas.allowed(member, quota),
            "withdrawals_held": held[member.id],
        }
        for member in session.scalars(select(Institution).order_by(Institution.code))
    ]


def has_node(session: Session, member: Institution) -> bool:
    """Whether a node of this institution has enrolled."""
    return session.scalar(select(Node.id).where(Node.institution_id == member.id).limit(1)) is not None


def keys(session: Session) -> list[dict[str, Any]]:
    """Every node's keys, the oldest first, and after them those that nobody may bring."""
    query = select(NodeKey, Node, Institution).join(Node, Node.id == NodeKey.node_id)
    query = query.join(Institution, Institution.id == Node.institution_id)
    found = session.execute(query.order_by(Institution.code, NodeKey.created_at))
    return [
        _listed(key, key.state, key.state_reason, institution=owner.code, node=node.name)
        for key, node, owner in found
    ] + [_listed(key, key_register.FORBIDDEN, key.reason) for key in forbidden_keys.listed(session)]


def _listed(
    key: NodeKey | ForbiddenKey, state: str, reason: str, *, institution: str = "", node: str = ""
) -> dict[str, Any]:
    since = key.created_at.isoformat(timespec="seconds")
    names = {"key": key.id, "institution": institution, "node": node}
    return {**names, "state": state, "reason": reason, "since": since}


def users(session: Session) -> list[dict[str, Any]]:
    """The accounts, without anything secret."""
    return [
        {
            "name": person.name,
            "display_name": person.display_name,
            "role": person.role,
            "institution": person.institution.code if person.institution else "",
            "active": person.active,
        }
        for person in session.scalars(select(User).order_by(User.name))
    ]


def approve_waiting(
    app: Flask,
    *,
    code: str,
    reviewer_name: str,
    reason: str,
    begin: Begin = lambda _name, _total: lambda _steps: None,
) -> Approved:
    """Approve what waits of one institution, by the rules of every review, some hundreds in a transaction.

    The audit log says of each decision that the operator gave it in for the reviewer.

    `begin` shows how far it is. Raises `NoSuch`, or what `review.decide_many` raises; what is already published
    stays so.
    """
    published = waiting = last = 0
    refused: Tally[str] = Tally()
    with unit_of_work(app, read_only=True) as session:
        advance = begin(APPROVING, _count_waiting(session, institution(session, code)))
    while True:
        with unit_of_work(app) as session:
            # Asked for before there is anything to judge: who mistypes a name must not read that all went well.
            member, reviewer = institution(session, code), user(session, reviewer_name)
            versions = _waiting_after(session, member, last)
            if not versions:
                return Approved(published, waiting, refused)
            last = versions[-1].id
            done = review.decide_many(
                session,
                versions,
                reviewer=reviewer,
                reason=reason,
                checklist=policies.current(session).everything(),
                through=auditlog.OPERATOR,
                naan=parts(app).settings.ark_naan,
            )
        published += len(done.decided)
        waiting += len(done.waiting)
        refused.update(error.message("zh") for _, error in done.refused)
        advance(len(versions))


def _waiting_after(session: Session, member: Institution, last: int) -> Sequence[ResourceVersion]:
    later = select(ResourceVersion).join(Resource).where(*_waits(member), ResourceVersion.id > last)
    return session.scalars(later.order_by(ResourceVersion.id).limit(AT_A_TIME)).all()


def _count_waiting(session: Session, member: Institution) -> int:
    return (
        session.scalar(select(func.count()).select_from(ResourceVersion).join(Resource).where(*_waits(member))) or 0
    )


def _waits(member: Institution) -> tuple[ColumnElement[bool], ...]:
    return Resource.institution_id == member.id, ResourceVersion.state == "in_review"


def pairs(session: Session, query: Any) -> list[tuple[Any, Any]]:
    """The rows of a query of two columns, to be made a dictionary."""
    return [(row[0], row[1]) for row in session.execute(query)]
