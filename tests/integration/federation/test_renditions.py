"""Stored office documents get a PDF in the background; whatever stops a worker, none is lost and none stays stuck."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from threading import Event, Thread

import pytest
import requests
from sqlalchemy import update

from federation import collection, piecework
from federation.commands.standing import _renditions
from federation.database import unit_of_work
from federation.models.base import now
from federation.models.objects import StoredObject
from federation.models.renditions import Converter, Rendition
from federation.models.resources import VersionFile
from federation.parts import attach, parts
from federation.renditions import making, office, watch
from federation.standing import status
from federation.storage import StoreUnavailable
from tests.support import offices
from tests.support.documents import deck
from tests.support.offices import COPY, MAKER, REFUSE, make_program
from tests.support.processes import eventually
from tests.support.publishing import file_entry
from tests.support.records import make_record

PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
DECK = deck("一米有多长")
boxed = offices.needs("bwrap")


def send(hub, member, data=DECK, **changes):
    """A deck that the hub has verified; its digest."""
    entry = file_entry(data, **{"name": "课件.pptx", "media_type": PPTX, **changes})
    member.publish(make_record(files=[entry]))
    member.upload(entry["sha256"], data)
    hub.work()
    return entry["sha256"]


def stored(hub, sha256, media_type=PPTX, size=100):
    """An object that the hub is said to have, and wants a PDF of if it is a document."""
    with unit_of_work(hub.app) as session:
        session.add(StoredObject(sha256=sha256, size=size, media_type=media_type))
        session.flush()
        making.want(session, session.get_one(StoredObject, sha256))
    return sha256


def digests(count):
    return [f"{number:064x}" for number in range(count)]


def rendition(hub, sha256):
    with unit_of_work(hub.app, read_only=True) as session:
        return session.get(Rendition, sha256)


def claim(hub, maker=MAKER):
    with unit_of_work(hub.app) as session:
        return making.claim(session, seconds=60, maker=maker)


def later(monkeypatch, **time):
    moment = now() + timedelta(**time)
    monkeypatch.setattr(making, "now", lambda: moment)


def using(hub, folder, converting, **changes):
    """The office that this program stands for, as the hub's worker finds it."""
    program = make_program(folder / "office", converting, **changes)
    attach(hub.app, replace(parts(hub.app), settings=replace(parts(hub.app).settings, office=program)))
    return watch.look(hub.app)


def in_public(hub):
    return {one.key for one in parts(hub.app).store.in_public()}


@boxed
def test_a_deck_that_was_verified_has_its_pdf_after_the_workers_next_round(hub, member, tmp_path):
    sha256 = send(hub, member)
    using_it = using(hub, tmp_path, COPY)
    assert watch.make_next(hub.app, using_it)
    assert not watch.make_next(hub.app, using_it)
    made = rendition(hub, sha256)
    assert (made.state, made.maker, made.claimed_until) == ("ready", MAKER, None)
    got = requests.get(parts(hub.app).store.renditions.url(sha256=sha256, name="课件.pptx.pdf"), timeout=10)
    assert got.content == b"%PDF-1.7 " + DECK
    assert made.size == len(got.content)
    assert got.headers["Content-Type"] == "application/pdf"
    assert got.headers["Content-Disposition"].startswith("inline")


@boxed
def test_the_workers_thread_converts_what_comes_and_lets_go_of_it_when_the_worker_stops(
    hub, member, tmp_path, monkeypatch
):
    monkeypatch.setattr(watch, "IDLE_SECONDS", 0.05)
    using(hub, tmp_path, COPY)
    stopping = Event()
    thread = Thread(target=watch.run, args=(hub.app, stopping))
    thread.start()
    try:
        done = send(hub, member)
        eventually(lambda: rendition(hub, done).state == "ready")
        make_program(tmp_path / "office", "sleep 60")
        left = send(hub, member, deck("一千克有多重"))
        eventually(lambda: rendition(hub, left).claimed_until)
    finally:
        stopping.set()
        thread.join(20)
    assert not thread.is_alive()
    assert (rendition(hub, left).state, rendition(hub, left).tries) == ("waiting", 0)


@pytest.mark.parametrize(
    ("media_type", "size", "state"),
    [
        (PPTX, office.MOST_SOURCE, "waiting"),
        (PPTX, office.MOST_SOURCE + 1, "failed"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", 100, None),
        ("application/pdf", 100, None),
    ],
)
def test_documents_are_wanted_as_pdf_and_other_files_are_not(hub, media_type, size, state):
    found = rendition(hub, stored(hub, "a" * 64, media_type, size))
    assert (found and found.state) == state


@boxed
def test_a_document_that_cannot_be_read_hinders_no_other_and_no_review(hub, member, tmp_path):
    broken = send(hub, member)
    using_it = using(hub, tmp_path, REFUSE)
    good = send(hub, member, deck("一千克有多重"))
    while watch.make_next(hub.app, using_it):
        make_program(tmp_path / "office", COPY)
    found = rendition(hub, broken)
    assert (found.state, found.cause, found.maker) == ("failed", office.UNREADABLE, MAKER)
    assert rendition(hub, good).state == "ready"
    with unit_of_work(hub.app, read_only=True) as session:
        states = {file.version.state for file in session.query(VersionFile)}
    assert states == {"in_review"}


def test_no_two_workers_convert_the_same_and_the_oldest_comes_first(hub):
    first, second = (stored(hub, sha256) for sha256 in digests(2))
    assert [claim(hub).sha256, claim(hub).sha256, claim(hub)] == [first, second, None]


def test_what_a_killed_worker_held_is_free_again_and_the_third_that_it_kills_is_the_last(hub, monkeypatch):
    sha256 = stored(hub, "a" * 64)
    for attempt in range(1, making.TRIES + 1):
        assert claim(hub).sha256 == sha256
        assert claim(hub) is None
        later(monkeypatch, hours=attempt)
    assert claim(hub) is None
    found = rendition(hub, sha256)
    assert (found.state, found.cause) == ("failed", making.CRASHED)


def test_who_comes_back_when_another_has_taken_over_changes_nothing(hub, monkeypatch):
    sha256 = stored(hub, "a" * 64)
    slow = claim(hub)
    later(monkeypatch, hours=1)
    quick = claim(hub)
    with unit_of_work(hub.app) as session:
        making.failed(session, slow, office.UNREADABLE, maker=MAKER)
        making.put_off(session, slow)
    found = rendition(hub, sha256)
    assert (found.state, found.tries, found.claimed_until) == ("waiting", 2, quick.until)


@boxed
def test_a_store_that_is_away_and_a_worker_that_stops_are_no_attempts(hub, member, tmp_path, monkeypatch):
    sha256 = send(hub, member)
    using_it = using(hub, tmp_path, "sleep 60")

    def stop(_seconds):
        raise piecework.Stopped()

    with pytest.raises(piecework.Stopped):
        watch.make_next(hub.app, using_it, pause=stop)
    assert rendition(hub, sha256).tries == 0
    away = replace(parts(hub.app).store.settings, endpoint="http://127.0.0.1:9")
    attach(hub.app, replace(parts(hub.app), store=type(parts(hub.app).store)(away)))
    with pytest.raises(StoreUnavailable):
        watch.make_next(hub.app, using_it)
    found = rendition(hub, sha256)
    assert (found.state, found.tries) == ("waiting", 0)
    assert found.claimed_until > now()


@boxed
def test_a_full_disk_is_no_fault_of_the_document_which_waits_until_there_is_room(hub, member, tmp_path, monkeypatch):
    sha256 = send(hub, member)
    using_it = using(hub, tmp_path, REFUSE)
    monkeypatch.setattr(office, "SPARE_ROOM", 2**80)
    with pytest.raises(OSError, match="No space left"):
        watch.make_next(hub.app, using_it)
    found = rendition(hub, sha256)
    assert (found.state, found.tries) == ("waiting", 0)
    assert found.claimed_until > now()


def test_what_took_too_long_is_tried_again_later_and_not_for_ever(hub, monkeypatch):
    sha256 = stored(hub, "a" * 64)
    for attempt in range(making.TRIES):
        claimed = claim(hub)
        with unit_of_work(hub.app) as session:
            making.failed(session, claimed, office.TIMEOUT, maker=MAKER)
        assert claim(hub) is None
        later(monkeypatch, hours=attempt + 1)
    found = rendition(hub, sha256)
    assert (found.state, found.cause) == ("failed", office.TIMEOUT)


def test_another_libreoffice_gets_what_the_last_one_could_not_read(hub):
    sha256, large = stored(hub, "a" * 64), stored(hub, "b" * 64, size=office.MOST_SOURCE + 1)
    claimed = claim(hub)
    with unit_of_work(hub.app) as session:
        making.failed(session, claimed, office.UNREADABLE, maker=MAKER)
        making.try_again(session, MAKER)
    assert claim(hub) is None
    with unit_of_work(hub.app) as session:
        making.try_again(session, "LibreOffice 99")
    assert claim(hub).sha256 == sha256
    assert rendition(hub, large).state == "failed"


def test_damaged_infected_and_unscanned_documents_are_not_opened(hub):
    damaged, infected, unscanned = (stored(hub, sha256) for sha256 in digests(3))
    with unit_of_work(hub.app) as session:
        session.execute(update(StoredObject).where(StoredObject.sha256 == damaged).values(damaged_at=now()))
        session.execute(update(StoredObject).where(StoredObject.sha256 == infected).values(malware="Test"))
        session.execute(update(StoredObject).where(StoredObject.sha256 == unscanned).values(scan="due"))
    with unit_of_work(hub.app, read_only=True) as session:
        assert not making.is_due(session)
    assert claim(hub) is None


@boxed
def test_a_pdf_stays_as_long_as_its_document_and_goes_with_it(hub, member, tmp_path, monkeypatch):
    named, gone = send(hub, member), send(hub, member, deck("没有用到的"))
    using_it = using(hub, tmp_path, COPY)
    while watch.make_next(hub.app, using_it):
        pass
    store = parts(hub.app).store
    with tmp_path.joinpath("late.pdf").open("w+b") as late:
        late.write(b"%PDF-1.7")
        store.renditions.put(sha256="c" * 64, file=late)
    monkeypatch.setattr(collection, "_days_ago", lambda _days: now() + timedelta(seconds=5))
    with unit_of_work(hub.app) as session:
        session.query(VersionFile).filter_by(sha256=gone).delete()
    assert len(in_public(hub)) == 5
    assert (collection.collect(hub.app, dry_run=True).leftovers, len(in_public(hub))) == (1, 5)
    done = collection.collect(hub.app)
    assert (done.objects, done.leftovers, done.foreign) == (1, 1, 0)
    prefix = f"{named[:2]}/{named[2:4]}/{named}"
    assert in_public(hub) == {f"sha256/{prefix}", f"renditions/{prefix}.pdf"}
    assert rendition(hub, gone) is None
    assert rendition(hub, named).state == "ready"


@boxed
def test_a_pdf_of_a_document_that_went_meanwhile_is_not_left_behind(hub, member, tmp_path):
    sha256 = send(hub, member)
    using_it = using(hub, tmp_path, COPY)

    def forget(_seconds):
        with unit_of_work(hub.app) as session:
            making.forget(session, sha256)

    assert watch.make_next(hub.app, using_it, pause=forget)
    assert {key for key in in_public(hub) if key.startswith("renditions/")} == set()


@boxed
def test_after_a_restore_a_pdf_is_made_again_unless_it_stands_there_still(hub, member, tmp_path):
    kept, lost = send(hub, member), send(hub, member, deck("一秒有多长"))
    using_it = using(hub, tmp_path, COPY)
    while watch.make_next(hub.app, using_it):
        pass
    parts(hub.app).store.renditions.delete(sha256=lost)
    with unit_of_work(hub.app) as session:
        making.make_anew(session)
        assert making.ability(session).hindrance == making.SILENT
    make_program(tmp_path / "office", REFUSE)
    while watch.make_next(hub.app, using_it):
        pass
    assert [rendition(hub, sha256).state for sha256 in (kept, lost)] == ["ready", "failed"]


def test_what_the_hub_can_do_is_what_any_of_its_hosts_can_and_has_said_lately(hub, monkeypatch):
    def ability():
        with unit_of_work(hub.app, read_only=True) as session:
            return making.ability(session)

    def say(host, **said):
        with unit_of_work(hub.app) as session:
            making.note_ability(session, host, **said)

    assert ability().hindrance == making.SILENT
    say("a", hindrance=office.ABSENT)
    assert ability().hindrance == office.ABSENT
    say("b", maker=MAKER)
    say("a", hindrance=office.UNCONFINED)
    assert ability() == making.Ability(MAKER, "")
    later(monkeypatch, hours=1)
    say("a", hindrance=office.ABSENT)
    assert ability().hindrance == office.ABSENT
    later(monkeypatch, days=2)
    say("a", hindrance=office.OFF)
    with unit_of_work(hub.app, read_only=True) as session:
        assert session.query(Converter).count() == 1


def test_the_status_says_whether_documents_are_converted_and_how_many_wait(hub):
    attach(hub.app, replace(parts(hub.app), settings=replace(parts(hub.app).settings, office="no-such-office")))
    assert watch.look(hub.app) is None
    stored(hub, "a" * 64)
    found = json.loads(json.dumps(status(hub.app)["renditions"]))
    assert found == {"ability": {"maker": "", "hindrance": office.ABSENT}, "waiting": 1, "ready": 0, "failed": 0}
    assert _renditions(found).startswith("文档预览：没有（后台所在的机器上没有 LibreOffice 的 soffice")
    assert _renditions(found).endswith("等待转换 1，已转成 0，没能转成 0")
