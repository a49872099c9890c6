"""A node whose clock is an hour wrong: what it says, from the real command line to the real hub."""

from __future__ import annotations

import pytest
import uuid6

from tests.faults.invariants import broken
from tests.faults.settling import settle
from tests.faults.site import Member, Site
from tests.support.clocks import shifted
from tests.support.processes import Command

pytestmark = pytest.mark.xdist_group("faults")


def with_clock(member: Member, offset: str) -> Command:
    return Command("nodes", {**member.command.environ, **shifted(offset)})


def test_a_clock_an_hour_wrong_is_told_with_the_hubs_time_and_what_to_do(site: Site) -> None:
    member = site.member()
    record_id = member.register(title={"zh": f"时钟试验 {uuid6.uuid7().hex[-14:]}"})
    for offset, cause in (("+1h", "晚于平台时间"), ("-1h", "过早")):
        for words in (("sync",), ("reconcile",)):
            said = with_clock(member, offset).run(*words, check=4).stderr
            assert cause in said, (offset, words)
            assert "校准本机时钟" in said
            assert "平台时间" in said
            assert "Traceback" not in said
    english = Command("nodes", {**with_clock(member, "+1h").environ, "COMMONS_LANGUAGE": "en"})
    assert "Set this machine's clock (the hub's time is " in english.run("sync", check=4).stderr
    settle(site, member)
    assert broken(site, member, frozenset([record_id])) == []
