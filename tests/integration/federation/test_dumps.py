"""The nightly dumps: whole, right, made once, found by everybody, and followed by the changes after them."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests
from sqlalchemy import update

from federation import collection
from federation.database import unit_of_work
from federation.days import ZONE
from federation.dumps import making, watch
from federation.models.base import now
from federation.models.dumps import Dump
from federation.parts import parts
from tests.support.hub import ORIGIN, Hub, Member
from tests.support.publishing import counted_queries, file_entry, publish, withdraw
from tests.support.records import make_record

NIGHT = now().astimezone(ZONE).replace(hour=4, minute=0) + timedelta(days=1)
DAY = timedelta(days=1)


def made(hub: Hub, moment: datetime = NIGHT) -> int:
    """Make what is due; how many."""
    count = 0
    while watch.make_next(hub.app, moment=moment):
        count += 1
    return count


def dumps(hub: Hub) -> dict[str, Any]:
    answer = hub.open("GET", "/api/v1/dumps")
    assert answer.status_code == 200
    return {one["name"]: one for one in answer.get_json()["files"]}


def taken(hub: Hub, name: str) -> bytes:
    """The file, as anybody gets it, unpacked; it is what was announced."""
    said = dumps(hub)[name]
    answer = hub.open("GET", said["url"].removeprefix(ORIGIN))
    data = requests.get(answer.headers["Location"], timeout=10).content
    assert (len(data), hashlib.sha256(data).hexdigest()) == (said["size"], said["sha256"])
    return gzip.decompress(data)


def lines(hub: Hub) -> list[dict[str, Any]]:
    return [json.loads(line) for line in taken(hub, "catalogue.jsonl.gz").splitlines()]


def changes(hub: Hub, after: int) -> dict[str, Any]:
    answer = hub.open("GET", f"/api/v1/changes?after={after}")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.get_json()
    return found


def test_a_dump_has_all_that_is_public_and_no_more(hub: Hub, member: Member) -> None:
    content = b"calipers"
    record = make_record(title={"zh": "卡尺", "en": "Caliper"}, files=[file_entry(content, name="卡 尺.pdf")])
    ark = publish(hub, member, record, content)
    gone = make_record(title={"zh": "撤回的"})
    publish(hub, member, gone)
    withdraw(hub, gone, "重复")
    later = make_record(files=[file_entry(b"later", name="later.pdf")], embargo_until="2999-01-01")
    publish(hub, member, later, b"later")
    assert made(hub) == 2
    first, second = lines(hub)
    assert (first["ark"], first["record"]["title"]) == (ark, record["title"])
    assert first["downloads"] == {"卡 尺.pdf": f"{ORIGIN}/resources/{ark}/files/%E5%8D%A1%20%E5%B0%BA.pdf"}
    assert hub.open("GET", first["downloads"]["卡 尺.pdf"].removeprefix(ORIGIN)).status_code == 302
    assert second["downloads"] == {}, "its files are not open yet"
    assert "撤回的" not in taken(hub, "catalogue.jsonl.gz").decode()


def test_the_table_opens_in_a_spreadsheet_and_runs_nothing(hub: Hub, member: Member) -> None:
    publish(hub, member, make_record(title={"zh": "＝HYPERLINK(1)"}, keywords=["甲", "乙"]))
    made(hub)
    text = taken(hub, "catalogue.csv.gz").decode("utf-8-sig")
    assert taken(hub, "catalogue.csv.gz").startswith(b"\xef\xbb\xbf")
    [row] = csv.DictReader(io.StringIO(text))
    assert row["title_zh"] == "'＝HYPERLINK(1)"
    assert row["keywords"] == "甲; 乙"
    assert dumps(hub)["catalogue.csv.gz"]["resources"] == 1


def test_it_is_made_once_a_night_and_only_when_something_has_changed(hub: Hub, member: Member) -> None:
    assert made(hub) == 0, "there is nothing yet"
    publish(hub, member, make_record())
    assert made(hub) == 2
    publish(hub, member, make_record())
    assert made(hub, now()) == 0, "it was made this night"
    assert made(hub, NIGHT) == 2
    change(hub, made_at=now())
    assert made(hub, NIGHT + DAY) == 0, "nothing has changed since"


def change(hub: Hub, **values: Any) -> None:
    with unit_of_work(hub.app) as session:
        session.execute(update(Dump).values(**values))


def test_it_is_made_anew_in_the_night_in_which_an_embargo_ends(hub: Hub, member: Member) -> None:
    for number, days in enumerate((9, 1)):
        until = (NIGHT + days * DAY).date().isoformat()
        content = str(number).encode()
        record = make_record(files=[file_entry(content, name="later.pdf")], embargo_until=until)
        publish(hub, member, record, content)
    made(hub)
    assert [one["downloads"] for one in lines(hub)] == [{}, {}]
    change(hub, made_at=now())
    assert made(hub, NIGHT) == 0, "nothing has opened"
    assert made(hub, NIGHT + DAY) == 2
    assert [list(one["downloads"]) for one in lines(hub)] == [[], ["later.pdf"]]
    change(hub, made_at=NIGHT + DAY)
    assert made(hub, NIGHT + 2 * DAY) == 0, "and once is enough"


def test_what_is_removed_does_not_wait_for_the_night(hub: Hub, member: Member) -> None:
    kept, gone = make_record(), make_record(title={"zh": "撤回的"})
    for record in (kept, gone):
        publish(hub, member, record)
    made(hub, now())
    withdraw(hub, gone, "含个人信息")
    assert made(hub, now()) == 0, "however much is removed, not more than one an hour"
    change(hub, made_at=now() - making.AT_ONCE_AFTER)
    assert made(hub, now()) == 2
    assert [one["record"]["id"] for one in lines(hub)] == [kept["id"]]
    publish(hub, member, make_record())
    change(hub, made_at=NIGHT)
    assert made(hub, NIGHT + 2 * making.AT_ONCE_AFTER) == 0, "what is new does"


def test_a_clock_that_was_ahead_stops_nothing(hub: Hub, member: Member) -> None:
    publish(hub, member, make_record())
    made(hub)
    publish(hub, member, make_record())
    change(hub, made_at=NIGHT + 365 * DAY, claimed_until=NIGHT + 365 * DAY)
    assert made(hub) == 2
    assert len(lines(hub)) == 2


def test_the_same_catalogue_gives_the_same_file(hub: Hub, member: Member) -> None:
    publish(hub, member, make_record())
    made(hub)
    before = dumps(hub)
    change(hub, position=0)
    assert made(hub) == 2
    after = dumps(hub)
    assert [one["sha256"] for one in before.values()] == [one["sha256"] for one in after.values()]
    assert lines(hub)


def test_the_one_before_can_be_taken_for_another_night(hub: Hub, member: Member) -> None:
    ark = publish(hub, member, make_record())
    made(hub)
    [url] = [hub.open("GET", "/dumps/catalogue.jsonl.gz").headers["Location"]]
    for _ in range(2):
        publish(hub, member, make_record())
        assert requests.get(url, timeout=10).status_code == 200
        change(hub, made_at=now() - DAY)
        made(hub, NIGHT)
    assert requests.get(url, timeout=10).status_code == 404
    assert ark in taken(hub, "catalogue.jsonl.gz").decode()


def test_the_one_before_goes_after_that_night_even_if_nothing_changes_any_more(hub: Hub, member: Member) -> None:
    gone = make_record()
    publish(hub, member, gone)
    made(hub)
    url = hub.open("GET", "/dumps/catalogue.jsonl.gz").headers["Location"]
    withdraw(hub, gone, "含个人信息")
    change(hub, made_at=now() - DAY)
    made(hub)
    watch.drop_former(hub.app)
    assert requests.get(url, timeout=10).status_code == 200
    watch.drop_former(hub.app, moment=NIGHT + DAY)
    assert requests.get(url, timeout=10).status_code == 404
    assert lines(hub) == []


def test_what_was_done_after_a_dump_is_told_by_the_changes(hub: Hub, member: Member) -> None:
    kept, gone = make_record(), make_record()
    arks = [publish(hub, member, one) for one in (kept, gone)]
    made(hub)
    position = dumps(hub)["catalogue.jsonl.gz"]["position"]
    assert changes(hub, position) == {"changes": [], "last": position, "more": False}
    withdraw(hub, gone, "重复")
    publish(hub, member, {**kept, "version": 2})
    found = changes(hub, position)
    assert {one["ark"]: one["change"] for one in found["changes"]} == {arks[0]: "published", arks[1]: "removed"}
    everything = changes(hub, 0)["changes"]
    assert [one["ark"] for one in everything] == [one["ark"] for one in found["changes"]], "the last change of each"


def test_changes_come_in_pages(hub: Hub, member: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("federation.api.public.MAX_CHANGES", 2)
    arks = [publish(hub, member, make_record()) for _ in range(5)]
    seen, after, more = [], 0, True
    while more:
        page = changes(hub, after)
        seen += [one["ark"] for one in page["changes"]]
        after, more = page["last"], page["more"]
    assert seen == arks
    for nonsense in ("-1", "x", "9" * 30, "１"):
        assert hub.open("GET", f"/api/v1/changes?after={nonsense}").status_code == 422


def test_whoever_is_ahead_of_the_hub_is_told_so(hub: Hub, member: Member) -> None:
    """The hub was restored from a backup: an empty answer would keep a mirror waiting for ever."""
    publish(hub, member, make_record())
    assert changes(hub, 1)["changes"] == []
    answer = hub.open("GET", "/api/v1/changes?after=2")
    [error] = answer.get_json()["errors"]
    assert (answer.status_code, error["pointer"], error["params"]) == (422, "/after", {"min": 0, "max": 1})


def test_of_two_workers_one_makes_it_and_a_killed_one_is_followed_by_another(hub: Hub, member: Member) -> None:
    publish(hub, member, make_record())
    with unit_of_work(hub.app) as session:
        first, second = making.claim(session, moment=NIGHT), making.claim(session, moment=NIGHT)
        assert first is not None
        assert second is not None
        assert {first.kind, second.kind} == set(making.KINDS)
        assert making.claim(session, moment=NIGHT) is None
    assert made(hub, NIGHT) == 0, "both are held"
    assert made(hub, NIGHT + making.LEASE + timedelta(seconds=1)) == 2
    with unit_of_work(hub.app) as session:
        assert making.renew(session, first) is None, "who comes back after that has lost it"
        late = making.Made("0" * 64, 1, 1, 1)
        assert making.conclude(session, first, late) == late.sha256, "and takes away what it has sent"
    assert lines(hub)


def test_who_has_lost_a_dump_takes_nothing_away_that_another_is_about_to_need(hub: Hub, member: Member) -> None:
    """The same catalogue gives the same bytes: what one has sent may be what the other has sent too."""
    publish(hub, member, make_record())
    same = making.Made("0" * 64, 1, 1, 1)
    with unit_of_work(hub.app) as session:
        slow = making.claim(session, moment=NIGHT - making.LEASE - timedelta(seconds=1))
        quick = making.claim(session, moment=NIGHT)
        assert (slow and slow.kind) == (quick and quick.kind)
        assert slow
        assert quick
        assert making.conclude(session, slow, same) == ""
        assert making.conclude(session, quick, same) == ""
        assert making.is_kept(session, same.sha256)


def test_what_a_killed_worker_has_sent_is_collected_and_the_last_ones_are_not(hub: Hub, member: Member) -> None:
    publish(hub, member, make_record())
    made(hub)
    stray, _ = parts(hub.app).store.dumps.put(io.BytesIO(b"half a dump"))
    assert collection.collect(hub.app, dry_run=False).leftovers == 0, "it is young"
    monkey = hub.settings.garbage_days
    assert monkey
    later = now() + timedelta(days=hub.settings.garbage_days + 1)
    with pytest.MonkeyPatch.context() as clock:
        clock.setattr(collection, "now", lambda: later)
        assert collection.collect(hub.app, dry_run=False).leftovers == 1
    lying = {one.dump for one in parts(hub.app).store.in_public() if one.dump}
    assert stray not in lying
    assert lying == {one["sha256"] for one in dumps(hub).values()}


def test_there_is_none_before_the_first_and_none_of_another_name(hub: Hub, member: Member) -> None:
    assert dumps(hub) == {}
    assert hub.open("GET", "/dumps/catalogue.jsonl.gz").status_code == 404
    publish(hub, member, make_record())
    made(hub)
    assert hub.open("GET", "/dumps/..%2fsecret").status_code == 404
    assert hub.open("HEAD", "/dumps/catalogue.csv.gz").status_code == 302


def test_a_dump_is_read_by_one_statement_however_much_there_is(hub: Hub, member: Member) -> None:
    for _ in range(3):
        publish(hub, member, make_record())
    with counted_queries(hub) as three:
        watch.make_next(hub.app, moment=NIGHT)
    for _ in range(5):
        publish(hub, member, make_record())
    change(hub, position=0, made_at=None)
    with counted_queries(hub) as eight:
        watch.make_next(hub.app, moment=NIGHT)
    assert len(eight) <= len(three)
