"""The last resort: real faults of the system and of SQLite get a name, anything else a number and a log."""

import errno
import sqlite3

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from nodes import faults, registration
from nodes.database import Database
from nodes.importers.generated import keep_text
from nodes.settings import NodeSettings
from nodes.workplace import DATABASE, initialise
from shared.errors import DatabaseBusy, DatabaseDamaged, DiskFull, NotWritable, OutputFailed, SystemFault
from tests.support.records import make_record


@pytest.fixture
def workplace(tmp_path):
    made = initialise(NodeSettings(data=str(tmp_path / "node")))
    yield made
    made.database.close()


def counted(workplace):
    with workplace.database.unit_of_work(read_only=True) as session:
        return [session.scalar(text(f"SELECT count(*) FROM {name}")) for name in ("resources", "versions", "outbox")]


def register(workplace, **changes):
    with workplace.database.unit_of_work() as session:
        registration.register(session, make_record(**changes), [], key=workplace.key)


def test_a_database_without_room_is_a_full_disk_and_nothing_is_half_registered(workplace):
    register(workplace)

    def limit(connection, *_):
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")

    workplace.database.close()
    event.listen(workplace.database.engine, "connect", limit)
    with pytest.raises(DBAPIError) as raised:
        for _ in range(20):
            register(workplace, description={"zh": "长" * 40_000})
    named = faults.named(raised.value, workplace.folder)
    assert isinstance(named, DiskFull)
    assert DATABASE in named.message("zh")
    resources, versions, waiting = counted(workplace)
    assert resources == versions == waiting


@pytest.mark.parametrize("damage", ["head", "pages"])
def test_a_damaged_database_says_how_to_recover(workplace, damage):
    register(workplace)
    with workplace.database.engine.connect() as connection:
        connection.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    workplace.database.close()
    path = workplace.folder / DATABASE
    data = path.read_bytes()
    path.write_bytes(b"no database at all" if damage == "head" else data[:4096] + b"\xff" * (len(data) - 4096))
    with pytest.raises(DBAPIError) as raised:
        Database(path)
    named = faults.named(raised.value, workplace.folder)
    assert isinstance(named, DatabaseDamaged)
    assert all(word in named.message("zh") for word in ("备份", "init", "join", "reconcile"))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (sqlite3.SQLITE_BUSY, DatabaseBusy),
        (sqlite3.SQLITE_READONLY, NotWritable),
        (sqlite3.SQLITE_CANTOPEN, NotWritable),
        (sqlite3.SQLITE_IOERR, SystemFault),
        (sqlite3.SQLITE_IOERR_WRITE, SystemFault),
    ],
)
def test_every_code_of_sqlite_that_an_operator_can_mend_has_a_name(tmp_path, code, expected):
    error = sqlite3.OperationalError("as SQLite says it")
    error.sqlite_errorcode = code
    assert isinstance(faults.named(error, tmp_path), expected)


@pytest.mark.parametrize(
    ("number", "expected"),
    [(errno.ENOSPC, DiskFull), (errno.EDQUOT, DiskFull), (errno.EROFS, NotWritable), (errno.EIO, SystemFault)],
)
def test_a_fault_of_the_system_names_the_file(tmp_path, number, expected):
    named = faults.named(OSError(number, "as the system says it", "/data/x"), tmp_path)
    assert isinstance(named, expected)
    assert "/data/x" in named.message("zh")
    assert not (tmp_path / faults.LOG).exists()


def test_a_named_error_stays_as_it_is(tmp_path):
    error = OutputFailed(cause="x")
    assert faults.named(error, tmp_path) is error


def test_whatever_nobody_foresaw_has_a_number_and_its_trace_in_a_file(tmp_path):
    try:
        raise ZeroDivisionError("GET https://store.example/key?X-Amz-Signature=secret failed")
    except ZeroDivisionError as error:
        named = faults.named(error, tmp_path)
    log = tmp_path / faults.LOG
    assert (named.code, named.exit_code) == ("internal_error", 1)
    assert str(log) in named.message("zh")
    assert named.data["request_id"] in log.read_text()
    assert "ZeroDivisionError" in log.read_text()
    assert "secret" not in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_long_log_makes_way_and_one_that_cannot_be_written_goes_elsewhere(tmp_path, monkeypatch):
    log = tmp_path / faults.LOG
    log.write_bytes(b"x" * (faults.MAX_LOG + 1))
    faults.named(ZeroDivisionError(), tmp_path)
    assert log.stat().st_size < 10_000
    assert log.with_suffix(".log.old").exists()
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "none"))
    assert "无法写入" in faults.named(ZeroDivisionError(), tmp_path / "none").message("zh")


def test_a_text_that_cannot_be_kept_blames_the_nodes_folder_and_leaves_no_draft(tmp_path):
    (tmp_path / "generated").write_bytes(b"a file in the place of the folder")
    with pytest.raises(NotWritable) as raised:
        keep_text(tmp_path / "generated", "文本")
    assert "generated" in raised.value.message("zh")
