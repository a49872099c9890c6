"""What readers see: every page, in both languages, good and bad addresses, and the download."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from html import unescape
from itertools import pairwise
from urllib.parse import unquote

import pytest
import requests

from federation import counting, usage
from federation.database import unit_of_work
from federation.web.portal import occasions
from tests import translations
from tests.support.exhibition import HOSTILE, PDF, Exhibition, exhibition
from tests.support.hub import ORIGIN
from tests.support.publishing import counted_queries, file_entry, publish, withdraw
from tests.support.records import make_record
from tests.support.stores import RunningStore

NAME = "卡尺 说明.pdf"
PAGES = ("/", "/search", "/search?q=卡尺", "/institutions", "/institutions/institute-a", "/about", "/api")


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, store: RunningStore) -> Iterator[Exhibition]:
    with exhibition(tmp_path_factory.mktemp("portal"), store) as found:
        yield found


def downloads(shown: Exhibition, name: str) -> int:
    usage.recorder(shown.hub.app).flush()
    with unit_of_work(shown.hub.app, read_only=True) as session:
        return usage.totals(session, shown.records[name]["id"])[counting.DOWNLOAD]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(("prefix", "lang"), [("", "zh-Hans-CN"), ("/en", "en")])
def test_every_page_is_there_in_both_languages(shown: Exhibition, path: str, prefix: str, lang: str) -> None:
    answer = shown.get(prefix + path)
    assert answer.status_code == 200
    assert f'<html lang="{lang}">' in answer.text
    headings = [int(level) for level in re.findall(r"<h([1-6])", answer.text)]
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(headings))


def test_pages_hold_nothing_inline_and_nothing_from_elsewhere(shown: Exhibition) -> None:
    for path in (*PAGES, f"/resources/{shown.arks['caliper']}"):
        page = shown.get(path).text
        assert not re.search(r"<style|<script(?! src| type=\"application/ld\+json\")| style=| on[a-z]+=\"", page), (
            path
        )
        for address in re.findall(r'(?:src|<link rel="(?:stylesheet|icon)"[^>]* href)="([^"]+)"', page):
            assert address.startswith("/"), (path, address)


def test_english_pages_lead_to_english_pages_and_share_their_assets(shown: Exhibition) -> None:
    page = shown.get("/en/").text
    local = [one for one in re.findall(r'href="(/[^"]*)"', page) if not one.startswith("/assets/")]
    chinese = [one for one in local if not one.startswith("/en/")]
    assert chinese == ["/"]
    assert re.search(r'href="/assets/[0-9a-f]{16}/commons.css"', page)


def test_assets_may_be_kept_for_ever_under_their_digest_and_not_under_another(shown: Exhibition) -> None:
    [address] = re.findall(r'href="(/assets/[^"]*/commons.css)"', shown.get("/").text)
    assert "immutable" in shown.get(address).headers["Cache-Control"]
    stale = shown.get("/assets/0000000000000000/commons.css")
    assert (stale.status_code, stale.headers["Cache-Control"]) == (200, "no-cache")
    assert shown.get("/assets/0000000000000000/..%2f__init__.py").status_code == 404


def test_the_home_page_counts_and_lists_what_is_public(shown: Exhibition) -> None:
    page = shown.get("/").text
    assert "<b>5</b>" in page
    assert shown.arks["caliper"] in page
    assert shown.arks["gone"] not in page


def test_a_page_asks_the_database_few_questions(shown: Exhibition) -> None:
    course = f"/resources/{shown.arks['course']}"
    # What lies around a resource is looked for at the first visit, and remembered until something changes.
    for path, most in (("/", 7), ("/search?q=卡尺", 3), (course, 14), (course, 11)):
        with counted_queries(shown.hub) as seen:
            assert shown.get(path).status_code == 200
        assert len(seen) <= most, (path, seen)


def test_search_narrows_by_facets_that_combine_and_can_be_taken_away(shown: Exhibition) -> None:
    page = shown.get("/search?type=article&audience=secondary").text
    assert page.count('class="result"') == 1
    assert 'href="/search?audience=secondary"' in page
    assert 'href="/search?type=article"' in page


def test_search_marks_what_was_asked(shown: Exhibition) -> None:
    assert "<mark>卡尺</mark>" in shown.get("/search?q=卡尺").text


def test_an_empty_result_says_how_to_go_on(shown: Exhibition) -> None:
    page = shown.get("/search?q=没有这样的东西吧&type=article").text
    assert "去掉筛选条件" in page
    assert 'href="/search"' in page


@pytest.mark.parametrize(
    ("query", "zh", "en"),
    [
        ("page=-1", "页码：不是数字。", "Page: Not a number."),
        ("page=99999999999999", "页码：应在 1 到 500 之间。", "Page: It must be from 1 to 500."),
        ("type=foo", "没有“foo”这个类型。", "There is no type “foo”."),
        ("audience=foo&type=video", "没有“foo”这类读者。", "There is no group of readers “foo”."),
        ("type=", "类型：没有填写。", "Type: Nothing was given."),
        ("type=a" + "&type=a" * 20, "类型：最多 20 项，现有 21 项。", "Type: At most 20 entries; there are 21."),
        ("sort=x", "不能按“x”排序。", "Results cannot be sorted by “x”."),
        (
            "q=" + "长" * 400,
            "检索词最多 200 个字符，现有 400 个。",
            "The search may have 200 characters at most; there are 400.",
        ),
        ("q=a%07b", "检索词：第 2 个字符 U+0007 ", "Search words: Character 2 (U+0007)"),
        ("q=a%00b", "第 2 个字符 U+0000 ", "Character 2 (U+0000)"),
    ],
)
def test_a_bad_query_is_answered_with_what_is_wrong_in_the_readers_words(
    shown: Exhibition, query: str, zh: str, en: str
) -> None:
    for prefix, words in (("", zh), ("/en", en)):
        answer = shown.get(f"{prefix}/search?{query}")
        assert answer.status_code == 422
        assert words in answer.text
        assert not re.search(r"<code>|[^<]/(q|type|sort|page)/?\d* |activity-kit", answer.text)


def test_a_bad_query_loses_neither_what_was_typed_nor_the_way_on(shown: Exhibition) -> None:
    long = "“卡尺”" * 100
    assert f'value="{long}"' in shown.get(f"/search?q={long}").text
    page = shown.get("/search?q=卡尺&type=foo&type=article&theme=foo&page=0&utm_source=x").text
    assert 'name="q" type="search" value="卡尺"' in page
    assert '<input type="hidden" name="type" value="article">' in page
    assert page.count('type="hidden"') == 1
    [way_on] = re.findall(r'<a href="([^"]+)" rel="nofollow">去掉有误的部分', page)
    assert unescape(unquote(way_on)) == "/search?q=卡尺&type=article"
    assert shown.get(unescape(way_on)).status_code == 200
    assert "去掉有误的部分" not in shown.get("/search?type=foo").text


@pytest.mark.parametrize("query", ["q=👨", "q=*", "q=%22%22"])
def test_symbols_alone_find_nothing_and_lead_to_everything(shown: Exhibition, query: str) -> None:
    page = shown.get(f"/search?{query}").text
    assert "：0 件资源" in page
    assert "只有符号，没有可检索的字词" in page
    assert "筛选" not in page, "there is nothing to choose from"
    assert '<a href="/search">浏览全部资源</a>' in page
    assert '<a href="/search?type=article">去掉检索词' in shown.get(f"/search?{query}&type=article").text
    found = shown.get(f"/api/v1/search?{query}").get_json()
    assert (found["total"], found["results"], found["pages"]) == (0, [], 0)


@pytest.mark.parametrize("added", ["from=timeline", "utm_source=x&isappinstalled=0", "from=a&from=b", "%ff=1", "&"])
@pytest.mark.parametrize("path", ["/search?q=卡尺&type=article", "/en/search?q=卡尺"])
def test_what_others_add_to_a_link_is_ignored_and_not_passed_on(shown: Exhibition, path: str, added: str) -> None:
    plain, answer = shown.get(path), shown.get(f"{path}&{added}")
    assert answer.status_code == 200
    assert answer.text == plain.text


@pytest.mark.parametrize(
    "query", ["q=%ff%fe", "q=%ED%A0%80", "q=" + "(" * 200, "q=*:*%20AND%20%22", "q=-", "page=500"]
)
def test_strange_words_are_only_words(shown: Exhibition, query: str) -> None:
    assert shown.get(f"/search?{query}").status_code == 200


def test_markup_in_a_record_is_shown_as_text(shown: Exhibition) -> None:
    for path in (f"/resources/{shown.arks['hostile']}", "/search?type=video", "/"):
        page = shown.get(path).text
        assert HOSTILE not in page
        assert "&lt;script&gt;" in page


def test_a_resource_page_says_what_it_is_and_who_gave_it(shown: Exhibition) -> None:
    page = shown.page("caliper").text
    assert "<h1>游标卡尺怎么读</h1>" in page
    assert '<span lang="en">How to read a vernier caliper</span>' in page
    assert "约公元前 344 年" in page
    assert "注明作者和出处即可自由使用" in page
    assert page.count("<p>第一段。</p>") == page.count("<p>第二段。</p>") == 1
    english = shown.page("caliper", "/en").text
    assert "<h1>How to read a vernier caliper</h1>" in english
    assert '<span lang="zh-Hans">第一段。</span>' in english


def test_a_course_lists_its_lessons_in_its_own_order(shown: Exhibition) -> None:
    page = shown.page("course").text
    assert 0 < page.index("第2课") < page.index("第1课")


def test_a_lesson_that_was_entered_from_its_course_leads_on_through_it(shown: Exhibition) -> None:
    course, first, second = (shown.arks[name] for name in ("course", "lesson-2", "lesson-1"))
    here = f"/resources/{first}?course={course}"
    assert here in unescape(shown.page("course").text)
    page = unescape(shown.get(here).text)
    assert f'rel="next" href="/resources/{second}?course={course}"' in page
    assert 'rel="prev"' not in page
    assert f'rel="prev" href="/resources/{first}?course={course}"' in unescape(
        shown.get(f"/resources/{second}?course={course}").text
    )
    assert f'<link rel="canonical" href="{ORIGIN}/resources/{first}">' in page
    for other in ("", "x", shown.arks["caliper"], second, shown.arks["gone"], "ark:99999/none"):
        answer = shown.get(f"/resources/{first}?course={other}")
        assert (answer.status_code, 'class="way"' in answer.text) == (200, False), other
    assert 'class="way"' not in shown.get(f"/resources/{shown.arks['caliper']}?course={course}").text


def test_what_is_for_a_group_says_what_to_print_and_what_to_bring(shown: Exhibition) -> None:
    csv = b"l,cm\n1,2\n"
    files = [
        file_entry(PDF, name="单.pdf"),
        file_entry(csv, name="表.csv", media_type="text/csv"),
        file_entry(PDF, name="面.pdf", role="cover"),
    ]
    ark = publish(shown.hub, shown.member, make_record(type="activity-kit", files=files), PDF, csv, PDF)
    kit = shown.get(f"/resources/{ark}").text.split('class="kit"')[1].split("</section>")[0]
    printed, brought = kit.index("打印"), kit.index("带上")
    assert printed < kit.index("单.pdf") < brought < kit.index("表.csv")
    assert "面.pdf" not in kit
    person = publish(
        shown.hub,
        shown.member,
        make_record(
            type="profile",
            disciplines=["time-frequency"],
            coverage={"period": {"name": {"zh": "元"}, "from": 1231, "until": 1316}},
        ),
    )
    assert "1231" in shown.get(f"/resources/{person}").text.split("其人")[1].split("</section>")[0]


@pytest.mark.parametrize("spelling", ["ark:/99999/{name}", "ark:99999/{dashed}", "ark:99999/{name}/"])
def test_any_spelling_of_the_ark_leads_to_the_one_address(shown: Exhibition, spelling: str) -> None:
    name = shown.arks["caliper"].split("/")[1]
    path = spelling.format(name=name, dashed=f"{name[:3]}-{name[3:]}")
    answer = shown.get(f"/resources/{path}?utm=1&_external=0&ark=x")
    assert answer.status_code == 301
    assert answer.headers["Location"] == f"/resources/{shown.arks['caliper']}?utm=1&_external=0&ark=x"


def test_the_cited_form_of_the_ark_leads_to_the_page(shown: Exhibition) -> None:
    answer = shown.get(f"/{shown.arks['caliper']}")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/resources/{shown.arks['caliper']}")


@pytest.mark.parametrize("spelling", ["ark:/99999/{name}", "ark:/99999/{name}/", "ark:99999/{dashed}"])
@pytest.mark.parametrize("prefix", ["", "/en"])
def test_the_classic_form_of_the_ark_leads_to_the_page_too(shown: Exhibition, prefix: str, spelling: str) -> None:
    name = shown.arks["caliper"].split("/")[1]
    answer = shown.get(f"{prefix}/{spelling.format(name=name, dashed=f'{name[:3]}-{name[3:]}')}")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{prefix}/resources/{shown.arks['caliper']}")


@pytest.mark.parametrize("path", ["/ark:/", "/ark:", "/ark:/99999", "/ark:/99999/", "/ark:x/y"])
def test_what_is_no_ark_is_not_found_at_the_root(shown: Exhibition, path: str) -> None:
    assert shown.get(path).status_code == 404


@pytest.mark.parametrize(
    ("path", "method"), [("/search", "POST"), ("/api/v1/search", "DELETE"), ("/api/v1/federation/records", "GET")]
)
def test_a_method_that_is_not_taken_is_told_which_are(shown: Exhibition, path: str, method: str) -> None:
    answer = shown.hub.open(method, path)
    assert answer.status_code == 405
    allowed = {one.strip() for one in answer.headers["Allow"].split(",")}
    assert "OPTIONS" in allowed
    assert method not in allowed
    assert allowed & {"GET", "POST"}


def test_what_was_withdrawn_is_gone_with_its_title_and_reason(shown: Exhibition) -> None:
    answer = shown.page("gone")
    assert answer.status_code == 410
    assert "旧规程" in answer.text
    assert "已被取代" in answer.text
    assert shown.get(f"/resources/{shown.arks['gone']}/files/x.pdf").status_code == 410


@pytest.mark.parametrize(
    "path", ["/nothing", "/resources/x", "/resources/ark:99999/b1nothing0", "/institutions/none"]
)
def test_what_never_was_is_not_found_and_offers_a_search(shown: Exhibition, path: str) -> None:
    answer = shown.get(path)
    assert answer.status_code == 404
    assert 'role="search"' in answer.text


def test_a_download_is_counted_and_has_its_name_and_type(shown: Exhibition) -> None:
    path = f"/resources/{shown.arks['caliper']}/files/{NAME}"
    before = downloads(shown, "caliper")
    answer = shown.get(path)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (302, "no-store")
    got = requests.get(answer.headers["Location"], timeout=10)
    assert (got.status_code, got.content) == (200, PDF)
    assert got.headers["Content-Type"] == "application/pdf"
    assert "filename*=UTF-8''%E5%8D%A1%E5%B0%BA%20" in got.headers["Content-Disposition"]
    assert downloads(shown, "caliper") == before + 1


def test_a_file_can_be_looked_at_before_it_is_fetched(shown: Exhibition) -> None:
    answer = shown.hub.open("HEAD", f"/resources/{shown.arks['caliper']}/files/{NAME}")
    looked = requests.head(answer.headers["Location"], timeout=10)
    assert (looked.status_code, looked.headers["Content-Length"]) == (200, str(len(PDF)))


def test_looking_continuing_and_showing_inline_are_no_downloads(shown: Exhibition) -> None:
    path = f"/resources/{shown.arks['caliper']}/files/{NAME}"
    before = downloads(shown, "caliper")
    assert shown.hub.open("HEAD", path).status_code == 302
    assert shown.get(path, Range="bytes=5-").status_code == 302
    inline = shown.get(f"{path}?inline=1")
    disposition = requests.get(inline.headers["Location"], timeout=10).headers["Content-Disposition"]
    assert disposition.startswith("inline")
    assert downloads(shown, "caliper") == before


def test_an_unknown_file_is_not_found(shown: Exhibition) -> None:
    assert shown.get(f"/resources/{shown.arks['caliper']}/files/other.pdf").status_code == 404


def test_every_answer_has_the_headers_that_keep_readers_safe(shown: Exhibition) -> None:
    for path in ("/", "/nothing", "/search?page=-1", f"/resources/{shown.arks['gone']}", "/api/v1/institutions"):
        headers = shown.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert shown.hub.settings.store_endpoint in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Strict-Transport-Security" not in headers


def test_public_pages_may_be_kept_and_are_asked_about(shown: Exhibition) -> None:
    first = shown.get("/about")
    assert first.headers["Cache-Control"] == "public, no-cache"
    assert "Cookie" not in first.headers.get("Vary", "")
    again = shown.get("/about", If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")


def test_pages_of_the_workbench_are_kept_by_nobody(shown: Exhibition) -> None:
    answer = shown.get("/workbench/")
    assert "no-store" in answer.headers["Cache-Control"]
    assert "ETag" not in answer.headers


def test_a_withdrawal_shows_at_once_although_the_page_was_kept(shown: Exhibition) -> None:
    record = make_record()
    ark = publish(shown.hub, shown.member, record)
    tag = shown.get(f"/resources/{ark}").headers["ETag"]
    withdraw(shown.hub, record, "有误")
    assert shown.get(f"/resources/{ark}", If_None_Match=tag).status_code == 410


def test_crawlers_are_told_what_to_leave_alone(shown: Exhibition) -> None:
    answer = shown.get("/robots.txt")
    assert answer.mimetype == "text/plain"
    assert {"Disallow: /workbench/", "Disallow: /map/", "Disallow: /en/map/"} <= set(answer.text.splitlines())


def test_every_text_has_its_english_and_the_catalogue_is_compiled() -> None:
    assert [fault for texts in translations.ALL for fault in translations.faults(texts)] == []


def test_canonical_addresses_name_the_public_origin_whatever_host_was_asked(shown: Exhibition) -> None:
    answer = shown.hub.app.test_client().get("/en/about", base_url="http://evil.example")
    assert f'<link rel="canonical" href="{ORIGIN}/en/about">' in answer.text
    assert "evil.example" not in answer.text


@pytest.mark.parametrize(
    ("day", "code", "days"),
    [
        ("2026-05-20", "world-metrology-day", 0),
        ("2026-05-19", "world-metrology-day", 1),
        ("2026-09-30", "quality-month", 0),
        ("2026-12-31", "consumer-rights-day", 74),
        ("2028-02-29", "consumer-rights-day", 15),
    ],
)
def test_the_next_occasion_is_found_across_the_year(day: str, code: str, days: int) -> None:
    coming = occasions.coming(date.fromisoformat(day), {})
    assert (coming.code, coming.days) == (code, days)
