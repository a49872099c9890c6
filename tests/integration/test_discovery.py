"""What programs, crawlers and reference managers find of the public resources, and how they are led to it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from federation import catalogue
from federation.catalogue import Page
from federation.database import unit_of_work
from federation.days import today
from federation.interop import citations, schema_org, signposting, sitemaps
from federation.web.portal import descriptions
from tests.support.exhibition import HOSTILE, PDF, Exhibition, exhibition
from tests.support.hub import ORIGIN
from tests.support.publishing import counted_queries, file_entry, publish
from tests.support.records import make_record
from tests.support.stores import RunningStore

SITEMAP = f"{{{sitemaps.SITEMAP}}}"
ABSENT = "ark:99999/x1nothing0"
GIF = b"GIF89a\x01\x00\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, store: RunningStore) -> Iterator[Exhibition]:
    with exhibition(tmp_path_factory.mktemp("discovery"), store) as found:
        yield found


def described(shown: Exhibition, name: str, form: str = "jsonld", prefix: str = "") -> Any:
    answer = shown.get(f"{prefix}/resources/{shown.arks[name]}/metadata.{form}")
    assert answer.status_code == 200
    return answer.get_json(force=True)


def page_of(shown: Exhibition, name: str) -> Page:
    with unit_of_work(shown.hub.app, read_only=True) as session:
        return catalogue.find(session, shown.arks[name], today=today())


def links_of(header: str) -> list[dict[str, str]]:
    """The links of a `Link` header."""
    found = re.findall(r'<([^>]+)>((?:; [a-z]+="[^"]*")*)', header)
    return [{"href": href, **dict(re.findall(r'([a-z]+)="([^"]*)"', rest))} for href, rest in found]


def located(shown: Exhibition, path: str) -> list[str]:
    """The addresses in a sitemap, or in the index of them."""
    answer = shown.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "application/xml")
    return [one.text or "" for one in ET.fromstring(answer.data).iter(f"{SITEMAP}loc")]


# -- schema.org ----------------------------------------------------------------------------------------------------


def test_a_resource_is_described_for_search_engines_of_learning_material(shown: Exhibition) -> None:
    said = described(shown, "caliper")
    assert said["@type"] == ["Article", "LearningResource"]
    assert said["@id"] == f"{ORIGIN}/{shown.arks['caliper']}"
    assert {"@language": "en", "@value": "How to read a vernier caliper"} in said["name"]
    [file] = said["encoding"]
    assert (file["encodingFormat"], file["contentSize"]) == ("application/pdf", f"{len(PDF)} B")
    assert file["sha256"] == shown.records["caliper"]["files"][0]["sha256"]
    assert file["contentUrl"].startswith(f"{ORIGIN}/resources/")
    assert said["license"].startswith("https://")
    assert [(one["@type"], one["termCode"]) for one in said["about"]][-1] == ("DefinedTerm", "length")
    assert not [name for name, value in said.items() if value in ("", [], None)]


def test_the_page_bears_the_same_description_and_nothing_in_it_runs(shown: Exhibition) -> None:
    for name in ("caliper", "hostile"):
        page = shown.page(name).text
        [inside] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
        assert json.loads(inside) == described(shown, name)
    assert HOSTILE not in page
    assert described(shown, "hostile")["keywords"] == [HOSTILE]


def test_a_video_says_what_search_engines_ask_of_one(shown: Exhibition) -> None:
    """Google, "Video structured data": name, thumbnailUrl and uploadDate, with contentUrl and description."""
    film = b"film"
    files = [
        file_entry(b"pdf", name="稿.pdf"),
        file_entry(film, name="片.mp4", media_type="video/mp4", alt={"zh": "尺"}),
    ]
    ark = publish(shown.hub, shown.member, make_record(type="video", created="1956~", files=files), b"pdf", film)
    said = shown.get(f"/resources/{ark}/metadata.jsonld").get_json(force=True)
    [_, inside] = said["encoding"]
    assert said["contentUrl"] == inside["contentUrl"]
    assert said["encodingFormat"] == "video/mp4"
    assert datetime.fromisoformat(said["uploadDate"]).utcoffset() == timedelta(hours=8)
    assert said["description"] == said["abstract"], "where there is no longer one"
    assert (inside["@type"], inside["description"]) == ("VideoObject", [{"@language": "zh", "@value": "尺"}])
    # An approximate date is no date of ISO 8601, which schema.org asks for.
    assert ("dateCreated" in said, said["temporal"]) == (False, "1956~")


def test_files_of_a_dataset_are_its_distribution(shown: Exhibition) -> None:
    ark = publish(
        shown.hub, shown.member, make_record(type="dataset", files=[file_entry(b"1,2", name="a.csv")]), b"1,2"
    )
    said = shown.get(f"/resources/{ark}/metadata.jsonld").get_json(force=True)
    assert ("encoding" in said, [one["@type"] for one in said["distribution"]]) == (False, ["DataDownload"])


def test_the_parts_of_a_course_are_named_by_their_permanent_addresses(shown: Exhibition) -> None:
    parts = described(shown, "course")["hasPart"]
    assert [one["@id"] for one in parts] == [f"{ORIGIN}/{shown.arks[name]}" for name in ("lesson-2", "lesson-1")]


def test_dublin_core_stands_in_the_head(shown: Exhibition) -> None:
    page = shown.page("caliper").text
    found = re.findall(r'<meta name="(DC[.a-z]+)" content="([^"]*)"', page)
    assert ("DC.identifier", shown.arks["caliper"]) in found
    assert ("DC.title", "How to read a vernier caliper") in found
    document = ET.fromstring(shown.get(f"/resources/{shown.arks['caliper']}/metadata.xml").data)
    inside = [(f"DC.{one.tag.rpartition('}')[2]}", one.text) for one in document]
    assert inside == [(name, unescape(value)) for name, value in found]


# -- content negotiation -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", "text/html"),
        ("*/*", "text/html"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("application/ld+json", "application/ld+json"),
        ("application/json", "application/json"),
        ("application/xml", "application/xml"),
        ("application/ld+json;q=0.5, application/json;q=0.9", "application/json"),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#expanded"', "application/ld+json"),
        ("application/json;charset=utf-8, text/html;q=0.5", "application/json"),
        ("text/html;q=0, */*", "application/ld+json"),
        ("text/html;q=0.2, application/xml;q=0.1, */*;q=0.9", "application/ld+json"),
        ("application/json;q=0", "text/html"),
        ("image/png", "text/html"),
        ("x;;q=what, \x7f", "text/html"),
    ],
)
def test_the_address_of_the_page_gives_the_form_that_is_asked_for(shown: Exhibition, accept: str, form: str) -> None:
    answer = shown.get(f"/resources/{shown.arks['caliper']}", Accept=accept)
    assert (answer.status_code, answer.mimetype) == (200, form)
    assert "Accept" in answer.headers["Vary"]


def test_what_is_not_there_or_no_longer_there_is_so_in_every_form(shown: Exhibition) -> None:
    for form in ("jsonld", "json", "linkset", "bib", "xml"):
        assert shown.get(f"/resources/{ABSENT}/metadata.{form}").status_code == 404
        assert shown.get(f"/resources/{shown.arks['gone']}/metadata.{form}").status_code == 410
    assert shown.get(f"/resources/{shown.arks['caliper']}/metadata.exe").status_code == 404
    assert shown.get(f"/resources/{shown.arks['gone']}/qr.svg").status_code == 410


def test_another_way_to_write_the_ark_leads_to_the_one_address(shown: Exhibition) -> None:
    other = shown.arks["caliper"].replace("ark:", "ark:/")
    answer = shown.get(f"/resources/{other}/metadata.jsonld")
    assert (answer.status_code, answer.headers["Location"]) == (
        301,
        f"/resources/{shown.arks['caliper']}/metadata.jsonld",
    )


# -- Signposting ---------------------------------------------------------------------------------------------------


def test_the_header_of_the_page_leads_programs_to_everything(shown: Exhibition) -> None:
    links = links_of(shown.page("caliper").headers["Link"])
    by_rel: dict[str, list[dict[str, str]]] = {}
    for link in links:
        by_rel.setdefault(link["rel"], []).append(link)
    assert set(by_rel) == {"cite-as", "type", "describedby", "license", "item", "linkset"}
    assert [one["href"] for one in by_rel["cite-as"]] == [f"{ORIGIN}/{shown.arks['caliper']}"]
    assert {one["href"] for one in by_rel["type"]} == {"https://schema.org/AboutPage", "https://schema.org/Article"}
    for link in (*by_rel["describedby"], *by_rel["linkset"]):
        answer = shown.get(link["href"].removeprefix(ORIGIN))
        assert (answer.status_code, answer.mimetype) == (200, link["type"])
    [item] = by_rel["item"]
    assert shown.get(item["href"].removeprefix(ORIGIN)).status_code == 302


def test_the_link_set_says_all_of_it_and_leads_back(shown: Exhibition) -> None:
    [page, *back] = described(shown, "caliper", "linkset")["linkset"]
    assert page["anchor"] == f"{ORIGIN}/resources/{shown.arks['caliper']}"
    assert {"cite-as", "describedby", "item", "license", "type"} == set(page) - {"anchor"}
    leading_back = {one["anchor"] for one in back}
    assert leading_back == {one["href"] for rel in ("item", "describedby") for one in page[rel]}


def test_a_resource_with_many_files_names_them_in_the_link_set_only(shown: Exhibition) -> None:
    contents = [f"{number}".encode() for number in range(signposting.MAX_ITEMS + 1)]
    files = [file_entry(one, name=f"{number}.txt", media_type="text/plain") for number, one in enumerate(contents)]
    ark = publish(shown.hub, shown.member, make_record(files=files), *contents)
    assert 'rel="item"' not in shown.get(f"/resources/{ark}").headers["Link"]
    linkset = shown.get(f"/resources/{ark}/metadata.linkset").get_json(force=True)["linkset"]
    assert len(linkset[0]["item"]) == len(contents)


def test_files_under_embargo_are_led_to_by_nothing(shown: Exhibition) -> None:
    record = make_record(files=[file_entry(PDF, name="later.pdf")], embargo_until="2999-01-01")
    path = f"/resources/{publish(shown.hub, shown.member, record, PDF)}"
    assert 'rel="item"' not in shown.get(path).headers["Link"]
    for form in ("jsonld", "linkset"):
        assert "later.pdf" not in shown.get(f"{path}/metadata.{form}").text
    said = shown.get(f"{path}/metadata.jsonld").get_json()
    assert said["isAccessibleForFree"] is False
    assert "2999-01-01" in said["conditionsOfAccess"][0]["@value"]
    assert described(shown, "caliper")["isAccessibleForFree"] is True


# -- sitemaps, robots, search ---------------------------------------------------------------------------------------


def test_a_crawler_finds_every_public_page_and_no_other_by_robots_txt(
    shown: Exhibition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sitemaps, "MOST", 2)
    [index] = re.findall(r"Sitemap: (\S+)", shown.get("/robots.txt").text)
    assert index == f"{ORIGIN}/sitemap.xml"
    files = located(shown, "/sitemap.xml")
    assert len(files) > 1
    assert {file.rpartition("/")[0] for file in files} == {ORIGIN}, "they name nothing above them"
    pages = [page for file in files for page in located(shown, file.removeprefix(ORIGIN))]
    public = {f"{ORIGIN}/resources/{ark}" for name, ark in shown.arks.items() if name != "gone"}
    assert public <= set(pages)
    assert len(pages) == len(set(pages))
    assert f"{ORIGIN}/resources/{shown.arks['gone']}" not in pages


def test_a_crawler_finds_the_ways_into_the_catalogue_and_each_leads_somewhere(shown: Exhibition) -> None:
    publish(shown.hub, shown.member, make_record(coverage={"period": {"name": {"zh": "战国"}, "from": -475}}))
    pages = [page.removeprefix(ORIGIN) for page in located(shown, "/sitemap-pages.xml")]
    named = {"/", "/browse", "/timeline", "/timeline/20th-century", "/map", "/calendar", "/collections"}
    assert named | {"/calendar/quality-month", "/institutions/institute-a"} <= set(pages)
    assert len(pages) == len(set(pages))
    assert {page: shown.get(page).status_code for page in pages} == dict.fromkeys(pages, 200)


def test_a_crawler_may_look_at_the_pictures_of_the_sitemaps_and_download_nothing(shown: Exhibition) -> None:
    rules = re.findall(r"^(Allow|Disallow): (\S+)$", shown.get("/robots.txt").text, re.MULTILINE)

    def allowed(path: str) -> bool:
        """The longest rule that fits (RFC 9309 §2.2.2)."""
        fit = [(len(rule), kind) for kind, rule in rules if re.match(re.escape(rule).replace(r"\*", ".*"), path)]
        return max(fit, default=(0, "Allow"))[1] == "Allow"

    record = make_record(files=[file_entry(GIF, name="尺.gif", media_type="image/gif")])
    publish(shown.hub, shown.member, record, GIF)
    root = ET.fromstring(shown.get("/sitemap-1.xml").data)
    pictures = [(one.text or "").removeprefix(ORIGIN) for one in root.iter(f"{{{sitemaps.IMAGE}}}loc")]
    assert pictures
    assert all(allowed(path) for path in pictures)
    assert not any(allowed(path.partition("?")[0]) for path in pictures)
    for archive in ("/resources/ark:99999/x/pack.zip", "/en/collections/measures/bag.zip"):
        assert not allowed(archive), "gigabytes that the hub itself has to send"


@pytest.mark.parametrize("number", ["0", "99", "2147483648", "x"])
def test_there_is_no_sitemap_beyond_the_last(shown: Exhibition, number: str) -> None:
    assert shown.get(f"/sitemap-{number}.xml").status_code == 404


def test_a_sitemap_takes_the_same_few_queries_however_much_is_in_it(
    shown: Exhibition, monkeypatch: pytest.MonkeyPatch
) -> None:
    with counted_queries(shown.hub) as all_at_once:
        located(shown, "/sitemap-1.xml")
    monkeypatch.setattr(sitemaps, "MOST", 1)
    with counted_queries(shown.hub) as one:
        located(shown, "/sitemap-1.xml")
    assert len(all_at_once) == len(one)


@pytest.mark.parametrize(("prefix", "name"), [("", "计量资源云"), ("/en", "Metrology Commo")])
def test_a_browser_learns_how_to_search_here(shown: Exhibition, prefix: str, name: str) -> None:
    [place] = re.findall(r'rel="search"[^>]*href="([^"]+)"', shown.get(prefix + "/").text)
    root = ET.fromstring(shown.get(place).data)
    space = "{http://a9.com/-/spec/opensearch/1.1/}"
    assert (root.findtext(f"{space}ShortName") or "").startswith(name)
    templates = [one.get("template", "") for one in root.iter(f"{space}Url")]
    for template in templates:
        found = shown.get(template.removeprefix(ORIGIN).replace("{searchTerms}", "%E5%8D%A1%E5%B0%BA"))
        assert found.status_code == 200


# -- citing ---------------------------------------------------------------------------------------------------------


def test_a_resource_is_cited_as_the_standard_says(shown: Exhibition) -> None:
    [said, _] = re.findall(r'<p class="cite">(.*?)</p>', shown.page("caliper").text, re.DOTALL)
    assert re.fullmatch(
        rf".+\. 游标卡尺怎么读\[EB/OL\]\. \(\d{{4}}-\d\d-\d\d\)\[\d{{4}}-\d\d-\d\d\]\. {ORIGIN}/ark:[^ ]+\.",
        unescape(said),
    )


def test_a_reference_manager_takes_the_entry_whatever_is_in_it(shown: Exhibition) -> None:
    record = make_record(title={"zh": "100% {误差 & _x_ \\ ~", "en": "Error }"}, creators=[{"name": "张 and 李"}])
    ark = publish(shown.hub, shown.member, record)
    answer = shown.get(f"/resources/{ark}/metadata.bib")
    assert answer.mimetype == "text/x-bibtex"
    entry = answer.text
    # BibTeX counts braces whether or not a backslash stands before them: one alone spoils the whole file.
    assert entry.count("{") == entry.count("}")
    assert r"100\% \textbraceleft{}误差 \& \_x\_" in entry
    assert "author = {{张 and 李}}" in entry


def test_the_day_of_a_citation_is_the_day_in_china(shown: Exhibition) -> None:
    entry = replace(page_of(shown, "caliper").entry, at=datetime(2026, 12, 31, 16, 30, tzinfo=UTC))
    page = replace(page_of(shown, "caliper"), entry=entry)
    said = citations.gbt7714(page, title="题名", language="zh", address="x", today=date(2027, 1, 2))
    assert said.endswith("题名[EB/OL]. (2027-01-01)[2027-01-02]. x.")
    early = citations.gbt7714(page, title="题名", language="zh", address="x", today=date(2026, 12, 31))
    assert "(2027-01-01)[2027-01-01]" in early, "nobody read it before it was published"
    with shown.hub.app.test_request_context():
        places = descriptions.places_of(page)
        bibtex = citations.bibtex(page, places, today=date(2027, 1, 2))
        json_ld = schema_org.describe(page, places)
    assert "year = {2027}" in bibtex
    assert "  date = {2027-01-01}" in bibtex
    assert json_ld["dateModified"] == "2027-01-01T00:30:00+08:00"


@pytest.mark.parametrize(("language", "authors"), [("zh", "甲, 乙, 丙, 等. 题名"), ("en", "甲, 乙, 丙, et al. 题名")])
def test_three_authors_are_named_and_the_others_meant(shown: Exhibition, language: str, authors: str) -> None:
    entry = page_of(shown, "caliper").entry
    record = {**entry.record, "creators": [{"name": name} for name in "甲乙丙丁"]}
    page = replace(page_of(shown, "caliper"), entry=replace(entry, record=record))
    said = citations.gbt7714(page, title="题名", language=language, address="x", today=date(2027, 1, 2))
    assert said.startswith(authors)


def test_the_permanent_address_is_there_as_a_qr_code(shown: Exhibition) -> None:
    answer = shown.get(f"/resources/{shown.arks['caliper']}/qr.svg")
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
    assert ET.fromstring(answer.data).tag == "{http://www.w3.org/2000/svg}svg", "without it browsers show nothing"
