"""A node's budget: so many requests and records a minute, whoever else names its key; and so many at once."""

import gzip
import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from federation import metering
from federation.admission import Admission
from federation.database import unit_of_work
from federation.models.institutions import Node
from federation.parts import attach, parts
from shared import http_signatures
from shared.messages import PREFIX
from tests.support.hub import ORIGIN, Member, running_hub
from tests.support.records import make_record

REQUESTS, RECORDS = 6, 60


class Clock:
    """The hub's clock, for budgets."""

    def __init__(self):
        self.now = 1_800_000_000.0

    def time(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(metering, "time", SimpleNamespace(time=made.time))
    return made


@pytest.fixture
def hub(tmp_path, store, clock):
    with running_hub(
        tmp_path, store, max_requests_per_minute=REQUESTS, max_records_per_minute=RECORDS, max_requests_at_once=2
    ) as made:
        attach(made.app, replace(parts(made.app), admission=Admission(clock=clock.time)))
        yield made


def ask(member):
    return member.send("GET", "/status")


def use_up(member):
    """Ask until the node is told to wait; that answer."""
    for _ in range(3 * REQUESTS):
        answer = ask(member)
        if answer.status_code != 200:
            return answer
    raise AssertionError("never told to wait")


def paid_until(hub, member):
    with unit_of_work(hub.app, read_only=True) as session:
        return session.scalar(select(Node.paid_until).where(Node.id == member.node_id))


def test_a_node_over_its_budget_is_told_when_to_come_again_and_then_let_in(member, clock):
    answer = use_up(member)
    assert answer.status_code == 429
    assert answer.get_json()["type"].endswith(":throttled")
    wait = int(answer.headers["Retry-After"])
    assert 0 < wait <= 60 / REQUESTS
    clock.now += wait - 0.5
    assert ask(member).status_code == 429
    clock.now += 0.5
    assert ask(member).status_code == 200


def test_records_are_paid_for_after_their_request_was_taken(hub, member, clock):
    assert len(member.publish(*(make_record() for _ in range(2 * RECORDS)))) == 2 * RECORDS
    answer = ask(member)
    assert answer.status_code == 429
    assert 60 < int(answer.headers["Retry-After"]) <= 120
    clock.now += int(answer.headers["Retry-After"])
    assert ask(member).status_code == 200


def test_asking_after_files_is_paid_for_like_records(hub, member):
    before = paid_until(hub, member)
    member.offer(*((f"{number:064x}", 1) for number in range(30)))
    assert paid_until(hub, member) - before >= 30 * 60 / RECORDS


def test_a_quiet_time_saves_up_a_minute_and_no_more(member, clock):
    clock.now += 86_400
    use_up(member)
    clock.now += 3600
    answered = [ask(member).status_code for _ in range(REQUESTS + 3)]
    assert answered.count(200) == REQUESTS + 1
    assert answered[-1] == 429


def test_another_node_is_not_concerned(member, other):
    use_up(member)
    assert ask(other).status_code == 200


def test_naming_the_key_of_another_without_its_signature_takes_nothing_from_its_budget(hub, member, other):
    before = paid_until(hub, member)
    body = b""
    for _ in range(3 * REQUESTS):
        request = http_signatures.Request("GET", ORIGIN + PREFIX + "/status", {"Content-Type": "application/json"})
        http_signatures.sign_request(request, body, private_key=other.signer.private_key, kid=member.signer.key_id)
        assert hub.open("GET", PREFIX + "/status", body, request.headers).status_code == 401
    assert paid_until(hub, member) == before
    assert ask(member).status_code == 200


def test_a_replayed_request_takes_nothing_from_the_budget(hub, member):
    request = http_signatures.Request("GET", ORIGIN + PREFIX + "/status", {"Content-Type": "application/json"})
    http_signatures.sign_request(request, b"", private_key=member.signer.private_key, kid=member.signer.key_id)
    assert hub.open("GET", PREFIX + "/status", b"", request.headers).status_code == 200
    before = paid_until(hub, member)
    for _ in range(3 * REQUESTS):
        assert hub.open("GET", PREFIX + "/status", b"", request.headers).status_code == 401
    assert paid_until(hub, member) == before


def test_a_process_that_has_not_told_the_node_to_wait_finds_it_in_the_database(hub, member, clock):
    use_up(member)
    attach(hub.app, replace(parts(hub.app), admission=Admission(clock=clock.time)))
    assert ask(member).status_code == 429


def test_a_request_that_was_told_to_wait_has_had_no_effect(hub, member):
    use_up(member)
    record = make_record()
    answer = member.post("/records", {"records": [member.signer.sign(record)]})
    assert answer.status_code == 429
    assert hub.states(record["id"]) == []


def test_no_limit_is_no_limit(tmp_path, store):
    with running_hub(tmp_path, store, max_requests_per_minute=0, max_records_per_minute=0) as hub:
        member = hub.member()
        member.publish(*(make_record() for _ in range(50)))
        assert paid_until(hub, member) <= metering.time.time()


def test_so_many_requests_of_one_node_at_once_and_the_others_wait_their_turn(hub, member, other):
    admission = parts(hub.app).admission
    for _ in range(2):
        admission.enter(member.node_id, most=2)
    answer = ask(member)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    assert answer.get_json()["type"].endswith(":too_many_at_once")
    assert ask(other).status_code == 200
    admission.leave(member.node_id)
    assert ask(member).status_code == 200


@pytest.mark.parametrize("path", ["/status", "/status?after=x", "/nowhere"])
def test_a_request_makes_room_for_the_next_however_it_ended(hub, member, path):
    for _ in range(3):
        member.send("GET", path)
    assert not parts(hub.app).admission._under_way


def test_two_nodes_of_an_institution_have_a_budget_each(hub, member):
    second = Member(hub, member.code)
    assert hub.enrolment(hub.invite(member.code), second.signer).status_code == 201
    use_up(member)
    assert ask(second).status_code == 200


def test_a_batch_placed_in_parts_is_answered_in_order_and_stands_whole(hub, member):
    made = [make_record() for _ in range(230)]
    made[150]["version"] = 2
    again = {**made[150], "version": 1}
    body = {"records": [member.signer.sign(record) for record in (*made, again, made[0])]}
    packed = gzip.compress(json.dumps(body).encode(), mtime=0)
    results = member.send("POST", "/records", packed, **{"Content-Encoding": "gzip"}).get_json()["results"]
    assert [result["index"] for result in results] == list(range(232))
    assert [result["outcome"] for result in results[-2:]] == ["superseded", "duplicate"]
    assert {result["outcome"] for result in results[:-2]} == {"accepted"}
    assert hub.states(made[150]["id"]) == ["superseded", "in_review"]
