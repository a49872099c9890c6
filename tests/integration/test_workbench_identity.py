"""Signing in through an institution, with a real OpenID provider (Authlib's server side) that the tests start."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pyotp
import pytest
import requests
from joserfc.jwk import RSAKey

from federation import appointing, identities, operations, people, roles, second_factor
from federation.database import unit_of_work
from federation.openid import Provider as Known
from federation.openid import is_safe
from shared.errors import InvalidRequest
from tests.support.desk import DOOR, Browser, Desk
from tests.support.hub import ORIGIN, running_hub
from tests.support.provider import CLIENT, SECRET, Provider, running_provider
from tests.support.stores import RunningStore

ACCOUNT = "/workbench/account"
BIND, UNBIND = f"{ACCOUNT}/identity", f"{ACCOUNT}/identity/unbound"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running_provider(ORIGIN + identities.BACK) as running:
        yield running


@pytest.fixture
def desk(tmp_path: Path, store: RunningStore, provider: Provider) -> Iterator[Desk]:
    with running_hub(tmp_path, store) as hub:
        hub.institution("nim")
        with unit_of_work(hub.app) as session:
            given = Known(provider.origin, CLIENT, SECRET)
            member = operations.institution(session, "nim")
            identities.set_provider(session, member, given, settings=hub.settings, actor="operator")
        yield Desk(hub)


def at_the_provider(address: str) -> str:
    """What the provider sends the browser back to, as a path of the hub."""
    answer = requests.get(address, allow_redirects=False, timeout=10)
    assert answer.status_code == 302, answer.text
    assert answer.headers["Location"].startswith(ORIGIN)
    return answer.headers["Location"].removeprefix(ORIGIN)


def link(browser: Browser) -> str:
    """The link on the door to the institution."""
    found = re.search(rf'href="({DOOR}/through/\d+)"', browser.page(DOOR))
    assert found is not None
    return found[1]


def way(browser: Browser) -> str:
    """Where the link on the door leads to."""
    answer = browser.get(link(browser))
    assert answer.status_code == 303
    return str(answer.headers["Location"])


def through(browser: Browser) -> str:
    """Sign in through the institution; where that leads to."""
    return str(browser.get(at_the_provider(way(browser))).headers["Location"])


def bind(browser: Browser) -> None:
    page = browser.submit(BIND, seen_on=ACCOUNT).get_data(as_text=True)
    found = re.search(r'href="([^"]+/authorize[^"]+)"', page)
    assert found is not None, page
    assert browser.get(at_the_provider(found[1].replace("&amp;", "&"))).headers["Location"] == ACCOUNT


def refused(browser: Browser, words: str, location: str) -> None:
    assert location == DOOR
    assert words in browser.page(DOOR)
    assert browser.get(ACCOUNT).status_code == 303


def test_whoever_has_bound_the_account_signs_in_through_the_institution(desk: Desk) -> None:
    browser = desk.signed_in("zhang", roles.CONTRIBUTOR, "nim")
    bind(browser)
    assert "已绑定" in browser.page(ACCOUNT)
    another = desk.browser()
    assert through(another) == "/workbench/own/"
    assert another.get(ACCOUNT).status_code == 200
    assert "user.identity_bound" in desk.actions()
    assert browser.submit(UNBIND, seen_on=ACCOUNT).status_code == 303
    stranger = desk.browser()
    refused(stranger, "还没有与这里的账户绑定", through(stranger))


def test_who_moves_to_another_institution_comes_in_through_the_former_one_no_longer(desk: Desk) -> None:
    bind(desk.signed_in("zhang", roles.CONTRIBUTOR, "nim"))
    with unit_of_work(desk.hub.app) as session:
        person = operations.user(session, "zhang")
        appointing.appoint(session, person, role=roles.AUDITOR, institution=None, actor="operator")
    refused(stranger := desk.browser(), "还没有与这里的账户绑定", through(stranger))


def test_an_identity_that_nobody_has_bound_makes_no_account(desk: Desk) -> None:
    browser = desk.browser()
    refused(browser, "还没有与这里的账户绑定", through(browser))
    with unit_of_work(desk.hub.app, read_only=True) as session:
        assert operations.users(session) == []


def test_the_request_has_state_nonce_and_a_challenge_that_differ_each_time(desk: Desk) -> None:
    first, second = (parse_qs(urlsplit(way(desk.browser())).query) for _ in range(2))
    assert first["code_challenge_method"] == ["S256"]
    assert first["redirect_uri"] == [ORIGIN + identities.BACK]
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name][0]) >= 43
        assert first[name] != second[name]


def test_an_answer_is_taken_once_and_only_in_the_browser_that_asked(desk: Desk) -> None:
    bind(desk.signed_in("zhang", roles.CONTRIBUTOR, "nim"))
    browser, thief = desk.browser(), desk.browser()
    back = at_the_provider(way(browser))
    way(thief)
    refused(thief, "没能通过单位的账号登录", thief.get(back).headers["Location"])
    assert browser.get(back).headers["Location"] == "/workbench/own/"
    stranger = desk.browser()
    refused(stranger, "没能通过单位的账号登录", stranger.get(back).headers["Location"])


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": ["another client"]},
        {"nonce": "another nonce"},
        {"exp": 1},
        {"sub": "x" * 300},
    ],
    ids=lambda claims: "".join(claims),
)
def test_an_id_token_that_is_not_for_us_and_now_is_refused(
    desk: Desk, provider: Provider, claims: dict[str, object]
) -> None:
    bind(desk.signed_in("zhang", roles.CONTRIBUTOR, "nim"))
    provider.claims = claims
    browser = desk.browser()
    refused(browser, "没能通过单位的账号登录", through(browser))


def test_an_answer_that_names_another_issuer_or_conceals_it_is_refused(desk: Desk, provider: Provider) -> None:
    """RFC 9207 §2.4: else one member's provider could have the code of another's."""
    bind(desk.signed_in("zhang", roles.CONTRIBUTOR, "nim"))
    browser = desk.browser()
    back = at_the_provider(way(browser)) + "&iss=https%3A%2F%2Felsewhere.example"
    refused(browser, "没能通过单位的账号登录", browser.get(back).headers["Location"])
    provider.description = {"authorization_response_iss_parameter_supported": True}
    refused(browser, "没能通过单位的账号登录", through(browser))
    named = f"{at_the_provider(way(browser))}&iss={quote(provider.origin, safe='')}"
    assert browser.get(named).headers["Location"] == "/workbench/own/"


def test_an_id_token_of_another_key_is_refused(desk: Desk, provider: Provider) -> None:
    bind(desk.signed_in("zhang", roles.CONTRIBUTOR, "nim"))
    provider.shown_key = RSAKey.generate_key(2048, {"kid": provider.key.kid})
    browser = desk.browser()
    refused(browser, "没能通过单位的账号登录", through(browser))


@pytest.mark.parametrize(
    "said",
    [{"issuer": "https://elsewhere.example"}, {"token_endpoint": "http://elsewhere.example/t"}, {"jwks_uri": 7}],
    ids=["issuer", "unencrypted", "no address"],
)
def test_a_provider_that_describes_itself_wrongly_is_asked_nothing(
    desk: Desk, provider: Provider, said: dict[str, object]
) -> None:
    provider.description = said
    browser = desk.browser()
    refused(browser, "没有正确应答", browser.get(link(browser)).headers["Location"])


def test_a_closed_account_does_not_come_in_through_the_institution(desk: Desk) -> None:
    bind(desk.signed_in("zhang", roles.CONTRIBUTOR, "nim"))
    with unit_of_work(desk.hub.app) as session:
        people.deactivate(session, operations.user(session, "zhang"), actor="operator")
    browser = desk.browser()
    refused(browser, "还没有与这里的账户绑定", through(browser))


def test_the_second_factor_is_asked_for_all_the_same(desk: Desk) -> None:
    bind(desk.signed_in("zhang", roles.CONTRIBUTOR, "nim"))
    secret = second_factor.new_secret()
    with unit_of_work(desk.hub.app) as session:
        user = operations.user(session, "zhang")
        given = {"code": pyotp.TOTP(secret).now(), "address": "", "settings": desk.hub.settings}
        codes = second_factor.set_up(session, user, secret=secret, **given)
    browser = desk.browser()
    assert through(browser) == f"{DOOR}/code"
    assert browser.get(ACCOUNT).status_code == 303
    assert browser.submit(f"{DOOR}/code", code=codes[0]).status_code == 303
    assert browser.get(ACCOUNT).status_code == 200


def test_one_identity_stands_for_one_account(desk: Desk) -> None:
    bind(desk.signed_in("zhang", roles.CONTRIBUTOR, "nim"))
    other = desk.signed_in("wang", roles.CONTRIBUTOR, "nim")
    bind(other)
    assert "已存在" in other.page(ACCOUNT)
    with unit_of_work(desk.hub.app, read_only=True) as session:
        assert identities.of(session, operations.user(session, "wang")) is None


def test_nobody_else_s_answer_is_bound_to_whoever_is_signed_in_meanwhile(desk: Desk) -> None:
    """Who began the binding must be who is signed in when the answer comes."""
    browser = desk.signed_in("zhang", roles.CONTRIBUTOR, "nim")
    page = browser.submit(BIND, seen_on=ACCOUNT).get_data(as_text=True)
    found = re.search(r'href="([^"]+/authorize[^"]+)"', page)
    assert found is not None
    with browser.client.session_transaction(base_url=ORIGIN) as kept:
        begun = kept["through"]
    other = desk.signed_in("wang", roles.CONTRIBUTOR, "nim")
    with other.client.session_transaction(base_url=ORIGIN) as kept:
        kept["through"] = begun
    other.get(at_the_provider(found[1].replace("&amp;", "&")))
    with unit_of_work(desk.hub.app, read_only=True) as session:
        assert identities.of(session, operations.user(session, "wang")) is None


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("https://id.example.org/realms/x", True),
        ("http://127.0.0.1:8080", True),
        ("http://id.example.org", False),
        ("file:///etc/passwd", False),
        ("https://", False),
    ],
)
def test_only_encrypted_addresses_are_taken(desk: Desk, address: str, safe: bool) -> None:
    assert is_safe(address) is safe
    if safe:
        return
    with pytest.raises(InvalidRequest), unit_of_work(desk.hub.app) as session:
        member = operations.institution(session, "nim")
        given = Known(address, CLIENT, SECRET)
        identities.set_provider(session, member, given, settings=desk.hub.settings, actor="operator")


def test_a_provider_that_was_removed_is_offered_no_more(desk: Desk) -> None:
    with unit_of_work(desk.hub.app) as session:
        identities.remove_provider(session, operations.institution(session, "nim"), actor="operator")
    assert "/through/" not in desk.browser().page(DOOR)
