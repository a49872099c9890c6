"""The way to the hub: each step that may be wrong is wrong here for a real reason."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path

import pytest

from nodes.checkup import network
from nodes.checkup.findings import BAD, GOOD, WARN
from nodes.keys import make_key
from nodes.settings import NodeSettings
from shared.errors import PROBLEM_TYPE
from shared.http_signatures import LEEWAY, LIFETIME
from shared.messages import PROTOCOL
from tests.support.certificates import self_signed
from tests.support.played import PlayedHub
from tests.support.stores import free_port

SETTINGS = NodeSettings(timeout=5)
NOWHERE = "no-such-host.invalid"


@pytest.fixture
def played() -> Iterator[PlayedHub]:
    """A server that answers as the test says, in the place of a hub."""
    hub = PlayedHub()
    yield hub
    hub.server.shutdown()
    hub.server.server_close()


@contextmanager
def secured(certificate: tuple[Path, Path]) -> Iterator[str]:
    """A server that shows a certificate, and says no more; its address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    try:
                        context.wrap_socket(connection, server_side=True).close()
                    except OSError:
                        continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def trusting(monkeypatch: pytest.MonkeyPatch, chain: Path) -> None:
    monkeypatch.setattr(network, "_authorities", lambda _origin: str(chain))


def test_a_certificate_of_an_unknown_authority_is_not_trusted(tmp_path: Path) -> None:
    with secured(self_signed(tmp_path)) as origin:
        found = network.certificate(origin, seconds=5)
    assert found.level == BAD
    assert "不可信" in found.said.zh


@pytest.mark.parametrize(("days", "level", "words"), [(-1, BAD, "已经过期"), (5, WARN, "到期"), (100, GOOD, "可信")])
def test_a_certificate_that_ends_is_told_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, level: str, words: str
) -> None:
    chain, private = self_signed(tmp_path, days=days)
    trusting(monkeypatch, chain)
    with secured((chain, private)) as origin:
        found = network.certificate(origin, seconds=5)
    assert (found.level, words in found.said.zh) == (level, True), found


def test_a_certificate_for_another_name_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chain, private = self_signed(tmp_path)
    trusting(monkeypatch, chain)
    with secured((chain, private)) as origin:
        found = network.certificate(origin.replace("127.0.0.1", "localhost"), seconds=5)
    assert "别的域名" in found.said.zh


def test_the_authorities_that_the_environment_names_are_those_that_are_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain, _ = self_signed(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(chain))
    assert network._authorities("https://hub.example.org") == str(chain)


def test_a_name_that_does_not_exist_and_a_closed_port_are_told_apart() -> None:
    assert network.name(f"https://{NOWHERE}").level == BAD
    origin = f"http://127.0.0.1:{free_port()}"
    assert network.name(origin).level == GOOD
    [found] = network.hub(origin, SETTINGS)
    assert (found.level, "连接不上" in found.said.zh) == (BAD, True)


def test_a_hub_that_answers_is_good_and_so_is_the_clock(played: PlayedHub) -> None:
    played.say({"protocol": PROTOCOL, "origin": played.origin})
    assert [(one.check, one.level) for one in network.hub(played.origin, SETTINGS)] == [
        ("hub", GOOD),
        ("clock", GOOD),
    ]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"<html>Please sign in to the network</html>", "不是平台"),
        ({"protocol": PROTOCOL + 1}, "升级"),
        ({"protocol": PROTOCOL, "origin": "https://other.example.org"}, "other.example.org"),
    ],
)
def test_what_answers_and_is_not_our_hub_is_told(played: PlayedHub, answer: object, words: str) -> None:
    played.say(answer)
    found = network.hub(played.origin, SETTINGS)[0]
    assert found.level == BAD
    assert words in found.said.zh + found.mend.zh


@pytest.mark.parametrize(
    ("ahead", "level"),
    [
        (0.0, GOOD),
        (-5.0, GOOD),
        (LEEWAY.total_seconds() - 5, WARN),
        (LEEWAY.total_seconds() + 5, BAD),
        (3600.0, BAD),
        (-LIFETIME.total_seconds() / 2, WARN),
        (-(LIFETIME + LEEWAY).total_seconds() - 5, BAD),
    ],
)
def test_a_clock_is_bad_where_the_hub_would_refuse_what_is_signed_by_it(ahead: float, level: str) -> None:
    hubs = time.time()
    found = network.clock(formatdate(hubs, usegmt=True), hubs + ahead)
    assert found.level == level
    if level == BAD:
        assert ("快了" if ahead > 0 else "慢了") in found.said.zh


def test_a_hub_that_says_no_time_is_not_held_against_the_clock() -> None:
    assert network.clock("", time.time()).level == GOOD
    assert network.clock("nonsense", time.time()).level == GOOD


@pytest.mark.parametrize(
    ("code", "words"),
    [("key_unknown", "commons-node join"), ("key_revoked", "邀请码"), ("signature_expired", "时钟")],
)
def test_a_hub_that_does_not_take_our_key_says_why(played: PlayedHub, tmp_path: Path, code: str, words: str) -> None:
    played.say({"type": PROBLEM_TYPE + code, "detail": "说明"}, 403)
    found = network.membership(played.origin, SETTINGS, make_key(tmp_path), node_id="n")
    assert (found.level, found.said.zh) == (BAD, "说明")
    assert words in found.mend.zh


def test_a_proxy_is_told_without_what_it_is_opened_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://me:hunter2@proxy.example:3128")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    found = network.proxy("https://hub.example.org")
    assert "proxy.example:3128" in found.said.zh
    assert "hunter2" not in found.said.zh
    assert "没有用代理" in network.proxy("http://127.0.0.1:8000").said.zh
