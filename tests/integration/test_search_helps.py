"""What helps readers to find: suggestions, what was meant, fewer words, orders, and spans of years and days."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.exhibition import Exhibition, exhibition
from tests.support.hub import ORIGIN
from tests.support.publishing import counted_queries, follow, publish, withdraw
from tests.support.records import make_record
from tests.support.stores import RunningStore

BAD = {
    "period_from=x": ("bad_year", "年代的起点：“x”不是年份"),
    "period_until=0": ("no_year_zero", "公元前 1 年写 -1"),
    "created_from=-10000": ("out_of_range", "应在 -9999 到 9999 之间"),
    "created_from=99999999": ("bad_year", "不是年份"),
    "published_from=2026-02-30": ("bad_day", "没有这一天"),
    "published_until=20260520": ("bad_day", "没有这一天"),
    "period_from=1&period_until=-1": ("span_backwards", "年代的终点：起点晚于终点"),
    "published_from=2026-02-02&published_until=2026-02-01": ("span_backwards", "请对调"),
    "occasion=nothing": ("unknown_term", "没有“nothing”这个场合"),
}


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, store: RunningStore) -> Iterator[Exhibition]:
    with exhibition(tmp_path_factory.mktemp("helps"), store) as found:
        yield found


def found(shown: Exhibition, query: str) -> set[str]:
    names = {ark: name for name, ark in shown.arks.items()}
    answer = shown.get(f"/api/v1/search?{query}")
    assert answer.status_code == 200, answer.text
    return {names[one["ark"]] for one in answer.get_json()["results"]}


def links(page: str, beginning: str) -> list[str]:
    return [unescape(one) for one in re.findall(r'href="([^"]+)"', page) if one.startswith(beginning)]


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_what_is_typed_is_completed_in_the_form_of_opensearch(shown: Exhibition, prefix: str) -> None:
    answer = shown.get(f"{prefix}/suggestions?q=kachi")
    assert (answer.status_code, answer.mimetype) == (200, "application/x-suggestions+json")
    typed, texts, abouts, addresses = answer.get_json(force=True)
    title = "How to read a vernier caliper" if prefix else "游标卡尺怎么读"
    assert (typed, len(abouts)) == ("kachi", len(texts))
    assert shown.get(addresses[0].removeprefix(ORIGIN)).status_code == 200
    assert texts == [title] or "游标卡尺怎么读" in texts


@pytest.mark.parametrize("query", ["", "q=", "q=%07", "q=" + "长" * 300, "q=👨", "x=1"])
def test_what_cannot_be_completed_gets_no_suggestions_and_no_error(shown: Exhibition, query: str) -> None:
    answer = shown.get(f"/suggestions?{query}")
    assert (answer.status_code, answer.get_json(force=True)[1:]) == (200, [[], [], []])


def test_the_box_names_the_place_of_suggestions_and_works_without(shown: Exhibition) -> None:
    page = shown.get("/en/search").text
    assert 'data-suggestions="/en/suggestions"' in page
    assert '<form class="search" action="/en/search" role="search">' in page
    assert "connect-src 'self'" in shown.get("/").headers["Content-Security-Policy"]


def test_what_was_withdrawn_is_shown_nowhere_although_the_index_has_it_still(shown: Exhibition) -> None:
    def said(place: str) -> str:
        answer = shown.get(place)
        return json.dumps(answer.get_json(), ensure_ascii=False) if answer.is_json else answer.text

    record = make_record(title={"zh": "泄密的秤杆", "en": "A leaking steelyard"}, keywords=["泄密秤杆"])
    publish(shown.hub, shown.member, record)
    places = [f"{one}?q=泄密" for one in ("/api/v1/search", "/search", "/feed.atom", "/feed.json", "/suggestions")]
    assert {place: "秤杆" in said(place) for place in places} == dict.fromkeys(places, True)
    assert "steelyard" in said("/search?q=steelyrad")
    withdraw(shown.hub, record, "有误", indexed=False)
    assert {place: "秤杆" in said(place) for place in places} == dict.fromkeys(places, False)
    assert "steelyard" not in said("/search?q=steelyrad")
    assert shown.get("/api/v1/search?q=泄密").get_json()["total"] == 0
    follow(shown.hub)


@pytest.mark.parametrize("place", ["/api/v1/search", "/search", "/feed.atom", "/suggestions"])
def test_whether_all_of_it_is_public_is_asked_at_once(shown: Exhibition, place: str) -> None:
    path = f"{place}?q=卡尺"
    shown.get(path)
    with counted_queries(shown.hub) as asked:
        shown.get(path)
    assert len([one for one in asked if "change_feed" in one]) == 1
    assert len(asked) <= 3, asked


@pytest.mark.parametrize(
    ("typed", "meant"), [("calliperr", "caliper"), ("游表卡尺", "游标卡尺"), ("vernire", "vernier")]
)
def test_what_was_meant_is_offered_and_never_taken_for_what_was_asked(
    shown: Exhibition, typed: str, meant: str
) -> None:
    page = shown.get(f"/search?q={typed}").text
    assert f'value="{typed}"' in page
    [offered] = re.findall(r'您要找的是不是 <a href="([^"]+)"', page)
    assert parse_qs(urlsplit(unescape(offered)).query)["q"] == [meant]
    assert "您要找的是不是" not in shown.get(f"/search?q={meant}").text


def test_where_few_have_all_the_words_others_come_too_and_it_is_said(shown: Exhibition) -> None:
    assert "没有哪一件含这几个词的全部或多半" in shown.get("/search?q=怎么读 第1课").text
    page = shown.get("/search?q=怎么读 第二段 第1课").text
    assert "只有 1 件，所以也列出了含其中一部分的" in page
    [only] = re.findall(r'href="([^"]+)"[^>]*>只看这些', page)
    assert found(shown, "q=怎么读 第二段 第1课") == {"caliper", "lesson-1"}
    assert found(shown, unescape(only).partition("?")[2]) == {"caliper"}
    assert found(shown, "q=怎么读 第二段 第1课&sort=newest") == {"caliper"}, "in another order, these alone"


def test_where_many_words_find_little_fewer_are_offered(shown: Exhibition) -> None:
    page = shown.get("/search?q=第一段 游标").text
    assert "/search?q=%E6%B8%B8%E6%A0%87" in links(page, "/search?q=")
    assert "少用几个词" not in shown.get("/search?q=卡尺").text


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("created_from=-344&created_until=-344", {"caliper"}),
        ("created_until=-345", set()),
        ("created_from=&created_until=&period_from=&published_until=&q=第二段", {"caliper"}),
        ("published_until=2000-01-01", set()),
        ("published_from=2000-01-01&type=video", {"hostile"}),
        ("period_from=-300", set()),
    ],
)
def test_spans_narrow_in_the_interface_on_the_page_and_in_feeds(
    shown: Exhibition, query: str, names: set[str]
) -> None:
    assert found(shown, query) == names
    assert shown.get(f"/search?{query}").text.count('class="result"') == len(names)
    assert shown.get(f"/feed.atom?{query}").text.count("<entry>") == len(names)


def test_a_span_is_told_in_words_and_kept_in_every_link_until_it_is_taken_away(shown: Exhibition) -> None:
    page = shown.get("/search?created_from=-344&created_until=-1&q=卡尺").text
    assert "制作 公元前 344 年–公元前 1 年" in page
    kept = [one for one in links(page, "/search?") if "created_from=-344&created_until=-1" in one]
    assert any("sort=" in one or "type=" in one for one in kept)
    assert "/search?q=%E5%8D%A1%E5%B0%BA" in links(page, "/search?")
    assert '<input type="hidden" name="created_from" value="-344">' in page
    assert any("created_from=-344" in one for one in links(page, "/feed.atom"))


@pytest.mark.parametrize("query", BAD)
def test_a_span_that_cannot_be_is_refused_with_what_to_do(shown: Exhibition, query: str) -> None:
    code, words = BAD[query]
    answer = shown.get(f"/api/v1/search?{query}")
    assert (answer.status_code, [one["code"] for one in answer.get_json()["errors"]]) == (422, [code])
    assert words in shown.get(f"/search?{query}").text


@pytest.mark.parametrize("sort", ["relevance", "newest", "oldest", "used", "title"])
def test_every_order_is_offered_and_gives_the_same_resources(shown: Exhibition, sort: str) -> None:
    assert found(shown, f"sort={sort}") == set(shown.arks) - {"gone"}
    page = shown.get(f"/search?q=课&sort={sort}").text
    assert f'sort={sort}" aria-current="true"' in page


def test_the_description_of_the_interface_names_orders_and_spans(shown: Exhibition) -> None:
    described = shown.get("/api/v1/openapi.json").get_json()["paths"]["/api/v1/search"]["get"]["parameters"]
    by_name = {one["name"]: one for one in described}
    assert by_name["sort"]["schema"]["enum"] == ["relevance", "newest", "oldest", "used", "title"]
    assert by_name["published_from"]["schema"]["format"] == "date"
    assert {"occasion", "period_from", "period_until", "created_from", "created_until"} <= by_name.keys()
