"""How much an institution may store: what counts, what is refused and what still works, and who may change it."""

import hashlib
import os
from dataclasses import replace

import pytest
import requests
from sqlalchemy import select, update

from federation import operations, quotas, standing
from federation.database import unit_of_work
from federation.models.base import now
from federation.models.events import AuditEvent
from federation.models.objects import StoredObject
from federation.parts import attach, parts
from federation.quotas import Limits
from shared.errors import InvalidRequest, StorageQuotaExceeded
from shared.wording import in_bytes
from tests.support.hub import Member, running_hub
from tests.support.offline import isolated
from tests.support.publishing import file_entry
from tests.support.records import make_record

KB = 1000


@pytest.fixture
def hub(tmp_path, store):
    with running_hub(tmp_path, store, institution_quota_bytes=10 * KB, max_open_uploads=3) as made:
        yield made


def declare(member, *contents):
    """Publish a record that names these bytes."""
    record = make_record(files=[file_entry(data, name=f"{n}.txt") for n, data in enumerate(contents)])
    [result] = member.publish(record)
    assert result["outcome"] == "accepted", result
    return record


def named(data):
    return hashlib.sha256(data).hexdigest(), len(data)


def offer(member, *contents):
    return [answer.get("code", answer["outcome"]) for answer in member.offer(*map(named, contents))]


def send(hub, member, *contents):
    declare(member, *contents)
    for data in contents:
        member.upload(named(data)[0], data)
    hub.work()


def set_quota(hub, code, quota):
    with unit_of_work(hub.app) as session:
        quotas.set_quota(session, operations.institution(session, code), quota, actor="operator")


def used(hub, code):
    with unit_of_work(hub.app, read_only=True) as session:
        return quotas.used(session).get(operations.institution(session, code).id, 0)


def test_a_file_beyond_the_quota_is_refused_with_all_figures_and_its_record_is_kept(hub, member):
    send(hub, member, os.urandom(7 * KB))
    large = os.urandom(4 * KB)
    record = declare(member, large)
    [answer] = member.offer(named(large))
    assert (answer["outcome"], answer["code"]) == ("refused", "storage_quota")
    for figure in ("7.0 kB", "10.0 kB", "4.0 kB"):
        assert figure in answer["detail"]
    assert hub.states(record["id"]) == ["awaiting_files"]
    assert declare(member)["id"]


def test_what_fits_beside_a_refused_file_is_granted(hub, member):
    large, small = os.urandom(11 * KB), os.urandom(KB)
    declare(member, large, small)
    assert offer(member, large, small) == ["storage_quota", "granted"]


def test_what_is_on_its_way_counts_and_goes_on_although_the_quota_is_used_up(hub, member):
    first, second = os.urandom(6 * KB), os.urandom(6 * KB)
    declare(member, first, second)
    assert offer(member, first, second) == ["granted", "storage_quota"]
    assert offer(member, first, second) == ["granted", "storage_quota"]
    set_quota(hub, member.code, 1)
    assert offer(member, first, second) == ["granted", "storage_quota"]


def test_a_higher_quota_lets_the_file_in(hub, member):
    data = os.urandom(11 * KB)
    declare(member, data)
    assert offer(member, data) == ["storage_quota"]
    set_quota(hub, member.code, 20 * KB)
    assert offer(member, data) == ["granted"]


@pytest.mark.parametrize(("quota", "answer"), [(None, "storage_quota"), (0, "granted"), (20 * KB, "granted")])
def test_an_institution_has_its_own_quota_or_that_of_the_settings(hub, member, quota, answer):
    set_quota(hub, member.code, quota)
    data = os.urandom(11 * KB)
    declare(member, data)
    assert offer(member, data) == [answer]


def test_the_quota_of_one_institution_is_not_another_s(hub, member, other):
    set_quota(hub, member.code, 1)
    data = os.urandom(9 * KB)
    declare(other, data)
    assert offer(other, data) == ["granted"]


def test_the_nodes_of_an_institution_share_its_quota(hub, member):
    second = Member(hub, member.code)
    assert hub.enrolment(hub.invite(member.code), second.signer).status_code == 201
    first, more = os.urandom(6 * KB), os.urandom(6 * KB)
    declare(member, first)
    declare(second, more)
    assert (offer(member, first), offer(second, more)) == (["granted"], ["storage_quota"])


def test_an_object_counts_once_for_an_institution_and_once_for_each_that_names_it(hub, member, other):
    data = os.urandom(6 * KB)
    send(hub, member, data)
    declare(member, data)
    declare(other, data)
    assert (used(hub, member.code), used(hub, other.code)) == (6 * KB, 6 * KB)


def test_what_the_hub_holds_already_is_never_refused(hub, member, other):
    data = os.urandom(6 * KB)
    send(hub, member, data)
    set_quota(hub, other.code, 1)
    declare(other, data)
    assert offer(other, data) == ["present"]


def test_versions_that_were_replaced_or_withdrawn_still_count(hub, member):
    data = os.urandom(6 * KB)
    send(hub, member, data)
    record = make_record(files=[file_entry(data, name="a.txt")])
    member.publish(record, {**record, "version": 2, "withdrawn": {"reason": "有误"}})
    assert used(hub, member.code) == 6 * KB


def test_a_damaged_copy_is_replaced_whatever_the_quota_says(hub, member):
    data = os.urandom(6 * KB)
    send(hub, member, data)
    set_quota(hub, member.code, 1)
    with unit_of_work(hub.app) as session:
        session.execute(update(StoredObject).values(damaged_at=now(), damage="digest"))
    assert offer(member, data) == ["granted"]
    member.upload(named(data)[0], data)
    hub.work()
    with unit_of_work(hub.app, read_only=True) as session:
        assert session.scalars(select(StoredObject)).one().sound


def test_a_bundle_keeps_the_quota_too_and_says_why(hub, tmp_path):
    node = isolated(hub, tmp_path / "isolated")
    node.register("", node.file("large.bin", os.urandom(11 * KB)))
    node.register("", node.file("small.bin", os.urandom(KB)))
    receipt = node.import_(node.export())
    assert sorted(answer["outcome"] for answer in receipt["records"]) == ["accepted", "accepted"]
    assert sorted(answer.get("code", answer["outcome"]) for answer in receipt["files"]) == ["storage_quota", "stored"]
    done = node.take(receipt)
    assert [cause for cause in done.files.failed.values() if "存储配额" in cause]
    set_quota(hub, "isolated", 0)
    [again] = [answer for answer in node.import_(node.export("again"))["files"] if answer["outcome"] != "present"]
    assert again["outcome"] == "stored"


def test_a_change_of_quota_is_in_the_audit_log(hub, member):
    set_quota(hub, member.code, 5)
    with unit_of_work(hub.app, read_only=True) as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "institution.quota_set")).one()
    assert event.subject == f"institution:{member.code}"


def test_operators_see_use_and_quota(hub, member):
    send(hub, member, os.urandom(6 * KB))
    set_quota(hub, member.code, 7 * KB)
    with unit_of_work(hub.app, read_only=True) as session:
        [row] = operations.institutions(session, quota=0)
    assert (row["bytes"], row["quota"]) == (6 * KB, 7 * KB)
    assert standing.status(hub.app)["institutions"] == {
        member.code: {"bytes": 6 * KB, "quota": 7 * KB, "withdrawals_held": 0}
    }


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("", None),
        ("0", 0),
        ("12345", 12345),
        ("200 GB", 200 * 10**9),
        ("1.5TiB", 3 * 2**39),
        ("2 kb", 2000),
        ("3\u00a0MB", 3_000_000),
    ],
)
def test_a_quota_is_read_as_people_write_it_and_written_so_that_it_is_read_back(text, size):
    assert quotas.read_quota(text) == size
    assert quotas.read_quota(quotas.written(size)) == size


@pytest.mark.parametrize("text", ["-1", "GB", "ten", "1e9", "1 GB 2", "9999999999 PB", "１０ GB x"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(InvalidRequest) as raised:
        quotas.read_quota(text)
    assert raised.value.errors[0].pointer == "/quota"


def test_sizes_have_units_that_people_read():
    assert [in_bytes(size) for size in (0, 999, 1000, 1_500_000_000)] == ["0 B", "999 B", "1.0 kB", "1.5 GB"]
    assert "1.0 kB" in StorageQuotaExceeded(used=1000, allowed=1, needed=1).message("en")


# -- open uploads ------------------------------------------------------------------------------------------


def test_a_node_has_so_many_uploads_open_and_the_next_once_one_is_done(hub, member):
    contents = [os.urandom(100 + number) for number in range(5)]
    declare(member, *contents)
    assert offer(member, *contents) == ["granted"] * 3 + ["too_many_uploads"] * 2
    member.upload(named(contents[0])[0], contents[0])
    assert offer(member, *contents) == ["verifying", *["granted"] * 3, "too_many_uploads"]


def test_another_node_of_the_institution_has_uploads_of_its_own(hub, member):
    second = Member(hub, member.code)
    assert hub.enrolment(hub.invite(member.code), second.signer).status_code == 201
    contents = [os.urandom(100 + number) for number in range(4)]
    declare(member, *contents)
    assert offer(member, *contents)[-1] == "too_many_uploads"
    assert offer(second, contents[3]) == ["granted"]


def test_an_upload_whose_grant_has_run_out_stands_in_nobody_s_way(hub, member, monkeypatch):
    contents = [os.urandom(100 + number) for number in range(4)]
    declare(member, *contents)
    offer(member, *contents)
    monkeypatch.setattr(
        "federation.api.federation.Limits",
        type("Later", (), {"of": staticmethod(lambda settings: replace(Limits.of(settings), grant_seconds=0))}),
    )
    assert offer(member, contents[3]) == ["granted"]


# -- the largest file --------------------------------------------------------------------------------------


def lower(hub, size):
    hub.settings = replace(hub.settings, max_file_bytes=size)
    attach(hub.app, replace(parts(hub.app), settings=hub.settings))


def test_a_record_with_a_file_that_is_too_large_is_refused_on_every_way(hub, member, tmp_path):
    node = isolated(hub, tmp_path / "isolated")
    node.register("", node.file("large.bin", os.urandom(2 * KB)))
    bag = node.export()
    lower(hub, KB)
    [result] = member.publish(make_record(files=[file_entry(os.urandom(2 * KB))]))
    assert (result["code"], result["errors"][0]["pointer"]) == ("invalid_record", "/files/0/size")
    receipt = node.import_(bag)
    assert [answer["code"] for answer in receipt["records"]] == ["invalid_record"]
    assert [answer["outcome"] for answer in receipt["files"]] == ["refused"]


def test_a_limit_that_is_lowered_later_holds_for_what_was_declared_and_for_what_was_granted(hub, member):
    first, second = os.urandom(2 * KB), os.urandom(2 * KB)
    declare(member, first, second)
    [granted] = member.offer(named(first))
    requests.put(granted["parts"][0]["url"], data=first, timeout=30).raise_for_status()
    lower(hub, KB)
    assert offer(member, first, second) == ["file_too_large", "file_too_large"]
    done = member.post("/uploads/complete", {"upload_ids": [granted["upload_id"]]}).get_json()["uploads"]
    assert done[0]["code"] == "file_too_large"


def test_a_bundle_of_declared_files_keeps_a_limit_that_is_lowered_later(hub, tmp_path):
    node = isolated(hub, tmp_path / "isolated")
    node.register("", node.file("large.bin", os.urandom(11 * KB)))
    bag = node.export()
    node.import_(bag)
    lower(hub, KB)
    set_quota(hub, "isolated", 0)
    assert [answer["code"] for answer in node.import_(bag)["files"]] == ["file_too_large"]


def test_a_limit_that_is_lowered_later_stops_neither_a_correction_nor_a_withdrawal(hub, member):
    data, never_sent = os.urandom(2 * KB), os.urandom(2 * KB)
    record = make_record(files=[file_entry(data)])
    member.publish(record)
    member.upload(named(data)[0], data)
    hub.work()
    waiting = make_record(files=[file_entry(never_sent)])
    member.publish(waiting)
    lower(hub, KB)
    corrected = {**record, "version": 2, "title": {"zh": "改正"}}
    tombstones = [{**one, "version": 3, "withdrawn": {"reason": "有误"}} for one in (record, waiting)]
    outcomes = [member.publish(one)[0]["outcome"] for one in (corrected, *tombstones)]
    assert outcomes == ["accepted"] * 3


def test_a_limit_that_is_lowered_later_does_not_keep_a_damaged_copy_from_healing(hub, member):
    data = os.urandom(2 * KB)
    send(hub, member, data)
    lower(hub, KB)
    with unit_of_work(hub.app) as session:
        session.execute(update(StoredObject).values(damaged_at=now(), damage="digest"))
    assert member.upload(named(data)[0], data)["outcome"] == "verifying"
