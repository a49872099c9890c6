"""Making and showing collections: who may, what the public reads meanwhile, and what becomes of what is gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from federation import publication, roles
from federation.collections import content, curating, reading, showing
from federation.models.collections import Collection
from federation.models.people import User
from federation.models.resources import ResourceVersion
from shared.errors import (
    AlreadyDone,
    AlreadyExists,
    CollectionChanged,
    CollectionHidden,
    Forbidden,
    InvalidRequest,
    NotFound,
    OwnInstitution,
    ReasonMissing,
)
from tests.support.counting import statements
from tests.support.reviewing import Scene, add_member, add_person, ark_of, public, scene_in

ORIGIN = "https://hub.test"
TODAY = date(2026, 5, 1)
ID = "01890a5d-ac96-774b-bcce-b302099a800{}"


@dataclass
class Table:
    """Those who curate, and three resources of two institutions."""

    scene: Scene
    lead: User
    manager: User
    stranger: User
    ids: list[str]
    arks: list[str]

    def made(self, by: User, kind: str = content.COLLECTION, slug: str = "rulers", **said: Any) -> Collection:
        made = curating.create(self.scene.session, by=by, kind=kind, slug=slug, title="量尺")
        self.revise(made, by, **said)
        return made

    def revise(self, one: Collection, by: User, **said: Any) -> None:
        items = [{"resource": resource_id} for resource_id in self.ids]
        document = {"title": {"zh": "量尺"}, "introduction": {"zh": "从布手知尺说起。"}, "items": items, **said}
        curating.revise(self.scene.session, one, content.read(document), based_on=one.revision, by=by)

    def step(self, name: str, one: Collection, by: User, **more: Any) -> None:
        showing.STEPS[name](self.scene.session, one, by=by, **{"based_on": one.revision, **more})

    def read(self, slug: str = "rulers", today: date = TODAY) -> reading.Shown:
        return reading.find(self.scene.session, slug, today=today)


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Table]:
    with scene_in(tmp_path) as scene:
        session, other = scene.session, add_member(scene.session, "other")
        versions = [public(session, member) for member in (scene.member, other, other)]
        yield Table(
            scene,
            lead=add_person(session, "lead", roles.CHIEF_REVIEWER),
            manager=add_person(session, "manager", roles.MANAGER, member=scene.member),
            stranger=add_person(session, "stranger", roles.MANAGER, member=other),
            ids=[version.resource_id for version in versions],
            arks=[ark_of(version) for version in versions],
        )


# -- who may --------------------------------------------------------------------------------------------------------


def test_the_alliance_shows_its_own_and_every_change_of_it_is_in_the_log(table: Table) -> None:
    one = table.made(table.lead)
    with pytest.raises(NotFound):
        table.read()
    table.step("show", one, table.lead)
    assert [item.entry.ark for item in table.read().items] == table.arks
    assert table.read().curator is None
    assert table.scene.actions(f"collection:{one.id}") == [
        "collection.created",
        "collection.revised",
        "collection.shown",
    ]


def test_what_an_institution_curates_bears_its_name_and_waits_for_the_alliance(table: Table) -> None:
    one = table.made(table.manager)
    for wrong in (table.manager, table.stranger):
        with pytest.raises(Forbidden):
            table.step("show", one, wrong)
    with pytest.raises(AlreadyDone):
        table.step("show", one, table.lead)
    table.step("propose", one, table.manager)
    assert curating.how_many_wait(table.scene.session) == 1
    insider = add_person(table.scene.session, "insider-lead", roles.CHIEF_REVIEWER, member=table.scene.member)
    with pytest.raises(OwnInstitution):
        table.step("show", one, insider)
    table.step("show", one, table.lead)
    curator = table.read().curator
    assert curator is not None
    assert curator.code == table.scene.member.institution.code


def test_nobody_edits_the_words_of_another(table: Table) -> None:
    ours, theirs = table.made(table.lead, slug="ours"), table.made(table.manager, slug="theirs")
    for one, by in ((ours, table.manager), (theirs, table.lead), (theirs, table.stranger), (ours, table.scene.first)):
        with pytest.raises(Forbidden):
            table.revise(one, by, title={"zh": "别人的话"})
    for by in (table.scene.first, table.scene.insider):
        with pytest.raises(Forbidden):
            curating.create(table.scene.session, by=by, kind="collection", slug="", title="x")
    with pytest.raises(NotFound):
        curating.find(table.scene.session, theirs.id, by=table.stranger)
    assert [draft.collection.slug for draft in curating.listed(table.scene.session, by=table.manager)] == ["theirs"]


# -- revisions ------------------------------------------------------------------------------------------------------


def test_two_editors_do_not_overwrite_each_other(table: Table) -> None:
    one = table.made(table.lead)
    seen = one.revision
    table.revise(one, table.lead, title={"zh": "先到的"})
    said = content.read({"title": {"zh": "后到的"}})
    with pytest.raises(CollectionChanged):
        curating.revise(table.scene.session, one, said, based_on=seen, by=table.lead)
    assert curating.latest(table.scene.session, one).title == {"zh": "先到的"}
    same = curating.latest(table.scene.session, one)
    assert not curating.revise(table.scene.session, one, same, based_on=one.revision, by=table.lead)


def test_the_public_goes_on_reading_what_was_approved_while_a_change_waits(table: Table) -> None:
    one = table.made(table.manager)
    table.step("propose", one, table.manager)
    table.step("show", one, table.lead)
    table.revise(one, table.manager, title={"zh": "改过的"})
    assert table.read().content.title == {"zh": "量尺"}
    table.step("propose", one, table.manager)
    with pytest.raises(ReasonMissing):
        table.step("return", one, table.lead, reason=" ")
    table.step("return", one, table.lead, reason="标题太短")
    assert (one.remark, one.proposed_revision, table.read().content.title) == ("标题太短", None, {"zh": "量尺"})


def test_a_change_takes_back_what_waited_so_that_only_the_latest_is_approved(table: Table) -> None:
    one = table.made(table.manager)
    table.step("propose", one, table.manager)
    seen = one.revision
    table.revise(one, table.manager, title={"zh": "又改了"})
    with pytest.raises(CollectionChanged):
        table.step("show", one, table.lead, based_on=seen)
    with pytest.raises(AlreadyDone):
        table.step("show", one, table.lead)


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"introduction": None}, "/introduction"),
        ({"items": []}, "/items"),
        ({"title": {}}, "/title"),
        ({"items": [{"resource": "no id"}]}, "/items/0/resource"),
        ({"items": [{"resource": ID.format(1)}] * 2}, "/items/1"),
        ({"begins_on": "2026-05-20", "ends_on": "2026-05-01"}, "/ends_on"),
        ({"begins_on": "0000-01-01"}, "/begins_on"),
        ({"occasion": "birthday"}, "/occasion"),
    ],
)
def test_what_is_missing_or_wrong_is_named_before_it_is_shown(table: Table, said: Any, pointer: str) -> None:
    document = {"title": {"zh": "x"}, "introduction": {"zh": "x"}, "items": [{"resource": table.ids[0]}], **said}
    document = {name: value for name, value in document.items() if value is not None}
    one = table.made(table.lead)
    with pytest.raises(InvalidRequest) as refused:
        curating.revise(table.scene.session, one, content.read(document), based_on=one.revision, by=table.lead)
        table.step("show", one, table.lead)
    assert pointer in {fault.pointer for fault in refused.value.errors}


def test_a_campaign_needs_its_days_and_an_address_is_had_once(table: Table) -> None:
    one = table.made(table.lead, content.CAMPAIGN)
    with pytest.raises(InvalidRequest):
        table.step("show", one, table.lead)
    with pytest.raises(AlreadyExists):
        table.made(table.lead)
    for slug in ("A B", "-x", "x" * 65, "../x"):
        with pytest.raises(InvalidRequest):
            curating.create(table.scene.session, by=table.lead, kind="collection", slug=slug, title="x")
    assert table.made(table.lead, slug="").slug.startswith("c-")


def test_resources_are_added_by_ark_or_address_and_others_are_named(table: Table) -> None:
    session = table.scene.session
    text = f"{table.arks[1]}\n {ORIGIN}/en/resources/{table.arks[0]}  {ORIGIN}/{table.arks[1]}"
    found = curating.resources_named(session, text, origin=ORIGIN)
    assert found == [table.ids[1], table.ids[0], table.ids[1]]
    hidden = table.scene.member.submit()
    for wrong in ("x", "https://elsewhere.test/" + table.arks[0], "ark:99999/x1nothing", hidden.resource_id):
        with pytest.raises(InvalidRequest) as refused:
            curating.resources_named(session, f"{table.arks[0]} {wrong}", origin=ORIGIN)
        assert refused.value.errors[0].params["value"] == wrong[:80]


def test_a_resource_that_is_not_public_cannot_be_brought_in_and_none_of_its_words_is_told(table: Table) -> None:
    session, hidden = table.scene.session, table.scene.member.submit(title={"zh": "还没审"})
    with pytest.raises(InvalidRequest) as refused:
        table.made(table.stranger, items=[{"resource": table.ids[0]}, {"resource": hidden.resource_id}])
    assert refused.value.errors[0].pointer == "/items/1/resource"
    table.scene.member.submit(id=table.ids[0], version=2, title={"zh": "第二版还没审"})
    told = curating.standing_of(session, [*table.ids, hidden.resource_id])
    assert set(told) == set(table.ids)
    assert told[table.ids[0]].version == 1


def test_a_draft_that_the_public_never_saw_can_be_thrown_away(table: Table) -> None:
    one = table.made(table.lead)
    with pytest.raises(Forbidden):
        table.step("discard", one, table.manager)
    table.step("discard", one, table.lead)
    again = table.made(table.lead)
    table.step("show", again, table.lead)
    with pytest.raises(AlreadyDone):
        table.step("discard", again, table.lead)
    assert "collection.discarded" in table.scene.actions(f"collection:{one.id}")


def test_the_order_is_changed_a_step_at_a_time_and_never_beyond_its_ends() -> None:
    said = content.read(
        {"title": {"zh": "x"}, "cover": ID.format(2), "items": [{"resource": ID.format(n)} for n in (1, 2, 3)]}
    )

    def order(changed: content.Content) -> list[str]:
        return [one[-1] for one in changed.resource_ids]

    assert order(content.moved(said, 2, -1)) == ["1", "3", "2"]
    assert order(content.moved(said, 0, -1)) == order(content.moved(said, 2, 1)) == order(content.moved(said, 9, 1))
    assert order(content.without(said, 1)) == ["1", "3"]
    assert content.without(said, 1).cover == ""
    assert order(content.with_more(said, [ID.format(1), ID.format(4), ID.format(4)])) == ["1", "2", "3", "4"]


# -- before the public ----------------------------------------------------------------------------------------------


def test_what_is_not_public_any_more_drops_out_and_what_is_empty_stays_at_its_address(table: Table) -> None:
    one = table.made(table.lead, cover=table.ids[0])
    table.step("show", one, table.lead)
    session = table.scene.session
    gone = session.scalars(select(ResourceVersion).where(ResourceVersion.resource_id == table.ids[0])).all()
    publication.remove(session, gone, to="withdrawn", actor="test", reason="有误")
    shown = table.read()
    assert [item.entry.ark for item in shown.items] == table.arks[1:]
    assert shown.cover is not None
    assert shown.cover.ark == table.arks[1]
    [brief], pages = reading.listed(session, today=TODAY)
    assert (brief.size, pages) == (2, 1)


def test_a_campaign_is_on_the_first_page_from_a_month_before_until_its_last_day(table: Table) -> None:
    days = {"begins_on": "2026-05-18", "ends_on": "2026-05-24", "occasion": "world-metrology-day"}
    one = table.made(table.lead, content.CAMPAIGN, **days)
    kept = curating.revision(table.scene.session, one, one.revision)
    assert reading.preview(table.scene.session, one, kept, today=TODAY).phase == reading.COMING
    table.step("show", one, table.lead)

    def front(day: date) -> list[str]:
        return [brief.phase for brief in reading.on_the_front(table.scene.session, today=day, limit=3)]

    first, last = date(2026, 5, 18), date(2026, 5, 24)
    assert front(first - timedelta(days=31)) == []
    assert front(first - timedelta(days=30)) == [reading.COMING]
    assert front(first) == front(last) == [reading.CURRENT]
    assert front(last + timedelta(days=1)) == []
    past = table.read(today=last + timedelta(days=1))
    assert (past.phase, len(past.items)) == (reading.PAST, 3)
    [found] = reading.of_occasion(table.scene.session, "world-metrology-day", today=first, limit=3)
    assert found.collection.id == one.id


def test_what_was_ended_is_read_as_such_and_what_was_hidden_gives_the_reason(table: Table) -> None:
    one = table.made(table.lead)
    table.step("show", one, table.lead)
    table.step("end", one, table.lead)
    assert table.read().phase == reading.PAST
    with pytest.raises(AlreadyDone):
        table.step("end", one, table.lead)
    table.step("hide", one, table.lead, reason="考证有误")
    with pytest.raises(CollectionHidden) as hidden:
        table.read()
    assert "考证有误" in hidden.value.message("zh")
    assert reading.listed(table.scene.session, today=TODAY) == ([], 1)
    assert reading.addresses(table.scene.session) == []
    table.step("show", one, table.lead)
    assert table.read().phase == reading.CURRENT


@pytest.mark.parametrize("step", ["end", "hide"])
def test_what_an_institution_curated_comes_back_as_it_was_once_the_alliance_agrees(table: Table, step: str) -> None:
    one = table.made(table.manager)
    table.step("propose", one, table.manager)
    table.step("show", one, table.lead)
    with pytest.raises(AlreadyDone):
        table.step("propose", one, table.manager)
    table.step(step, one, table.lead, **({"reason": "再核对一遍"} if step == "hide" else {}))
    table.step("propose", one, table.manager)
    table.step("show", one, table.lead)
    assert table.read().phase == reading.CURRENT


def test_where_one_was_hidden_the_public_reads_why_and_nothing_that_is_said_to_its_curators_later(
    table: Table,
) -> None:
    one = table.made(table.manager)
    table.step("propose", one, table.manager)
    table.step("show", one, table.lead)
    table.step("hide", one, table.lead, reason="考证有误")
    table.revise(one, table.manager, title={"zh": "改过的量尺"})
    table.step("propose", one, table.manager)
    for step in (None, "return"):
        if step:
            table.step(step, one, table.lead, reason="只说给单位听的话")
        with pytest.raises(CollectionHidden) as hidden:
            table.read()
        assert "考证有误" in hidden.value.message("zh")
        assert "只说给单位听的话" not in hidden.value.message("zh")
    assert one.remark == "只说给单位听的话"


def test_a_list_takes_the_same_few_queries_however_many_there_are(table: Table) -> None:
    table.step("show", table.made(table.lead, slug="first"), table.lead)
    with statements(table.scene.session.get_bind()) as few:
        reading.listed(table.scene.session, today=TODAY)
    for number in range(4):
        table.step("show", table.made(table.lead, slug=f"more-{number}"), table.lead)
    with statements(table.scene.session.get_bind()) as many:
        reading.listed(table.scene.session, today=TODAY)
    assert len(few) == len(many)
