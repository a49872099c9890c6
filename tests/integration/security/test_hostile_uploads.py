"""What a node tries with its grants: other bytes, another place, another time, somebody else's upload.

The bytes that were hashed are the bytes that stand; a grant never reaches them. The store's own part (verbs, lengths,
altered addresses, bytes swapped while they are read) is in tests/integration/test_storage_uploads.py and
test_storage_verification.py.
"""

from __future__ import annotations

import hashlib
import os
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from federation.parts import parts
from federation.storage.presign import Presigner
from tests.support.callers import Stage
from tests.support.publishing import file_entry
from tests.support.records import make_record
from tests.support.stores import kept_bytes

MIB = 1024**2
PART = 5 * MIB


def wanted(stage: Stage, data: bytes) -> tuple[dict[str, Any], str]:
    """A record of A's that waits for these bytes."""
    entry = file_entry(data, name="a.bin", media_type="application/octet-stream")
    record = make_record(files=[entry])
    assert stage.members["A"].publish(record)[0]["outcome"] == "accepted"
    return record, entry["sha256"]


def granted(stage: Stage, data: bytes) -> dict[str, Any]:
    [answer] = stage.members["A"].offer((hashlib.sha256(data).hexdigest(), len(data)))
    assert answer["outcome"] == "granted"
    return answer


def put(url: str, data: bytes) -> int:
    return requests.put(url, data=data, timeout=30).status_code


def complete(stage: Stage, upload_id: str, who: str = "A") -> dict[str, Any]:
    answer = stage.members[who].post("/uploads/complete", {"upload_ids": [upload_id]})
    found: dict[str, Any] = answer.get_json()["uploads"][0]
    return found


def kept(stage: Stage, sha256: str) -> bytes:
    return kept_bytes(parts(stage.hub.app).store, sha256)


def test_bytes_swapped_after_they_were_said_to_be_complete_are_found_out(stage: Stage) -> None:
    data = os.urandom(1000)
    record, sha256 = wanted(stage, data)
    answer = granted(stage, data)
    url = answer["parts"][0]["url"]
    assert put(url, data) == 200
    assert complete(stage, answer["upload_id"])["outcome"] == "verifying"
    assert put(url, data[::-1]) == 200
    stage.hub.work()
    assert stage.hub.states(record["id"]) == ["awaiting_files"]
    assert stage.members["A"].upload(sha256, data)["outcome"] == "verifying"
    stage.hub.work()
    assert stage.hub.states(record["id"]) == ["in_review"]


def test_a_grant_that_is_still_good_reaches_nothing_after_the_verification(stage: Stage) -> None:
    data = os.urandom(1000)
    record, sha256 = wanted(stage, data)
    answer = granted(stage, data)
    url = answer["parts"][0]["url"]
    put(url, data)
    complete(stage, answer["upload_id"])
    stage.hub.work()
    for _ in range(2):
        put(url, data[::-1])
        assert complete(stage, answer["upload_id"])["code"] == "upload_closed"
        stage.hub.work()
    assert kept(stage, sha256) == data
    assert stage.hub.states(record["id"]) == ["in_review"]


def test_the_parts_of_one_grant_are_of_no_use_for_another(stage: Stage) -> None:
    first, second = os.urandom(PART + 10), os.urandom(PART + 20)
    wanted(stage, first)
    record, sha256 = wanted(stage, second)
    one, two = granted(stage, first), granted(stage, second)
    big, small = one["parts"]
    theirs = parse_qs(urlsplit(two["parts"][0]["url"]).query)["uploadId"][0]
    own = parse_qs(urlsplit(big["url"]).query)["uploadId"][0]
    altered = {
        "another number": small["url"].replace("partNumber=2", "partNumber=1"),
        "a further part": small["url"].replace("partNumber=2", "partNumber=3"),
        "another upload": small["url"].replace(own, theirs),
        "another object": small["url"].replace(one["upload_id"], two["upload_id"]),
        "no upload at all": small["url"].replace(f"uploadId={own}", ""),
    }
    assert {name: put(url, first[PART:]) for name, url in altered.items()} == dict.fromkeys(altered, 403)
    assert put(small["url"], first[: len(first) - PART + 1]) == 403
    assert complete(stage, two["upload_id"])["missing"] == [1, 2]
    assert stage.members["A"].upload(sha256, second)["outcome"] == "verifying"
    stage.hub.work()
    assert kept(stage, sha256) == second
    assert stage.hub.states(record["id"]) == ["in_review"]


def test_a_part_that_comes_after_the_completion_changes_nothing(stage: Stage) -> None:
    data = os.urandom(PART + 10)
    record, sha256 = wanted(stage, data)
    answer = granted(stage, data)
    for part in answer["parts"]:
        assert put(part["url"], data[part["offset"] :][: part["size"]]) == 200
    complete(stage, answer["upload_id"])
    put(answer["parts"][1]["url"], os.urandom(10))
    stage.hub.work()
    put(answer["parts"][1]["url"], os.urandom(10))
    assert kept(stage, sha256) == data
    assert stage.hub.states(record["id"]) == ["in_review"]


@pytest.mark.parametrize("age", [3601, 86_400])
def test_a_grant_of_another_time_is_refused(stage: Stage, age: int) -> None:
    """Signed by the hub's own key, so that nothing but its time is wrong."""
    data = os.urandom(100)
    record, _ = wanted(stage, data)
    answer = granted(stage, data)
    store = parts(stage.hub.app).store.settings
    signer = Presigner(
        endpoint=store.endpoint, access_key=store.access_key, secret_key=store.secret_key, region=store.region
    )
    key = urlsplit(answer["parts"][0]["url"]).path.partition(f"/{store.incoming_bucket}/")[2]
    url = signer.url("PUT", bucket=store.incoming_bucket, key=key, expires=3600, now=time.time() - age)
    assert put(url, data) in (400, 403)
    complete(stage, answer["upload_id"])
    stage.hub.work()
    assert stage.hub.states(record["id"]) == ["awaiting_files"], "nothing has arrived"


@pytest.mark.parametrize(
    "upload_id", ["", "x", "../public", "0" * 36, "\u202e" * 12, "%2e%2e%2f", "01890a5d-ac96-774b-bcce-b302099a8057"]
)
def test_an_upload_that_nobody_promised_is_not_found(stage: Stage, upload_id: str) -> None:
    before = stage.traces()
    answer = stage.members["A"].post("/uploads/complete", {"upload_ids": [upload_id]})
    assert answer.status_code in (200, 422)
    if answer.status_code == 200:
        assert answer.get_json()["uploads"][0]["code"] == "not_found"
    assert stage.traces() == before


def test_nobody_ends_or_learns_of_an_upload_of_somebody_else(stage: Stage) -> None:
    data = os.urandom(100)
    record, sha256 = wanted(stage, data)
    answer = granted(stage, data)
    stranger = make_record(files=[file_entry(data, name="b.bin", media_type="application/octet-stream")])
    assert stage.members["B"].publish(stranger)[0]["outcome"] == "accepted"
    [theirs] = stage.members["B"].offer((sha256, len(data)))
    assert theirs["upload_id"] != answer["upload_id"]
    assert put(theirs["parts"][0]["url"], data[::-1]) == 200
    assert complete(stage, answer["upload_id"], "B")["code"] == "not_found"
    assert complete(stage, theirs["upload_id"], "B")["outcome"] == "verifying"
    stage.hub.work()
    assert stage.members["A"].upload(sha256, data)["outcome"] == "verifying"
    stage.hub.work()
    assert kept(stage, sha256) == data
    assert stage.hub.states(record["id"]) == ["in_review"]
