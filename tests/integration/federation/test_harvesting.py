"""Harvesting while others publish: nothing twice, nothing missed, and nothing of what has been taken away."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from federation import ingestion, publication
from federation.database import unit_of_work
from federation.interop.oai_pmh import names, records
from federation.models.institutions import Node
from federation.models.resources import ResourceVersion
from tests.support.depth import depth
from tests.support.harvesting import Answer, Got, Harvester
from tests.support.hub import ORIGIN, Hub, Member, running_hub
from tests.support.publishing import NAAN, publish, publish_all
from tests.support.records import make_record
from tests.support.stores import RunningStore

PART = 2
_numbers = count(1)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "PART", PART)


def titled(title: str, record: dict[str, Any] | None = None) -> dict[str, Any]:
    """A record, or the next version of one, with a title that stands nowhere else."""
    if record is None:
        return make_record(title={"zh": title})
    return {**record, "version": record["version"] + 1, "title": {"zh": title}}


def remove(hub: Hub, record: dict[str, Any], *, to: str = "withdrawn") -> None:
    """Take a published record away."""
    with unit_of_work(hub.app) as session:
        wanted = select(ResourceVersion).where(ResourceVersion.resource_id == record["id"])
        versions = session.scalars(wanted.where(ResourceVersion.version == record["version"])).all()
        publication.remove(session, versions, to=to, actor="test", reason="不要了")


def identifier(ark: str) -> str:
    return names.identifier(ORIGIN, ark)


# -- between two parts -------------------------------------------------------------------------------------


@pytest.fixture
def six(hub: Hub, member: Member) -> dict[str, dict[str, Any]]:
    """Six records in three parts, by identifier."""
    made = [titled(f"甲{number}") for number in range(6)]
    arks = publish_all(hub, member, [(record, {}) for record in made], indexed=False)
    return {identifier(ark): record for ark, record in zip(arks, made, strict=True)}


def test_what_is_published_meanwhile_comes_with_the_next_harvest(hub, member, six):
    oai = Harvester(hub)
    parts = oai.parts()
    first = next(parts)
    new = identifier(publish(hub, member, titled("新"), indexed=False))
    found = [*first.records, *(one for part in parts for one in part.records)]
    assert [one.identifier for one in found] == list(six)
    assert new in {one.identifier for one in oai.harvest(from_=first.date)}


@pytest.mark.parametrize("place", [0, 5])
def test_what_is_changed_meanwhile_comes_once_as_it_is_now_and_again_next_time(hub, member, six, place):
    oai = Harvester(hub)
    parts = oai.parts()
    first = next(parts)
    changed = list(six)[place]
    publish(hub, member, titled("改", six[changed]), indexed=False)
    found = [*first.records, *(one for part in parts for one in part.records)]
    assert [one.identifier for one in found] == list(six)
    assert found[place].texts("title") == (["甲0"] if place == 0 else ["改"])
    # No datestamp is later than the first answer: who goes on from the latest one misses nothing either.
    assert all(one.datestamp <= first.date for one in found)
    again = {one.identifier: one.texts("title") for one in oai.harvest(from_=first.date)}
    assert again[changed] == ["改"]


def test_what_is_withdrawn_meanwhile_comes_as_deleted(hub, member, six):
    oai = Harvester(hub)
    parts = oai.parts()
    first = next(parts)
    gone = list(six)[5]
    remove(hub, six[gone])
    rest = list(parts)
    assert [one.identifier for part in (first, *rest) for one in part.records] == list(six)
    assert rest[-1].records[-1].deleted
    assert all("甲5".encode() not in part.body for part in rest)


def test_what_was_taken_away_and_replaced_meanwhile_never_comes_in_its_old_words(hub, member, six):
    oai = Harvester(hub)
    parts = oai.parts()
    next(parts)
    name = list(six)[5]
    remove(hub, six[name], to="taken_down")
    publish(hub, member, titled("已更正", six[name]), indexed=False)
    *_, last = parts
    assert last.records[-1].texts("title") == ["已更正"]
    assert "甲5".encode() not in last.body


def test_a_set_stays_whole_while_its_records_leave_it(hub, member, six):
    oai = Harvester(hub)
    parts = oai.parts(set="theme:knowledge")
    first = next(parts)
    moved = list(six)[4]
    publish(hub, member, {**titled("改", six[moved]), "themes": ["law"]}, indexed=False)
    found = [*first.records, *(one for part in parts for one in part.records)]
    assert [one.identifier for one in found] == list(six)
    assert all("theme:knowledge" in one.sets for one in found)
    [alone] = oai.harvest(set="theme:law")
    assert alone.identifier == moved


# -- before a commit ---------------------------------------------------------------------------------------


def test_whoever_is_just_publishing_is_waited_for(hub, member):
    """An entry that has its moment already and is not committed yet may not be passed by."""
    publish(hub, member, titled("先"), indexed=False)
    dated, may_commit = threading.Event(), threading.Event()
    late = titled("后")

    def publish_slowly() -> None:
        with unit_of_work(hub.app) as session:
            node = session.get_one(Node, member.node_id)
            ingestion.ingest(session, node, [member.signer.sign(late)], max_file_bytes=10**9)
            wanted = select(ResourceVersion).where(ResourceVersion.resource_id == late["id"])
            publication.publish(session, session.scalars(wanted).all(), naan=NAAN, actor="test")
            session.flush()
            dated.set()
            assert may_commit.wait(30)

    answers: list[Answer] = []
    writer = threading.Thread(target=publish_slowly)
    writer.start()
    assert dated.wait(30)
    reader = threading.Thread(target=lambda: answers.append(Harvester(hub).ask("ListRecords")))
    reader.start()
    reader.join(0.3)
    assert answers == []
    may_commit.set()
    reader.join(30)
    writer.join(30)
    [answer] = answers
    assert [one.texts("title") for one in answer.records] == [["先"], ["后"]]
    assert all(one.datestamp <= answer.date for one in answer.records)


# -- any story ---------------------------------------------------------------------------------------------

CHANGES = st.lists(st.tuples(st.sampled_from(["new", "change", "withdraw"]), st.integers(0, 20)), max_size=4)


@dataclass
class Story:
    """One institution's resources by identifier, as they should be; `touched` changed since the first part."""

    hub: Hub
    member: Member
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)

    @property
    def set_spec(self) -> str:
        return f"institution:{self.member.code}"

    def do(self, what: str, which: int) -> None:
        """Publish a new resource, or change or withdraw one that is public."""
        public = [name for name in self.records if name not in self.gone]
        title = f"题{next(_numbers)}完"
        if what == "new" or not public:
            record = titled(title)
            name = identifier(publish(self.hub, self.member, record, indexed=False))
            self.records[name] = record
        else:
            name = public[which % len(public)]
            if what == "withdraw":
                remove(self.hub, self.records[name])
                self.gone.add(name)
            else:
                self.records[name] = titled(title, self.records[name])
                publish(self.hub, self.member, self.records[name], indexed=False)
        self.touched.add(name)

    def check(self, got: Got) -> None:
        """A record is told as it is at this moment, or as deleted."""
        assert got.deleted == (got.identifier in self.gone)
        assert got.texts("title") == ([] if got.deleted else [self.records[got.identifier]["title"]["zh"]])


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, store: RunningStore) -> Iterator[Hub]:
    """One hub for all stories; each has an institution of its own."""
    with running_hub(tmp_path_factory.mktemp("stories"), store) as hub:
        yield hub


@depth(8, 1)
@given(before=st.lists(CHANGES, min_size=1, max_size=3), between=st.lists(CHANGES, min_size=1, max_size=5))
def test_in_any_story_each_resource_comes_exactly_once_and_nothing_of_what_is_gone(shared, before, between):
    story = Story(shared, shared.member(f"institute-{next(_numbers)}"))
    for changes in ([("new", 0)], *before):
        for change in changes:
            story.do(*change)
    oai, expected, found = Harvester(shared), Counter(story.records), Counter()
    story.touched.clear()
    since = ""
    for part, changes in zip(oai.parts(set=story.set_spec), [*between, *[[]] * 100], strict=False):
        since = since or part.date
        for got in part.records:
            story.check(got)
            found[got.identifier] += 1
        for change in changes:
            story.do(*change)
    assert found == Counter(dict.fromkeys(expected, 1))
    again = oai.harvest(set=story.set_spec, from_=since)
    for got in again:
        story.check(got)
    assert story.touched <= {got.identifier for got in again}
    assert len(again) == len({got.identifier for got in again})
