"""Asking through the institution's proxy, which opens no way into its own network."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from nodes.harvesting.fetching import Fetcher
from nodes.harvesting.proxies import Proxy, chosen
from shared.errors import CommonsError, SourceAway, SourceRefused

OWN = "http://repository.invalid/oai"
PUBLIC = "93.184.215.14"


class PlayedProxy(socketserver.ThreadingTCPServer):
    """Writes down what it is asked, and answers itself for whoever stands behind it; `refuses` what begins so."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Line)
        self.asked: list[str] = []
        self.opened: list[str] = []
        self.onward = ""
        self.refuses = "nothing"
        self.says = b""


class _Line(socketserver.StreamRequestHandler):
    server: Any

    def handle(self) -> None:
        while line := self.rfile.readline().decode().strip():
            headers = {}
            while field := self.rfile.readline().decode().strip():
                name, _, value = field.partition(": ")
                headers[name.lower()] = value
            self.server.asked.append(line)
            self.server.opened.append(headers.get("proxy-authorization", ""))
            if self.server.says:
                self.wfile.write(self.server.says)
                return
            if line.startswith(self.server.refuses):
                self.wfile.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                return
            if line.startswith("CONNECT"):
                self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                continue
            onward, self.server.onward = self.server.onward, ""
            head = f"302 Found\r\nLocation: {onward}" if onward else "200 OK"
            self.wfile.write(f"HTTP/1.1 {head}\r\nContent-Length: 4\r\n\r\nbody".encode())
            return


@pytest.fixture
def proxy(monkeypatch) -> Iterator[PlayedProxy]:
    for name in ("http_proxy", "https_proxy", "no_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with PlayedProxy() as played:
        threading.Thread(target=played.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        address = f"http://us%40er:word@127.0.0.1:{played.server_address[1]}"
        monkeypatch.setenv("HTTP_PROXY", address)
        monkeypatch.setenv("HTTPS_PROXY", address)
        yield played
        played.shutdown()


def unknown(host: str, port: int) -> list[str]:
    """A machine behind a proxy often knows no names of the Internet."""
    raise AssertionError(f"nobody asks for {host}:{port}")


def test_what_the_operator_typed_is_asked_for_by_name_which_this_machine_need_not_know(proxy):
    assert Fetcher(agent="a", typed=OWN, resolve=unknown).get(OWN + "?verb=Identify").body == b"body"
    assert proxy.asked == [f"GET {OWN}?verb=Identify HTTP/1.1"]
    assert proxy.opened == ["Basic dXNAZXI6d29yZA=="]  # us@er:word


def test_https_goes_through_by_connect_and_the_certificate_is_still_the_other_sides(proxy):
    with pytest.raises(SourceAway):
        Fetcher(agent="a", typed="https://repository.invalid/oai", resolve=unknown).get("https://repository.invalid/")
    assert proxy.asked == ["CONNECT repository.invalid:443 HTTP/1.1"]


def test_another_place_is_asked_for_by_the_address_that_was_looked_at(proxy):
    proxy.onward = "http://elsewhere.example/there"
    fetcher = Fetcher(agent="a", typed=OWN, resolve=lambda _host, _port: [PUBLIC])
    assert fetcher.get(OWN).body == b"body"
    assert proxy.asked[1:] == [f"CONNECT {PUBLIC}:80 HTTP/1.1", "GET /there HTTP/1.1"]
    assert proxy.opened[2] == ""  # what opens the proxy is not for who stands behind it


@pytest.mark.parametrize(
    "onward", ["http://10.0.0.1/", "http://inside.example/", "http://127.0.0.1/", "http://[::1]/"]
)
def test_nobody_is_led_into_a_private_network_through_the_proxy(proxy, onward):
    proxy.onward = onward
    fetcher = Fetcher(agent="a", typed=OWN, resolve=lambda host, _port: [host if host[0] in "1:" else "192.168.1.1"])
    with pytest.raises(SourceRefused) as raised:
        fetcher.get(OWN)
    assert "private network" in raised.value.message("en")
    assert len(proxy.asked) == 1


def test_a_place_that_this_machine_cannot_look_up_is_not_asked_for_and_said_to_be_so(proxy):
    proxy.onward = "http://nobody.invalid/"
    with pytest.raises(SourceAway) as raised:
        Fetcher(agent="a", typed=OWN).get(OWN)
    assert "proxy" in raised.value.message("en")
    assert len(proxy.asked) == 1


def test_a_proxy_that_refuses_is_named_with_its_answer_and_without_its_password(proxy):
    proxy.refuses = "CONNECT"
    with pytest.raises(SourceAway) as raised:
        Fetcher(agent="a", typed="https://repository.invalid/").get("https://repository.invalid/")
    assert "403" in raised.value.message("zh")
    assert "word" not in raised.value.message("zh")


@pytest.mark.parametrize("said", [b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 200 " + b"x" * 70_000, b"HTTP/1.1\r\n\r\n"])
def test_what_is_no_proxy_is_said_to_be_none(proxy, said):
    proxy.says = said
    with pytest.raises(SourceAway) as raised:
        Fetcher(agent="a", typed="https://repository.invalid/").get("https://repository.invalid/")
    assert "所设的代理不是代理" in raised.value.message("zh")


@pytest.mark.parametrize(
    ("url", "through"),
    [
        ("https://library.example.org/oai", True),
        ("https://oai.inside.example/", False),
        ("http://10.1.2.3/oai", False),
        ("http://127.0.0.1:8000/oai", False),
        ("http://localhost/oai", False),
    ],
)
def test_a_proxy_is_chosen_as_for_the_hub(proxy, monkeypatch, url, through):
    monkeypatch.setenv("NO_PROXY", "inside.example,10.0.0.0/8")
    assert (chosen(url) is not None) == through


@pytest.mark.parametrize("address", ["socks5://127.0.0.1:1080", "https://127.0.0.1:1", "http://a:99999"])
def test_another_kind_of_proxy_is_refused_in_words(proxy, monkeypatch, address):
    monkeypatch.setenv("HTTP_PROXY", address)
    with pytest.raises(CommonsError) as raised:
        Fetcher(agent="a", typed=OWN).get(OWN)
    assert "http://" in raised.value.message("en").partition(":")[2]


def test_a_proxy_that_is_away_is_named_as_what_is_away(proxy, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "127.0.0.1:9")
    assert chosen(OWN) == Proxy("127.0.0.1", 9)
    with pytest.raises(SourceAway) as raised:
        Fetcher(agent="a", typed=OWN).get(OWN)
    assert "代理" in raised.value.message("zh")
