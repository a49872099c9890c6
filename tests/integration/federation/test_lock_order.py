"""Whoever holds several rows takes them in one order: who comes at the same moment waits, and nobody in a circle."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text

from federation import feedback, lifecycle, petitions, questions
from federation.database import unit_of_work
from federation.models.feedback import Feedback
from federation.models.institutions import Node
from federation.models.resources import Resource, ResourceVersion
from shared.identifiers import fresh_id
from tests.support.hub import Hub, Member
from tests.support.processes import eventually
from tests.support.publishing import publish_all
from tests.support.records import make_record

pytestmark = pytest.mark.only_on("postgresql")  # SQLite lets one write at a time
WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


@pytest.fixture
def ids(hub: Hub, member: Member) -> list[str]:
    records = [make_record(), make_record()]
    publish_all(hub, member, [(record, {}) for record in records], indexed=False)
    return sorted(record["id"] for record in records)


def is_waited_for(hub: Hub) -> bool:
    with unit_of_work(hub.app, read_only=True) as session:
        return bool(session.scalar(WAITING))


def test_petitions_about_several_resources_stop_nobody_who_decides_about_one_of_them(
    hub: Hub, member: Member, ids: list[str]
) -> None:
    def bring() -> list[str]:
        about = {"version": 1, "kind": "appeal", "text": "请再看"}
        asked = [{"petition_id": fresh_id(), "record_id": one, **about} for one in ids]
        with unit_of_work(hub.app) as session:
            return [one.outcome for one in petitions.receive(session, session.get_one(Node, member.node_id), asked)]

    with ThreadPoolExecutor(1) as pool, unit_of_work(hub.app) as session:
        session.scalars(select(Resource).where(Resource.id == ids[1]).with_for_update()).one()
        brought = pool.submit(bring)
        assert eventually(lambda: is_waited_for(hub), seconds=20)
        # The decision goes on to the nodes that it tells.
        lifecycle.lock(session, ids[1:])
        session.commit()
        assert brought.result(20) == ["refused", "refused"]


def test_answers_that_come_in_another_order_stop_each_other_not(hub: Hub, member: Member, ids: list[str]) -> None:
    said = {"kind": "mistake", "address": "2001:db8::1", "settings": hub.settings}
    with unit_of_work(hub.app) as session:
        versions = session.scalars(select(ResourceVersion)).all()
        given = [feedback.give(session, one, text=f"见 {one.resource_id}", **said).id for one in versions]

    def answer(order: list[str]) -> list[str]:
        answers = [{"question_id": one, "text": "已改。"} for one in order]
        with unit_of_work(hub.app) as session:
            return questions.answer(session, session.get_one(Node, member.node_id), answers)

    first, last = sorted(given)
    with ThreadPoolExecutor(1) as pool, unit_of_work(hub.app) as session:
        session.scalars(select(Feedback).where(Feedback.id == first).with_for_update()).one()
        other = pool.submit(answer, [last, first])
        assert eventually(lambda: is_waited_for(hub), seconds=20)
        session.scalars(select(Feedback).where(Feedback.id == last).with_for_update()).one()
        session.commit()
        assert other.result(20) == ["accepted", "accepted"]
