"""The node as a library: the example of the documentation runs, and each method does what it says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from nodes import Node
from nodes.models import Question
from shared.errors import (
    AlreadyDone,
    DatabaseDamaged,
    InvalidRecord,
    InvalidRequest,
    InvitationUnreadable,
    NotFound,
    NotJoined,
    ReasonMissing,
    SystemFault,
)
from tests.support.processes import HubProcess
from tests.support.records import make_record

DOCUMENT = Path(__file__).parents[3] / "docs" / "node-library.md"


@pytest.fixture
def fields() -> dict[str, object]:
    return {name: value for name, value in make_record().items() if name not in ("id", "version")}


def test_the_example_of_the_documentation_brings_a_resource_to_a_real_hub(
    live_hub: HubProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    [example] = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.S)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "秤.txt").write_text("定盘星", encoding="utf-8")
    token = live_hub.institution("library-node")
    names = {"INVITATION": f"{live_hub.origin} {token}", "STEELYARD": tmp_path / "秤.txt"}
    exec(example, names)  # the very words that the document shows
    assert capsys.readouterr().out == "杆秤里的杠杆 in_review\n"
    exec(example, names)  # as above
    with Node("var/library-node") as node:
        assert [one.version for one in node.resources()] == [1], "the same from the same source changes nothing"


def test_resources_are_registered_changed_and_withdrawn(tmp_path: Path, fields: dict[str, object]) -> None:
    (tmp_path / "图.txt").write_text("1", encoding="utf-8")
    with Node(tmp_path / "node") as node:
        first = node.register(fields, [tmp_path / "图.txt"])
        assert (first.created, node.status(first.record_id).state) == (True, "registered")
        changed = node.update(first.record_id, {**fields, "title": {"zh": "新题"}})
        assert (changed.version, node.record(first.record_id)["files"][0]["name"]) == (2, "图.txt")
        assert "files" not in node.record(node.update(first.record_id, fields, []).record_id)
        assert [one.id for one in node.resources(text="游标")] == [first.record_id]
        assert list(node.resources(state="published")) == []
        node.withdraw(first.record_id, "旧了")
        assert node.record(first.record_id)["withdrawn"] == {"reason": "旧了"}


def test_what_is_wrong_is_named_and_nothing_is_done(tmp_path: Path, fields: dict[str, object]) -> None:
    with Node(tmp_path / "node") as node:
        with pytest.raises(InvalidRecord) as caught:
            node.register({**fields, "title": {}}, [{"name": "a"}])
        assert [fault.pointer for fault in caught.value.errors] == ["/files/0/path"]
        with pytest.raises(InvalidRecord):
            node.register({**fields, "title": {}})
        for attempt in (lambda: node.status("x"), lambda: node.update("x", fields), lambda: node.record("x")):
            with pytest.raises(NotFound):
                attempt()
        record_id = node.register(fields).record_id
        with pytest.raises(ReasonMissing):
            node.withdraw(record_id, " ")
        with pytest.raises(NotJoined):
            node.sync()
        with pytest.raises(InvitationUnreadable):
            node.join("https://hub.example.org")
        assert (node.membership, len(list(node.resources()))) == (None, 1)


def test_a_source_that_would_double_the_resource_is_refused(tmp_path: Path, fields: dict[str, object]) -> None:
    with Node(tmp_path / "node") as node:
        for source in (("cms", ""), ("", "1"), ("cms", None), ("cms",), ("cms", "1", "2")):
            with pytest.raises(InvalidRequest):
                node.register(fields, source=source)  # type: ignore[arg-type]  # a program without types
        assert list(node.resources()) == []


def test_one_path_is_one_file_and_not_as_many_as_it_has_letters(tmp_path: Path, fields: dict[str, object]) -> None:
    (tmp_path / "秤.txt").write_text("定盘星", encoding="utf-8")
    with Node(tmp_path / "node") as node:
        done = node.register(fields, str(tmp_path / "秤.txt"))
        assert [one["name"] for one in node.record(done.record_id)["files"]] == ["秤.txt"]


def test_what_the_system_refuses_has_a_name_as_well(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SystemFault):
        Node(tmp_path / "file")
    Node(tmp_path / "node").close()
    (tmp_path / "node" / "node.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(DatabaseDamaged):
        Node(tmp_path / "node")


def test_questions_are_listed_and_answered(tmp_path: Path, fields: dict[str, object]) -> None:
    with Node(tmp_path / "node") as node:
        record_id = node.register(fields).record_id
        with node._work.database.unit_of_work() as session:
            session.add(Question(id="q", resource_id=record_id, number=1, text="谁拍的？", feedback="question"))
        [question] = node.questions()
        assert node.answer(question.id, "本院。", private=True).private
        assert node.questions() == []
        with node._work.database.unit_of_work() as session:
            session.get_one(Question, "q").sent = True
        with pytest.raises(AlreadyDone):
            node.answer("q", "别的")


def test_many_resources_are_listed_a_page_at_a_time(tmp_path: Path, fields: dict[str, object]) -> None:
    with Node(tmp_path / "node") as node:
        ids = [node.register({**fields, "title": {"zh": f"第 {n} 件"}}).record_id for n in range(101)]
        assert [one.id for one in node.resources()] == ids[::-1]


def test_the_package_itself_stays_light() -> None:
    code = "import sys, nodes.settings; sys.exit('nodes.library' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
