"""Following what is new, with the readers that people have: any search, any theme, any institution."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import feedparser
import pytest

from federation import catalogue
from federation.database import unit_of_work
from federation.web.portal import following
from tests.support.exhibition import HOSTILE, Exhibition, exhibition
from tests.support.hub import ORIGIN
from tests.support.publishing import publish
from tests.support.records import make_record
from tests.support.stores import RunningStore


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, store: RunningStore) -> Iterator[Exhibition]:
    with exhibition(tmp_path_factory.mktemp("feeds"), store) as found:
        yield found


def read(shown: Exhibition, path: str) -> Any:
    answer = shown.get(path)
    assert answer.status_code == 200, answer.text
    found = feedparser.parse(answer.data)
    assert not found.bozo, found.get("bozo_exception")
    return found


def titles(shown: Exhibition, path: str) -> list[str]:
    return [entry.title for entry in read(shown, path).entries]


def test_what_is_new_is_followed_with_its_permanent_address(shown: Exhibition) -> None:
    found = read(shown, "/feed.atom")
    assert found.feed.id == f"{ORIGIN}/feed.atom"
    by_title = {entry.title: entry for entry in found.entries}
    assert by_title["游标卡尺怎么读"].id == f"{ORIGIN}/{shown.arks['caliper']}"
    assert by_title["游标卡尺怎么读"].link == f"{ORIGIN}/resources/{shown.arks['caliper']}"
    assert HOSTILE in by_title
    assert "旧规程" not in by_title
    moments = [entry.updated for entry in found.entries]
    assert moments == sorted(moments, reverse=True)


def test_any_search_is_a_feed_and_its_page_leads_to_it(shown: Exhibition) -> None:
    assert titles(shown, "/feed.atom?q=卡尺&audience=secondary") == ["游标卡尺怎么读"]
    assert titles(shown, "/feed.atom?type=course") == ["三课时"]
    assert titles(shown, "/feed.atom?institution=nobody") == []
    page = shown.get("/search?q=卡尺&audience=secondary&sort=relevance").text
    [address] = re.findall(r'rel="alternate" type="application/atom\+xml"[^>]* href="([^"]+)"', page)
    assert titles(shown, unescape(address)) == ["游标卡尺怎么读"]


def test_the_page_says_of_which_search_the_feed_is(shown: Exhibition) -> None:
    for page in ("/search?q=卡尺&audience=secondary", "/institutions/institute-a", "/", "/en/search?type=course"):
        for address, title in re.findall(
            r'rel="alternate" type="application/atom\+xml" title="([^"]*)" href="([^"]+)"', shown.get(page).text
        ):
            assert read(shown, unescape(title)).feed.title == unescape(address), page


def test_a_reader_comes_to_the_end_of_a_long_feed_page_by_page(
    shown: Exhibition, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paged feeds (RFC 5005 §3)."""
    whole = titles(shown, "/feed.atom")
    monkeypatch.setattr(following, "ENTRIES", 2)
    seen, address = [], f"{ORIGIN}/feed.atom"
    while address:
        page = read(shown, address.removeprefix(ORIGIN))
        links = {link.rel: link.href for link in page.feed.links}
        assert len(page.entries) <= 2
        assert (links["self"], page.feed.id) == (address, f"{ORIGIN}/feed.atom")
        assert links["first"] == f"{ORIGIN}/feed.atom"
        assert shown.get(links["last"].removeprefix(ORIGIN)).status_code == 200
        seen += [entry.title for entry in page.entries]
        address = links.get("next", "")
    assert sorted(seen) == sorted(whole), "each once"
    assert shown.get("/feed.json?page=2").get_json(force=True)["next_url"] == f"{ORIGIN}/feed.json?page=3"
    assert shown.get("/feed.atom?page=99").status_code == 404


def test_in_english_it_is_in_english(shown: Exhibition) -> None:
    assert "How to read a vernier caliper" in titles(shown, "/en/feed.atom")
    assert read(shown, "/en/feed.atom").feed.title == "Metrology Commons: new resources"


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/feed.atom?type=course", "计量资源云：课程"),
        ("/feed.atom?q=卡尺&type=article&type=course", "计量资源云：检索“卡尺”，文章、课程"),
        (
            "/en/feed.atom?q=x&type=course&theme=history",
            "Metrology Commons: search for “x”, Course, History of metrology",
        ),
        ("/en/feed.atom?institution=institute-a", "Metrology Commons: {institution}"),
        ("/feed.atom?institution=nobody", "计量资源云：nobody"),
    ],
)
def test_its_name_says_what_was_chosen(shown: Exhibition, path: str, title: str) -> None:
    with unit_of_work(shown.hub.app, read_only=True) as session:
        name = catalogue.institution(session, "institute-a").name("en")
    assert read(shown, path).feed.title == title.format(institution=name)


def test_a_summary_is_a_text_of_which_no_reader_makes_anything_else(shown: Exhibition) -> None:
    publish(shown.hub, shown.member, make_record(title={"zh": "比较"}, summary={"zh": "a <b 且 c > d &amp; e"}))
    [entry] = read(shown, "/feed.atom?q=比较").entries
    assert (entry.summary_detail.type, unescape(entry.summary)) == ("text/html", "a <b 且 c > d &amp; e")


def test_a_feed_without_entries_stays_as_it_is(shown: Exhibition) -> None:
    first = shown.get("/feed.atom?institution=nobody")
    assert shown.get("/feed.atom?institution=nobody", If_None_Match=first.headers["ETag"]).status_code == 304


def test_pages_of_other_sites_may_read_both_forms(shown: Exhibition) -> None:
    for kind in ("atom", "json"):
        assert shown.get(f"/feed.{kind}").headers["Access-Control-Allow-Origin"] == "*"


def test_programs_that_like_json_get_the_same(shown: Exhibition) -> None:
    answer = shown.get("/feed.json?q=卡尺&audience=secondary")
    assert answer.mimetype == "application/feed+json"
    said = answer.get_json(force=True)
    assert said["version"] == "https://jsonfeed.org/version/1.1"
    assert [item["title"] for item in said["items"]] == ["游标卡尺怎么读"]


def test_a_new_version_is_the_same_entry_changed_later(shown: Exhibition) -> None:
    record = make_record(title={"zh": "会更新的"})
    publish(shown.hub, shown.member, record)
    [first] = read(shown, "/feed.atom?q=会更新的").entries
    publish(shown.hub, shown.member, {**record, "version": 2, "title": {"zh": "会更新的，新版"}})
    [second] = read(shown, "/feed.atom?q=会更新的").entries
    assert second.id == first.id
    assert second.title == "会更新的，新版"
    assert second.updated > first.updated


def test_who_asks_again_is_told_that_nothing_changed(shown: Exhibition) -> None:
    tag = shown.get("/feed.atom").headers["ETag"]
    assert shown.get("/feed.atom", If_None_Match=tag).status_code == 304


@pytest.mark.parametrize("query", ["type=spaceship", "page=x", "q=" + "长" * 300])
def test_what_makes_no_sense_is_refused_with_words(shown: Exhibition, query: str) -> None:
    assert shown.get(f"/feed.atom?{query}").status_code == 422
