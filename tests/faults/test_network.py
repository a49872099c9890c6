"""Bad networks between node, hub and store: a clear word or success, and then nothing is lost or doubled."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import uuid6

from tests.faults.invariants import broken
from tests.faults.settling import settle
from tests.faults.site import Member, Site
from tests.support.faulty_proxy import BYTES, CUT, DOWN, LATE, RESET, STALL, TWICE, TWICE_LAST, Fault
from tests.support.proxied import PART

pytestmark = pytest.mark.xdist_group("faults")
RECORDS, UPLOADS, COMPLETE, STATUS = "/records ", "/uploads ", "/uploads/complete", "/status"
ALWAYS = 1000
FAULTS = {
    "reset in the middle of the request": Fault(RESET, after=300),
    "reset instead of the answer": Fault(RESET, DOWN),
    "half-open": Fault(STALL),
    "stalled in the middle of the answer": Fault(STALL, DOWN, after=60),
    "an answer cut short": Fault(CUT, DOWN, after=60),
}

ONCE = [
    "reset in the middle of the request",
    "half-open",
    "reset instead of the answer",
    "an answer cut short",
    "stalled in the middle of the answer",
]


@pytest.fixture
def member(site: Site) -> Member:
    return site.member(timeout=1, attempts=2)


@pytest.fixture
def patient(site: Site) -> Member:
    return site.member(timeout=2, attempts=4)


def title() -> dict[str, str]:
    return {"zh": f"网络试验 {uuid6.uuid7().hex[-14:]}"}


def content(folder: Path, size: int) -> Path:
    path = folder / f"{uuid6.uuid7()}.bin"
    path.write_bytes(os.urandom(size))
    return path


def settled(site: Site, member: Member, *record_ids: str) -> None:
    settle(site, member)
    assert broken(site, member, frozenset(record_ids)) == []


def strike(fault: Fault, line: str, times: int = 1) -> Fault:
    """A fresh copy: a fault counts down."""
    return Fault(fault.kind, fault.way, fault.after, times, line)


def test_a_network_that_stays_bad_is_told_in_words_and_costs_nothing(
    site: Site, member: Member, tmp_path: Path
) -> None:
    record_id = member.register([content(tmp_path, 1000)], title=title())
    for name, fault in FAULTS.items():
        site.hub.web.break_with(strike(fault, RECORDS, ALWAYS))
        said = member.command.run("sync", check=3).stderr
        assert "无法连接平台" in said, name
        assert "Traceback" not in said, name
    settled(site, member, record_id)


@pytest.mark.parametrize("first", range(3))
def test_a_network_that_is_bad_once_at_each_step_is_overcome(
    site: Site, patient: Member, tmp_path: Path, first: int
) -> None:
    """Every step meets another fault; in three turns each step meets three of them."""
    record_id = patient.register([content(tmp_path, 1000)], title=title())
    kinds = [FAULTS[name] for name in ONCE[first:] + ONCE[:first]]
    site.hub.web.break_with(*map(strike, kinds, (RECORDS, UPLOADS, COMPLETE, STATUS)))
    site.hub.store.break_with(strike(kinds[-1], "PUT "))
    done = patient.command.json("sync", "--wait", "20")
    assert (done["refused"], done["files_failed"], done["states"]) == ([], {}, {"in_review": 1})
    settled(site, patient, record_id)


def test_a_store_that_cannot_be_reached_is_told_with_the_files_name(
    site: Site, member: Member, tmp_path: Path
) -> None:
    path = content(tmp_path, PART + 1000)
    record_id = member.register([path], title=title())
    for fault in (Fault(RESET, after=PART // 2), Fault(STALL)):
        site.hub.store.break_with(strike(fault, "PUT ", ALWAYS))
        done = member.command.run("sync", check=5)
        assert path.name in done.stdout, fault
        assert "仍未传完" in done.stdout, fault
        assert "Traceback" not in done.stderr + done.stdout, fault
    settled(site, member, record_id)


def test_an_upload_cut_at_half_goes_on_at_the_part_it_had_reached(
    site: Site, patient: Member, tmp_path: Path
) -> None:
    size = 4 * PART
    record_id = patient.register([content(tmp_path, size)], title=title())
    before = site.hub.store.bodies()
    node = patient.command.start("sync")
    # Two parts are there when everything ends, and the third never arrives whole: what a killed process had already
    # given to the system would otherwise still go out.
    site.hub.store.break_with(Fault(STALL, after=PART // 2, line="partNumber=3&"))
    site.hub.store.when(BYTES, 2 * PART + PART // 4, node.kill)
    node.communicate(timeout=120)
    site.hub.store.heal()
    reached = site.hub.store.bodies() - before
    assert size / 2 <= reached < size
    done = patient.command.json("sync", "--wait", "30")
    sent = site.hub.store.bodies() - before
    assert size <= sent <= size + PART, "at most one part was sent again"
    assert done["bytes_sent"] == size - 2 * PART
    settled(site, patient, record_id)


def test_requests_that_arrive_twice_change_nothing_the_second_time(
    site: Site, patient: Member, tmp_path: Path
) -> None:
    record_id = patient.register([content(tmp_path, 1000)], title=title())
    for proxy in (site.hub.web, site.hub.store):
        proxy.repeated.clear()
        proxy.break_with(Fault(TWICE, times=ALWAYS))
    assert patient.command.json("sync", "--wait", "20")["states"] == {"in_review": 1}
    patient.withdraw(record_id)
    patient.command.run("sync")
    assert set(site.hub.web.repeated) == {401}, "the signature was used before"
    assert len(site.hub.web.repeated) >= 6
    settled(site, patient, record_id)


def test_a_node_that_hears_only_the_answer_to_a_repetition_asks_again(
    site: Site, patient: Member, tmp_path: Path
) -> None:
    record_id = patient.register([content(tmp_path, 1000)], title=title())
    site.hub.web.break_with(*(Fault(TWICE_LAST, line=line) for line in (RECORDS, UPLOADS, COMPLETE, STATUS)))
    assert patient.command.json("sync", "--wait", "20")["states"] == {"in_review": 1}
    settled(site, patient, record_id)


def test_requests_that_arrive_long_after_those_that_followed_them_change_nothing(
    site: Site, patient: Member, tmp_path: Path
) -> None:
    record_id = patient.register([content(tmp_path, PART + 1000)], title=title())
    site.hub.web.break_with(*(Fault(LATE, line=line) for line in (RECORDS, UPLOADS, COMPLETE)))
    site.hub.store.break_with(Fault(LATE, line="partNumber=1"))
    assert patient.command.json("sync", "--wait", "30")["states"] == {"in_review": 1}
    [version_id] = site.waiting(record_id)
    assert site.desk.judge(version_id, "approve") == 303
    patient.withdraw(record_id)
    assert patient.command.json("sync")["states"] == {"withdrawn": 1}
    assert len(site.hub.web.late) == 3
    assert set(site.hub.web.deliver_late()) == {200}, "answered, and without effect"
    assert set(site.hub.store.deliver_late()) <= {404, 0}, "refused, at once or without waiting for the bytes"
    settled(site, patient, record_id)


def test_a_slow_link_takes_its_time_and_succeeds(site: Site, tmp_path: Path) -> None:
    member = site.member()
    record_id = member.register([content(tmp_path, 300_000)], title=title())
    site.hub.store.rate = site.hub.web.rate = 100_000
    assert member.command.json("sync", "--wait", "20")["states"] == {"in_review": 1}
    settled(site, member, record_id)
