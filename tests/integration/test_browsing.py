"""Browsing by time, by place and by everything else; and what a resource's page says of what lies around it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from itertools import pairwise

import pytest

from tests.support.hub import Hub, Member, running_hub
from tests.support.publishing import counted_queries, publish, publish_all, withdraw
from tests.support.records import make_record
from tests.support.stores import RunningStore

WHOLE = make_record(
    title={"zh": "商鞅方升", "en": "The fangsheng"},
    keywords=["方升"],
    coverage={
        "period": {"name": {"zh": "战国"}, "from": -343, "until": -343},
        "place": {"name": {"zh": "<b>咸阳</b>（秦都）"}, "latitude": 34.33, "longitude": 108.71},
    },
)
PARTS = [
    make_record(
        title={"zh": f"方升第{number}课"},
        keywords=["方升"],
        coverage={
            "period": {"name": {"zh": "近代"}, "from": 1875, "until": 1955},
            "place": {"name": {"zh": "西安", "en": "Xi'an"}, "latitude": 34.27, "longitude": 108.95},
        },
        relations=[{"type": "is-part-of", "target": WHOLE["id"]}],
    )
    for number in range(25)
]
CELL = "/map/0/4/9"
PAGES = (
    "/browse",
    "/timeline",
    "/timeline/warring-states",
    "/timeline/19th-century",
    "/map",
    CELL,
    "/map/5/1243/2887",
)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, store: RunningStore) -> Iterator[Hub]:
    with running_hub(tmp_path_factory.mktemp("browsing"), store) as hub:
        publish_all(hub, hub.member("institute-a"), [(WHOLE, {})])
        publish_all(hub, hub.member("institute-b"), [(part, {}) for part in PARTS])
        yield hub


def text(hub: Hub, path: str, status: int = 200) -> str:
    answer = hub.open("GET", path)
    assert answer.status_code == status, path
    return answer.get_data(as_text=True)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_there_in_both_languages_whole_and_with_nothing_inline(shown: Hub, path: str) -> None:
    for prefix in ("", "/en"):
        page = text(shown, prefix + path)
        headings = [int(level) for level in re.findall(r"<h([1-6])", page)]
        assert headings.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(headings))
        assert not re.search(r"<style| style=|<b>咸阳", page)
        assert page.count("<svg") == page.count("</svg>")
        assert all("aria-" in drawing for drawing in re.findall(r"<svg[^>]*>", page))


@pytest.mark.parametrize("path", PAGES)
def test_a_page_asks_few_questions_and_fewer_when_they_were_asked_before(shown: Hub, path: str) -> None:
    with counted_queries(shown) as first:
        text(shown, path)
    with counted_queries(shown) as second:
        text(shown, path)
    assert len(second) <= len(first) <= 8, first
    assert len(second) <= 6, second


def test_the_timeline_leads_to_what_belongs_to_a_period_and_only_to_periods_that_have_something(shown: Hub) -> None:
    page = text(shown, "/timeline")
    codes = re.findall(r'href="/timeline/([^"]+)"', page)
    earlier, later = {"warring-states", "4th-century-bc"}, {"qing", "republic", "people-s-republic"}
    assert set(codes) == earlier | later | {"19th-century", "20th-century"}
    assert "商鞅方升" in text(shown, "/timeline/warring-states")
    assert "商鞅方升" not in text(shown, "/timeline/qing")
    assert 'href="/timeline/1900s"' in text(shown, "/timeline/20th-century")


def test_the_map_leads_from_the_world_to_the_town(shown: Hub) -> None:
    path, seen = "/map", []
    while path not in seen:
        seen.append(path)
        page = text(shown, path)
        [path, *_] = re.findall(r'<a href="(/map/[^"]+)" aria-label="西安', page) or [path]
    assert [one.count("/") for one in seen] == [1, 4, 4, 4, 4, 4, 4]
    assert "方升第0课" in text(shown, seen[-1])
    assert "商鞅方升" not in text(shown, seen[-1])
    assert "西安等 2 处" in text(shown, CELL)
    # The globe has millions of cells: crawlers are led to those that have something, by the marks.
    onwards = re.findall(r'<a href="[^"]+"([^>]*)>(?:向.|缩小)</a>', text(shown, CELL))
    assert onwards == [' rel="nofollow"'] * 5


def test_a_long_list_goes_on_on_a_second_page(shown: Hub) -> None:
    first, second = text(shown, CELL), text(shown, CELL + "?page=2")
    assert (first.count('class="card"'), second.count('class="card"')) == (24, 2)
    assert 'rel="next"' in first
    assert "没有这一页" in text(shown, CELL + "?page=9")


@pytest.mark.parametrize(
    "path", ["/timeline/none", "/timeline/0th-century", "/map/0/6/0", "/map/6/0/0", "/map/0/0/12"]
)
def test_what_is_no_band_and_no_cell_is_not_found(shown: Hub, path: str) -> None:
    text(shown, path, 404)


def test_the_period_and_the_place_of_a_resource_lead_to_others_of_theirs(shown: Hub) -> None:
    [ark] = re.findall(r'href="(/resources/[^"]+)"[^>]*>(?:<mark>)?商鞅方升', text(shown, "/search?q=商鞅方升"))
    aside = text(shown, ark).partition("<dl")[2]
    [period, place] = re.findall(r'<dt>所涉..</dt>\s*<dd><a href="([^"]+)"', aside)
    assert unescape(period) == "/search?period_from=-344&period_until=-344"
    assert "商鞅方升" in text(shown, unescape(period))
    assert "商鞅方升" in text(shown, place)
    assert place.startswith("/map/4/")


def test_a_page_that_is_no_number_is_answered_with_what_to_do(shown: Hub) -> None:
    page = text(shown, "/timeline/qing?page=x", 422)
    assert "<h1" in page


def test_a_cell_and_a_period_without_anything_say_so_and_lead_on(shown: Hub) -> None:
    assert "这一带还没有资源" in text(shown, "/map/0/0/0")
    assert 'href="/map/0/1/0"' in text(shown, "/map/0/0/0")
    page = text(shown, "/timeline/tang")
    assert "还没有关于这段时间的资源" in page
    assert 'href="/timeline/warring-states"' in page


def test_an_empty_hub_says_what_will_be_there_and_what_is_withdrawn_leaves_at_once(hub: Hub, member: Member) -> None:
    assert "还没有发布的资源" in text(hub, "/browse")
    assert "还没有写明所涉年代的资源" in text(hub, "/timeline")
    assert "还没有写明经纬度的资源" in text(hub, "/map")
    ark = publish(hub, member, WHOLE)
    pages = ("/timeline/warring-states", CELL, "/search", "/search?q=方升")
    assert all(ark in text(hub, path) for path in pages)
    withdraw(hub, WHOLE, "不要了", indexed=False)
    assert [path for path in pages if ark in text(hub, path)] == []
    assert "没有找到合适的资源" in text(hub, "/search?q=方升")
    assert "还没有写明经纬度的资源" in text(hub, "/map")


def test_a_resource_says_what_others_declare_of_it_and_what_its_versions_changed(hub: Hub, member: Member) -> None:
    ark = publish(hub, member, WHOLE, indexed=False)
    publish(hub, hub.member("institute-b"), PARTS[0], indexed=False)
    publish(hub, member, {**WHOLE, "version": 2, "summary": {"zh": "更正了容积。"}, "created": "2026"}, indexed=False)
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text(hub, f"/resources/{ark}")))
    assert "包含 方升第0课" in unescape(page)
    assert "第 2 版" in page
    assert "简介 改动" in page
    assert "成稿时间 新增" in page
    assert "三步读准游标卡尺" not in page
