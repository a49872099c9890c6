"""Which links are due, who opens them, and what the reviewer is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from federation import link_checks, publication
from federation.findings.collecting import findings
from federation.findings.finding import Finding
from federation.link_checker import Outcome
from federation.link_checks import Claim
from federation.models.base import now
from federation.models.links import LinkCheck
from federation.models.resources import ResourceVersion
from tests.support.reviewing import Scene, public, scene_in

URL = "https://example.org/vernier"
OTHER = "https://example.com/balance"
BROKEN, SOUND, UNSURE = Outcome("broken", 404), Outcome("sound", 200), Outcome("unsure", cause="timeout")


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with scene_in(tmp_path) as made:
        yield made


def submitted(scene: Scene, *urls: str) -> ResourceVersion:
    return scene.member.submit(links=[{"url": url} for url in urls])


def claim(scene: Scene) -> Claim | None:
    """What a worker gets, which is something exactly when something is said to be due."""
    due = link_checks.is_due(scene.session, days=30)
    found = link_checks.claim(scene.session, days=30)
    assert due == (found is not None)
    return found


def opened(scene: Scene, outcome: Outcome) -> None:
    """The next address is opened, and that came of it."""
    found = claim(scene)
    assert found is not None
    link_checks.conclude(scene.session, found, outcome)


def later(scene: Scene, **passed: float) -> None:
    """Let time pass for what was noted."""
    for column in (LinkCheck.checked_at, LinkCheck.claimed_until):
        for check in scene.session.scalars(select(LinkCheck).where(column.is_not(None))):
            setattr(check, column.key, getattr(check, column.key) - timedelta(**passed))
    scene.session.flush()


def said(scene: Scene, version: ResourceVersion) -> list[Finding]:
    return [one for one in findings(scene.session, [version])[version.id] if one.code.startswith("link")]


def test_a_link_of_many_versions_is_opened_once(scene: Scene) -> None:
    submitted(scene, URL, URL)
    submitted(scene, URL)
    opened(scene, SOUND)
    later(scene, minutes=1)
    assert claim(scene) is None


@pytest.mark.parametrize(
    ("is_public", "days", "due"), [(False, 6.9, False), (False, 7.1, True), (True, 29.9, False), (True, 30.1, True)]
)
def test_a_sound_link_is_opened_again_when_its_time_has_come(
    scene: Scene, is_public: bool, days: float, due: bool
) -> None:
    if is_public:
        public(scene.session, scene.member)
    else:
        scene.member.submit()
    opened(scene, SOUND)
    later(scene, days=days)
    assert (claim(scene) is not None) == due


@pytest.mark.parametrize(
    ("is_public", "days", "due"), [(False, 0.9, False), (False, 1.1, True), (True, 6.9, False), (True, 7.1, True)]
)
def test_a_broken_link_is_opened_again_sooner_for_its_institution_may_have_put_the_page_back(
    scene: Scene, is_public: bool, days: float, due: bool
) -> None:
    version = public(scene.session, scene.member) if is_public else scene.member.submit()
    opened(scene, BROKEN)
    later(scene, days=days)
    assert (claim(scene) is not None) == due
    assert [one.code for one in said(scene, version)] == ["link_broken"]


def test_links_of_what_is_no_longer_public_are_left_alone(scene: Scene) -> None:
    version = public(scene.session, scene.member)
    publication.remove(scene.session, [version], to="taken_down", actor="test", reason="x")
    assert claim(scene) is None


def test_two_workers_open_two_addresses_and_never_two_of_one_server(scene: Scene) -> None:
    submitted(scene, URL, URL + "/2", OTHER)
    both = [claim(scene), claim(scene)]
    assert claim(scene) is None
    assert {one.url.split("/")[2] for one in both if one} == {"example.org", "example.com"}


def test_a_server_is_left_alone_for_a_while(scene: Scene) -> None:
    submitted(scene, URL, URL + "/2")
    opened(scene, SOUND)
    assert claim(scene) is None
    later(scene, seconds=6)
    assert claim(scene) is not None


def test_what_a_killed_worker_had_in_hand_is_taken_up_by_the_next(scene: Scene) -> None:
    version = submitted(scene, URL)
    lost = claim(scene)
    assert claim(scene) is None
    later(scene, minutes=3)
    taken = claim(scene)
    assert lost is not None
    assert taken is not None
    assert taken.url == lost.url
    link_checks.conclude(scene.session, taken, SOUND)
    link_checks.conclude(scene.session, lost, BROKEN)
    assert said(scene, version) == []


def test_a_broken_link_is_a_doubt_with_its_status_and_day(scene: Scene) -> None:
    version = submitted(scene, URL, OTHER)
    opened(scene, BROKEN)
    moment = now().replace(year=2026, month=5, day=19, hour=17)  # which is the 20th in China
    scene.session.execute(update(LinkCheck).where(LinkCheck.outcome != "").values(checked_at=moment))
    doubt, rest = said(scene, version)
    broken = scene.session.scalars(select(LinkCheck.url).where(LinkCheck.outcome == "broken")).one()
    assert (doubt.code, doubt.severity) == ("link_broken", "doubt")
    assert doubt.zh == f"链接 {broken} 打不开（404），2026-05-20 查过。"
    assert doubt.en == f"The link {broken} does not open (404); checked on 2026-05-20."
    assert doubt.pointer == f"/links/{[URL, OTHER].index(broken)}"
    assert rest.zh == "1 个链接未经核对，请点开看看。"


def test_what_nobody_could_judge_is_opened_again_the_next_day_and_said_the_second_time(scene: Scene) -> None:
    version = submitted(scene, URL)
    opened(scene, UNSURE)
    assert [one.code for one in said(scene, version)] == ["links_unchecked"]
    later(scene, days=1.1)
    opened(scene, UNSURE)
    [note] = said(scene, version)
    assert (note.code, note.severity) == ("link_unsure", "note")
    assert "查了 2 次，不能确定打得开（很久没有回应）" in note.zh
    later(scene, days=1.1)
    assert claim(scene) is None


def test_a_hub_that_was_cut_off_says_nothing_of_links_and_tries_again(scene: Scene) -> None:
    version = submitted(scene, URL)
    for _ in range(3):
        opened(scene, Outcome("unsure", cause="offline"))
        later(scene, days=1.1)
    assert [one.code for one in said(scene, version)] == ["links_unchecked"]
    opened(scene, SOUND)
    assert said(scene, version) == []


def test_a_name_that_leads_inside_is_a_doubt_and_a_port_that_is_not_asked_stays_unchecked(scene: Scene) -> None:
    version = submitted(scene, URL)
    opened(scene, Outcome("not_public", cause="address"))
    assert [one.severity for one in said(scene, version)] == ["doubt"]
    scene.session.execute(update(LinkCheck).values(cause="port"))
    scene.session.expire_all()
    assert [one.code for one in said(scene, version)] == ["links_unchecked"]
