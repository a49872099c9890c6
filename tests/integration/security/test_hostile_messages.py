"""What an enrolled node sends that means harm: refused by name, nothing left behind, and what is honest goes on.

Where each attack of the list in the issue is tried:

| attack | here or in |
| --- | --- |
| publish for another institution, its record id | `test_object_rights`; integration/federation/test_publish.py |
| replay | integration/federation/test_publish.py, test_enrolment.py |
| signature stripping, header confusion | unit/shared/test_http_signatures.py; `test_hostile_signatures` |
| digest confusion, grants, swapped bytes | `test_hostile_uploads`; integration/test_storage_uploads.py, \
test_storage_verification.py |
| path tricks, control characters, confusables | here; unit/shared/test_record.py, test_characters.py |
| decompression bombs | here; by a real process with its memory measured: `test_hostile_framing` |
| 10⁵ keys, nesting, numbers, surrogates, doubled keys, NaN | here, as messages and within signed records; \
unit/shared/test_canonical.py |
| SSRF through links | here |
| headers, cookies, chunks, slow bodies, smuggling | `test_hostile_framing`; unit/federation/test_waiting.py |
| the node's own addresses, files and forms | integration/nodes/test_hostile_input.py, test_page_guard.py |
"""

from __future__ import annotations

import gzip
import json
import socket
import zlib
from typing import Any

import pytest

from federation.tasks import queue
from shared import signing
from shared.canonical import canonical
from shared.messages import MAX_BATCH_BYTES
from tests.support.bombs import gigabyte_of_zeros
from tests.support.callers import Stage
from tests.support.publishing import follow, publish
from tests.support.records import make_file, make_record

POSTS = (
    "/records",
    "/uploads",
    "/uploads/complete",
    "/enrolments",
    "/keys",
    "/reconciliation/arks",
    "/reconciliation/digests",
    "/reconciliation/items",
    "/reconciliation/records",
)
MANY = 100_000
BODIES: dict[str, bytes] = {
    "nothing": b"",
    "null": b"null",
    "a number": b"1",
    "a list": b"[]",
    "100,000 keys": b"{" + b",".join(b'"k%d":0' % n for n in range(MANY)) + b"}",
    "100,000 keys further in": b'{"records":[{' + b",".join(b'"k%d":0' % n for n in range(MANY)) + b"}]}",
    "100,000 lists in each other": b"[" * MANY + b"]" * MANY,
    "100,000 objects in each other": b'{"a":' * MANY + b"1" + b"}" * MANY,
    "a nest that is not closed": b'{"records":' + b"[" * MANY,
    "a number of 100,000 digits": b'{"records":' + b"9" * MANY + b"}",
    "a number of 4,000 digits": b'{"count":' + b"9" * 4000 + b',"bucket":' + b"9" * 4000 + b"}",
    "a number beyond all": b'{"bucket":1e999}',
    "nearly nothing": b'{"bucket":1e-999}',
    "NaN": b'{"bucket":NaN}',
    "minus infinity": b'{"bucket":-Infinity}',
    "a lone surrogate": rb'{"records":["\ud800"]}',
    "a lone surrogate as a key": rb'{"\udfff":1}',
    "a doubled key": b'{"records":["a"],"records":["b"]}',
    "bytes that are no text": b'{"records":["\xff\xfe"]}',
    "a byte order mark": b'\xef\xbb\xbf{"records":["a"]}',
    "UTF-16": '{"records":["a"]}'.encode("utf-16"),
    "two documents": b'{"records":["a"]}{"records":["a"]}',
    "a comment": b'{/* */"records":["a"]}',
    "NUL": b'{"records":["a"]}\x00',
    "four megabytes of one word": b'{"records":["' + b"a" * (MAX_BATCH_BYTES - 100) + b'"],"more":1}',
    "proto": b'{"__proto__":{"admin":true},"constructor":1}',
}


def honest(stage: Stage) -> None:
    """The next who means well is served."""
    assert stage.members["A"].publish(make_record())[0]["outcome"] == "accepted"


@pytest.mark.parametrize("name", BODIES)
def test_a_document_that_means_harm_is_refused_by_every_message(stage: Stage, name: str) -> None:
    before, found = stage.traces(), {}
    for path in POSTS:
        answer = stage.members["A"].send("POST", path, BODIES[name])
        found[path] = answer.status_code
        assert answer.content_type == "application/problem+json"
        assert len(answer.data) < 100_000
    assert set(found.values()) <= {400, 413, 422}, found
    assert stage.traces() == before
    honest(stage)


def bombs() -> dict[str, bytes]:
    gigabyte = gigabyte_of_zeros()
    good = gzip.compress(b'{"records":["a"]}', mtime=0)
    return {
        "a gigabyte of zeros": gigabyte,
        "a gigabyte of zeros, packed twice": gzip.compress(gigabyte, mtime=0),
        "packed twice": gzip.compress(good, mtime=0),
        "two in a row": good + good,
        "a bomb behind a good one": good + gigabyte,
        "cut off": gigabyte[:1000],
        "a false checksum": good[:-8] + b"\0" * 8,
        "deflate without its frame": zlib.compress(b'{"records":["a"]}'),
        "a name of a megabyte": b"\x1f\x8b\x08\x08\0\0\0\0\0\x03" + b"a" * 2**20,
        "no end": b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + b"\0\0\0\xff\xff" * 100_000,
    }


def test_no_bomb_is_unpacked(stage: Stage) -> None:
    before, found = stage.traces(), {}
    for name, bomb in bombs().items():
        for path in ("/records", "/reconciliation/digests"):
            answer = stage.members["A"].send("POST", path, bomb, **{"Content-Encoding": "gzip"})
            found[name, path] = answer.status_code
    assert set(found.values()) <= {400, 413}, found
    assert stage.traces() == before
    honest(stage)


# -- within a signature that is good --------------------------------------------------------------------------


def odd_payloads() -> dict[str, bytes]:
    record = make_record()
    text = canonical(record).decode()
    more = text[:-1]
    return {
        "100,000 keys": (more + "".join(f',"k{n}":0' for n in range(25_000)) + "}").encode(),
        "nesting": (more + ',"relations":' + "[" * 50_000 + "]" * 50_000 + "}").encode(),
        "a doubled key": (more + f',"id":"{record["id"]}"' + "}").encode(),
        "NaN": (more + ',"zz":NaN}').encode(),
        "a huge number": (more + ',"zz":' + "9" * 5000 + "}").encode(),
        "a fraction for a number": text.replace('"version":1', '"version":1.0').encode(),
        "an exponent": text.replace('"version":1', '"version":1e0').encode(),
        "true for a number": text.replace('"version":1', '"version":true').encode(),
        "text for a number": text.replace('"version":1', '"version":"1"').encode(),
        "a version beyond all": text.replace('"version":1', '"version":1000001').encode(),
        "minus nothing": text.replace('"version":1', '"version":-0').encode(),
        "a lone surrogate": text.replace("游标卡尺怎么读", r"\ud800").encode(),
        "an escape for a letter": text.replace("游", r"\u6e38").encode(),
        "a blank": text.replace(",", ", ", 1).encode(),
        "keys in another order": json.dumps(dict(reversed(record.items())), ensure_ascii=False).encode(),
        "an id in capitals": text.replace(record["id"], record["id"].upper()).encode(),
        "an id in wide figures": text.replace(record["id"][0], "０", 1).encode(),
        "an id in braces": text.replace(record["id"], "{" + record["id"] + "}").encode(),
        "an id of another version": text.replace(record["id"], "01890a5d-ac96-474b-bcce-b302099a8057").encode(),
        "no record at all": b"[]",
        "nothing": b"",
    }


PAYLOADS = odd_payloads()


def test_a_good_signature_over_an_odd_payload_helps_nothing(stage: Stage) -> None:
    member = stage.members["A"]
    before = stage.traces()
    tokens = {
        name: signing.sign(payload, private_key=member.signer.private_key, kid=member.signer.key_id)
        for name, payload in PAYLOADS.items()
    }
    results = dict(zip(tokens, member.publish(*tokens.values()), strict=True))
    assert {name: result["outcome"] for name, result in results.items()} == dict.fromkeys(tokens, "rejected")
    assert {result["code"] for result in results.values()} <= {
        "invalid_record", "invalid_json", "not_canonical", "too_deep", "record_too_large", "signature_invalid",
    }  # fmt: skip
    assert stage.traces() == before
    honest(stage)


NAMES = [
    "", ".", "..", "../x", "..\\x", "/etc/passwd", "a/b", "a\\b", "C:x", "a\0b", "a\nb", "a\r\nSet-Cookie: x",
    "a\x1b[2Jb", "\u202efdp.exe", "a\u200bb", "a\u2028b", "\ufeffa", " a", "a ", "a.", "....", "a\x7f", "a\u00adb",
    'a"b', "a<b", "a|b", "a?b", "a*b", "a:b", "a" * 201, "\U000e0041", "\uffff", "a\u2066b",
]  # fmt: skip


def test_no_file_name_leaves_its_folder_or_deceives(stage: Stage) -> None:
    member, before = stage.members["A"], stage.traces()
    results = member.publish(*(make_record(files=[make_file(name=name)]) for name in NAMES))
    wrong = [name for name, result in zip(NAMES, results, strict=True) if result["outcome"] != "rejected"]
    assert wrong == []
    assert {error["pointer"] for result in results for error in result["errors"]} == {"/files/0/name"}
    assert stage.traces() == before
    honest(stage)


@pytest.mark.parametrize("pair", [("a.pdf", "A.PDF"), ("\u00e9.pdf", "e\u0301.pdf"), ("ﬁ.pdf", "FI.pdf")])
def test_two_names_that_one_disk_takes_for_the_same_are_not_both_taken(stage: Stage, pair: tuple[str, str]) -> None:
    files = [make_file(name=name) for name in pair]
    [result] = stage.members["A"].publish(make_record(files=files))
    assert result["outcome"] == "rejected"


def test_a_name_that_only_looks_like_another_is_another_and_is_shown_as_it_is(stage: Stage) -> None:
    """Letters of other alphabets are no fault in a title; who speaks is told by the institution, not by the words."""
    record = make_record(title={"zh": "计量", "en": "Меtrоlоgy"})
    ark = publish(stage.hub, stage.members["B"], record)
    answer = stage.call("anonymous", "GET", f"/api/v1/resources/{ark}").get_json()
    assert (answer["record"]["title"]["en"], answer["institution"]["code"]) == ("Меtrоlоgy", "b")
    for code in ("ａ", "а", "A", "a\u200b"):
        answer = stage.call(
            "admin", "POST", "/workbench/admin/institutions", {"code": code, "kind": "institute", "name_zh": "x"}
        )
        assert answer.status_code in (409, 422), code


# -- addresses that a record names ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "javascript:alert(1)", "data:text/html,x", "gopher://127.0.0.1/", "ftp://example.org/",
        "//127.0.0.1/", "http://", "http:///x", "/x", "http://[::1", "http://a b/", "http://a\nb/", "http://\u202ea/",
        "jar:http://x!/", "HTTP//x", "http://x" + "a" * 2048,
    ],
)  # fmt: skip
def test_an_address_that_is_not_of_the_web_is_refused(stage: Stage, url: str) -> None:
    before = stage.traces()
    [result] = stage.members["A"].publish(make_record(links=[{"url": url}]))
    assert (result["outcome"], stage.traces()) == ("rejected", before)


def test_the_hub_fetches_nothing_that_a_record_names(stage: Stage) -> None:
    """Taken in, shown to a reviewer, published, indexed, swept, shown to the public: and nobody has knocked."""
    member = stage.members["A"]
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.setblocking(False)
        trapped = f"http://127.0.0.1:{trap.getsockname()[1]}/latest/meta-data"
        record: dict[str, Any] = make_record(
            links=[{"url": trapped, "label": trapped}],
            identifiers=[{"scheme": "doi", "value": trapped}],
            description={"zh": f"![]({trapped}) <img src={trapped}>"},
            creators=[{"name": trapped}],
            rights_holder=trapped,
        )
        assert member.publish(record)[0]["outcome"] == "accepted"
        for caller in ("reviewer", "admin"):
            path = f"/workbench/versions/{stage.desk.version_id(record)}"
            assert trapped in stage.call(caller, "GET", path).get_data(as_text=True)
        again = {**record, "version": 2}
        ark = publish(stage.hub, member, again)
        queue(stage.hub.app).sweep()
        follow(stage.hub)
        for path in (
            "/",
            f"/resources/{ark}",
            f"/api/v1/resources/{ark}",
            "/search?q=127.0.0.1",
            "/api/v1/search?q=meta",
        ):
            assert stage.call("anonymous", "GET", path).status_code == 200
        with pytest.raises(BlockingIOError):
            trap.accept()
