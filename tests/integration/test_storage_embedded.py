"""The embedded store as a process: secrets, restarts, ends."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import socket
import subprocess
import sys

import psutil
import pytest
import requests

from federation.embedded_store import EmbeddedStore, StoreStartFailed
from federation.storage import StoreUnavailable, UploadUnknown
from federation.storage.settings import OBJECTS
from tests.support.stores import ACCESS_KEY, SECRET_KEY, RunningStore, free_port, kept_bytes, running_embedded

pytestmark = pytest.mark.only_on("sqlite")
MIB = 1024 * 1024
PART = 5 * MIB


def digest(data):
    return hashlib.sha256(data).hexdigest()


def family(directory):
    """This process's descendants that are a store below `directory`: the program and the shell that guards it."""
    found = []
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if str(directory / "store" / "objects") in child.cmdline():
                found.append(child)
    return found


def test_secrets_are_not_in_the_arguments_and_files_are_private(tmp_path):
    with running_embedded(tmp_path) as process:
        RunningStore(process.endpoint).client().put_bytes(sha256=digest(b"x"), data=b"x")
        lines = [" ".join(child.cmdline()) for child in family(tmp_path)]
        assert lines
        assert not any(SECRET_KEY in line or ACCESS_KEY in line for line in lines)
        for path in (tmp_path / "store").rglob("*"):
            assert path.stat().st_mode & 0o077 == 0, path
        assert SECRET_KEY not in process.log.read_text()


def test_a_killed_store_keeps_what_is_whole_and_forgets_what_is_not(tmp_path):
    with running_embedded(tmp_path) as process:
        store = RunningStore(process.endpoint).client()
        whole, half = os.urandom(1000), os.urandom(2 * PART)
        store.put_bytes(sha256=digest(whole), data=whole)
        opened = store.open_upload(upload_id="half", size=len(half))
        (grant,) = store.grant_parts(upload_id="half", store_upload_id=opened, size=len(half), part_numbers=[1])
        requests.put(grant.url, data=half[:PART], timeout=30).raise_for_status()
        killed = family(tmp_path)
        for child in killed:
            child.kill()
        psutil.wait_procs(killed, timeout=10)
        with pytest.raises(StoreUnavailable):
            store.has(sha256=digest(whole), size=1000)
        process.stop()
        process.start()
        assert kept_bytes(store, digest(whole)) == whole
        with pytest.raises(UploadUnknown):
            store.complete_upload(upload_id="half", store_upload_id=opened, size=len(half))
        assert not list((tmp_path / "store").rglob(".rclone_temp_*"))


PARENT = """
import sys, time
from pathlib import Path
from federation.embedded_store import EmbeddedStore
store = EmbeddedStore(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4])
store.start()
print("up", flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_store_ends_with_its_parent_however_that_ends(tmp_path, by):
    arguments = [str(tmp_path / "store"), str(free_port()), ACCESS_KEY, SECRET_KEY]
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as parent:
        assert parent.stdout.readline() == b"up\n"
        descendants = psutil.Process(parent.pid).children(recursive=True)
        assert descendants
        parent.send_signal(by)
        parent.wait(30)
    _, still_there = psutil.wait_procs(descendants, timeout=10)
    assert still_there == []


def test_stopping_twice_and_starting_again_is_fine(tmp_path):
    with running_embedded(tmp_path) as process:
        assert process.alive
        process.stop()
        process.stop()
        assert not process.alive
        assert process.endpoint.startswith("http://127.0.0.1:")
        process.start()
        assert RunningStore(process.endpoint).client().ready()
    assert not process.alive
    assert family(tmp_path) == []


def test_a_port_in_other_hands_is_named(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        store = EmbeddedStore(tmp_path / "store", other.getsockname()[1], ACCESS_KEY, SECRET_KEY)
        with pytest.raises(StoreStartFailed, match="address already in use"):
            store.start(timeout=0.5)
        assert not store.alive


@pytest.mark.parametrize(
    ("access", "secret"), [("ab", "long enough"), ("abc", "short"), ("a,b", "longenough"), ("abc", 'long"enough')]
)
def test_keys_that_the_store_would_not_take_are_refused_before(tmp_path, access, secret):
    with pytest.raises(ValueError, match="keys"):
        EmbeddedStore(tmp_path, 1, access, secret)


def test_scripts_of_one_web_origin_may_ask(tmp_path):
    with running_embedded(tmp_path, allow_origin="https://commons.example.cn") as process:
        store = RunningStore(process.endpoint).client()
        store.put_bytes(sha256=digest(b"x"), data=b"x")
        url = store.download_url(sha256=digest(b"x"), name="x", media_type="text/plain")
        headers = {"Origin": "https://commons.example.cn", "Access-Control-Request-Method": "GET"}
        answer = requests.options(url, headers=headers, timeout=30)
        assert answer.headers["Access-Control-Allow-Origin"] == "https://commons.example.cn"
        assert requests.get(url, timeout=30).headers["X-Content-Type-Options"] == "nosniff"


def test_what_only_passes_through_is_read_past_the_store_and_by_it_where_that_cannot_be(tmp_path):
    with running_embedded(tmp_path) as process:
        store = RunningStore(process.endpoint).client(folder=process.directory / OBJECTS)
        data = os.urandom(PART + 1)
        store.put_bytes(sha256=digest(data), data=data)
        beside = RunningStore(process.endpoint, buckets=store.settings.public_bucket.removesuffix("-pub")).client(
            folder=tmp_path / "elsewhere"
        )
        with beside.passing(sha256=digest(data)) as pieces:
            assert b"".join(pieces) == data
        process.stop()
        with store.passing(sha256=digest(data), chunk=1000) as pieces:
            assert b"".join(pieces) == data
        with pytest.raises(StoreUnavailable), store.passing(sha256=digest(b"not there")) as pieces:
            next(pieces)
