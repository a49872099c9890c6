"""Who may use the local page, what it lets others do (nothing), and that it speaks one language at a time."""

from __future__ import annotations

import re
from typing import Any

import pytest

from nodes.wording import STATES
from tests.support.local_page import GOOD, TOKEN, Node, upload

HAN = re.compile("[\u3400-\u9fff]")
HOSTILE = '<img src=x onerror="alert(1)">'


def test_html_in_metadata_is_shown_as_text(node: Node) -> None:
    record_id = node.put(
        title={"zh": HOSTILE, "en": HOSTILE},
        summary={"zh": HOSTILE},
        description={"zh": HOSTILE},
        keywords=[HOSTILE],
        creators=[{"name": HOSTILE, "affiliation": HOSTILE}],
        links=[{"url": "https://example.org/", "label": HOSTILE}],
        evidence=[{"source": HOSTILE, "method": HOSTILE, "verified_by": HOSTILE}],
        rights_holder=HOSTILE,
    )
    fault = {"pointer": HOSTILE, "code": HOSTILE, "params": {}}
    node.set_state(record_id, "refused", reason=HOSTILE, errors=[fault])
    for path in ("/", "/resources", f"/resources/{record_id}", f"/resources/{record_id}/edit"):
        page = node.page(path)
        assert "onerror" in page
        assert "<img src=x" not in page


def test_english_pages_are_english_throughout(node: Node) -> None:
    record_id = node.put(title={"en": "A steelyard"}, summary={"en": "How it weighs."}, language=["en"])
    assert node.get("/language/en?next=/sync").headers["Location"] == "/sync"
    pages = [
        "/",
        "/resources",
        "/resources?state=none",
        "/conversation",
        "/join",
        "/join/invitation",
        "/join/carried",
        "/account",
        "/people",
        f"/resources/{record_id}/changes",
        "/resources/new",
        f"/resources/{record_id}",
        f"/resources/{record_id}/edit",
        "/sync",
    ]
    said = [node.page(path) for path in pages] + [node.page("/nothing", 404)]
    said.append(node.register(title__zh="", title__en="x", summary__zh="", themes=None, links__label=[""]).text)
    for state in STATES:
        node.set_state(record_id, state)
        said += [node.page("/"), node.page("/resources")]
    for page in said:
        assert '<html lang="en">' in page
        assert HAN.findall(re.sub(r'<a [^>]*lang="zh-Hans">中文</a>', "", page)) == []


@pytest.mark.parametrize(
    "target", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:1", ""]
)
def test_choosing_a_language_leads_to_no_other_site(node: Node, target: str) -> None:
    assert node.get("/language/en", query_string={"next": target}).headers["Location"] == "/"


@pytest.mark.parametrize(
    "strange",
    [
        {"headers": {"Host": "evil.example"}},
        {"headers": {"Host": "localhost.evil.example"}},
        {"headers": {"Host": "127.0.0.1@evil.example"}},
        {"headers": {"Host": "192.168.1.5:8600"}},
        {"headers": {"Host": ""}},
        {"environ_overrides": {"REMOTE_ADDR": "192.168.1.7"}},
        {"environ_overrides": {"REMOTE_ADDR": ""}},
    ],
)
def test_only_this_machine_under_its_own_name_sees_the_page(node: Node, strange: dict[str, Any]) -> None:
    answer = node.get("/", **strange)
    assert answer.status_code == 403
    assert "只供本机使用" in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:9999"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_no_other_site_makes_the_browser_register_or_sync(node: Node, headers: dict[str, str]) -> None:
    token = TOKEN.search(node.page("/resources/new"))
    assert token is not None
    files = {"new-files": upload(("图.png", b"\x89PNG"))}
    for path in ("/resources/new", "/sync"):
        answer = node.client.post(path, data={"csrf_token": token[1], **GOOD, **files}, headers=headers)
        files = {}
        assert answer.status_code == 403
    assert node.counts() == (0, 0, 0)
    assert node.uploads() == []


def test_a_form_without_its_token_changes_nothing_and_leaves_no_file(node: Node) -> None:
    record_id = node.put()
    for path in ("/resources/new", f"/resources/{record_id}/edit", f"/resources/{record_id}/withdraw", "/sync"):
        answer = node.client.post(path, data={**GOOD, "reason": "x", "new-files": upload(("图.png", b"\x89PNG"))})
        assert answer.status_code == 400
    assert node.counts() == (1, 1, 0)
    assert node.uploads() == []


def test_every_answer_keeps_to_itself(node: Node) -> None:
    for path in ("/", "/nothing", "/resources/new", "/sync"):
        headers = node.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        page = node.get(path).text
        assert not re.search(r"<style|<script(?! src=\"/assets/)| style=| on[a-z]+=\"", page)
    cookie = node.get("/language/en").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


def test_assets_may_be_kept_under_their_digest_only(node: Node) -> None:
    [address] = re.findall(r'href="(/assets/[^"]*/node.css)"', node.page("/"))
    assert "immutable" in node.get(address).headers["Cache-Control"]
    assert node.get("/assets/0/node.css").headers["Cache-Control"] == "no-cache"
    assert node.get("/assets/0/..%2f..%2f__init__.py").status_code == 404


def test_a_database_that_cannot_be_read_is_told_on_a_page_with_what_to_do(node: Node) -> None:
    for place in node.workplace.folder.glob("node.sqlite*"):
        place.write_bytes(b"x" * 8192)
    for path in ("/", "/resources/new", "/transfers/"):
        answer = node.get(path)
        assert "已损坏。请恢复备份" in answer.text
        assert "<h1>没有办成</h1>" in answer.text
    assert node.client.post("/uploads", data={"name": "a", "size": 1}).get_json()["title"] == "database damaged"
