"""The members' names, which are asked for by every search."""

from __future__ import annotations

from sqlalchemy import update

from federation.database import db, unit_of_work
from federation.member_names import KNOWN_SECONDS, NamesKeeper
from federation.models.institutions import Institution
from tests.support.hub import Hub, Member
from tests.support.publishing import counted_queries


def test_names_are_asked_for_once_in_a_while_and_at_once_after_a_change_here(hub: Hub, member: Member) -> None:
    moment = [0.0]
    keeper = NamesKeeper(clock=lambda: moment[0])
    with hub.app.app_context(), counted_queries(hub) as asked:
        assert keeper.read(db.session)[member.code]["en"] == "institute-a"
        moment[0] = KNOWN_SECONDS - 1
        keeper.read(db.session)
        assert len(asked) == 1
        moment[0] = KNOWN_SECONDS
        keeper.read(db.session)
        assert len(asked) == 2
    with unit_of_work(hub.app) as session:
        session.execute(update(Institution).values(name_en="New name"))
    with hub.app.app_context():
        assert keeper.read(db.session)[member.code]["en"] == "New name"
