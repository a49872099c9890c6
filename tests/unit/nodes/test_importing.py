"""Importing many rows: a bad row stops no other, importing again changes nothing, and circles close."""

import uuid
from pathlib import Path

import pytest
from sqlalchemy import select, update

from nodes import registration
from nodes.files import FileSpec
from nodes.importers import ImportRow
from nodes.importing import BATCH, import_rows
from nodes.models import LocalFile, OutboxEntry, Resource, Version
from nodes.settings import NodeSettings
from nodes.workplace import initialise
from shared.errors import FieldError, ImportUnreadable
from tests.support.records import make_record

SOURCE = "annals"


@pytest.fixture
def workplace(tmp_path):
    opened = initialise(NodeSettings(data=str(tmp_path / "node")))
    yield opened
    opened.database.close()


def row(number, source_id="", files=(), errors=(), **changes):
    fields = make_record(**changes, id=None, version=None)
    return ImportRow(number, source_id or f"s-{number}", fields, tuple(files), tuple(errors))


def related(number, *targets, **changes):
    relations = [{"type": "is-related-to", "target": target} for target in targets]
    return row(number, relations=relations, **changes)


def run(workplace, rows, **options):
    return import_rows(workplace, rows, source_name=SOURCE, **options)


def contents(workplace):
    """The latest content of each resource by its identifier at the source."""
    with workplace.database.unit_of_work(read_only=True) as session:
        names = {one.source_id: one.latest_version for one in session.query(Resource)}
        standing = registration.standing_of(session, SOURCE, list(names))
        return {name: standing[name].latest.content for name in names}


def count(workplace, table):
    with workplace.database.unit_of_work(read_only=True) as session:
        return session.query(table).count()


def counts(done):
    return done.created, done.updated, done.unchanged, len(done.failed)


def faults(done):
    return {(failure.source_id, fault.pointer, fault.code) for failure in done.failed for fault in failure.errors}


def test_each_row_becomes_a_signed_version_that_is_to_be_sent(workplace):
    assert counts(run(workplace, [row(1), row(2)])) == (2, 0, 0, 0)
    assert (count(workplace, Version), count(workplace, OutboxEntry)) == (2, 2)


def test_importing_again_changes_nothing(workplace):
    rows = [row(number) for number in range(1, BATCH + 50)]
    run(workplace, rows)
    assert counts(run(workplace, rows)) == (0, 0, len(rows), 0)
    assert (count(workplace, Version), count(workplace, OutboxEntry)) == (len(rows), len(rows))


def test_a_changed_row_becomes_a_new_version_of_the_same_resource(workplace):
    run(workplace, [row(1), row(2)])
    before = contents(workplace)
    assert counts(run(workplace, [row(1), row(2, title={"zh": "新标题"})])) == (0, 1, 1, 0)
    after = contents(workplace)
    assert after["s-2"]["id"] == before["s-2"]["id"]
    assert (after["s-2"]["version"], after["s-1"]["version"]) == (2, 1)


def test_a_bad_row_stops_no_other_and_says_all_that_is_wrong(workplace):
    done = run(workplace, [row(1), row(2, type="poem", title={"zh": "长" * 301}), row(3)])
    assert counts(done) == (2, 0, 0, 1)
    assert faults(done) == {("s-2", "/type", "unknown_term"), ("s-2", "/title/zh", "too_long")}
    assert done.failed[0].row == 2


def test_a_row_that_its_importer_found_bad_keeps_its_reason(workplace):
    done = run(workplace, [row(1, errors=[FieldError("", "unreadable_row", {"cause": "x"})]), row(2)])
    assert counts(done) == (1, 0, 0, 1)
    assert faults(done) == {("s-1", "", "unreadable_row")}


def test_a_record_that_is_too_large_is_a_fault_of_its_row(workplace):
    large = dict.fromkeys(("zh", "en", "fr"), "长" * 49000)
    done = run(workplace, [row(1, description=large), row(2)])
    assert faults(done) == {("s-1", "", "record_too_large")}
    assert "262144" in done.failed[0].errors[0].message("zh")


def test_an_identifier_that_stands_twice_is_registered_once(workplace):
    done = run(workplace, [row(1, "same"), row(2, "same", title={"zh": "另一件"})])
    assert counts(done) == (1, 0, 0, 1)
    assert faults(done) == {("same", "/source_id", "duplicate")}


def test_a_file_that_is_gone_is_a_fault_of_its_row(workplace, tmp_path):
    here = tmp_path / "here.txt"
    here.write_text("在", encoding="utf-8")
    gone = [FileSpec(here), FileSpec(tmp_path / "gone.txt")]
    done = run(workplace, [row(1, files=gone), row(2, files=[FileSpec(here)])])
    assert counts(done) == (1, 0, 0, 1)
    assert faults(done) == {("s-1", "/files/1/path", "file_unreadable")}


def test_files_are_measured_and_their_place_is_kept(workplace, tmp_path):
    path = tmp_path / "尺.txt"
    path.write_bytes("一尺十寸\n".encode())
    run(workplace, [row(1, files=[FileSpec(path, role="main")])])
    entry = contents(workplace)["s-1"]["files"][0]
    with workplace.database.unit_of_work(read_only=True) as session:
        kept = session.get_one(LocalFile, entry["sha256"])
    assert (entry["name"], entry["size"], Path(kept.path)) == ("尺.txt", 13, path)


def test_a_trial_run_says_the_same_and_registers_nothing(workplace):
    rows = [row(1), row(2, type="poem"), related(3, "s-4"), related(4, "s-3")]
    trial = run(workplace, rows, dry_run=True)
    assert counts(trial) == (3, 0, 0, 1)
    assert count(workplace, Resource) == 0
    run(workplace, rows)
    assert counts(run(workplace, [row(1, title={"zh": "新"}), *rows[2:]], dry_run=True)) == (0, 1, 2, 0)
    assert contents(workplace)["s-1"]["version"] == 1


def test_a_relation_names_a_row_by_its_identifier(workplace):
    run(workplace, [row(1), related(2, "s-1")])
    found = contents(workplace)
    assert found["s-2"]["relations"][0]["target"] == found["s-1"]["id"]


def test_circles_of_relations_close_and_stay_closed(workplace):
    rows = [related(1, "s-2", "s-3"), related(2, "s-1"), related(3, "s-1", "s-3")]
    assert counts(run(workplace, rows)) == (3, 0, 0, 0)
    found = contents(workplace)
    ids = {name: content["id"] for name, content in found.items()}
    assert [entry["target"] for entry in found["s-1"]["relations"]] == [ids["s-2"], ids["s-3"]]
    assert [entry["target"] for entry in found["s-3"]["relations"]] == [ids["s-1"], ids["s-3"]]
    assert counts(run(workplace, rows)) == (0, 0, 3, 0)


def test_a_relation_to_a_record_id_stays_as_it_is(workplace):
    elsewhere = make_record()["id"]
    run(workplace, [related(1, elsewhere)])
    assert contents(workplace)["s-1"]["relations"][0]["target"] == elsewhere


def test_who_points_at_a_faulty_row_is_not_registered_either(workplace):
    rows = [related(1, "s-2"), related(2, "s-3"), related(3, "s-1", type="poem"), related(4, "nowhere"), row(5)]
    done = run(workplace, rows)
    assert counts(done) == (1, 0, 0, 4)
    assert faults(done) == {
        ("s-1", "/relations/0/target", "unknown_target"),
        ("s-2", "/relations/0/target", "unknown_target"),
        ("s-3", "/type", "unknown_term"),
        ("s-4", "/relations/0/target", "unknown_target"),
    }
    assert [failure.row for failure in done.failed] == [1, 2, 3, 4]


def test_a_row_may_point_at_one_imported_earlier_that_now_has_a_fault(workplace):
    run(workplace, [row(1)])
    done = run(workplace, [row(1, type="poem"), related(2, "s-1")])
    assert counts(done) == (1, 0, 0, 1)
    found = contents(workplace)
    assert found["s-2"]["relations"][0]["target"] == found["s-1"]["id"]


def test_what_was_withdrawn_stays_withdrawn(workplace):
    run(workplace, [row(1)])
    with workplace.database.unit_of_work() as session:
        record_id = session.query(Resource).one().id
        registration.withdraw(session, record_id, "内容有误", key=workplace.key)
    assert counts(run(workplace, [row(1, title={"zh": "新"})])) == (0, 0, 1, 0)
    assert contents(workplace)["s-1"]["withdrawn"] == {"reason": "内容有误"}


def test_the_same_identifier_in_another_source_is_another_resource(workplace):
    run(workplace, [row(1)])
    assert import_rows(workplace, [row(1)], source_name="other").created == 1


def test_what_was_registered_before_a_source_broke_off_is_found_again(workplace):
    rows = [row(number) for number in range(1, BATCH + 11)]

    def breaking():
        yield from rows
        raise ImportUnreadable(name="x.xml", cause="broken off")

    with pytest.raises(ImportUnreadable):
        run(workplace, breaking())
    assert counts(run(workplace, rows)) == (10, 0, BATCH, 0)


def test_progress_counts_every_row_once(workplace):
    steps = []
    run(workplace, [row(1), row(2, type="poem"), related(3, "s-4"), related(4, "gone")], progress=steps.append)
    assert sum(steps) == 4


def test_the_outcome_can_be_printed_as_json(workplace):
    done = run(workplace, [row(1), row(2, type="poem")]).as_dict("zh")
    assert {name: done[name] for name in ("created", "updated", "unchanged", "dry_run")} == {
        "created": 1,
        "updated": 0,
        "unchanged": 0,
        "dry_run": False,
    }
    [failure] = done["failed"]
    assert (failure["row"], failure["source_id"], failure["errors"][0]["pointer"]) == (2, "s-2", "/type")


def test_new_records_have_ids_of_their_own(workplace):
    run(workplace, [row(1), related(2, "s-3"), related(3, "s-2")])
    ids = {content["id"] for content in contents(workplace).values()}
    assert len(ids) == 3
    assert {uuid.UUID(one).version for one in ids} == {7}


def test_files_are_offered_again_with_a_new_version_only(workplace, tmp_path):
    (tmp_path / "a.txt").write_bytes(b"a")
    files = [FileSpec(tmp_path / "a.txt")]

    def sent_after(**changes):
        with workplace.database.unit_of_work() as session:
            session.execute(update(LocalFile).values(sent=True))
        run(workplace, [row(1, files=files, **changes)])
        with workplace.database.unit_of_work(read_only=True) as session:
            return session.scalars(select(LocalFile.sent)).one()

    run(workplace, [row(1, files=files)])
    assert sent_after() is True
    assert sent_after(summary={"zh": "改好了。"}) is False
