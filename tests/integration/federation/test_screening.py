"""Files are looked into before any reviewer sees them: types by content, and malware by the real ClamAV."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import psutil
import pytest
from sqlalchemy import func, select

from federation import inspection
from federation.database import unit_of_work
from federation.malware import Scanner, ScannerAway, is_address
from federation.models.events import AuditEvent
from federation.models.objects import StoredObject, Upload
from federation.parts import attach, parts
from federation.tasks import queue
from tests.support.clamav import SIGNATURE, TEST_FILE, running_clamd
from tests.support.publishing import file_entry, publish
from tests.support.records import make_record

INFECTED = f"练习题 {TEST_FILE} 练习题".encode()
LIMIT = 5 * 1024**2


@pytest.fixture(scope="module")
def clamd(tmp_path_factory):
    with running_clamd(tmp_path_factory.mktemp("clamd"), stream_mib=5) as address:
        yield address


def scanning(hub, address, limit=LIMIT):
    """The hub from now on scans with this clamd, and believes that it takes so much at a time."""
    settings = replace(parts(hub.app).settings, clamd=address, clamd_stream_bytes=limit)
    attach(hub.app, replace(parts(hub.app), settings=settings))


def send(hub, member, data, **changes):
    record = make_record(files=[file_entry(data, **{"name": "题.txt", "media_type": "text/plain", **changes})])
    member.publish(record)
    member.upload(record["files"][0]["sha256"], data)
    return record


def test_a_page_that_is_called_a_picture_goes_back_with_the_reason(hub, member):
    data = b"<!DOCTYPE html><script>alert(1)</script>"
    record = send(hub, member, data, name="图.png", media_type="image/png")
    hub.work()
    assert hub.states(record["id"]) == ["changes_requested"]
    event = member.events()[-1]
    assert event["state"] == "changes_requested"
    assert "图.png" in event["reason"]
    assert "HTML" in event["reason"]
    better = {**record, "version": 2, "files": [{**record["files"][0], "name": "页.html", "media_type": "text/html"}]}
    assert member.publish(better)[0]["state"] == "in_review"
    worse = {**record, "version": 3}
    assert member.publish(worse)[0]["state"] == "changes_requested"


def test_an_infected_file_is_refused_with_the_name_of_the_signature(hub, member, clamd):
    scanning(hub, clamd)
    record, clean = send(hub, member, INFECTED), send(hub, member, "练习题".encode())
    hub.work()
    assert hub.states(record["id"]) == ["changes_requested"]
    assert f"{SIGNATURE}.UNOFFICIAL" in member.events()[-1]["reason"] + member.events()[-2]["reason"]
    assert hub.states(clean["id"]) == ["in_review"]


def test_without_the_scanner_a_version_waits_and_nothing_passes(hub, member, clamd, monkeypatch):
    scanning(hub, "unix:/nowhere/clamd.sock")
    record = send(hub, member, "练习题".encode())
    with pytest.raises(ScannerAway):
        hub.work()
    monkeypatch.setattr("federation.tasks.STALE", timedelta(seconds=-1))
    queue(hub.app).sweep()
    assert hub.states(record["id"]) == ["verifying"]
    scanning(hub, clamd)
    queue(hub.app).sweep()
    assert hub.states(record["id"]) == ["in_review"]


def test_without_the_scanner_no_connection_to_the_store_stays_open_unread(hub, member, store):
    scanning(hub, "unix:/nowhere/clamd.sock")
    port, failed, open_ones = urlsplit(store.endpoint).port, [], []
    for number in range(3):
        send(hub, member, f"练习题 {number}".encode())
        with pytest.raises(ScannerAway) as refused:
            hub.work()
        # Kept, since what was raised keeps alive whoever raised it.
        failed.append(refused)
        connections = psutil.Process().net_connections()
        open_ones.append(sum(bool(one.raddr) and one.raddr.port == port for one in connections))
    assert open_ones[2] <= open_ones[0]


def test_a_file_that_cannot_be_scanned_keeps_no_other_of_its_task_waiting(hub, member, clamd):
    scanning(hub, clamd, limit=10 * LIMIT)
    records = [send(hub, member, data) for data in ("甲题".encode(), b"x" * 3 * LIMIT, "乙题".encode())]
    with unit_of_work(hub.app, read_only=True) as session:
        held = {upload.sha256: upload.id for upload in session.scalars(select(Upload))}
    with pytest.raises(ScannerAway):
        queue(hub.app).verify_each([held[record["files"][0]["sha256"]] for record in records])
    assert [hub.states(record["id"])[0] for record in records] == ["in_review", "verifying", "in_review"]


def test_what_was_stored_before_there_was_a_scanner_is_scanned_before_it_is_reviewed_again(hub, member, clamd):
    entry = file_entry(INFECTED, name="题.txt", media_type="text/plain")
    ark = publish(hub, member, make_record(files=[entry]), INFECTED, indexed=False)
    scanning(hub, "unix:/nowhere/clamd.sock")
    queue(hub.app).sweep()
    record = make_record(files=[entry])
    assert member.publish(record)[0]["state"] == "awaiting_files"
    assert member.offer((entry["sha256"], entry["size"]))[0]["outcome"] == "present"
    assert hub.open("GET", f"/resources/{ark}/files/题.txt").status_code == 302
    scanning(hub, clamd)
    for _ in range(2):
        queue(hub.app).sweep()
    assert hub.states(record["id"]) == ["changes_requested"]
    assert hub.open("GET", f"/resources/{ark}/files/题.txt").status_code == 403
    with unit_of_work(hub.app, read_only=True) as session:
        assert session.get_one(StoredObject, entry["sha256"]).scan == "infected"


def test_what_cannot_be_scanned_afterwards_keeps_no_other_waiting_and_two_workers_say_once_what_they_found(
    hub, member, clamd
):
    names = {}
    for number, data in enumerate([INFECTED, b"x" * 3 * LIMIT, "乙题".encode()]):
        entry = file_entry(data, name=f"{number}.txt", media_type="text/plain")
        publish(hub, member, make_record(files=[entry]), data, indexed=False)
        names[entry["sha256"]] = ("infected", "due", "clean")[number]
    scanning(hub, clamd, limit=10 * LIMIT)
    with unit_of_work(hub.app) as session:
        inspection.mark_unscanned(session, scanning=True)
    for _ in range(2):
        queue(hub.app).sweep()
    with unit_of_work(hub.app) as session:
        assert {sha256: session.get_one(StoredObject, sha256).scan for sha256 in names} == names
        inspection.note(session, next(iter(names)), "infected", "again")
        checks = select(func.count()).select_from(AuditEvent).where(AuditEvent.action == "object.virus_check")
        assert session.scalar(checks) == 1


@pytest.mark.parametrize("before", [0, LIMIT - 40, LIMIT - 10, 2 * LIMIT - 30, 3 * LIMIT])
def test_nothing_hides_in_a_file_longer_than_the_scanner_takes(clamd, before):
    data = b"x" * before + INFECTED + b"y" * 1000
    pieces = [data[at : at + 1024**2] for at in range(0, len(data), 1024**2)]
    assert Scanner(clamd, limit=LIMIT).scan(pieces).startswith(SIGNATURE)


def test_a_stream_longer_than_the_scanner_takes_is_no_verdict(clamd):
    with pytest.raises(ScannerAway):
        Scanner(clamd, limit=10 * LIMIT).scan([b"x" * 1024**2] * 12)


def test_an_empty_file_is_clean(clamd):
    assert Scanner(clamd, limit=LIMIT).scan([]) == ""


@pytest.mark.parametrize("text", ["", "tcp://host", "host:3310", "unix:relative", "http://host:1", "tcp://host:x"])
def test_an_address_is_complete(text):
    assert not is_address(text)
    assert is_address("tcp://[::1]:3310")
    assert is_address("unix:/run/clamav/clamd.ctl")
