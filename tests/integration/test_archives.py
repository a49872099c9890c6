"""Taking everything of a resource along: whole, right, resumable, usable without a network, or refused and why."""

from __future__ import annotations

import hashlib
import io
import itertools
import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import bagit
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from stream_zip import ZipIntegrityError
from werkzeug.test import TestResponse

from federation import catalogue, counting, days, usage
from federation.database import unit_of_work
from federation.models.base import now
from federation.models.objects import StoredObject
from federation.packs import zipping
from federation.packs.contents import Archive, made
from federation.parts import parts
from federation.web.portal import taking
from tests.support.exhibition import HOSTILE, PDF, Exhibition, exhibition
from tests.support.publishing import counted_queries, file_entry, publish
from tests.support.records import make_record
from tests.support.stores import RunningStore

BIG = bytes(range(256)) * 3000
NAMED = st.characters(exclude_categories=("C",))
SECONDS = timedelta(seconds=3)
"""ZIP counts by two of them."""
NAMES = ("卡尺 100%.pdf", "刻度.bin", "a&b;c'd.txt")


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, store: RunningStore) -> Iterator[Exhibition]:
    with exhibition(tmp_path_factory.mktemp("archives"), store) as found:
        contents = (PDF, BIG, b"")
        files = [file_entry(data, name=name) for name, data in zip(NAMES, contents, strict=True)]
        record = make_record(title={"zh": "游标/卡尺: 怎么读?", "en": "How to read it"}, files=files)
        found.records["many"] = record
        found.arks["many"] = publish(found.hub, found.member, record, *contents)
        yield found


def taken(shown: Exhibition, name: str, form: str = "pack.zip", prefix: str = "", **headers: str) -> TestResponse:
    answer = shown.get(f"{prefix}/resources/{shown.arks[name]}/{form}", **headers)
    # Read to its end, as a server does: what is not read holds its place until it is collected.
    answer.get_data()
    return answer


def opened(answer: TestResponse) -> zipfile.ZipFile:
    assert (answer.status_code, answer.mimetype) == (200, "application/zip"), answer.text
    assert answer.content_length == len(answer.data)
    found = zipfile.ZipFile(io.BytesIO(answer.data))
    assert found.testzip() is None
    return found


def test_an_archive_has_every_file_and_what_one_needs_to_use_it(shown: Exhibition) -> None:
    pack = opened(taken(shown, "many"))
    folder = pack.namelist()[0].split("/")[0]
    inside = {name.removeprefix(f"{folder}/") for name in pack.namelist()}
    assert inside == {"index.html", "使用许可和署名.txt", "record.jsonld", "manifest-sha256.txt"} | {
        f"files/{name}" for name in NAMES
    }
    assert folder.startswith("游标_卡尺_ 怎么读_-"), "a name that every system takes"
    assert pack.read(f"{folder}/files/刻度.bin") == BIG
    terms = pack.read(f"{folder}/使用许可和署名.txt").decode()
    assert "creativecommons.org" in terms
    assert shown.arks["many"] in terms


@pytest.mark.parametrize("form", ["pack.zip", "bag.zip"])
def test_its_files_bear_the_time_of_the_publication_in_china(shown: Exhibition, form: str) -> None:
    with unit_of_work(shown.hub.app, read_only=True) as session:
        published = catalogue.latest(session, shown.arks["many"])[1].at.astimezone(days.ZONE)
    pack = opened(taken(shown, "many", form))
    assert all(abs(datetime(*one.date_time) - published.replace(tzinfo=None)) < SECONDS for one in pack.infolist())
    if form == "bag.zip":
        folder = pack.namelist()[0].split("/")[0]
        assert f"Bagging-Date: {published.date()}\n" in pack.read(f"{folder}/bag-info.txt").decode()


def test_the_manifest_vouches_for_every_byte_in_it(shown: Exhibition) -> None:
    pack = opened(taken(shown, "many"))
    folder = pack.namelist()[0].split("/")[0]
    lines = pack.read(f"{folder}/manifest-sha256.txt").decode().splitlines()
    said = {path: digest for digest, path in (line.split("  ", 1) for line in lines)}
    assert len(said) == len(pack.namelist()) - 1
    for path, digest in said.items():
        assert hashlib.sha256(pack.read(f"{folder}/{path}")).hexdigest() == digest


def test_as_a_bag_it_is_valid_for_everybody_else(shown: Exhibition, tmp_path: Path) -> None:
    pack = opened(taken(shown, "many", "bag.zip"))
    pack.extractall(tmp_path)
    [folder] = tmp_path.iterdir()
    bag = bagit.Bag(str(folder))
    bag.validate()
    assert bag.info["External-Identifier"] == shown.arks["many"]


@pytest.mark.parametrize(("prefix", "words"), [("", "使用时请这样署名"), ("/en", "Please credit it like this")])
def test_the_page_in_it_needs_no_network_and_leads_to_files_that_are_there(
    shown: Exhibition, prefix: str, words: str
) -> None:
    pack = opened(taken(shown, "many", prefix=prefix))
    folder = pack.namelist()[0].split("/")[0]
    page = pack.read(f"{folder}/index.html").decode()
    assert words in page
    assert not re.search(r"<script|src=\"(?!files/)|url\(", page)
    local = {unquote(unescape(one)) for one in re.findall(r'(?:href|src)="(?!https?:)([^"]+)"', page)}
    assert {f"files/{name}" for name in NAMES} <= local
    assert {f"{folder}/{one}" for one in local} <= set(pack.namelist())


def test_a_name_that_some_system_cannot_hold_is_another_one_in_the_archive(shown: Exhibition, tmp_path: Path) -> None:
    names = ["量" * 190 + ".pdf", "a%0Db.pdf", "a_0Db.pdf", "NUL.tar.pdf", "末尾空格\u3000", "plain.pdf"]
    record = make_record(files=[file_entry(PDF, name=name) for name in names])
    shown.arks["odd"] = publish(shown.hub, shown.member, record, PDF)
    pack = opened(taken(shown, "odd", "bag.zip"))
    pack.extractall(tmp_path)
    [folder] = tmp_path.iterdir()
    bagit.Bag(str(folder)).validate()
    found = sorted(path.name for path in (folder / "data" / "files").iterdir())
    assert found == sorted(
        ["量" * 65 + ".pdf", "a_0Db-2.pdf", "a_0Db.pdf", "_NUL.tar.pdf", "末尾空格", "plain.pdf"]
    ), found
    page = (folder / "data" / "index.html").read_text("utf-8")
    linked = {unquote(unescape(one)) for one in re.findall(r'href="files/([^"]+)"', page)}
    assert linked == set(found)


def test_a_hostile_record_does_nothing_in_the_page(shown: Exhibition) -> None:
    pack = opened(taken(shown, "hostile"))
    for name in pack.namelist():
        if name.endswith(".html"):
            assert HOSTILE not in pack.read(name).decode()


def test_a_download_that_was_broken_off_goes_on_where_it_stopped(shown: Exhibition) -> None:
    whole = taken(shown, "many")
    tag = whole.headers["ETag"]
    assert whole.headers["Accept-Ranges"] == "bytes"
    for begin in (0, 1, 700, len(whole.data) // 2, len(whole.data) - 1):
        rest = taken(shown, "many", Range=f"bytes={begin}-", If_Range=tag)
        assert (rest.status_code, rest.headers["ETag"]) == (206, tag)
        assert rest.data == whole.data[begin:]
    stale = taken(shown, "many", Range="bytes=5-", If_Range='"another"')
    assert (stale.status_code, stale.data) == (200, whole.data)
    assert taken(shown, "many", Range=f"bytes={len(whole.data)}-").status_code == 416
    assert taken(shown, "many", If_None_Match=tag).status_code == 304


@pytest.mark.parametrize("unclear", ["bytes=5-2", "bytes=x", "lines=0-5", "bytes=0-9,20-29"])
def test_a_range_that_says_no_single_part_gets_the_whole(shown: Exhibition, unclear: str) -> None:
    answer = taken(shown, "many", Range=unclear)
    assert (answer.status_code, answer.content_length) == (200, len(answer.data))
    opened(answer)


def test_the_end_of_an_archive_is_the_whole_when_more_is_asked_for_than_there_is(shown: Exhibition) -> None:
    whole = taken(shown, "many").data
    assert taken(shown, "many", Range="bytes=-7").data == whole[-7:]
    more = taken(shown, "many", Range=f"bytes=-{len(whole) + 1}")
    assert (more.status_code, more.data) == (206, whole)


def test_a_range_counts_only_where_it_may(shown: Exhibition) -> None:
    tag = taken(shown, "many").headers["ETag"]
    assert taken(shown, "many", Range="bytes=5-", If_Range=f"W/{tag}").status_code == 200
    assert taken(shown, "many", Range="bytes=5-", If_None_Match=tag).status_code == 304
    path = f"/resources/{shown.arks['many']}/pack.zip"
    assert shown.hub.open("HEAD", path, headers={"Range": "bytes=0-9"}).status_code == 200


def test_whoever_wants_another_archive_than_this_gets_nothing_of_it(shown: Exhibition) -> None:
    answer = taken(shown, "many", If_Match='"another"')
    assert (answer.status_code, answer.data) == (412, b"")


def test_looking_reads_no_file_and_counts_nothing(shown: Exhibition) -> None:
    path = f"/resources/{shown.arks['many']}/pack.zip"
    before, reader = uses(shown), {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
    look = shown.hub.open("HEAD", path, headers=reader)
    assert (look.status_code, look.data) == (200, b"")
    shown.hub.open("GET", path, headers={**reader, "Range": "bytes=100-"}).get_data()
    assert uses(shown) == before
    whole = shown.hub.open("GET", path, headers=reader)
    assert look.content_length == len(whole.data)
    assert uses(shown) == before + 1


def uses(shown: Exhibition) -> int:
    usage.recorder(shown.hub.app).flush()
    with unit_of_work(shown.hub.app, read_only=True) as session:
        return usage.totals(session, shown.records["many"]["id"])[counting.DOWNLOAD]


# -- refused, and why -----------------------------------------------------------------------------------------------


def test_what_is_not_open_or_not_there_is_refused_with_the_reason(shown: Exhibition) -> None:
    record = make_record(files=[file_entry(PDF, name="later.pdf")], embargo_until="2999-01-01")
    ark = publish(shown.hub, shown.member, record, PDF)
    answer = shown.get(f"/resources/{ark}/pack.zip")
    assert (answer.status_code, "2999-01-01" in answer.text) == (403, True)
    assert taken(shown, "gone").status_code == 410
    assert shown.get("/resources/ark:99999/x1nothing0/pack.zip").status_code == 404


@pytest.mark.parametrize(("flaw", "status"), [({"damaged_at": now()}, 503), ({"malware": "Eicar"}, 403)])
def test_one_bad_file_is_no_reason_to_leave_it_out(shown: Exhibition, flaw: dict[str, Any], status: int) -> None:
    digest = shown.records["many"]["files"][0]["sha256"]
    sound = {name: None if name == "damaged_at" else "" for name in flaw}
    for values, expected in ((flaw, status), (sound, 200)):
        with unit_of_work(shown.hub.app) as session:
            session.execute(update(StoredObject).where(StoredObject.sha256 == digest).values(**values))
        assert taken(shown, "many").status_code == expected


def test_a_file_that_the_store_has_otherwise_breaks_the_archive_off(shown: Exhibition) -> None:
    """Never other bytes with a good end: what arrives is shorter than was announced."""
    record = make_record(files=[file_entry(b"as signed", name="a.txt")])
    ark = publish(shown.hub, shown.member, record, b"as signed")
    digest = record["files"][0]["sha256"]
    parts(shown.hub.app).store.put_bytes(sha256=digest, data=b"tampered!")
    assert shown.get(f"/resources/{ark}/pack.zip").status_code == 503, "reading it for its checksum shows it"
    with unit_of_work(shown.hub.app) as session:
        crc32 = zlib.crc32(b"as signed")
        session.execute(update(StoredObject).where(StoredObject.sha256 == digest).values(crc32=crc32))
    with pytest.raises(ZipIntegrityError):
        shown.get(f"/resources/{ark}/pack.zip").get_data()
    parts(shown.hub.app).store.put_bytes(sha256=digest, data=b"as signed")
    assert shown.get(f"/resources/{ark}/pack.zip").data, "its place was given back"


def test_no_more_than_half_of_the_threads_send_archives(shown: Exhibition) -> None:
    places = shown.hub.app.extensions[taking.KEY]
    held = 0
    while places.acquire(blocking=False):
        held += 1
    try:
        answer = taken(shown, "many")
        assert (answer.status_code, int(answer.headers["Retry-After"]) > 0) == (503, True)
        assert shown.page("many").status_code == 200
    finally:
        for _ in range(held):
            places.release()
    assert held == max(1, shown.hub.settings.web_threads // 2)
    for _ in range(3 * held):
        assert taken(shown, "many").status_code == 200


def test_whoever_takes_an_archive_more_slowly_than_any_line_leaves_the_place_to_others(
    shown: Exhibition, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = taken(shown, "many").data
    moments = itertools.count(0.0, 0.5 + taking.GRACE_SECONDS + len(whole) / taking.SLOWEST)
    monkeypatch.setattr(taking, "time", SimpleNamespace(monotonic=lambda: next(moments)))
    answer = shown.get(f"/resources/{shown.arks['many']}/pack.zip")
    arrived = b"".join(answer.response)
    assert (answer.status_code, answer.content_length) == (200, len(whole))
    assert 0 < len(arrived) < len(whole), "shorter than announced: no client takes that for the whole"
    assert whole.startswith(arrived)
    monkeypatch.undo()
    places = shown.hub.app.extensions[taking.KEY]
    assert places._value == max(1, shown.hub.settings.web_threads // 2)


def test_a_file_whose_checksum_is_not_known_yet_is_read_for_it(shown: Exhibition) -> None:
    digests = [one["sha256"] for one in shown.records["many"]["files"]]
    for known in (zlib.crc32(PDF), None):
        with unit_of_work(shown.hub.app) as session:
            session.execute(update(StoredObject).where(StoredObject.sha256 == digests[0]).values(crc32=known))
        opened(taken(shown, "many"))


def test_an_archive_takes_the_same_few_queries_however_many_files_it_has(shown: Exhibition) -> None:
    with counted_queries(shown.hub) as many:
        taken(shown, "many")
    with counted_queries(shown.hub) as one:
        taken(shown, "caliper")
    # What is counted is written down by a thread of its own, whenever that has its turn.
    assert len(without_uses(many)) == len(without_uses(one))


def without_uses(statements: list[str]) -> list[str]:
    return [statement for statement in statements if "usage" not in statement]


# -- the form itself ------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.text(NAMED, min_size=1, max_size=40), st.binary(max_size=600)),
        max_size=8,
        unique_by=lambda one: one[0],
    )
)
def test_the_announced_length_is_the_length_and_the_bytes_are_the_same_each_time(
    shown: Exhibition, given_members: list[tuple[str, bytes]]
) -> None:
    members = [made(name, content.decode("latin-1")) for name, content in given_members]
    archive = Archive("folder", members, now())
    store = parts(shown.hub.app).store
    first = b"".join(zipping.written(archive, store))
    assert len(first) == zipping.length(archive)
    assert first == b"".join(zipping.written(archive, store))
