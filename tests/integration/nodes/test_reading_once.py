"""How often a file is read: once to be registered and once to be sent, and not again for what is known already."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from nodes import files, importers, importing, transfer
from nodes.files import FileSpec
from nodes.hub_client import HubClient
from nodes.models import LocalFile
from tests.support.local_page import Node, upload
from tests.support.played_uploads import PlayedUploads

SIZE = 8 * 1024**2


class Reading:
    """How often a file of `SIZE` could have been read with what this process has read of files meanwhile."""

    times = 0.0


@contextmanager
def reading() -> Iterator[Reading]:
    """Count; what comes over the network is not among it."""
    found, before = Reading(), psutil.Process().io_counters().read_chars
    yield found
    found.times = round((psutil.Process().io_counters().read_chars - before) / SIZE, 1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "film.mp4"
    made.write_bytes(os.urandom(SIZE))
    return made


def prepare(node: Node, path: Path) -> str:
    with node.workplace.database.unit_of_work(read_only=True) as session:
        [prepared] = files.prepare([FileSpec(path)], known=files.registered(session))
    with node.workplace.database.unit_of_work() as session:
        files.remember(session, [prepared])
    return str(prepared.entry["sha256"])


def test_a_file_is_read_once_to_be_registered_and_once_to_be_sent(node: Node, path: Path) -> None:
    with reading() as registering:
        prepare(node, path)
    with PlayedUploads(part=SIZE // 4) as played, reading() as sending:
        client = HubClient(played.origin, node.workplace.key, node.workplace.settings)
        assert transfer.send_files(node.workplace, client).bytes_sent == SIZE
        client.session.close()
    assert (registering.times, sending.times) == (1.0, 1.0)


def test_an_unchanged_file_is_not_read_to_be_registered_again_and_a_changed_one_is(node: Node, path: Path) -> None:
    sha256 = prepare(node, path)
    with reading() as again:
        assert prepare(node, path) == sha256
    changed = bytearray(path.read_bytes())
    changed[SIZE // 2] ^= 1
    path.write_bytes(changed)
    os.utime(path, ns=(1, 1))
    with reading() as anew:
        assert prepare(node, path) != sha256
    assert (again.times, anew.times) == (0.0, 1.0)


def test_a_file_that_the_hub_found_to_be_another_is_read_whatever_its_time_says(node: Node, path: Path) -> None:
    sha256 = prepare(node, path)
    with node.workplace.database.unit_of_work() as session:
        transfer.send_again(session, sha256, "摘要不符")
    with reading() as again:
        assert prepare(node, path) == sha256
    assert again.times == 1.0


def test_importing_a_folder_a_second_time_reads_no_file_that_is_as_it_was(
    node: Node, path: Path, tmp_path: Path
) -> None:
    fields = {"title": {"zh": "短片"}, "summary": {"zh": "一段短片。"}, "type": "video", "themes": ["knowledge"]}
    row = {"source_id": "1", **fields, "language": ["zh"], "license": "CC-BY-4.0", "files": [{"path": path.name}]}
    source = tmp_path / "rows.jsonl"
    source.write_text(json.dumps(row), encoding="utf-8")

    def run() -> importing.Imported:
        rows = importers.read(source, None, tmp_path / "generated")
        return importing.import_rows(node.workplace, rows, source_name="films")

    with reading() as first:
        assert run().created == 1
    with reading() as second:
        assert run().unchanged == 1
    assert (first.times, second.times) == (1.0, 0.0)


def test_a_file_that_comes_through_the_page_is_digested_while_it_is_written(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = os.urandom(300_000)
    with monkeypatch.context() as patched:
        patched.setattr(files, "_read", None)
        record_id = node.registered(**{"new-files": upload(("film.mp4", data))})
    [entry] = node.records(record_id)[0]["files"]
    assert entry["sha256"] == hashlib.sha256(data).hexdigest()
    with node.workplace.database.unit_of_work(read_only=True) as session:
        assert Path(session.get_one(LocalFile, entry["sha256"]).path).read_bytes() == data
