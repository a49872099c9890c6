"""Feeds and web pages as sources: their texts become fields, and harvesting again never doubles."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from nodes.harvesting import fetching
from nodes.settings import NodeSettings
from nodes.sources import FEED, PAGE
from nodes.workplace import Workplace, initialise
from shared.errors import SourceBusy, SourceRefused, SourceUnreadable
from tests.support.brought import CONSTANTS, harvested, standing

pytestmark = pytest.mark.only_on("sqlite")  # no hub is asked

ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="zh-CN"><title>计量新闻</title><id>urn:feed</id>
<updated>2026-05-20T08:00:00Z</updated>
<entry><id>urn:news:1</id><title>世界计量日讲座</title><link href="/news/1"/><updated>2026-05-20T08:00:00Z</updated>
<published>2026-05-19T08:00:00Z</published><author><name>张三</name></author><category term="计量日"/>
<summary type="html">&lt;p&gt;讲座&lt;b&gt;开放&lt;/b&gt;报名。&lt;/p&gt;</summary>
<link rel="license" href="https://creativecommons.org/licenses/by-sa/4.0/"/>{enclosure}</entry>
{more}</feed>"""
MORE = """<entry><id>urn:news:2</id><title xml:lang="en">Open day</title><link href="https://example.org/2"/>
<updated>2026-05-21T08:00:00Z</updated></entry>"""
RSS = """<?xml version="1.0" encoding="gb2312"?><rss version="2.0"><channel><title>馆讯</title><link>http://x/</link>
<language>zh-cn</language><item><title>古尺展</title><link>http://example.org/a?x=1&y=2</link>
<description>展出 古尺。</description><pubDate>Wed, 20 May 2026 08:00:00 GMT</pubDate></item></channel></rss>"""
WORK = {
    "@context": "https://schema.org",
    "@graph": [
        {"@type": "WebPage", "name": "展厅"},
        {
            "@type": ["VisualArtwork", "CreativeWork"],
            "@id": "/objects/7",
            "name": [{"@value": "铜卡尺", "@language": "zh"}, {"@value": "Brass caliper", "@language": "en"}],
            "description": "东汉，<i>1992</i> 年出土。",
            "creator": [{"@type": "Person", "name": "佚名"}],
            "license": "https://creativecommons.org/licenses/by/4.0",
            "keywords": "卡尺, 东汉",
            "inLanguage": "zh",
            "dateCreated": "0009",
            "url": "/objects/7",
            "encoding": {"@type": "MediaObject", "contentUrl": "/files/caliper.png"},
        },
    ],
}


class Site:
    """A web server that gives what the test puts there; remembers the headers of each request."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.seen: list[dict[str, str]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.seen.append(dict(self.headers))
                status, headers, body = site.pages.get(self.path, (404, {}, b""))
                if headers.get("ETag") and self.headers.get("If-None-Match") == headers["ETag"]:
                    status, body = 304, b""
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def put(self, path: str, body: str | bytes, status: int = 200, **headers: str) -> str:
        data = body if isinstance(body, bytes) else body.encode()
        self.pages[path] = (status, {name.replace("_", "-"): value for name, value in headers.items()}, data)
        return self.origin + path


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def workplace(tmp_path, monkeypatch) -> Workplace:
    monkeypatch.setenv("COMMONS_LANGUAGE", "zh")
    return initialise(NodeSettings(data=str(tmp_path / "node"), attempts=2))


def test_entries_of_a_feed_become_resources_with_what_they_say(workplace, site):
    address = site.put("/feed", ATOM.format(enclosure="", more=MORE))
    assert harvested(workplace, address, FEED).created == 2
    first = standing(workplace)["urn:news:1"]
    assert first["title"] == {"zh": "世界计量日讲座"}
    assert first["summary"] == {"zh": "讲座开放报名。"}
    assert (first["created"], first["license"]) == ("2026-05-19", "CC-BY-SA-4.0")
    assert first["creators"] == [{"name": "张三", "role": "author"}]
    assert first["links"] == [{"url": f"{site.origin}/news/1"}]
    assert first["keywords"] == ["计量日"]
    assert standing(workplace)["urn:news:2"]["title"] == {"en": "Open day"}


def test_a_feed_that_has_not_changed_is_not_sent_anew_and_a_changed_entry_is_a_new_version(workplace, site):
    address = site.put("/feed", ATOM.format(enclosure="", more=""), ETag='"1"')
    harvested(workplace, address, FEED)
    assert harvested(workplace, address, FEED).unchanged == 0
    assert site.seen[-1]["If-None-Match"] == '"1"'
    site.put("/feed", ATOM.format(enclosure="", more=MORE).replace("讲座&", "两场讲座&"), ETag='"2"')
    done = harvested(workplace, address, FEED)
    assert (done.created, done.updated, len(standing(workplace))) == (1, 1, 2)


def test_an_entry_that_left_the_feed_stays(workplace, site):
    address = site.put("/feed", ATOM.format(enclosure="", more=MORE))
    harvested(workplace, address, FEED)
    site.put("/feed", ATOM.format(enclosure="", more=""))
    assert harvested(workplace, address, FEED).withdrawn == 0
    assert len(standing(workplace)) == 2


def test_a_broken_feed_in_gbk_is_read_all_the_same(workplace, site):
    address = site.put("/rss", RSS.encode("gbk"))
    assert harvested(workplace, address, FEED).created == 1
    [entry] = standing(workplace).values()
    assert entry["title"] == {"zh": "古尺展"}
    assert entry["created"] == "2026-05-20"


@pytest.mark.parametrize(("kind", "said"), [(FEED, "Atom"), (PAGE, "JSON-LD")])
def test_what_is_neither_feed_nor_describes_a_work_is_named_as_that(workplace, site, kind, said):
    with pytest.raises(SourceUnreadable) as raised:
        harvested(workplace, site.put("/", "<html><p>你好"), kind)
    assert said in raised.value.message("zh")


def test_a_page_that_is_not_there_is_refused_at_once_and_a_busy_one_asks_for_patience(workplace, site):
    with pytest.raises(SourceRefused):
        harvested(workplace, site.origin + "/gone", PAGE)
    with pytest.raises(SourceBusy):
        harvested(workplace, site.put("/busy", "", 503, Retry_After="86400"), PAGE)


def test_a_work_that_a_page_describes_becomes_a_resource_and_never_two(workplace, site):
    page = f'<html lang="zh"><script type="application/ld+json">{json.dumps(WORK)}</script><script>x="<b>"</script>'
    address = site.put("/room", page, Content_Type="text/html")
    assert harvested(workplace, address, PAGE).created == 1
    [(identifier, work)] = standing(workplace).items()
    assert identifier == f"{site.origin}/objects/7"
    assert work["title"] == {"zh": "铜卡尺", "en": "Brass caliper"}
    assert work["summary"] == {"zh": "东汉，1992 年出土。"}
    assert (work["type"], work["license"], work["keywords"]) == ("image", "CC-BY-4.0", ["卡尺", "东汉"])
    assert work["links"] == [{"url": f"{site.origin}/objects/7"}]
    assert harvested(workplace, address, PAGE).unchanged == 1


def test_linked_files_are_left_unless_they_were_asked_for_and_private_addresses_never_fetched(workplace, site):
    enclosure = f'<link rel="enclosure" href="{site.origin}/secret.pdf" type="application/pdf"/>'
    site.put("/secret.pdf", b"%PDF-1.4 inside")
    address = site.put("/feed", ATOM.format(enclosure=enclosure, more=""))
    harvested(workplace, address, FEED)
    done = harvested(workplace, address, FEED, files=True, constants={**CONSTANTS, "type": "lesson"})
    assert "files" not in standing(workplace)["urn:news:1"]
    assert done.faults[0]["identifier"] == f"{site.origin}/secret.pdf"
    assert len(site.seen) == 2


def test_a_linked_file_of_a_public_address_comes_along_and_is_fetched_once(workplace, site, monkeypatch):
    # The test's own server stands for a public one.
    monkeypatch.setattr(fetching, "is_public", lambda address: True)
    monkeypatch.setattr(fetching, "PORTS", None)
    enclosure = f'<link rel="enclosure" href="{site.origin}/%E8%AE%B2%E4%B9%89.pdf" type="application/pdf"/>'
    site.put("/%E8%AE%B2%E4%B9%89.pdf", b"%PDF-1.4 inside")
    address = site.put("/feed", ATOM.format(enclosure=enclosure, more=""))
    for _ in range(2):
        done = harvested(workplace, address, FEED, files=True)
    [file] = standing(workplace)["urn:news:1"]["files"]
    assert (file["name"], file["size"], file["media_type"]) == ("讲义.pdf", 15, "application/pdf")
    assert (done.unchanged, done.failed) == (1, 0)
    assert len(site.seen) == 3
