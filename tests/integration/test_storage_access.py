"""Who gets at the store: those with its keys, and over TLS those who can check its certificate."""

from __future__ import annotations

import contextlib
import hashlib
import os

import pytest
import requests

from federation.storage import ObjectStore, StoreUnavailable
from tests.support.stores import running_store

MIB = 1024 * 1024
PART = 5 * MIB


def digest(data):
    return hashlib.sha256(data).hexdigest()


def test_strangers_get_nothing(tmp_path):
    with running_store(tmp_path) as running:
        store = running.client()
        store.put_bytes(sha256=digest(b"x"), data=b"x")
        url = store.download_url(sha256=digest(b"x"), name="x", media_type="text/plain")
        assert requests.get(url, timeout=30).content == b"x"
        assert requests.get(url.partition("?")[0], timeout=30).status_code in (400, 403)
        stranger = ObjectStore(running.settings(secret_key="another-secret-key"))
        assert stranger.ready() is False
        with pytest.raises(StoreUnavailable):
            stranger.has(sha256=digest(b"x"), size=1)


def test_the_whole_way_works_over_tls(tmp_path):
    """Over TLS the client takes another path: payloads are not signed, bodies may be framed differently."""
    with running_store(tmp_path, tls=True) as running:
        store = running.client()
        verify = str(running.ca_bundle)
        data = os.urandom(2 * PART + 77)
        opened = store.open_upload(upload_id="u", size=len(data))
        grants = store.grant_parts(upload_id="u", store_upload_id=opened, size=len(data), part_numbers=[1, 2, 3])
        for grant in grants:
            body = data[grant.offset : grant.offset + grant.size]
            requests.put(grant.url, data=body, verify=verify, timeout=30).raise_for_status()
        store.complete_upload(upload_id="u", store_upload_id=opened, size=len(data))
        kept = store.verify_and_keep(upload_id="u", sha256=digest(data), size=len(data))
        assert kept.head == data[:8192]
        url = store.download_url(sha256=digest(data), name="计量.bin", media_type="video/mp4")
        assert requests.get(url, verify=verify, timeout=30).content == data
        assert store.ready()


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(tmp_path):
    with running_store(tmp_path, tls=True) as running:
        store = ObjectStore(running.settings(ca_bundle=None))
        assert store.ready() is False
        with pytest.raises(StoreUnavailable):
            store.has(sha256=digest(b""), size=0)
        with contextlib.suppress(requests.exceptions.SSLError):
            requests.get(running.endpoint, timeout=30)
            pytest.fail("the certificate was trusted")
