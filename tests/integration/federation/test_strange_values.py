"""Values that one engine holds and the other refuses are the caller's fault on both, and never the hub's failure."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from shared.messages import PREFIX

STRANGE = ["\x00", "a\x00b", "\ud800", "9" * 40, "-1", "x" * 5000, "%", "_", "'"]


def addresses(hub):
    """Every address that may be read, with a place for a value in it."""
    rules = [rule for rule in hub.app.url_map.iter_rules() if "GET" in (rule.methods or ()) and rule.arguments]
    return sorted({rule.rule for rule in rules if not any(c in rule.rule for c in ("<int:", "static"))})


def fill(rule, value):
    head, _, rest = rule.partition("<")
    _, _, tail = rest.partition(">")
    return head + value + (fill(tail, value) if "<" in tail else tail)


@pytest.mark.parametrize("value", STRANGE, ids=ascii)
def test_no_strange_value_in_an_address_is_a_failure(hub, value):
    written = quote(value, safe="", errors="surrogatepass")
    asked = [fill(rule, written) for rule in addresses(hub)]
    asked += [f"/api/v1/search?{name}={written}" for name in ("q", "institution", "page", "type")]
    assert len(asked) > 8
    found = {path: hub.open("GET", path).status_code for path in asked}
    assert {path: status for path, status in found.items() if status >= 500} == {}


@pytest.mark.parametrize("value", ["\x00", "9" * 36, "\x00" * 36])
def test_no_strange_value_in_a_message_is_a_failure(hub, member, value):
    messages = {
        "/reconciliation/items": {"bucket": 1, "after": value, "after_version": 2**53 - 1},
        "/reconciliation/records": {"records": [{"record_id": value, "version": 1}]},
        "/reconciliation/arks": {"arks": [{"record_id": value, "ark": value}]},
        "/uploads/complete": {"upload_ids": [value]},
    }
    for path, message in messages.items():
        assert member.post(path, message).status_code < 500, path
    answer = hub.open("POST", PREFIX + "/enrolments", b'{"token": "\\u0000"}', {"Content-Type": "application/json"})
    assert answer.status_code < 500
