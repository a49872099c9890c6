"""Pictures are made of stored files in the background; whatever stops a worker, none is lost and none stays stuck."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from threading import Event, Thread

import pytest
from sqlalchemy import delete, update

from federation import collection
from federation.commands.standing import _derivatives
from federation.database import unit_of_work
from federation.derivatives import maker, making, reading, watch
from federation.models.base import now
from federation.models.derivatives import Derivative
from federation.models.objects import StoredObject
from federation.models.resources import VersionFile
from federation.parts import attach, parts
from federation.renditions import making as renditions
from federation.standing import status
from federation.storage import StoreUnavailable
from tests.support.pictures import pdf, photo
from tests.support.processes import eventually
from tests.support.publishing import file_entry
from tests.support.records import make_record

JPEG, PPTX = "image/jpeg", "application/vnd.openxmlformats-officedocument.presentationml.presentation"
USING = maker.Maker(False, {maker.PICTURE: "pillow 1", maker.PAGES: "pypdfium2 1"})
KINDS = {*maker.SECONDS, making.TEXT}


def send(hub, member, data=None, **changes):
    """A picture that the hub has verified; its digest."""
    data = data or photo()
    entry = file_entry(data, **{"name": "照片.jpg", "media_type": JPEG, **changes})
    member.publish(make_record(files=[entry]))
    member.upload(entry["sha256"], data)
    hub.work()
    return entry["sha256"]


def stored(hub, sha256, media_type=JPEG, size=100):
    with unit_of_work(hub.app) as session:
        session.add(StoredObject(sha256=sha256, size=size, media_type=media_type))
        session.flush()
        making.want(session, session.get_one(StoredObject, sha256))
    return sha256


def digests(count):
    return [f"{number:064x}" for number in range(count)]


def derivative(hub, sha256):
    with unit_of_work(hub.app, read_only=True) as session:
        return session.get(Derivative, sha256)


def claim(hub, kinds=KINDS):
    with unit_of_work(hub.app) as session:
        return making.claim(session, kinds=kinds, maker="1")


def later(monkeypatch, **time):
    moment = now() + timedelta(**time)
    monkeypatch.setattr(making, "now", lambda: moment)


def look(hub, sha256):
    with unit_of_work(hub.app, read_only=True) as session:
        return reading.looks(session, [sha256]).get(sha256)


def in_public(hub):
    return {one.key for one in parts(hub.app).store.in_public()}


def test_a_picture_that_was_verified_has_its_small_ones_after_the_workers_next_round(hub, member):
    sha256 = send(hub, member)
    assert watch.make_next(hub.app, USING)
    assert not watch.make_next(hub.app, USING)
    made, found = derivative(hub, sha256), look(hub, sha256)
    assert (made.state, made.recipe, made.tries, made.claimed_until) == ("ready", making.RECIPE, 0, None)
    assert [(one.width, one.height) for one in found.widths] == [(320, 240), (640, 480), (800, 600)]
    small = found.widths[0]
    data = parts(hub.app).store.derivatives.read_range(sha256=sha256, offset=small.offset, length=small.length)
    assert (data[:4], len(data)) == (b"RIFF", small.length)


def test_the_workers_thread_makes_what_comes_and_lets_go_of_it_when_the_worker_stops(hub, member, monkeypatch):
    monkeypatch.setattr(watch, "IDLE_SECONDS", 0.05)
    stopping = Event()
    thread = Thread(target=watch.run, args=(hub.app, stopping))
    thread.start()
    try:
        done = send(hub, member)
        eventually(lambda: derivative(hub, done).state == "ready")
        monkeypatch.setattr(watch.Maker, "make", lambda *_args, pause, **_more: pause(60))
        left = send(hub, member, photo(400, 300))
        eventually(lambda: derivative(hub, left).claimed_until)
    finally:
        stopping.set()
        thread.join(20)
    assert not thread.is_alive()
    assert (derivative(hub, left).state, derivative(hub, left).tries) == ("waiting", 0)


@pytest.mark.parametrize(
    ("media_type", "size", "kind", "state"),
    [
        (JPEG, 200 * maker.MIB, maker.PICTURE, "waiting"),
        (JPEG, 200 * maker.MIB + 1, maker.PICTURE, "failed"),
        ("application/pdf", 100, maker.PAGES, "waiting"),
        ("video/mp4", 100, maker.FILM, "waiting"),
        ("text/plain", 2**40, making.TEXT, "waiting"),
        ("image/svg+xml", 100, None, None),
        ("text/html", 100, making.PAGE, "waiting"),
        (PPTX, 100, None, None),
    ],
)
def test_what_can_be_looked_at_is_wanted_and_other_files_are_not(hub, media_type, size, kind, state):
    found = derivative(hub, stored(hub, "a" * 64, media_type, size))
    assert (found and found.kind, found and found.state) == (kind, state)


def test_a_broken_picture_hinders_no_other_and_no_review(hub, member):
    broken, good = send(hub, member, photo()[:3000]), send(hub, member, photo(400, 300))
    while watch.make_next(hub.app, USING):
        pass
    found = derivative(hub, broken)
    assert (found.state, found.cause, found.maker) == ("failed", maker.UNREADABLE, USING.name)
    assert derivative(hub, good).state == "ready"
    with unit_of_work(hub.app, read_only=True) as session:
        assert {file.version.state for file in session.query(VersionFile)} == {"in_review"}


def test_the_head_of_a_text_is_kept_whichever_encoding_it_has(hub, member):
    sha256 = send(hub, member, "名称,数值\n千克,1\n".encode("gbk"), name="数据.csv", media_type="text/csv")
    assert watch.make_next(hub.app, USING)
    with unit_of_work(hub.app, read_only=True) as session:
        head = reading.texts(session, [sha256])[sha256]
    assert (head.text, head.charset, head.whole) == ("名称,数值\n千克,1\n", "gb18030", True)
    assert look(hub, sha256) is None


def test_the_pages_of_an_office_document_are_those_of_its_pdf(hub, tmp_path):
    sha256 = stored(hub, "a" * 64, PPTX)
    pages = tmp_path / "made.pdf"
    pages.write_bytes(pdf(2))
    with pages.open("rb") as file:
        size = parts(hub.app).store.renditions.put(sha256=sha256, file=file)
    with unit_of_work(hub.app) as session:
        renditions.want(session, session.get_one(StoredObject, sha256))
        claimed = renditions.claim(session, seconds=60, maker="LibreOffice")
        renditions.made(session, claimed, size, maker="LibreOffice")
    with unit_of_work(hub.app) as session:
        assert making.want_missing(session) == 1
    assert watch.make_next(hub.app, USING)
    assert (len(look(hub, sha256).pages), look(hub, sha256).page_count) == (2, 2)


def test_no_two_workers_make_the_same_and_none_what_it_has_no_library_for(hub):
    first, second = (stored(hub, sha256) for sha256 in digests(2))
    stored(hub, "f" * 64, "video/mp4")
    assert [claim(hub, {maker.PICTURE}).sha256 for _ in range(2)] == [first, second]
    assert claim(hub, {maker.PICTURE}) is None
    assert claim(hub).kind == maker.FILM


def test_what_a_killed_worker_held_is_free_again_and_the_third_that_it_kills_is_the_last(hub, monkeypatch):
    sha256 = stored(hub, "a" * 64)
    for attempt in range(1, making.TRIES + 1):
        assert claim(hub).sha256 == sha256
        assert claim(hub) is None
        later(monkeypatch, hours=attempt)
    assert claim(hub) is None
    found = derivative(hub, sha256)
    assert (found.state, found.cause) == ("failed", making.CRASHED)


def test_who_comes_back_when_another_has_taken_over_changes_nothing(hub, monkeypatch):
    sha256 = stored(hub, "a" * 64)
    slow = claim(hub)
    later(monkeypatch, hours=1)
    quick = claim(hub)
    with unit_of_work(hub.app) as session:
        making.failed(session, slow, maker.UNREADABLE, maker="1")
        making.put_off(session, slow)
    found = derivative(hub, sha256)
    assert (found.state, found.tries, found.claimed_until) == ("waiting", 2, quick.until)


def test_a_store_that_is_away_is_no_attempt(hub, member):
    sha256 = send(hub, member)
    away = replace(parts(hub.app).store.settings, endpoint="http://127.0.0.1:9")
    attach(hub.app, replace(parts(hub.app), store=type(parts(hub.app).store)(away)))
    with pytest.raises(StoreUnavailable):
        watch.make_next(hub.app, USING)
    found = derivative(hub, sha256)
    assert (found.state, found.tries) == ("waiting", 0)
    assert found.claimed_until > now()


def test_what_took_too_long_is_tried_again_later_and_not_for_ever(hub, monkeypatch):
    sha256 = stored(hub, "a" * 64)
    for attempt in range(making.TRIES):
        claimed = claim(hub)
        with unit_of_work(hub.app) as session:
            making.failed(session, claimed, maker.TIMEOUT, maker="1")
        assert claim(hub) is None
        later(monkeypatch, hours=attempt + 1)
    assert (derivative(hub, sha256).state, derivative(hub, sha256).cause) == ("failed", maker.TIMEOUT)


def test_what_took_too_long_comes_after_those_that_have_come_meanwhile(hub, monkeypatch):
    slow, quick = stored(hub, "a" * 64), stored(hub, "b" * 64)
    claimed = claim(hub)
    with unit_of_work(hub.app) as session:
        making.failed(session, claimed, maker.TIMEOUT, maker="1")
    later(monkeypatch, hours=1)
    assert [claim(hub).sha256 for _ in range(2)] == [quick, slow]


def test_other_libraries_get_what_the_last_ones_could_not_read(hub):
    sha256, large = stored(hub, "a" * 64), stored(hub, "b" * 64, size=2**40)
    claimed = claim(hub)
    with unit_of_work(hub.app) as session:
        making.failed(session, claimed, maker.UNREADABLE, maker="1")
        making.try_again(session, "1")
    assert claim(hub) is None
    with unit_of_work(hub.app) as session:
        making.try_again(session, "2")
    assert claim(hub).sha256 == sha256
    assert derivative(hub, large).state == "failed"


def test_what_was_made_in_an_older_way_is_shown_until_it_is_made_anew(hub, member, monkeypatch):
    sha256 = send(hub, member)
    assert watch.make_next(hub.app, USING)
    monkeypatch.setattr(making, "RECIPE", making.RECIPE + 1)
    with unit_of_work(hub.app) as session:
        making.age(session)
    assert look(hub, sha256).widths
    assert watch.make_next(hub.app, USING)
    assert (derivative(hub, sha256).state, derivative(hub, sha256).recipe) == ("ready", making.RECIPE)


def test_what_was_stored_before_there_were_derivatives_gets_them_when_a_worker_starts(hub, member):
    sha256 = send(hub, member)
    with unit_of_work(hub.app) as session:
        session.execute(delete(Derivative))
    stopping = Event()
    thread = Thread(target=watch.run, args=(hub.app, stopping))
    thread.start()
    try:
        eventually(lambda: look(hub, sha256))
    finally:
        stopping.set()
        thread.join(20)


def test_a_worker_with_nothing_to_do_starts_no_process(hub, monkeypatch):
    monkeypatch.setattr(watch, "IDLE_SECONDS", 0.01)
    monkeypatch.setattr(maker, "find", lambda: pytest.fail("it looked"))
    stopping, rounds = Event(), []
    monkeypatch.setattr(watch, "_has_work", lambda _app: rounds.append(1) or (len(rounds) > 3 and stopping.set()))
    watch.run(hub.app, stopping)
    assert len(rounds) > 3


@pytest.mark.parametrize(
    "fault", [{"damaged_at": now()}, {"malware": "Test"}, {"scan": "due"}, {"removing_at": now()}]
)
def test_damaged_infected_and_unscanned_files_are_neither_opened_nor_shown(hub, member, fault):
    sha256, text = send(hub, member), send(hub, member, b"a,b\n1,2\n", name="a.csv", media_type="text/csv")
    while watch.make_next(hub.app, USING):
        pass
    waiting = stored(hub, "a" * 64)
    assert look(hub, sha256)
    with unit_of_work(hub.app) as session:
        session.execute(update(StoredObject).values(**fault))
    assert look(hub, sha256) is None
    with unit_of_work(hub.app, read_only=True) as session:
        assert not making.is_due(session, KINDS)
        assert reading.texts(session, [text]) == {}
        assert reading.usable(session, [sha256]) == frozenset()
    assert claim(hub) is None
    assert derivative(hub, waiting).tries == 0


def test_pictures_stay_as_long_as_their_file_and_go_with_it(hub, member, tmp_path, monkeypatch):
    named, gone = send(hub, member), send(hub, member, photo(400, 300))
    while watch.make_next(hub.app, USING):
        pass
    store = parts(hub.app).store
    with tmp_path.joinpath("late.zip").open("w+b") as late:
        late.write(b"PK")
        store.derivatives.put(sha256="c" * 64, file=late)
    monkeypatch.setattr(collection, "_days_ago", lambda _days: now() + timedelta(seconds=5))
    with unit_of_work(hub.app) as session:
        session.query(VersionFile).filter_by(sha256=gone).delete()
    assert (collection.collect(hub.app, dry_run=True).leftovers, len(in_public(hub))) == (1, 5)
    done = collection.collect(hub.app)
    assert (done.objects, done.leftovers, done.foreign) == (1, 1, 0)
    prefix = f"{named[:2]}/{named[2:4]}/{named}"
    assert in_public(hub) == {f"sha256/{prefix}", f"derivatives/{prefix}.zip"}
    assert derivative(hub, gone) is None


def test_pictures_of_a_file_that_went_meanwhile_are_not_left_behind(hub, member):
    sha256 = send(hub, member)

    def forget(_seconds):
        with unit_of_work(hub.app) as session:
            making.forget(session, sha256)

    assert watch.make_next(hub.app, USING, pause=forget)
    assert {key for key in in_public(hub) if key.startswith("derivatives/")} == set()


def test_after_a_restore_pictures_are_made_again_unless_they_stand_there_still(hub, member, monkeypatch):
    kept, lost = send(hub, member), send(hub, member, photo(400, 300))
    while watch.make_next(hub.app, USING):
        pass
    parts(hub.app).store.derivatives.delete(sha256=lost)
    with unit_of_work(hub.app) as session:
        making.make_anew(session)
    assert look(hub, kept) is None
    made = []
    monkeypatch.setattr(watch, "_keep", lambda _app, _using, claimed, _found: made.append(claimed.sha256))
    while watch.make_next(hub.app, USING):
        pass
    assert made == [lost]
    assert look(hub, kept)


def test_the_status_says_how_many_wait(hub):
    stored(hub, "a" * 64)
    stored(hub, "b" * 64, size=2**40)
    assert status(hub.app)["derivatives"] == {"waiting": 1, "ready": 0, "failed": 1}
    assert _derivatives(status(hub.app)["derivatives"]) == "小图和预览：等待 1，已做成 0，没能做成 1"
