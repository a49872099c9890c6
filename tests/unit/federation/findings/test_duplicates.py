"""Duplicates: the same bytes, and nearly the same words, of what is public."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from federation import publication
from federation.findings import likeness
from federation.findings.collecting import findings
from federation.models.findings import TextBand
from federation.models.resources import ResourceVersion
from tests.support.records import make_file, make_record
from tests.support.reviewing import Scene, add_member, public, scene_in, store_object

TEXT = (
    "游标卡尺怎样读数：先看主尺上游标零线左边的整毫米数，再找游标上与主尺刻线对齐的那一条，"
    "数出它是第几条，乘以分度值，两数相加就是结果。读数前先把两个量爪合拢，看零线是否对齐。"
)
OTHER = "天平为什么要放在平稳的台面上？震动和气流会使指针摆动，称出来的质量就不可靠。温度变化也有影响。"


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with scene_in(tmp_path) as made:
        yield made


def follow(scene: Scene) -> None:
    while (news := likeness.news(scene.session)) is not None:
        likeness.take_up(scene.session, news)


def found(scene: Scene, version: ResourceVersion, code: str) -> list[Any]:
    return [one for one in findings(scene.session, [version])[version.id] if one.code == code]


def test_a_text_that_was_changed_a_little_is_found_and_another_is_not(scene: Scene) -> None:
    original = public(scene.session, scene.member, title={"zh": "游标卡尺"}, summary={"zh": TEXT})
    public(scene.session, scene.member, title={"zh": "天平"}, summary={"zh": OTHER})
    follow(scene)
    changed = add_member(scene.session, "ustc").submit(
        title={"zh": "游标卡尺的读法"}, summary={"zh": TEXT.replace("怎样", "如何").replace("结果", "测量结果")}
    )
    [near] = found(scene, changed, "near_duplicate")
    assert near.other == original.id
    assert "《游标卡尺》" in near.zh


def test_a_new_version_is_no_duplicate_of_its_own_resource(scene: Scene) -> None:
    first = public(scene.session, scene.member, summary={"zh": TEXT})
    follow(scene)
    second = scene.member.submit(id=first.resource_id, version=2, summary={"zh": TEXT})
    assert found(scene, second, "near_duplicate") == []


def test_what_is_no_longer_public_is_not_compared_with(scene: Scene) -> None:
    gone = public(scene.session, scene.member, summary={"zh": TEXT})
    follow(scene)
    publication.remove(scene.session, [gone], to="taken_down", actor="test", reason="x")
    waiting = scene.member.submit(summary={"zh": TEXT})
    assert found(scene, waiting, "near_duplicate") == []
    follow(scene)
    assert list(scene.session.scalars(select(TextBand))) == []


def test_two_hosts_that_follow_at_once_write_everything_once(scene: Scene) -> None:
    public(scene.session, scene.member, summary={"zh": TEXT})
    mine, theirs = likeness.news(scene.session), likeness.news(scene.session)
    assert mine is not None
    assert theirs is not None
    likeness.take_up(scene.session, mine)
    likeness.take_up(scene.session, theirs)
    assert len(list(scene.session.scalars(select(TextBand)))) == likeness.BANDS
    assert likeness.news(scene.session) is None


def test_the_same_file_in_another_resource_is_said_with_where_it_is(scene: Scene) -> None:
    store_object(scene.session, "a" * 64, 5, "application/pdf")
    files = [make_file(sha256="a" * 64, size=5)]
    published = public(scene.session, scene.member, title={"zh": "甲"}, files=files)
    waiting = scene.member.submit(title={"zh": "乙"}, files=files)
    assert [(one.severity, one.other) for one in found(scene, waiting, "same_file")] == [("doubt", published.id)]
    third = scene.member.submit(title={"zh": "丙"}, files=files)
    assert [one.other for one in found(scene, third, "same_file")] == [published.id, waiting.id]
    newer = scene.member.submit(id=published.resource_id, version=2, files=files)
    assert published.id not in [one.other for one in found(scene, newer, "same_file")]


def test_a_text_too_short_to_say_anything_is_like_none() -> None:
    assert likeness.bands(likeness.pieces(make_record(title={"zh": "尺"}, summary={"zh": "一把尺。"}))) == []


def test_the_bands_are_the_same_for_ever() -> None:
    record = make_record(title={"zh": "游标卡尺"}, summary={"zh": TEXT})
    assert likeness.bands(likeness.pieces(record))[:2] == [8632924414466508536, 6548757268717692159]


@given(st.frozensets(st.integers(0, 2**32 - 1), min_size=likeness.FEWEST_PIECES, max_size=60))
def test_equal_texts_meet_in_every_band_and_bands_fit_the_database(found: frozenset[int]) -> None:
    values = likeness.bands(found)
    assert values == likeness.bands(frozenset(found))
    assert len(values) == likeness.BANDS
    assert all(-(2**63) <= value < 2**63 for value in values)
    assert likeness.share(found, found) == 1.0
