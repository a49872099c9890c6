"""Files that the form's script sends: in pieces, resumed where they broke off, and shown only when that is safe."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from werkzeug.test import TestResponse

from nodes.app import create_app
from nodes.models import Upload
from nodes.settings import NodeSettings
from shared.record import MAX_FILE_BYTES
from tests.support.local_page import Node

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\7\x80\0\0\4\x38\x08\2\0\0\0" + b"0" * 900
DEMO = Path(__file__).parents[3] / "config" / "demo"


def kept(key: str, name: str = "图.png") -> dict[str, str]:
    """A file as the form sends it back."""
    return {"file-0-key": f"upload:{key}", "file-0-name": name, "file-0-role": "main", "file-0-keep": "1"}


def post(node: Node, path: str, **options: Any) -> TestResponse:
    headers = {"X-CSRFToken": node.opened("/resources/new")["csrf_token"]}
    return node.client.post(path, headers=headers, **options)


def begun(node: Node, size: int) -> str:
    return str(post(node, "/uploads", data={"name": "图.png", "size": size}).get_json()["key"])


def test_a_file_in_pieces_is_registered_with_the_digest_of_its_bytes_and_read_no_second_time(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = node.send("图.png", PNG, pieces=3)
    monkeypatch.setattr("nodes.files._read", lambda *_: pytest.fail("the file was read again"))
    [record] = node.records(node.registered(**kept(key)))
    [entry] = record["files"]
    assert (entry["sha256"], entry["size"]) == (hashlib.sha256(PNG).hexdigest(), len(PNG))
    assert (entry["name"], entry["media_type"]) == ("图.png", "image/png")


def test_a_piece_may_come_again_and_a_gap_is_refused_with_where_to_go_on(node: Node) -> None:
    key = begun(node, len(PNG))
    assert post(node, f"/uploads/{key}?offset=0", data=PNG[:400]).get_json() == {"received": 400}
    gap = post(node, f"/uploads/{key}?offset=500", data=PNG[500:])
    assert (gap.status_code, gap.get_json()["received"]) == (409, 400)
    assert post(node, f"/uploads/{key}?offset=200", data=PNG[200:400]).get_json() == {"received": 400}
    assert post(node, f"/uploads/{key}/finished").status_code == 422, "it is not complete"
    assert post(node, f"/uploads/{key}?offset=400", data=PNG[400:]).get_json() == {"received": len(PNG)}
    for _ in range(2):
        assert post(node, f"/uploads/{key}/finished").get_json()["sha256"] == hashlib.sha256(PNG).hexdigest()
    assert post(node, f"/uploads/{key}?offset=0", data=b"x").status_code == 409, "it is closed"


def test_a_file_goes_on_where_it_was_when_the_node_is_started_anew(node: Node) -> None:
    key = begun(node, len(PNG))
    post(node, f"/uploads/{key}?offset=0", data=PNG[:400])
    app = create_app(NodeSettings(data=str(node.workplace.folder)))
    again = Node(app, app.test_client())
    assert post(again, f"/uploads/{key}?offset=400", data=PNG[400:]).get_json() == {"received": len(PNG)}
    assert post(again, f"/uploads/{key}/finished").get_json()["sha256"] == hashlib.sha256(PNG).hexdigest()
    app.config["SYNCER"].stop()


class Room(NamedTuple):
    total: int
    used: int
    free: int


def test_what_cannot_be_stored_is_said_before_a_byte_has_come(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    large = post(node, "/uploads", data={"name": "a.bin", "size": MAX_FILE_BYTES + 1})
    assert (large.status_code, "文件最大" in large.get_json()["detail"]) == (413, True)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Room(10**9, 10**9, 0))
    full = post(node, "/uploads", data={"name": "a.bin", "size": 1})
    assert (full.status_code, "磁盘已满" in full.get_json()["detail"]) == (507, True)
    assert not list(node.workplace.folder.glob("uploads/*"))


@pytest.mark.parametrize("size", ["", "-1", "1e9", "９", "9" * 40])
def test_a_size_that_is_no_number_is_refused_in_words(node: Node, size: str) -> None:
    answer = post(node, "/uploads", data={"name": "a", "size": size})
    assert answer.status_code == 422
    assert "不是数字" in answer.get_json()["errors"][0]["detail"]


def test_more_bytes_than_were_announced_are_refused(node: Node) -> None:
    key = begun(node, 10)
    answer = post(node, f"/uploads/{key}?offset=0", data=b"x" * 11)
    assert (answer.status_code, answer.get_json()["type"].rpartition(":")[2]) == (422, "file_incomplete")


@pytest.mark.parametrize("key", ["0" * 32, "..", "x", "0" * 32 + ".part"])
def test_a_key_that_nobody_gave_leads_nowhere(node: Node, key: str) -> None:
    for path in (f"/uploads/{key}?offset=0", f"/uploads/{key}/finished", f"/uploads/{key}/facts"):
        assert post(node, path, data=b"x").status_code in (404, 405)


def test_without_its_token_nothing_is_stored_and_a_script_is_told_so_in_its_own_form(node: Node) -> None:
    answer = node.client.post("/uploads", data={"name": "a", "size": 1})
    assert (answer.status_code, answer.get_json()["title"]) == (400, "csrf failed")
    assert node.get("/live/token").get_json()["token"]


def test_what_is_read_from_a_file_is_said_beside_it_and_its_picture_is_shown(node: Node) -> None:
    key = node.send("图.png", PNG)
    said = post(node, f"/uploads/{key}/facts").get_json()
    assert said == {"says": "929\xa0B · PNG · 1920\xa0×\xa01080", "picture": True, "film": False, "alt": True}
    with node.get(f"/contents/upload:{key}", headers={"Range": "bytes=0-3"}) as shown:
        assert (shown.status_code, shown.data, shown.headers["Content-Type"]) == (206, PNG[:4], "image/png")
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in shown.headers["Content-Security-Policy"]
    [record] = node.records(node.registered(**kept(key)))
    with node.get(f"/contents/sha256:{record['files'][0]['sha256']}") as shown:
        assert shown.data == PNG


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
        ("a.html", b"<script>alert(1)</script>"),
        ("a.png", b"<html><script>alert(1)</script>"),
        ("a.pdf", b"%PDF-1.7"),
    ],
)
def test_whatever_could_run_or_is_no_picture_is_never_shown(node: Node, name: str, data: bytes) -> None:
    with node.get(f"/contents/upload:{node.send(name, data)}") as answer:
        # A picture by its name only is sent as that picture: with nosniff it is a broken one, and nothing else.
        assert answer.status_code == 404 or answer.headers["Content-Type"] == "image/png"


def test_a_file_that_changed_on_disk_is_measured_again(node: Node) -> None:
    key = node.send("图.png", PNG)
    path = next(Path(node.app.config["UPLOADS"], key).iterdir())
    path.write_bytes(PNG + b"1")
    os.utime(path, ns=(1, 1))
    [record] = node.records(node.registered(**kept(key)))
    assert record["files"][0]["sha256"] == hashlib.sha256(PNG + b"1").hexdigest()


def test_two_hundred_and_one_files_are_said_and_nothing_is_registered(node: Node) -> None:
    key = node.send("图.png", PNG)
    many: dict[str, str] = {}
    for number in range(201):
        many |= {f"file-{number}-{part}": value for part, value in (("key", f"upload:{key}"), ("keep", "1"))}
        many |= {f"file-{number}-name": f"{number}.png", f"file-{number}-role": "main"}
    answer = node.register(**many)
    assert answer.status_code == 422
    assert "最多 200 项，现有 201 项" in answer.text
    assert node.counts() == (0, 0, 0)


def test_what_nobody_came_back_for_in_a_week_is_swept_and_what_a_draft_wants_stays(node: Node) -> None:
    wanted, forgotten, part = node.send("图.png", PNG), node.send("图.png", PNG), begun(node, 9)
    node.submit("/resources/new/draft", kept(wanted), seen_on="/resources/new")
    folder = Path(node.app.config["UPLOADS"])
    old = time.time() - 8 * 24 * 3600
    for name in (wanted, forgotten, f"{part}.part"):
        os.utime(folder / name, (old, old))
    app = create_app(NodeSettings(data=str(node.workplace.folder)))
    assert [path.name for path in folder.iterdir()] == [wanted]
    with node.workplace.database.unit_of_work(read_only=True) as session:
        assert session.get(Upload, wanted) is not None
        assert session.get(Upload, forgotten) is None
    app.config["SYNCER"].stop()


def test_without_a_script_a_button_reads_the_files_and_fills_in_what_they_tell(node: Node) -> None:
    with (DEMO / "institute/files/ampere.pptx").open("rb") as file:
        form = {"new-files": (file, "ampere.pptx"), "then": "read", "summary.zh": "讲安培。", "language": "zh"}
        answer = node.submit("/resources/new/draft", form, seen_on="/resources/new")
    page = node.page(answer.headers["Location"].partition("#")[0])
    assert 'value="安培：数电子"' in page
    assert '<option value="slides" selected>' in page
    assert "8 页" in page.replace("\xa0", " ")
    assert "数电子" in page.partition('id="suggested"')[2]
    assert "讲安培。" in page
