"""A backup made while the hub works is as of one moment, is checked to the byte, and comes back on any engine."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sqlite3
import stat
import threading
import time
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from flask import Flask
from sqlalchemy import select

from federation import (
    account_links,
    days,
    enrolment,
    key_register,
    letters,
    mail,
    operations,
    people,
    person_sessions,
    schema,
    withdrawals,
)
from federation.backups import checking, folder, making, manifest, objects, restoring
from federation.database import db, init_database, unit_of_work
from federation.models.base import now
from federation.models.events import AuditEvent
from federation.models.institutions import Node
from federation.models.objects import StoredObject
from federation.models.renditions import Rendition
from federation.models.resources import ResourceVersion
from federation.overview import keeping
from federation.parts import parts
from shared import errors
from shared.reconciliation import bucket_of
from tests.support.hub import rows, running_hub
from tests.support.processes import PASSWORD, Command, commands_of
from tests.support.publishing import file_entry, publish
from tests.support.records import make_record
from tests.support.small_disks import fill, small_disk
from tests.support.stores import kept_bytes

DATA = "砝码".encode() * 1000
MORE = b"another file"


def silent(_name, _total):
    return lambda _steps: None


def back_up(hub, place, *, with_objects=True, keep=None, begin=silent):
    given = replace(hub.settings, secret_key="", audit_key="")
    return making.make(hub.app, place, given=given, with_objects=with_objects, keep=keep, begin=begin)


def restore(hub, place, begin=silent):
    found = checking.check(folder.find(place))
    return restoring.restore(found, given=hub.settings, load=lambda: hub.settings, begin=begin)


def damage_of(hub, sha256):
    with unit_of_work(hub.app, read_only=True) as session:
        return session.get_one(StoredObject, sha256).damage


@pytest.fixture
def place(tmp_path):
    return tmp_path / "backups"


@pytest.fixture
def published(hub, member):
    """A public resource with one file: its digest."""
    record = make_record(files=[file_entry(DATA)])
    publish(hub, member, record, DATA, indexed=False)
    return record["files"][0]["sha256"]


@pytest.fixture
def empty(tmp_path, store):
    """Another hub, with nothing in it, on the engine of this run."""
    with running_hub(tmp_path / "empty", store) as hub:
        yield hub


# -- making --------------------------------------------------------------------------------------------------------


def test_a_backup_is_as_of_one_moment_and_makes_no_writer_wait(hub, published, place):
    def publish_meanwhile():
        member = hub.member("institute-late")
        publish(hub, member, make_record(files=[file_entry(MORE)]), MORE, indexed=False)

    waiting = [threading.Thread(target=publish_meanwhile)]

    def tell(_steps):
        if waiting:
            thread = waiting.pop()
            thread.start()
            thread.join(60)
            assert not thread.is_alive()

    before = {name: len(found) for name, found in rows(hub).items()}
    made = back_up(hub, place, begin=lambda _name, _total: tell)
    assert len(rows(hub)["institutions"]) == 2
    assert made.manifest.tables == before
    checked = checking.check(made.path)
    assert [one.sha256 for one in checked.listed] == [published]
    assert checked.faulty_objects(silent) == []


def test_a_backup_waits_for_no_writer_and_has_nothing_that_was_not_committed(hub, place):
    with ExitStack() as writer:
        session = writer.enter_context(unit_of_work(hub.app))
        values = {"kind": "institute", "name_zh": "院", "name_en": "", "actor": "test"}
        enrolment.create_institution(session, code="institute-late", **values)
        session.flush()

        def end_of_writer(name, _total):
            """Once the database has been read, let it be noted that a backup was made."""
            if name == "复制文件":
                writer.close()
            return lambda _steps: None

        made = back_up(hub, place, begin=end_of_writer)
    assert made.manifest.tables["institutions"] == 0
    assert len(rows(hub)["institutions"]) == 1


def test_what_is_written_is_for_its_owner_alone_and_holds_no_secret_from_outside(hub, published, place):
    made = back_up(hub, place)
    for path in [place, *place.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert made.manifest.secrets_needed == ["database_url", "queue_url", "store_access_key", "store_secret_key"]
    outside = [getattr(hub.settings, name) for name in made.manifest.secrets_needed]
    for path in (path for path in made.path.iterdir() if path.is_file()):
        assert not any(secret.encode() in path.read_bytes() for secret in outside), path


def test_a_distributed_hub_s_secrets_are_named_and_not_copied(hub, place):
    given = replace(hub.settings, mode="distributed", secret_key="s" * 40)
    made = making.make(hub.app, place, given=given, with_objects=False, keep=None, begin=silent)
    assert "secret_key" in made.manifest.secrets_needed
    assert not (made.path / folder.SECRETS).exists()


def test_the_hub_knows_when_it_was_last_backed_up_and_what_was_lacking(hub, published, place):
    assert last_backup(hub) is None
    made = back_up(hub, place, with_objects=False)
    known = last_backup(hub)
    assert (known.at.isoformat(), known.objects, known.lacking) == (made.manifest.made, 1, None)
    parts(hub.app).store.delete(sha256=published)
    back_up(hub, place)
    assert last_backup(hub).lacking == 1


def last_backup(hub):
    with unit_of_work(hub.app, read_only=True) as session:
        return keeping.kept(session, hub.settings).backup


def test_bytes_that_are_there_already_are_not_copied_again(hub, member, published, place):
    assert back_up(hub, place).objects_copied == 1
    publish(hub, member, make_record(files=[file_entry(MORE)]), MORE, indexed=False)
    second = back_up(hub, place)
    assert (second.objects_copied, second.manifest.objects.count) == (1, 2)
    assert back_up(hub, place, with_objects=False).objects_copied == 0


def test_only_the_newest_backups_are_kept_and_only_the_bytes_that_they_name(hub, published, place):
    first = back_up(hub, place)
    stray = place / folder.POOL / objects.kept_key("0" * 64)
    stray.parent.mkdir(parents=True)
    stray.touch()
    second = back_up(hub, place)
    third = back_up(hub, place, keep=2)
    assert third.forgotten == [first.path.name]
    assert folder.backups(place) == [second.path, third.path]
    assert not stray.exists()
    assert checking.check(second.path).faulty_objects(silent) == []


def test_a_folder_with_something_else_in_it_is_refused_and_left_alone(hub, place):
    place.mkdir()
    (place / "letter.txt").touch()
    with pytest.raises(errors.FolderNotEmpty):
        back_up(hub, place)
    assert [path.name for path in place.iterdir()] == ["letter.txt"]


def test_two_backups_at_once_do_not_meet_in_one_folder(hub, place):
    back_up(hub, place)
    with (place / folder.MARKER).open() as marker:
        fcntl.flock(marker, fcntl.LOCK_EX)
        with pytest.raises(errors.BackupUnderWay):
            back_up(hub, place)


def test_a_place_that_cannot_be_written_is_named(hub, place):
    place.touch()
    with pytest.raises(errors.FileUnwritable):
        back_up(hub, place)


def test_a_full_disk_is_said_to_be_full_and_holds_no_half_a_backup(hub, published, tmp_path):
    with small_disk(tmp_path / "small", mib=4) as disk:
        place = disk / "backups"
        back_up(hub, place)
        for leaving in (0, 100_000):
            ballast = fill(disk, leaving=leaving)
            with pytest.raises(errors.FileUnwritable, match="the disk is full"):
                back_up(hub, place)
            assert len(folder.backups(place)) == 1
            assert not list(place.glob(f"{folder.UNFINISHED}*"))
            ballast.unlink()
        back_up(hub, place)
        assert [checking.check(path).faulty_objects(silent) for path in folder.backups(place)] == [[], []]


def test_an_object_that_the_store_has_lost_is_named_and_does_not_hinder_the_rest(hub, published, place):
    parts(hub.app).store.delete(sha256=published)
    made = back_up(hub, place)
    assert made.manifest.objects.lacking == {published: "missing"}
    assert checking.check(made.path).faulty_objects(silent) == []


def test_an_object_with_other_bytes_than_its_name_promises_is_not_copied(hub, published, place):
    store = parts(hub.app).store
    store.put_bytes(sha256=published, data=bytes(len(DATA)))
    made = back_up(hub, place)
    assert made.manifest.objects.lacking == {published: "digest"}
    assert not (place / folder.POOL / objects.kept_key(published)).exists()


def test_a_backup_that_fails_leaves_nothing_and_the_next_one_removes_what_a_killed_one_left(hub, published, place):
    def begin(_name, _total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(hub, place, begin=begin)
    assert [path.name for path in place.iterdir()] == [folder.MARKER]
    (place / f"{folder.UNFINISHED}2026").mkdir()
    back_up(hub, place)
    assert not list(place.glob(f"{folder.UNFINISHED}*"))


def test_a_backup_that_is_killed_leaves_nothing_that_looks_like_one(hub, published, place):
    names = ("database_url", "queue_url", "store_endpoint", "store_public_bucket", "var")
    environ = {f"COMMONS_{name.upper()}": str(getattr(hub.settings, name)) for name in names}
    command = Command("federation", {**environ, "COMMONS_LOG_LEVEL": "ERROR"})
    while not list(place.glob(f"{folder.UNFINISHED}*")):
        process = command.start("backup", str(place))
        while process.poll() is None and not list(place.glob(f"{folder.UNFINISHED}*/*")):
            time.sleep(0.001)
        process.kill()
        said, _ = process.communicate(timeout=60)
        assert "错误" not in said, said
    finished = folder.backups(place)
    for backup in finished:
        checking.check(backup)
    said = command.json("backup", str(place))
    assert folder.backups(place) == [*finished, Path(said["path"])]
    assert not list(place.glob(f"{folder.UNFINISHED}*"))
    assert command.json("verify-backup", str(place))["path"] == said["path"]


def test_the_alliance_s_own_rules_are_kept_too(hub, tmp_path, place):
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "themes.toml").write_text("x = 1")
    (tmp_path / "rules.toml").write_text("y = 1")
    (tmp_path / "same.txt").write_text("a | b")
    own = {"vocabularies": "words", "review_policy": "rules.toml", "synonyms": "same.txt"}
    given = replace(hub.settings, **{name: str(tmp_path / where) for name, where in own.items()})
    made = making.make(hub.app, place, given=given, with_objects=False, keep=None, begin=silent)
    assert (made.path / "rules" / "vocabularies" / "themes.toml").read_text() == "x = 1"
    assert (made.path / "rules" / "review_policy.toml").read_text() == "y = 1"
    assert (made.path / "rules" / "synonyms.txt").read_text() == "a | b"


def test_the_moment_of_a_backup_is_not_after_that_of_its_database(hub, published, place):
    """What is decided while the files are copied is not in it, and must not be said to be."""
    begun = []

    def begin(name, _total):
        begun.append((name, now()))
        return lambda _steps: None

    made = back_up(hub, place, begin=begin)
    copying = dict(begun)["复制文件"]
    assert datetime.fromisoformat(made.manifest.made) < copying


# -- checking ------------------------------------------------------------------------------------------------------


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("harm", [flip, os.unlink], ids=["flipped", "gone"])
@pytest.mark.parametrize("name", [folder.DATABASE, folder.OBJECTS, folder.SETTINGS])
def test_a_backup_that_is_not_as_it_was_written_is_named_and_not_restored(hub, published, empty, place, name, harm):
    made = back_up(hub, place)
    harm(made.path / name)
    with pytest.raises(errors.BackupDamaged, match=name):
        restore(empty, place)
    assert rows(empty)["resources"] == []


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 2}', '{"objects": {}}'])
def test_a_manifest_that_is_none_is_named(hub, place, text):
    made = back_up(hub, place)
    (made.path / folder.MANIFEST).write_text(text)
    with pytest.raises(errors.BackupDamaged, match=folder.MANIFEST):
        checking.check(made.path)


def rewritten(backup, **changes):
    """Give a backup that was changed a manifest that fits its files again."""
    said = manifest.read(backup)
    manifest.write(backup, replace(said, files=manifest.files_in(backup), **changes))


def test_a_list_that_is_not_that_of_the_database_is_found(hub, published, place):
    made = back_up(hub, place)
    (made.path / folder.OBJECTS).write_text("")
    rewritten(made.path)
    with pytest.raises(errors.BackupDamaged, match=folder.OBJECTS):
        checking.check(made.path)


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM counters",
        "UPDATE alembic_version SET version_num = '0001'",
        "UPDATE change_feed SET resource_id = 'nobody'",
        "DROP TABLE counters",
    ],
)
def test_a_database_with_other_content_than_the_manifest_says_is_found(hub, published, place, sql):
    made = back_up(hub, place)
    with closing(sqlite3.connect(made.path / folder.DATABASE)) as database, database:
        database.execute(sql)
    rewritten(made.path)
    with pytest.raises(errors.BackupDamaged, match=folder.DATABASE):
        checking.check(made.path)


def test_damaged_bytes_are_found_by_reading_them(hub, published, place):
    made = back_up(hub, place)
    flip(place / folder.POOL / objects.kept_key(published))
    assert checking.check(made.path).faulty_objects(silent) == [published]


def test_a_folder_without_a_backup_is_said_to_be_so(place):
    for path in (place, place.parent):
        with pytest.raises(errors.NotABackup):
            folder.find(path)


# -- restoring -----------------------------------------------------------------------------------------------------


def same_but_for_the_restore(before, after, node_id):
    """Every row came back; the log has one entry more, and the nodes' events go on with later numbers."""
    seq = {row[0]: row[5] for row in before["nodes"]}[node_id]
    for table in ("audit_events", "audit_waiting"):
        assert after.pop(table)[:-1] == before.pop(table)
    who_and_since_when = slice(0, 5)
    assert [row[who_and_since_when] for row in after.pop("nodes")] == [
        row[who_and_since_when] for row in before["nodes"]
    ]
    del before["nodes"]
    assert after == before
    return seq


def next_number(hub, node_id):
    with unit_of_work(hub.app, read_only=True) as session:
        return session.get_one(Node, node_id).event_seq


def check_whole(source, target, member, published, place):
    before = rows(source)
    back_up(source, place)
    done = restore(target, place)
    assert (done.objects_put_back, dict(done.lacking), done.migrated) == (1, {}, False)
    seq = same_but_for_the_restore(before, rows(target), member.node_id)
    assert next_number(target, member.node_id) > seq + 1_000_000
    assert kept_bytes(parts(target.app).store, published) == DATA
    with unit_of_work(target.app, read_only=True) as session:
        assert session.scalars(select(AuditEvent.action).order_by(AuditEvent.id.desc())).first() == "hub.restored"


def test_everything_comes_back(hub, member, published, empty, place):
    check_whole(hub, empty, member, published, place)


def test_a_backup_of_sqlite_is_restored_into_the_engine_of_this_run(tmp_path, store, hub, place):
    old = tmp_path / "old"
    urls = {"database_url": f"sqlite:///{old / 'hub.sqlite'}", "queue_url": f"sqlite:///{old / 'queue.sqlite'}"}
    with running_hub(old, store, **urls) as source:
        member = source.member("institute-a")
        record = make_record(files=[file_entry(DATA)])
        publish(source, member, record, DATA, indexed=False)
        check_whole(source, hub, member, record["files"][0]["sha256"], place)


def test_a_backup_of_this_run_s_engine_is_restored_into_sqlite(tmp_path, store, hub, member, published, place):
    new = tmp_path / "new"
    urls = {"database_url": f"sqlite:///{new / 'hub.sqlite'}", "queue_url": f"sqlite:///{new / 'queue.sqlite'}"}
    with running_hub(new, store, **urls) as target:
        check_whole(hub, target, member, published, place)


def test_a_restored_hub_goes_on_with_the_next_numbers(hub, member, published, empty, place):
    back_up(hub, place)
    restore(empty, place)
    member.hub = empty
    publish(empty, member, make_record(), indexed=False)
    assert [row[0] for row in rows(empty)["change_feed"]] == [1, 2]


def test_a_backup_that_is_restored_twice_gives_no_number_of_an_event_again(
    hub, member, published, tmp_path, store, place
):
    """A node that has read on after the first time would pass over what it is told after the second."""
    back_up(hub, place)
    numbers = []
    for name in ("first", "second"):
        with running_hub(tmp_path / name, store) as target:
            restore(target, place)
            numbers.append(next_number(target, member.node_id))
    assert numbers[1] > numbers[0]


def test_a_restored_hub_tells_the_days_that_stand_again(hub, member, published, empty, place):
    ends = days.today() + timedelta(days=30)
    with unit_of_work(hub.app) as session:
        session.scalars(select(ResourceVersion)).one().expires_on = ends
    back_up(hub, place)
    # Renewed since, which the node has been told and the backup does not know.
    before = len(member.events())
    restore(empty, place)
    member.hub = empty
    *told, last = member.events()
    assert len(told) == before
    assert (last["state"], last["effective_on"]) == ("published", ends.isoformat())
    assert last["seq"] > 1_000_000
    asked = {"bucket": bucket_of(last["record_id"])}
    [item] = member.post("/reconciliation/items", asked).get_json()["items"]
    assert item["effective_on"] == ends.isoformat()


def test_a_backup_on_a_medium_that_nobody_may_write_is_restored(hub, member, published, empty, place):
    made = back_up(hub, place)
    before = {path.name: path.stat().st_mtime_ns for path in made.path.iterdir()}
    restore(empty, place)
    assert {path.name: path.stat().st_mtime_ns for path in made.path.iterdir()} == before


def test_a_database_with_something_in_it_is_left_as_it_is(hub, published, place):
    back_up(hub, place)
    before = rows(hub)
    with pytest.raises(errors.RestoreNotEmpty, match="has rows"):
        restore(hub, place)
    assert rows(hub) == before


def test_what_the_store_lacks_is_marked_and_asked_of_the_institution_which_heals_it(
    hub, member, published, empty, place
):
    back_up(hub, place, with_objects=False)
    read = member.events()[-1]["seq"]
    done = restore(empty, place)
    assert dict(done.lacking) == {published: "missing"}
    assert damage_of(empty, published) == "missing"
    member.hub = empty
    # The node may have read further than the backup knows of.
    [event] = member.events(after=read + 1000)
    assert (event["sha256"], event["state"]) == (published, "published")
    assert member.upload(published, DATA)["outcome"] == "verifying"
    empty.work()
    assert damage_of(empty, published) == ""
    assert kept_bytes(parts(empty.app).store, published) == DATA


def test_bytes_that_rotted_in_the_backup_are_not_put_back(hub, published, empty, place):
    back_up(hub, place)
    flip(place / folder.POOL / objects.kept_key(published))
    done = restore(empty, place)
    assert (done.objects_put_back, dict(done.lacking)) == (0, {published: "missing"})


def test_an_object_of_another_size_is_found_and_put_right_from_the_backup(hub, published, empty, place):
    parts(empty.app).store.put_bytes(sha256=published, data=b"short")
    back_up(hub, place, with_objects=False)
    kept = place.with_name("kept")
    shutil.copytree(place, kept)
    back_up(hub, place)
    assert dict(restore(empty, kept).lacking) == {published: "size"}


def test_a_backup_of_an_older_program_is_migrated(hub, member, published, empty, place):
    made = back_up(hub, place)
    app = Flask("older")
    init_database(app, f"sqlite:///{made.path / folder.DATABASE}")
    with app.app_context():
        command.downgrade(schema._config(), "0006")
        db.engine.dispose()
    with closing(sqlite3.connect(made.path / folder.DATABASE)) as database:
        database.execute("PRAGMA journal_mode=DELETE")
        there = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        known = there & made.manifest.tables.keys()
        counted = {name: database.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in known}
    rewritten(made.path, migration="0006", tables=counted)
    assert restore(empty, place).migrated
    assert [row[0] for row in rows(empty)["stored_objects"]] == [published]
    # What later migrations write out of the signed records is there too.
    assert [row[1:] for row in rows(empty)["version_terms"]] == [("themes", "knowledge")]
    assert rows(empty)["version_links"] == rows(hub)["version_links"] != []
    assert [path.name for path in (empty.settings.var).glob("restoring*")] == []
    assert checking.check(made.path).manifest.migration == "0006"


def test_a_backup_of_a_newer_program_is_refused(hub, published, empty, place):
    made = back_up(hub, place)
    with closing(sqlite3.connect(made.path / folder.DATABASE)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    rewritten(made.path, migration="9999")
    with pytest.raises(errors.BackupFromNewer):
        restore(empty, place)
    assert rows(empty)["resources"] == []


def test_a_restore_that_was_broken_off_is_run_again(hub, member, published, empty, place):
    def begin(name, _total):
        def tell(_steps):
            if name == "恢复数据库":
                raise KeyboardInterrupt

        return tell

    back_up(hub, place)
    with pytest.raises(KeyboardInterrupt):
        restore(empty, place, begin)
    assert rows(empty)["institutions"] == []
    assert dict(restore(empty, place).lacking) == {}


def test_the_list_of_objects_reads_as_json_lines(hub, published, place):
    made = back_up(hub, place)
    [line] = (made.path / folder.OBJECTS).read_text().splitlines()
    key = f"sha256/{published[:2]}/{published[2:4]}/{published}"
    assert json.loads(line) == {"sha256": published, "size": len(DATA), "key": key, "state": "sound"}


# -- what was decided since the backup -----------------------------------------------------------------------------


def person(hub, name):
    said = {"display_name": name, "password": PASSWORD, "role": people.REVIEWER, "institution": None}
    with unit_of_work(hub.app) as session:
        return people.create_user(session, name=name, actor="operator", **said)


@pytest.fixture
def decided_since(hub, member, other, place):
    """A backup, and what was decided after it: a key revoked, an account closed, a permission and an invitation."""
    person(hub, "reviewer-a")
    person(hub, "reviewer-b")
    with unit_of_work(hub.app) as session:
        institution = operations.institution(session, "institute-a")
        withdrawals.allow(session, institution, hours=5, actor="operator")
        enrolment.invite(session, institution, days=1, actor="operator")
        key = key_register.set_key_state(
            session, other.signer.key_id, state="suspended", reason="查", actor="operator"
        )
        assert key.state == "suspended"
    back_up(hub, place)
    with unit_of_work(hub.app) as session:
        key_register.set_key_state(session, member.signer.key_id, state="revoked", reason="泄露", actor="operator")
        people.deactivate(session, operations.user(session, "reviewer-a"), actor="operator")


def test_a_restore_says_what_is_good_again_and_since_when(decided_since, member, empty, place):
    moment = checking.check(folder.find(place)).manifest.made
    undone = restore(empty, place).undone
    assert undone.since == moment
    assert (undone.active_keys, undone.active_users, undone.open_invitations) == (1, 2, 1)
    [(code, until)] = undone.withdrawals_allowed.items()
    assert code == "institute-a"
    assert now() < datetime.fromisoformat(until) < now() + timedelta(hours=5)
    member.hub = empty
    assert member.send("GET", "/status").status_code == 200, "the key that was revoked works again"


def test_the_log_keeps_from_which_moment_decisions_were_lost(decided_since, empty, place):
    moment = checking.check(folder.find(place)).manifest.made
    restore(empty, place)
    with unit_of_work(empty.app, read_only=True) as session:
        entry = session.scalars(select(AuditEvent.entry).where(AuditEvent.action == "hub.restored")).one()
    detail = json.loads(entry)["detail"]
    assert (detail["made"], detail["active_keys"], detail["active_users"]) == (moment, 1, 2)


def test_no_session_link_letter_or_rendition_from_before_a_restore_is_good_after_it(hub, empty, place):
    """One that was ended after the backup would be good again: the account stands as it did then."""
    person(hub, "reviewer-a")
    with unit_of_work(hub.app) as session:
        user = operations.user(session, "reviewer-a")
        token = person_sessions.begin(session, user, browser="", hours=1)
        link = account_links.offer_password(session, user, hours=1)
        letter = letters.notice(hub.settings, name="x", happened=letters.CLOSED)
        assert mail.write(session, letter, to="x@example.org", settings=replace(hub.settings, smtp_host="x"))
        session.add(StoredObject(sha256="d" * 64, size=9, media_type="application/rtf"))
        session.flush()
        session.add(Rendition(sha256="d" * 64, state="ready", size=9))
    back_up(hub, place)
    restore(empty, place)
    with unit_of_work(empty.app, read_only=True) as session:
        assert operations.user(session, "reviewer-a").active
        assert person_sessions.standing(session, token) is None
        with pytest.raises(errors.LinkWithdrawn):
            account_links.find(session, link)
        assert not mail.is_due(session)
        assert session.get_one(Rendition, "d" * 64).state == "waiting"


def test_the_command_ends_with_a_warning_that_says_what_to_look_through(decided_since, empty, place):
    moment = checking.check(folder.find(place)).manifest.made
    said = commands_of(empty).run("restore", str(place)).stderr
    warning = said[said.index("注意：") :]
    for words in (
        moment[:19].replace("T", " "),
        "密钥现在有 1 把可用",
        "commons-hub key list",
        "commons-hub key set 密钥编号 revoked --reason 理由",
        "账号现在有 2 个可用",
        "commons-hub user list",
        "邀请码现在有 1 个",
        "commons-hub invitation list",
        "commons-hub invitation cancel",
        "institute-a",
        "先核对，再开放服务",
    ):
        assert words in warning, words


def test_the_command_gives_the_same_as_data(decided_since, empty, place):
    moment = checking.check(folder.find(place)).manifest.made
    undone = commands_of(empty).json("restore", str(place))["undone"]
    assert (undone["since"], undone["active_keys"], undone["active_users"]) == (moment, 1, 2)
    assert undone["check"] == [f"commons-hub {kind} list" for kind in ("key", "user", "invitation", "institution")]
    for words in undone["check"]:
        # What it tells people to run must be there to be run.
        commands_of(empty).json(*words.split()[1:])
