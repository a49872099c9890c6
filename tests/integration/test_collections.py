"""Collections before the public: pages, feeds, cards, descriptions, whole archives, and the calendar by date."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import bagit
import feedparser
import pytest
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from federation import counting, days, operations, people, roles, usage
from federation.collections import content, curating, showing
from federation.database import unit_of_work
from federation.models.base import now
from federation.models.objects import StoredObject
from federation.models.people import User
from federation.packs import whole
from federation.web.portal import occasions
from tests.support.exhibition import HOSTILE, PDF, Exhibition, exhibition
from tests.support.hub import ORIGIN
from tests.support.publishing import counted_queries, file_entry, publish, withdraw
from tests.support.records import make_record
from tests.support.reviewing import PASSWORD
from tests.support.stores import RunningStore

TABLE = b"l,cm\n1,2\n"
LEAD, MANAGER = "lead", "manager"
ALL = ("caliper", "table", "leaving", "hostile")


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, store: RunningStore) -> Iterator[Exhibition]:
    with exhibition(tmp_path_factory.mktemp("collections"), store) as found:
        record = make_record(
            title={"zh": "历代尺长"},
            files=[file_entry(TABLE, name="尺.csv", media_type="text/csv")],
            license="CC0-1.0",
        )
        found.records["table"], found.arks["table"] = record, publish(found.hub, found.member, record, TABLE)
        with unit_of_work(found.hub.app) as session:
            owner = operations.institution(session, "institute-a")
            for name, role, institution in ((LEAD, roles.ADMIN, None), (MANAGER, roles.MANAGER, owner)):
                about: dict[str, Any] = {"display_name": name, "password": PASSWORD, "actor": "operator"}
                people.create_user(session, name=name, role=role, institution=institution, **about)
        leaving = found.records["leaving"] = make_record(title={"zh": "要撤的"})
        found.arks["leaving"] = publish(found.hub, found.member, leaving)
        curate(found, "measures", *ALL, title={"zh": "量/尺: 大全", "en": "Measures"}, kind="collection")
        withdraw(found.hub, leaving, "有误")
        yield found


def curate(shown: Exhibition, slug: str, *names: str, by: str = LEAD, kind: str = "campaign", **said: Any) -> None:
    items = [{"resource": shown.records[name]["id"], "note": {"zh": f"说说{name}"}} for name in names]
    document = {"title": {"zh": slug}, "introduction": {"zh": "一。\n\n二。", "en": "One."}, "items": items, **said}
    with unit_of_work(shown.hub.app) as session:
        author, lead = (session.scalars(select(User).where(User.name == name)).one() for name in (by, LEAD))
        made = curating.create(session, by=author, kind=kind, slug=slug, title="x")
        curating.revise(session, made, content.read(document), based_on=1, by=author)
        if by != LEAD:
            showing.propose(session, made, by=author, based_on=2)
        showing.show(session, made, by=lead, based_on=2)


def taken(shown: Exhibition, path: str, **headers: str) -> TestResponse:
    answer = shown.get(path, **headers)
    # Read to its end, as a server does: what is not read holds its place until it is collected.
    answer.get_data()
    return answer


def opened(answer: TestResponse) -> zipfile.ZipFile:
    assert (answer.status_code, answer.mimetype) == (200, "application/zip"), answer.text
    assert answer.content_length == len(answer.data)
    found = zipfile.ZipFile(io.BytesIO(answer.data))
    assert found.testzip() is None
    return found


# -- pages ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("prefix", "words"), [("", "说说caliper"), ("/en", "Curated by")])
def test_a_collection_shows_its_resources_in_order_without_what_is_gone(
    shown: Exhibition, prefix: str, words: str
) -> None:
    page = shown.get(f"{prefix}/collections/measures").text
    assert words in page
    listed = re.findall(r'<h3><a href="(?:/en)?/resources/([^"]+)"', page)
    assert listed == [shown.arks[name] for name in ("caliper", "table", "hostile")]
    assert HOSTILE not in page
    assert f'<link rel="canonical" href="{ORIGIN}{prefix}/collections/measures">' in page
    assert "collections/measures" in shown.get(f"{prefix}/collections").text


def test_what_is_not_there_not_shown_yet_or_hidden_is_said_so(shown: Exhibition) -> None:
    assert shown.get("/collections/nothing").status_code == 404
    with unit_of_work(shown.hub.app) as session:
        lead = session.scalars(select(User).where(User.name == LEAD)).one()
        curating.create(session, by=lead, kind="collection", slug="only-a-draft", title="x")
    for path in ("", "/pack.zip", "/feed.atom"):
        assert shown.get(f"/collections/only-a-draft{path}").status_code == 404
    curate(shown, "taken-away", "caliper", kind="collection")
    with unit_of_work(shown.hub.app) as session:
        lead = session.scalars(select(User).where(User.name == LEAD)).one()
        [made] = [one.collection for one in curating.listed(session, by=lead) if one.collection.slug == "taken-away"]
        showing.hide(session, made, by=lead, based_on=2, reason="考证有误")
    answer = shown.get("/collections/taken-away")
    assert (answer.status_code, "考证有误" in answer.text) == (410, True)
    assert "taken-away" not in shown.get("/collections").text + shown.get("/sitemap-collections.xml").text


def test_an_institutions_name_stands_on_what_it_curates(shown: Exhibition) -> None:
    curate(shown, "by-a-member", "caliper", by=MANAGER, kind="collection")
    assert 'href="/institutions/institute-a"' in shown.get("/collections/by-a-member").text
    assert "/collections/by-a-member" in shown.get("/institutions/institute-a").text
    assert shown.get("/api/v1/collections/by-a-member").get_json()["curator"]["code"] == "institute-a"


def test_a_page_takes_the_same_few_queries_however_much_is_in_it(shown: Exhibition) -> None:
    curate(shown, "one-thing", "caliper", kind="collection")
    for path in ("", "/pack.zip", "/feed.json"):
        with counted_queries(shown.hub) as many:
            taken(shown, f"/collections/measures{path}")
        with counted_queries(shown.hub) as one:
            taken(shown, f"/collections/one-thing{path}")
        counts = [len([sql for sql in seen if "usage" not in sql]) for seen in (one, many)]
        # Where nothing could have a picture, none is asked for.
        assert counts[1] - counts[0] in (0, 1), path


def test_programs_read_it_too(shown: Exhibition) -> None:
    said = shown.get("/api/v1/collections/measures").get_json()
    assert [one["ark"] for one in said["items"]] == [shown.arks[name] for name in ("caliper", "table", "hostile")]
    assert (said["resources"], said["phase"], said["curator"]) == (3, "current", None)
    listed = shown.get("/api/v1/collections?page=1").get_json()
    assert "measures" in {one["slug"] for one in listed["collections"]}
    assert shown.get("/api/v1/collections?page=x").status_code == 422
    assert shown.get("/api/v1/collections/none").status_code == 404
    feed = feedparser.parse(shown.get("/collections/measures/feed.atom").data)
    assert (feed.bozo, len(feed.entries)) == (False, 3)
    json_feed = shown.get("/en/collections/measures/feed.json").get_json()
    assert json_feed["home_page_url"] == f"{ORIGIN}/en/collections/measures"
    addresses = ET.fromstring(shown.get("/sitemap-collections.xml").data).iterfind("{*}url/{*}loc")
    assert f"{ORIGIN}/collections/measures" in {one.text for one in addresses}
    assert f"{ORIGIN}/sitemap-collections.xml" in shown.get("/sitemap.xml").text


@pytest.mark.parametrize(
    ("path", "title"), [("/collections/measures", "量/尺: 大全"), ("/en/collections/measures/", "Measures")]
)
def test_other_sites_embed_its_card(shown: Exhibition, path: str, title: str) -> None:
    said = shown.get(f"/oembed?url={ORIGIN}{path}&maxwidth=300").get_json()
    assert (said["type"], said["title"], said["width"]) == ("rich", title, 300)
    assert '/embed/collections/measures"' in said["html"]
    card = shown.get("/embed/collections/measures")
    assert "frame-ancestors *" in card.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in shown.get("/collections/measures").headers["Content-Security-Policy"]
    for wrong in ("/collections/none", "/collections/Measures", "/collections/measures/pack.zip"):
        assert shown.get(f"/oembed?url={ORIGIN}{wrong}").status_code == 404


# -- archives -------------------------------------------------------------------------------------------------------


def test_the_classroom_pack_has_every_resource_in_a_folder_and_pages_that_need_no_network(shown: Exhibition) -> None:
    pack = opened(taken(shown, "/collections/measures/pack.zip"))
    folder = pack.namelist()[0].split("/")[0]
    assert folder == "量_尺_ 大全-measures"
    inside = {name.removeprefix(f"{folder}/"): pack.read(name) for name in pack.namelist()}
    files = {name: data for name, data in inside.items() if "/files/" in name}
    assert sorted(files.values()) == sorted([PDF, TABLE])
    assert [name for name in files if name.startswith("resources/01-") and name.endswith("卡尺 说明.pdf")]
    assert {"index.html", "使用许可和署名.txt", "collection.jsonld", "manifest-sha256.txt"} <= inside.keys()
    licences = inside["使用许可和署名.txt"].decode()
    assert shown.arks["caliper"] in licences
    assert shown.arks["table"] in licences
    for name in [one for one in inside if one.endswith(".html")]:
        page = inside[name].decode()
        assert not re.search(r"<script|url\(", page)
        assert HOSTILE not in page
        for link in re.findall(r'(?:href|src)="(?!https?:)([^"]+)"', page):
            target = Path("/", name).parent / unquote(unescape(link))
            assert str(target.resolve()).lstrip("/") in inside, link


def test_as_a_bag_it_is_valid_for_everybody_else(shown: Exhibition, tmp_path: Path) -> None:
    opened(taken(shown, "/collections/measures/bag.zip")).extractall(tmp_path)
    [folder] = tmp_path.iterdir()
    bag = bagit.Bag(str(folder))
    bag.validate()
    assert bag.info["External-Identifier"] == f"{ORIGIN}/collections/measures"


def test_a_download_that_was_broken_off_goes_on_where_it_stopped_and_is_counted_for_each(shown: Exhibition) -> None:
    path, reader = "/collections/measures/pack.zip", {"User_Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
    before = uses(shown)
    whole_one = taken(shown, path, **reader)
    assert [after - once for once, after in zip(before, uses(shown), strict=True)] == [1, 1]
    begin, tag = len(whole_one.data) // 2, whole_one.headers["ETag"]
    rest = taken(shown, path, Range=f"bytes={begin}-", If_Range=tag, **reader)
    assert (rest.status_code, rest.data) == (206, whole_one.data[begin:])


def uses(shown: Exhibition) -> list[int]:
    usage.recorder(shown.hub.app).flush()
    with unit_of_work(shown.hub.app, read_only=True) as session:
        ids = [shown.records[name]["id"] for name in ("caliper", "table")]
        return [usage.totals(session, one)[counting.DOWNLOAD] for one in ids]


@pytest.mark.parametrize("flaw", [{"damaged_at": now()}, {"malware": "Eicar"}])
def test_one_bad_file_stops_the_whole_and_is_named(shown: Exhibition, flaw: dict[str, Any]) -> None:
    digest = shown.records["table"]["files"][0]["sha256"]
    sound = {name: None if name == "damaged_at" else "" for name in flaw}
    for values, status in ((flaw, 409), (sound, 200)):
        with unit_of_work(shown.hub.app) as session:
            session.execute(update(StoredObject).where(StoredObject.sha256 == digest).values(**values))
        answer = taken(shown, "/collections/measures/pack.zip")
        assert answer.status_code == status
        if status == 409:
            assert "《历代尺长》" in answer.text


def test_what_is_not_open_yet_or_too_large_is_refused_with_the_reason(
    shown: Exhibition, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = make_record(title={"zh": "明年再看"}, files=[file_entry(b"x", name="x.txt")], embargo_until="2999-01-01")
    shown.records["later"], shown.arks["later"] = record, publish(shown.hub, shown.member, record, b"x")
    curate(shown, "with-later", "caliper", "later", kind="collection")
    answer = taken(shown, "/collections/with-later/pack.zip")
    assert (answer.status_code, "《明年再看》" in answer.text, "2999-01-01" in answer.text) == (409, True, True)
    assert "/pack.zip" not in shown.get("/collections/with-later").text
    monkeypatch.setattr(whole, "MOST_FILES", 1)
    for path in ("/pack.zip", "/bag.zip"):
        assert taken(shown, f"/collections/measures{path}").status_code == 413
    assert "/pack.zip" not in shown.get("/collections/measures").text


# -- by date --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "there", "phase"),
    [
        ("2031-04-17", False, "即将开始"),
        ("2031-04-20", True, "即将开始"),
        ("2031-05-25", True, "正在进行"),
        ("2031-05-26", False, "已经结束"),
    ],
)
def test_a_campaign_comes_to_the_first_page_by_date_and_stays_at_its_address(
    shown: Exhibition, monkeypatch: pytest.MonkeyPatch, on: str, there: bool, phase: str
) -> None:
    if shown.get("/collections/metrology-day").status_code == 404:
        dates = {"begins_on": "2031-05-18", "ends_on": "2031-05-25", "occasion": "world-metrology-day"}
        curate(shown, "metrology-day", "caliper", **dates)
    monkeypatch.setattr(days, "today", lambda: date.fromisoformat(on))
    assert ("/collections/metrology-day" in shown.get("/").text) == there
    assert phase in shown.get("/collections/metrology-day").text
    assert "/collections/metrology-day" in shown.get("/calendar/world-metrology-day").text


def test_people_take_the_days_into_their_own_calendar(shown: Exhibition, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(days, "today", lambda: date(2032, 4, 1))
    long = "很长的标题，有逗号; 分号和\\反斜杠。" * 4
    dates = {"begins_on": "2032-05-18", "ends_on": "2032-05-24"}
    curate(shown, "in-my-calendar", "caliper", title={"zh": long}, **dates)
    answer = shown.get("/calendar.ics")
    assert answer.mimetype == "text/calendar"
    lines = answer.data.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    whole_lines = answer.data.decode().replace("\r\n ", "").split("\r\n")
    assert "SUMMARY:" + long.replace("\\", "\\\\").replace(";", "\\;") in whole_lines
    at = whole_lines.index(f"URL:{ORIGIN}/collections/in-my-calendar")
    begin = len(whole_lines) - whole_lines[::-1].index("BEGIN:VEVENT", len(whole_lines) - at)
    assert {"DTSTART;VALUE=DATE:20320518", "DTEND;VALUE=DATE:20320525"} <= set(whole_lines[begin:at])
    assert whole_lines.count("RRULE:FREQ=YEARLY") == len(occasions.CALENDAR)
    assert f"URL:{ORIGIN}/en/calendar/quality-month" in shown.get("/en/calendar.ics").text.replace("\r\n ", "")


def test_a_short_campaign_of_the_alliance_says_when_an_occasion_without_fixed_days_is(
    shown: Exhibition, monkeypatch: pytest.MonkeyPatch
) -> None:
    def event(of: str) -> list[str]:
        lines = shown.get("/calendar.ics").text.replace("\r\n ", "").split("\r\n")
        at = lines.index(f"UID:{of}@hub.test")
        return lines[at : lines.index("END:VEVENT", at)]

    monkeypatch.setattr(days, "today", lambda: date(2033, 4, 20))
    month = {"DTSTART;VALUE=DATE:20260501", "DTEND;VALUE=DATE:20260601", "STATUS:TENTATIVE", "RRULE:FREQ=YEARLY"}
    assert month <= set(event("science-technology-week"))
    assert "SUMMARY:市场监管科技周（5 月），日期每年另行公布" in event("science-technology-week")
    assert "2033 年 5 月，日期另行公布" in shown.get("/calendar").text
    week = {"occasion": "science-technology-week", "begins_on": "2033-05-22", "ends_on": "2033-05-28"}
    curate(shown, "whole-may", "caliper", **{**week, "begins_on": "2033-05-01", "ends_on": "2033-05-31"})
    curate(shown, "their-week", "caliper", by=MANAGER, **{**week, "begins_on": "2033-05-01", "ends_on": "2033-05-05"})
    assert "日期另行公布" in shown.get("/calendar").text, "neither is the week itself"
    curate(shown, "the-week", "caliper", **week)
    assert "2033 年 5 月 22 日 – 2033 年 5 月 28 日" in shown.get("/calendar").text
    assert {"DTSTART;VALUE=DATE:20330522", "DTEND;VALUE=DATE:20330529"} <= set(event("science-technology-week-2033"))
    assert "DTSTART;VALUE=DATE:20340501" in event("science-technology-week")
    monkeypatch.setattr(days, "today", lambda: date(2033, 5, 23))
    assert "科技周" in shown.get("/").text.partition("<figcaption>")[2].partition("</figcaption>")[0]
    monkeypatch.setattr(days, "today", lambda: date(2033, 5, 29))
    assert "2034 年 5 月，日期另行公布" in shown.get("/calendar").text


@pytest.mark.parametrize(
    ("on", "code"),
    [
        ("2031-02-12", None),
        ("2031-02-13", "consumer-rights-day"),
        ("2031-03-16", None),
        ("2031-05-02", "world-metrology-day"),
        ("2031-05-21", "science-technology-week"),
        ("2031-09-30", "quality-month"),
        ("2031-12-31", None),
    ],
)
def test_the_first_page_is_for_the_occasion_that_is_near(on: str, code: str | None) -> None:
    found = occasions.near(date.fromisoformat(on), {})
    assert (found.code if found else None) == code


def test_the_first_page_brings_what_is_meant_for_the_occasion(
    shown: Exhibition, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = make_record(title={"zh": "质量月里的一把尺"}, occasions=["quality-month"])
    ark = publish(shown.hub, shown.member, record)
    for on, there in ((date(2031, 9, 10), True), (date(2031, 3, 15), False)):
        monkeypatch.setattr(days, "today", lambda on=on: on)
        section = shown.get("/").text.partition('<section class="occasion')[2].partition("</section>")[0]
        assert (f"/resources/{ark}" in section) == there


def test_the_calendar_says_what_comes_next_in_its_order(shown: Exhibition, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(days, "today", lambda: date(2031, 5, 21))
    page = shown.get("/calendar").text
    codes = re.findall(r'<h2><a href="/calendar/([a-z-]+)"', page)
    assert codes == ["science-technology-week", "quality-month", "consumer-rights-day", "world-metrology-day"]
    for code in codes:
        assert shown.get(f"/en/calendar/{code}").status_code == 200
    assert shown.get("/calendar/birthday").status_code == 404
