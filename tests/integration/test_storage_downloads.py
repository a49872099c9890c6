"""Download addresses against a real store: names, types, ranges, expiry."""

from __future__ import annotations

import hashlib
import os
import re
import time
from urllib.parse import unquote

import pytest
import requests

from federation.storage import kept_key
from federation.storage.presign import Presigner
from tests.support.stores import running_store

DATA = os.urandom(300_000)
DIGEST = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with running_store(tmp_path_factory.mktemp("store")) as store:
        yield store


@pytest.fixture(scope="module")
def store(running):
    store = running.client()
    store.put_bytes(sha256=DIGEST, data=DATA)
    return store


NAMES = ["report.pdf", "计量单位的故事（第二版）.pdf", "量" * 65 + ".pdf", "100% & 其他 +.pdf"]


@pytest.mark.parametrize("name", NAMES, ids=["latin", "chinese", "long", "signs"])
def test_a_download_has_its_chinese_name_and_its_type(store, name):
    answer = requests.get(store.download_url(sha256=DIGEST, name=name, media_type="application/pdf"), timeout=30)
    assert answer.status_code == 200
    assert answer.content == DATA
    assert answer.headers["Content-Type"] == "application/pdf"
    saved = re.search(r"filename\*=UTF-8''(\S+)$", answer.headers["Content-Disposition"]).group(1)
    assert unquote(saved) == name


def test_a_file_can_be_looked_at_without_its_bytes(store):
    url = store.download_url(sha256=DIGEST, name="量块.pdf", media_type="application/pdf", look=True)
    answer = requests.head(url, timeout=30)
    assert (answer.status_code, answer.headers["Content-Length"]) == (200, str(len(DATA)))
    assert requests.get(url, timeout=30).status_code == 403


def test_pictures_may_be_shown_and_drawings_that_can_run_may_not(store):
    shown = store.download_url(sha256=DIGEST, name="a.png", media_type="image/png", inline=True)
    assert requests.get(shown, timeout=30).headers["Content-Disposition"].startswith("inline;")
    kept_back = store.download_url(sha256=DIGEST, name="a.svg", media_type="image/svg+xml", inline=True)
    assert requests.get(kept_back, timeout=30).headers["Content-Disposition"].startswith("attachment;")


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [("bytes=0-99", 0, 100), ("bytes=299000-", 299_000, 300_000), ("bytes=-10", 299_990, 300_000)],
)
def test_a_part_of_a_file_can_be_asked_for(store, asked, start, stop):
    url = store.download_url(sha256=DIGEST, name="a.mp4", media_type="video/mp4", inline=True)
    answer = requests.get(url, headers={"Range": asked}, timeout=30)
    assert answer.content == DATA[start:stop]
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(DATA)}"


def test_an_altered_address_is_refused(store):
    url = store.download_url(sha256=DIGEST, name="a.html", media_type="text/html")
    assert "attachment" in url
    assert requests.get(url.replace("attachment", "inline"), timeout=30).status_code == 403
    assert requests.put(url, data=b"x", timeout=30).status_code == 403


@pytest.mark.parametrize(("age", "statuses"), [(50, {200}), (70, {400, 403})])
def test_an_address_ends(running, store, age, statuses):
    settings = running.settings()
    signer = Presigner(
        endpoint=settings.endpoint,
        access_key=settings.access_key,
        secret_key=settings.secret_key,
        region=settings.region,
    )
    bucket = settings.public_bucket
    url = signer.url("GET", bucket=bucket, key=kept_key(DIGEST), expires=60, now=time.time() - age)
    assert requests.get(url, timeout=30).status_code in statuses


def test_an_object_that_is_gone_is_not_found(store):
    url = store.download_url(sha256="0" * 64, name="a", media_type="text/plain")
    assert requests.get(url, timeout=30).status_code == 404
