"""Making public: permanent names, one feed, and what was public before gives way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from federation import publication
from federation.database import unit_of_work
from federation.models.events import FeedEntry
from federation.models.resources import Resource, ResourceVersion
from tests.support.records import make_record

NAAN = "99999"


def publish(hub, *record_ids):
    with unit_of_work(hub.app) as session:
        versions = list(
            session.scalars(
                select(ResourceVersion).where(
                    ResourceVersion.resource_id.in_(record_ids), ResourceVersion.state == "in_review"
                )
            )
        )
        publication.publish(session, versions, naan=NAAN, actor="test")


def feed(hub):
    with unit_of_work(hub.app, read_only=True) as session:
        return list(session.scalars(select(FeedEntry).order_by(FeedEntry.seq)))


def ark(hub, record_id):
    with unit_of_work(hub.app, read_only=True) as session:
        return session.get_one(Resource, record_id).ark


def test_the_check_character_of_the_published_example():
    assert publication.check_character("13030/xf93gt2") == "q"


@given(st.text(publication.BETANUMERIC, min_size=4, max_size=12), st.data())
def test_a_wrong_or_swapped_character_is_noticed(blade, data):
    name = f"{NAAN}/{blade}"
    place = data.draw(st.integers(6, len(name) - 2))
    swapped = name[:place] + name[place + 1] + name[place] + name[place + 2 :]
    other = data.draw(st.sampled_from(publication.BETANUMERIC))
    wrong = name[:place] + other + name[place + 1 :]
    for altered in (swapped, wrong):
        same = publication.check_character(altered) == publication.check_character(name)
        assert same == (altered == name)


def test_minted_names_are_valid_and_differ():
    names = {publication.mint_ark(NAAN, "b1") for _ in range(500)}
    assert len(names) == 500
    for name in names:
        body = name.removeprefix("ark:")
        assert publication.check_character(body[:-1]) == body[-1]


def test_a_published_resource_gets_its_name_and_an_entry_in_the_feed(hub, member):
    record = make_record()
    member.publish(record)
    publish(hub, record["id"])
    [entry] = feed(hub)
    assert (entry.seq, entry.kind, entry.resource_id, entry.latest) == (1, "published", record["id"], True)
    assert ark(hub, record["id"]).startswith("ark:99999/")
    assert member.events()[-1]["ark"] == ark(hub, record["id"])


def test_a_new_version_keeps_the_name_and_supersedes_the_old(hub, member):
    record = make_record()
    member.publish(record)
    publish(hub, record["id"])
    before = ark(hub, record["id"])
    member.publish({**record, "version": 2})
    assert hub.states(record["id"]) == ["published", "in_review"]
    publish(hub, record["id"])
    assert hub.states(record["id"]) == ["superseded", "published"]
    assert ark(hub, record["id"]) == before
    assert [(entry.seq, entry.latest) for entry in feed(hub)] == [(1, False), (2, True)]


def test_withdrawal_takes_the_resource_out_and_keeps_its_name(hub, member):
    record = make_record()
    member.publish(record)
    publish(hub, record["id"])
    member.publish({**record, "version": 2, "withdrawn": {"reason": "内容有误"}})
    last = feed(hub)[-1]
    assert (last.kind, last.reason, last.latest) == ("removed", "内容有误", True)
    assert ark(hub, record["id"])


def test_withdrawing_what_was_never_public_says_nothing_to_readers(hub, member):
    record = make_record()
    member.publish(record)
    member.publish({**record, "version": 2, "withdrawn": {"reason": "重复"}})
    assert feed(hub) == []


def test_a_failed_publication_leaves_no_gap_in_the_feed(hub, member):
    records = [make_record(), make_record()]
    member.publish(*records)
    with pytest.raises(RuntimeError), unit_of_work(hub.app) as session:
        versions = list(
            session.scalars(select(ResourceVersion).where(ResourceVersion.resource_id == records[0]["id"]))
        )
        publication.publish(session, versions, naan=NAAN, actor="test")
        raise RuntimeError
    publish(hub, records[1]["id"])
    assert [entry.seq for entry in feed(hub)] == [1]
