"""Opening a link: what counts as broken, and that nobody leads the hub into its own network."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from federation import link_checker
from federation.link_checker import Outcome, is_public
from federation.robots import KEPT_SECONDS, Robots
from tests.support.certificates import self_signed

AGENT = "metrology-commons-links (+https://cloud.example.org; Metrology Commons)"
ASKED_NOT_TO = Outcome("not_public", cause="robots")
NAMES = {"site.test": ["127.0.0.1"], "two.test": ["8.8.8.8", "10.0.0.1"], "inside.test": ["192.168.0.7"]}


class Site(BaseHTTPRequestHandler):
    """Answers `/404` with that status; `/to?address` leads there, `/head` knows GET alone, `/drip` is slow.

    Its robots.txt is what the server's `rules` say: a status, and a text or where it leads.
    """

    def do_HEAD(self) -> None:
        if self.path == "/robots.txt":
            self._rules()
            return
        self.server.seen.append((self.command, self.path, dict(self.headers)))  # type: ignore[attr-defined]
        what, _, query = self.path[1:].partition("?")
        if what == "drip":
            for _ in range(40):
                self.wfile.write(b"H")
                time.sleep(0.05)
        status = {"to": 302, "round": 302, "head": 405 if self.command == "HEAD" else 200}.get(what, 0)
        self.send_response(status or int(what or 200))
        if status == 302:
            self.send_header("Location", query or "/round")
        self.end_headers()

    do_GET = do_HEAD  # noqa: N815

    def _rules(self) -> None:
        self.server.rules_read += 1  # type: ignore[attr-defined]
        status, text = self.server.rules  # type: ignore[attr-defined]
        self.send_response(status)
        if status == 302:
            self.send_header("Location", text)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_args: object) -> None:
        pass


class Quiet(ThreadingHTTPServer):
    seen: list[tuple[str, str, dict[str, str]]]
    rules: tuple[int, str]
    rules_read: int

    def handle_error(self, *_args: object) -> None:
        """Whoever hung up was meant to."""


@pytest.fixture
def site() -> Iterator[Quiet]:
    server = Quiet(("127.0.0.1", 0), Site)
    server.seen, server.rules, server.rules_read = [], (404, ""), 0
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def resolve(host: str, _port: int) -> Sequence[str]:
    """The names of these tests, addresses as they are, and no other name, while names do resolve."""
    if host == link_checker.ALWAYS_THERE:
        return ["198.41.0.4"]
    if host in NAMES:
        return NAMES[host]
    if host[0].isdigit() or ":" in host:
        return link_checker.resolved(host, _port)
    raise socket.gaierror(socket.EAI_NONAME, "no such name")


def check(site: Quiet, path: str = "", *, url: str = "", rules: Robots | None = None) -> Outcome:
    """Open an address at the local server, which alone is let through to."""
    port = site.server_port
    return link_checker.check(
        url or f"http://site.test:{port}/{path}",
        agent=AGENT,
        rules=rules,
        resolve=resolve,
        permits=lambda address: address == "127.0.0.1" or is_public(address),
        ports={80, 443, port},
    )


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.100.100.200", "0.0.0.0"),
        *("224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fd00::1", "ff02::1", "fec0::1"),
        *("::ffff:127.0.0.1", "::127.0.0.1", "2002:7f00:1::", "64:ff9b::a00:1", "64:ff9b:1::808:808"),
        *("2001:0:808:808::1", "2001:db8::1", "fe80::1%lo", "localhost", ""),
    ],
)
def test_no_address_of_a_network_within_counts_as_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "2002:808:808::", "64:ff9b::808:808"]
)
def test_an_address_of_the_internet_is_public_however_it_is_carried(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "cause"),
    [
        ("http://127.0.0.1/", "address"),
        ("http://[::1]/", "address"),
        ("http://[::ffff:127.0.0.1]/", "address"),
        ("http://2130706433/", "address"),
        ("http://0x7f.1/", "address"),
        ("http://127.1/", "address"),
        ("http://169.254.169.254/latest/meta-data/", "address"),
        ("http://two.test/", "address"),
        ("http://site.test/", "address"),
        ("http://8.8.8.8:22/", "port"),
        ("https://8.8.8.8:6379/", "port"),
        ("http://user:password@8.8.8.8/", "credentials"),
        ("file:///etc/passwd", "scheme"),
        ("gopher://8.8.8.8/", "scheme"),
    ],
)
def test_the_hub_does_not_ask_there(url: str, cause: str) -> None:
    assert link_checker.check(url, agent=AGENT, resolve=resolve) == Outcome("not_public", cause=cause)


@pytest.mark.parametrize("target", ["http://inside.test/", "http://10.0.0.1/", "http://two.test/"])
def test_nor_does_it_follow_a_public_server_there(site: Quiet, target: str) -> None:
    assert check(site, f"to?{target}") == Outcome("not_public", cause="address")


@pytest.mark.parametrize("target", ["file:///etc/passwd", "http://8.8.8.8:22/"])
def test_nor_to_another_scheme_or_port(site: Quiet, target: str) -> None:
    assert check(site, f"to?{target}").kind == "not_public"


@pytest.mark.parametrize(
    ("path", "outcome"),
    [
        ("", Outcome("sound", 200)),
        ("to?/204", Outcome("sound", 204)),
        ("to?/404", Outcome("broken", 404)),
        ("head", Outcome("sound", 200)),
        ("404", Outcome("broken", 404)),
        ("410", Outcome("broken", 410)),
        ("401", Outcome("unsure", 401)),
        ("429", Outcome("unsure", 429)),
        ("503", Outcome("unsure", 503)),
        ("to?http://nowhere.test/", Outcome("broken", cause="name")),
        ("to?http://*.test/", Outcome("unsure", cause="malformed")),
    ],
)
def test_an_address_is_judged_by_where_it_ends(site: Quiet, path: str, outcome: Outcome) -> None:
    assert check(site, path) == outcome


def test_a_circle_is_followed_five_times(site: Quiet) -> None:
    assert check(site, "round") == Outcome("unsure", cause="redirects")
    assert len(site.seen) == 6


def test_without_any_names_no_link_is_said_to_be_broken() -> None:
    def cut_off(_host: str, _port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    assert link_checker.check("http://site.test/", agent=AGENT, resolve=cut_off) == Outcome("unsure", cause="offline")


def test_a_name_is_asked_for_once_so_that_it_cannot_change_its_mind(site: Quiet) -> None:
    asked = []

    def turning(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    port = site.server_port
    url = f"http://site.test:{port}/404"
    options = {"resolve": turning, "ports": {port}, "permits": lambda address: address == "127.0.0.1"}
    assert link_checker.check(url, agent=AGENT, **options) == Outcome("broken", 404)
    assert asked == ["site.test"]
    assert [method for method, _, _ in site.seen] == ["HEAD", "GET"]


def test_the_request_says_who_asks_and_carries_nothing_else(site: Quiet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9/")
    check(site, "尺?长=1#一")
    [(_, path, headers)] = site.seen
    assert path == "/%E5%B0%BA?%E9%95%BF=1"
    assert headers == {
        "Host": f"site.test:{site.server_port}",
        "User-Agent": AGENT,
        "Accept": "*/*",
        "Connection": "close",
        "Accept-Encoding": "identity",
    }


def test_an_answer_that_drips_is_cut_off(site: Quiet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_checker, "SECONDS", 0.3)
    assert check(site, "drip") == Outcome("unsure", cause="timeout")


def test_a_port_where_nobody_answers_is_no_broken_link(site: Quiet) -> None:
    site.server_close()
    assert check(site) == Outcome("unsure", cause="unreachable")


def test_a_certificate_is_checked_against_the_name(
    site: Quiet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain, key = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    site.socket = context.wrap_socket(site.socket, server_side=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(chain))
    port = site.server_port
    assert check(site, url=f"https://127.0.0.1:{port}/") == Outcome("sound", 200)
    assert check(site, url=f"https://site.test:{port}/") == Outcome("unsure", cause="tls")


@pytest.mark.parametrize(
    ("rules", "path", "outcome"),
    [
        ((200, "User-agent: *\nDisallow: /4"), "404", ASKED_NOT_TO),
        ((200, "User-agent: *\nDisallow: /4"), "200", Outcome("sound", 200)),
        (
            (200, "User-agent: *\nDisallow: /\n\nUser-agent: metrology-commons-links\nAllow: /"),
            "200",
            Outcome("sound", 200),
        ),
        ((200, "User-agent: *\nDisallow: /*?/secret$"), "to?/secret", ASKED_NOT_TO),
        ((200, "User-agent: *\nDisallow: /secret"), "to?/secret", ASKED_NOT_TO),
        ((200, "\ufeffUser-agent: *\r\nDisallow: /"), "200", ASKED_NOT_TO),
        ((200, "\x00<html>not rules at all"), "200", Outcome("sound", 200)),
        ((403, "User-agent: *\nDisallow: /"), "200", Outcome("sound", 200)),
        ((503, ""), "200", ASKED_NOT_TO),
        ((302, "http://10.0.0.1/robots.txt"), "200", Outcome("sound", 200)),
        ((302, "http://nowhere.test/robots.txt"), "200", Outcome("sound", 200)),
        ((302, "/robots.txt"), "200", Outcome("sound", 200)),
    ],
)
def test_what_a_server_does_not_let_programs_open_is_not_opened(
    site: Quiet, rules: tuple[int, str], path: str, outcome: Outcome
) -> None:
    site.rules = rules
    assert check(site, path) == outcome
    assert ("/" + path in [one[1] for one in site.seen]) == (outcome != ASKED_NOT_TO or rules[1].endswith("/secret"))


def test_rules_are_read_once_a_day(site: Quiet) -> None:
    moment = [0.0]
    rules = Robots(clock=lambda: moment[0])
    for moment[0], read in ((0.0, 1), (KEPT_SECONDS - 1, 1), (KEPT_SECONDS + 1, 2)):
        assert check(site, "200", rules=rules) == Outcome("sound", 200)
        assert site.rules_read == read


def test_rules_that_never_end_are_read_as_far_as_they_go_on_for_good(site: Quiet) -> None:
    site.rules = (200, "User-agent: *\nDisallow: /404\n" + "# no end\n" * 100_000 + "Disallow: /200\n")
    assert (check(site, "404"), check(site, "200")) == (ASKED_NOT_TO, Outcome("sound", 200))


def test_the_rules_of_a_thousand_servers_are_remembered_and_no_more() -> None:
    read: list[str] = []
    rules = Robots()
    for name in [*map(str, range(1001)), "1000", "0"]:
        assert rules.allow(f"http://{name}/", f"http://{name}", lambda: (read.append("read"), (404, b""))[1])
    assert len(read) == 1002
