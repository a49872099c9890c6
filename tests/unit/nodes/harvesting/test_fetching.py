"""Asking a source: within limits, and never led into the institution's own network."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import pytest

from nodes.harvesting.fetching import Fetcher
from shared.errors import SourceAway, SourceRefused

AGENT = "metrology-commons-node/0 (test)"


class Site(BaseHTTPRequestHandler):
    """`/to?address` leads there, `/round` to itself, `/cut` announces more than it sends, `/zip` is compressed."""

    def do_GET(self) -> None:
        what, _, query = self.path[1:].partition("?")
        body = gzip.compress(b"plain" * 1000) if what.startswith("zip") else b"x" * 100
        body *= {"zips": 2, "zipped-for-ever": 5000}.get(what, 1)
        self.send_response(302 if what in ("to", "round") else 200)
        if what in ("to", "round"):
            self.send_header("Location", unquote(query) or "/round")
        if what.startswith("zip"):
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body) + (50 if what == "cut" else 0)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_address_that_the_operator_typed_may_be_private(site):
    assert Fetcher(agent=AGENT, typed=site).get(site + "/").body == b"x" * 100


def test_an_address_found_in_a_document_may_not():
    with pytest.raises(SourceRefused) as raised:
        Fetcher(agent=AGENT).get("http://localhost/")
    assert "内网" in raised.value.message("zh")


@pytest.mark.parametrize(
    ("onward", "said"),
    [
        ("http://169.254.169.254/latest/", "private network"),
        ("http://[::1]/", "private network"),
        ("http://10.0.0.1/", "private network"),
        ("http://10.0.0.1:8080/", "unusual port"),
        ("file:///etc/passwd", "only http"),
        ("ftp://example.org/", "only http"),
        ("http://name:word@example.org/", "password"),
        ("http://[::1", "no address"),
    ],
)
def test_a_redirect_elsewhere_is_looked_at_anew(site, onward, said):
    with pytest.raises(SourceRefused) as raised:
        Fetcher(agent=AGENT, typed=site).get(f"{site}/to?{onward}")
    assert said in raised.value.message("en")


def test_redirects_within_the_same_server_are_followed_five_times_at_most(site):
    fetcher = Fetcher(agent=AGENT, typed=site)
    assert fetcher.get(f"{site}/to?/to?/").status == 200
    with pytest.raises(SourceRefused):
        fetcher.get(f"{site}/round")


def test_an_answer_is_read_to_its_limit_only_also_when_it_is_compressed(site):
    fetcher = Fetcher(agent=AGENT, typed=site)
    assert fetcher.get(f"{site}/zip").body == b"plain" * 1000
    for path, most in (("/", 99), ("/zip", 4000)):
        with pytest.raises(SourceRefused):
            fetcher.get(site + path, most=most)


def test_an_answer_that_is_compressed_part_by_part_is_read_whole_within_measure(site):
    fetcher = Fetcher(agent=AGENT, typed=site)
    assert fetcher.get(f"{site}/zips").body == b"plain" * 2000
    assert not fetcher.get(f"{site}/zipped-for-ever").whole


def test_an_answer_that_ends_early_says_so(site):
    answer = Fetcher(agent=AGENT, typed=site).get(f"{site}/cut")
    assert (answer.whole, len(answer.body)) == (False, 100)


def test_a_name_that_is_not_there_is_somebody_who_is_away():
    with pytest.raises(SourceAway):
        Fetcher(agent=AGENT, typed="http://nobody.invalid").get("http://nobody.invalid/")
