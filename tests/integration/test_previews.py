"""What readers see of a resource's files without a download, and what they no longer see when they may not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import feedparser
import pytest
import requests
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from federation import catalogue, listing, publication
from federation.database import db, unit_of_work
from federation.derivatives import maker, watch
from federation.derivatives import making as derivatives
from federation.findings import collecting
from federation.interop import sitemaps
from federation.models.objects import StoredObject
from federation.models.resources import Resource, ResourceVersion
from federation.parts import parts
from federation.renditions import making as renditions
from tests.support.counting import statements
from tests.support.documents import deck
from tests.support.hub import Hub, Member, running_hub
from tests.support.pictures import chart, encoded, pdf, photo
from tests.support.publishing import file_entry, publish
from tests.support.records import make_record
from tests.support.stores import RunningStore

PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
pytestmark = pytest.mark.xdist_group("previews")
USING = maker.Maker(False, {maker.PICTURE: "1", maker.PAGES: "1"})
TABLE = "名称,数值\n千克,1\n<b>米</b>,2\n".encode("gbk")
FILES: dict[str, tuple[bytes, dict[str, Any]]] = {
    "全景.jpg": (photo(2000, 1000), {"media_type": "image/jpeg", "alt": {"zh": "一座钟楼"}}),
    "细部.png": (encoded(chart(400, 300)), {"media_type": "image/png"}),
    "讲稿.pdf": (pdf(2), {"media_type": "application/pdf"}),
    "课件.pptx": (deck("一米有多长"), {"media_type": PPTX}),
    "数据.csv": (TABLE, {"media_type": "text/csv"}),
    "读我.txt": ("正文：<i>计量</i>".encode("gbk"), {"media_type": "text/plain"}),
    "试一试.html": (b"<!doctype html><title>x</title>", {"media_type": "text/html"}),
    "讲解.mp3": (b"ID3" + bytes(200), {"media_type": "audio/mpeg"}),
    "讲解.en.vtt": (b"WEBVTT\n\n00:00.000 --> 00:01.000\nOne metre\n", {"media_type": "text/vtt", "role": "caption"}),
    "模型.step": (b"ISO-10303-21;", {"media_type": "model/step", "role": "supplement"}),
}


@dataclass
class Seen:
    """A hub with one resource that has something of everything, and what is made of it."""

    hub: Hub
    member: Member
    record: dict[str, Any]
    ark: str

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.hub.open("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def page(self, prefix: str = "") -> str:
        return self.get(f"{prefix}/resources/{self.ark}").text

    def sha256(self, name: str) -> str:
        return next(file["sha256"] for file in self.record["files"] if file["name"] == name)

    def picture(self, name: str, which: str) -> str:
        return f"/resources/{self.ark}/pictures/{self.sha256(name)[:32]}/{which}.webp"

    def of_file(self, kind: str, name: str) -> str:
        return f"/resources/{self.ark}/{kind}/{quote(name)}"


def shown_on(hub: Hub, member: Member, *names: str, **changes: Any) -> Seen:
    """A resource with some of the files, published, with all that is made of them."""
    entries = [file_entry(data, name=name, **more) for name, (data, more) in FILES.items() if name in names]
    record = make_record(title={"zh": "一座钟楼", "en": "A clock tower"}, files=entries, **changes)
    ark = publish(hub, member, record, *(FILES[entry["name"]][0] for entry in entries))
    while watch.make_next(hub.app, USING):
        pass
    return Seen(hub, member, record, ark)


def again(seen: Seen, *names: str, cover: str = "", **changes: Any) -> Seen:
    """Another resource of the same files, of which everything is made already."""
    entries = [file for file in seen.record["files"] if file["name"] in names]
    entries = [{**file, "role": "cover"} if file["name"] == cover else file for file in entries]
    record = make_record(files=entries, **changes)
    ark = publish(seen.hub, seen.member, record, *(FILES[one["name"]][0] for one in entries))
    return Seen(seen.hub, seen.member, record, ark)


def render(hub: Hub, sha256: str, data: bytes, folder: Any) -> None:
    """Say that the hub has made this PDF of an office document."""
    with folder.joinpath("made.pdf").open("w+b") as made:
        made.write(data)
        size = parts(hub.app).store.renditions.put(sha256=sha256, file=made)
    with unit_of_work(hub.app) as session:
        claimed = renditions.claim(session, seconds=60, maker="LibreOffice")
        assert claimed is not None
        renditions.made(session, claimed, size, maker="LibreOffice")
    with unit_of_work(hub.app) as session:
        derivatives.want_missing(session)
    while watch.make_next(hub.app, USING):
        pass


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory, store: RunningStore) -> Iterator[Seen]:
    folder = tmp_path_factory.mktemp("previews")
    with running_hub(folder, store) as hub:
        found = shown_on(hub, hub.member("institute-a"), *FILES)
        render(hub, found.sha256("课件.pptx"), pdf(3), folder)
        yield found
        parts(hub.app).index.close()


def changed(hub: Hub, digests: list[str], **values: Any) -> None:
    with unit_of_work(hub.app) as session:
        session.execute(update(StoredObject).where(StoredObject.sha256.in_(digests)).values(**values))


# -- small pictures ------------------------------------------------------------------------------------------


def test_every_list_shows_the_picture_of_a_resource_in_several_widths(seen: Seen) -> None:
    small = seen.picture("全景.jpg", "w320")
    for path in ("/", "/en/", "/institutions/institute-a", f"/embed/{seen.ark}"):
        found = re.search(
            rf'<img class="cover wide" src="{re.escape(small)}" srcset="([^"]*)"[^>]*>', seen.get(path).text
        )
        assert found, path
        assert found[1] == f"{small} 320w, {seen.picture('全景.jpg', 'w640')} 640w"
        assert 'width="320" height="160" loading="lazy"' in found[0]


def test_programs_are_told_the_picture_too(seen: Seen) -> None:
    card = seen.get(f"/oembed?url={quote(f'http://hub.test/{seen.ark}', safe='')}").get_json()
    assert card["thumbnail_url"].endswith(seen.picture("全景.jpg", "w320"))
    assert (card["thumbnail_width"], card["thumbnail_height"]) == (320, 160)
    linked = seen.get(f"/resources/{seen.ark}/metadata.jsonld").get_json()
    assert linked["thumbnailUrl"].endswith(seen.picture("全景.jpg", "w320"))


def test_a_small_drawing_stands_for_its_resource_as_it_is_and_a_large_one_does_not(seen: Seen) -> None:
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><script>alert(1)</script></svg>'
    large = drawing.replace(b"</svg>", b" " * listing.MOST_DRAWING + b"</svg>")
    places = []
    for title, data in (("小图样", drawing), ("大图样", large)):
        file = file_entry(data, name="图 样.svg", media_type="image/svg+xml")
        places.append(publish(seen.hub, seen.member, make_record(title={"zh": title}, files=[file]), data))
    page, english = seen.get("/search?q=图样").text, seen.get("/en/search?q=图样").text
    path = f"/resources/{places[0]}/files/{quote('图 样.svg')}?inline=1"
    assert f'<img class="cover drawn" src="{path}" alt=""' in page
    assert f'src="/en{path}"' in english
    assert f"{places[1]}/files" not in page
    shown = requests.get(seen.get(path).headers["Location"], timeout=10)
    assert shown.headers["Content-Type"] == "image/svg+xml"
    assert shown.headers["Content-Disposition"].startswith("attachment"), "and by itself it is never opened"
    assert "media:thumbnail" not in seen.get("/feed.atom?q=小图样").text


def test_a_page_that_loads_from_elsewhere_is_found_out_before_it_is_published_and_says_so_to_readers(
    seen: Seen,
) -> None:
    data = b'<script src="https://cdn.example.com/x.js"></script><script>fetch("https://api.example.org/")</script>'
    file = file_entry(data, name="转盘.html", media_type="text/html")
    record = make_record(files=[file])
    ark = publish(seen.hub, seen.member, record, data)
    assert "不需要联网" in seen.get(f"/resources/{ark}").text
    while watch.make_next(seen.hub.app, USING):
        pass
    with unit_of_work(seen.hub.app, read_only=True) as session:
        version = session.scalars(select(ResourceVersion).where(ResourceVersion.resource_id == record["id"])).one()
        found = {one.code: one.zh for one in collecting.findings(session, [version])[version.id]}
        own = [one.code for one in collecting.of_its_own(session, version)]
    assert "cdn.example.com" in found["loads_from_elsewhere"]
    assert "api.example.org" in found["names_elsewhere"]
    assert {"loads_from_elsewhere", "names_elsewhere"} <= set(own)
    page = seen.get(f"/resources/{ark}").text
    assert "打开时从别的网站载入内容（cdn.example.com）" in page
    assert "不需要联网" not in page


def test_feeds_show_it_beside_the_entry(seen: Seen) -> None:
    place = f"http://hub.test{seen.picture('全景.jpg', 'w640')}"
    [entry] = [one for one in feedparser.parse(seen.get("/feed.atom").data).entries if one.id.endswith(seen.ark)]
    assert entry.media_thumbnail == [{"url": place, "width": "640", "height": "320"}]
    items = seen.get("/feed.json").get_json(force=True)["items"]
    assert [one["image"] for one in items if one["id"].endswith(seen.ark)] == [place]


def test_sitemaps_name_the_large_picture_and_its_licence_rather_than_the_original(seen: Seen) -> None:
    with unit_of_work(seen.hub.app, read_only=True) as session:
        count = sitemaps.parts_of(catalogue.position(session))
    roots = [ElementTree.fromstring(seen.get(f"/sitemap-{number + 1}.xml").data) for number in range(count)]
    of = {url.findtext("{*}loc"): url for root in roots for url in root}
    [image] = of[f"http://hub.test/resources/{seen.ark}"].iterfind("{*}image")
    assert [child.text for child in image] == [
        f"http://hub.test{seen.picture('全景.jpg', 'w1600')}",
        "https://creativecommons.org/licenses/by/4.0/",
    ]
    secret = again(seen, "全景.jpg", embargo_until="2999-01-01")
    later = ElementTree.fromstring(seen.get(f"/sitemap-{count}.xml").data)
    [url] = [url for url in later if secret.ark in (url.findtext("{*}loc") or "")]
    assert url.find("{*}image") is None


def test_a_picture_is_kept_by_the_readers_browser_and_by_nobody_else(seen: Seen) -> None:
    first = seen.get(seen.picture("全景.jpg", "w640"))
    assert (first.status_code, first.mimetype, first.data[:4]) == (200, "image/webp", b"RIFF")
    assert first.headers["Cache-Control"] == "private, max-age=604800, immutable"
    again = seen.get(seen.picture("全景.jpg", "w640"), If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    assert seen.get(seen.picture("全景.jpg", "w640").replace("ark:99999/", "ark:/99999/")).status_code == 301


@pytest.mark.parametrize("which", ["w5000", "p1", "../..", "facts"])
def test_a_picture_that_there_is_not_is_not_found(seen: Seen, which: str) -> None:
    assert seen.get(seen.picture("全景.jpg", which)).status_code == 404
    assert seen.get(f"/resources/{seen.ark}/pictures/{'0' * 32}/w320.webp").status_code == 404


def test_what_has_no_picture_has_its_drawing(hub: Hub, member: Member) -> None:
    shown_on(hub, member, "模型.step")
    page = hub.open("GET", "/").text
    assert '<img class="cover' not in page
    assert '<svg class="cover"' in page


def test_a_cover_comes_before_a_picture_and_a_picture_before_a_page(seen: Seen) -> None:
    plain = again(seen, "讲稿.pdf", "全景.jpg")
    assert plain.picture("全景.jpg", "w320") in plain.get("/").text
    covered = again(seen, "全景.jpg", "讲稿.pdf", cover="讲稿.pdf")
    assert covered.picture("讲稿.pdf", "w320") in covered.get("/").text


def test_pictures_cost_a_list_one_question_however_many_it_shows(seen: Seen) -> None:
    def asked() -> int:
        with seen.hub.app.app_context(), statements(db.engine) as found:
            seen.get("/institutions/institute-a")
        return len(found)

    asked()
    before = asked()
    again(seen, "全景.jpg")
    again(seen, "细部.png")
    asked()
    assert asked() == before


# -- a resource's page ---------------------------------------------------------------------------------------


def test_pictures_are_links_to_larger_ones_and_lead_to_the_file_itself(seen: Seen) -> None:
    page = seen.page()
    full = f"{seen.of_file('files', '全景.jpg')}?inline=1"
    assert f'<a href="{seen.picture("全景.jpg", "w1600")}" data-look data-full="{full}">' in page
    assert 'alt="一座钟楼"' in page
    assert f'<a href="{seen.picture("细部.png", "w400")}"' in page
    assert 'class="strip several"' in page
    assert '<dialog class="viewer" data-viewer' in page


def test_a_pdf_and_a_deck_are_shown_page_by_page(seen: Seen) -> None:
    page = seen.page("/en")
    assert page.count(f'src="{seen.picture("讲稿.pdf", "p")[:-6]}') == 2
    assert page.count(f'src="{seen.picture("课件.pptx", "p")[:-6]}') == 3
    assert f'href="/en{seen.of_file("pdf", "课件.pptx")}"' in page
    got = seen.get(seen.of_file("pdf", "课件.pptx"))
    assert (got.status_code, got.headers["Cache-Control"]) == (302, "no-store")
    made = requests.get(got.headers["Location"], timeout=10)
    assert (made.content, made.headers["Content-Type"]) == (pdf(3), "application/pdf")
    assert seen.get(seen.of_file("pdf", "讲稿.pdf")).status_code == 404


def test_a_table_and_a_text_are_shown_whichever_encoding_they_have_and_as_text_alone(seen: Seen) -> None:
    page = seen.page()
    assert '<th scope="col">数值</th>' in page
    assert "<td>&lt;b&gt;米&lt;/b&gt;</td>" in page
    assert "正文：&lt;i&gt;计量&lt;/i&gt;" in page
    opened = seen.get(f"{seen.of_file('files', '读我.txt')}?inline=1").headers["Location"]
    assert requests.get(opened, timeout=10).headers["Content-Type"] == "text/plain; charset=gb18030"


OUR_FRAME = {"Sec_Fetch_Dest": "iframe", "Sec_Fetch_Site": "same-origin"}


def test_a_page_that_runs_does_so_in_a_frame_without_an_origin_and_nowhere_else(seen: Seen) -> None:
    page = seen.get(f"/resources/{seen.ark}")
    frame = re.search(r"<iframe [^>]*>", page.text)
    assert frame
    assert f'src="{seen.of_file("frames", "试一试.html")}"' in frame[0]
    assert 'sandbox="allow-scripts"' in frame[0]
    assert "allow-same-origin" not in page.text
    store = parts(seen.hub.app).store.settings.endpoint
    assert page.headers["Content-Security-Policy"].endswith(f"; frame-src 'self' {store}")
    framed = seen.get(seen.of_file("frames", "试一试.html"), **OUR_FRAME)
    assert requests.get(framed.headers["Location"], timeout=10).headers["Content-Type"].startswith("text/html")
    another_site = OUR_FRAME | {"Sec_Fetch_Site": "cross-site"}
    for headers in ({}, {"Sec_Fetch_Dest": "document"}, {"Sec_Fetch_Dest": "iframe"}, another_site):
        opened = seen.get(seen.of_file("frames", "试一试.html"), **headers).headers["Location"]
        assert requests.get(opened, timeout=10).headers["Content-Disposition"].startswith("attachment")
    assert seen.get(seen.of_file("frames", "读我.txt"), **OUR_FRAME).status_code == 404


def test_sound_comes_from_the_store_and_captions_from_here(hub: Hub, member: Member) -> None:
    film = {"media_type": "video/mp4", "name": "讲解.mp4"}
    data = b"\x00\x00\x00\x18ftypmp42" + bytes(100)
    vtt, more = FILES["讲解.en.vtt"]
    record = make_record(files=[file_entry(data, **film), file_entry(vtt, name="讲解.en.vtt", **more)])
    ark = publish(hub, member, record, data, vtt)
    page = hub.open("GET", f"/resources/{ark}").text
    assert f'src="/resources/{ark}/files/{quote("讲解.mp4")}?inline=1"' in page
    captions = f"/resources/{ark}/captions/{quote('讲解.en.vtt')}"
    assert f'<track kind="captions" src="{captions}" srclang="en" label="英语" default>' in page
    got = hub.open("GET", captions)
    assert (got.data, got.headers["Content-Type"]) == (vtt, "text/vtt; charset=utf-8")
    assert hub.open("GET", captions.replace("captions/", "captions/x")).status_code == 404


def test_every_file_stays_in_the_list_and_says_what_it_needs(seen: Seen) -> None:
    page = seen.page()
    for name in FILES:
        assert f'<span class="name">{name}</span>' in page
    assert page.count("下载后用相应的软件打开") == 1


def test_a_page_with_previews_asks_the_database_few_questions(seen: Seen) -> None:
    seen.page()
    with seen.hub.app.app_context(), statements(db.engine) as asked:
        seen.page()
    assert len(asked) <= 14


# -- who may not look ----------------------------------------------------------------------------------------


NAMES = ("全景.jpg", "讲稿.pdf", "数据.csv", "试一试.html", "讲解.en.vtt")
MARKS = ("<iframe", "<pre", 'class="sheet"', "data-look", "<track")


def nothing_is_shown(seen: Seen) -> None:
    for path in (
        seen.picture("全景.jpg", "w320"),
        seen.picture("讲稿.pdf", "p1"),
        seen.of_file("captions", "讲解.en.vtt"),
        seen.of_file("frames", "试一试.html"),
    ):
        assert seen.get(path, **OUR_FRAME).status_code in (403, 404, 410, 503), path
    for path in ("/", "/institutions/institute-a", "/feed.json"):
        assert f"{seen.ark}/pictures/" not in seen.get(path).text


def test_while_an_embargo_lasts_nothing_is_shown(seen: Seen) -> None:
    closed = again(seen, *NAMES, embargo_until="2999-01-01")
    nothing_is_shown(closed)
    assert [mark for mark in (f"{closed.ark}/pictures/", *MARKS) if mark in closed.page()] == []


@pytest.mark.parametrize("state", ["withdrawn", "taken_down", "expired"])
def test_what_is_gone_takes_its_pictures_along(seen: Seen, state: str) -> None:
    gone = again(seen, *NAMES)
    assert gone.get(gone.picture("全景.jpg", "w320")).status_code == 200
    with unit_of_work(seen.hub.app) as session:
        version = session.scalars(select(ResourceVersion).join(Resource).where(Resource.ark == gone.ark)).one()
        publication.remove(session, [version], to=state, actor="test", reason="有误")
    nothing_is_shown(gone)


@pytest.mark.parametrize("fault", [{"malware": "Eicar"}, {"scan": "due"}])
def test_what_is_infected_or_not_yet_scanned_is_listed_and_not_shown(seen: Seen, fault: dict[str, str]) -> None:
    every = [seen.sha256(name) for name in NAMES]
    closed = again(seen, *NAMES)
    try:
        changed(seen.hub, every, **fault)
        nothing_is_shown(closed)
        assert [mark for mark in MARKS if mark in closed.page()] == []
        assert '<span class="name">全景.jpg</span>' in closed.page()
    finally:
        changed(seen.hub, every, malware="", scan="")


def test_what_is_not_published_yet_has_no_pictures_for_anybody(seen: Seen) -> None:
    data = photo(500, 400)
    entry = file_entry(data, name="新.jpg", media_type="image/jpeg")
    seen.member.publish(make_record(files=[entry]))
    seen.member.upload(entry["sha256"], data)
    seen.hub.work()
    while watch.make_next(seen.hub.app, USING):
        pass
    guessed = f"/resources/{seen.ark}/pictures/{entry['sha256'][:32]}/w320.webp"
    assert seen.get(guessed).status_code == 404
