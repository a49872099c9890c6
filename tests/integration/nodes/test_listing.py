"""The list of resources: what the database keeps beside each, finding some, and one deed for several."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from nodes import listing, registration
from nodes.database import MIGRATIONS
from nodes.listing import Wanted
from nodes.models import Resource, Version, now
from nodes.registration import Source
from tests.support.counting import statements
from tests.support.local_page import Node
from tests.support.records import make_record


def found(node: Node, wanted: Wanted) -> list[str]:
    with node.workplace.database.unit_of_work(read_only=True) as session:
        return [row.title for row in listing.page(session, wanted, number=1).rows]


def kept(node: Node, record_id: str) -> tuple[str, str, str]:
    with node.workplace.database.unit_of_work(read_only=True) as session:
        row = session.get_one(Resource, record_id)
        return row.title, row.kind, row.state


def test_what_the_latest_version_says_stands_beside_the_resource_whoever_writes_it(node: Node) -> None:
    record_id = node.put(title={"zh": "漏刻", "en": "Water clock"})
    assert kept(node, record_id) == ("漏刻\nWater clock", "article", "registered")
    with node.workplace.database.unit_of_work() as session:
        fields = make_record(title={"en": "Clepsydra"}, type="image")
        registration.register(session, fields, [], key=node.workplace.key, record_id=record_id)
        session.get_one(Version, (record_id, 1)).state = "published"
    assert kept(node, record_id) == ("Clepsydra", "image", "registered"), "the older version is not the latest"
    node.set_state(record_id, "in_review")
    assert kept(node, record_id)[2] == "in_review"


@pytest.fixture
def old_file(tmp_path: Path) -> Path:
    """A database as the node had it before there were lists like this."""
    path = tmp_path / "old.sqlite"
    _migrate(path, "0006")
    base = sqlite3.connect(path)
    base.execute(
        "INSERT INTO resources (id, latest_version, ark, created_at, elsewhere, restored)"
        " VALUES ('a', 2, '', '2026-01-01', 0, 0)"
    )
    for number, title in ((1, "旧题"), (2, "新题")):
        base.execute(
            "INSERT INTO versions (resource_id, number, record, sha256, jws, state, reason, errors, registered_at,"
            " changed_at, effective_on) VALUES ('a', ?, ?, '', '', 'published', '', '[]', '2026', '2026-02-02', '')",
            (number, f'{{"title":{{"zh":"{title}"}},"type":"image"}}'),
        )
    base.commit()
    base.close()
    return path


def _migrate(path: Path, to: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        move = command.downgrade if to < "0011" and "accounts" in _tables(path) else command.upgrade
        move(config, to)
    engine.dispose()


def _tables(path: Path) -> set[str]:
    base = sqlite3.connect(path)
    names = {row[0] for row in base.execute("SELECT name FROM sqlite_master")}
    base.close()
    return names


def test_a_node_that_is_updated_has_its_list_filled_and_can_go_back(old_file: Path) -> None:
    _migrate(old_file, "head")
    base = sqlite3.connect(old_file)
    assert base.execute("SELECT title, kind, state, changed_at FROM resources").fetchall() == [
        ("新题", "image", "published", "2026-02-02")
    ]
    base.close()
    _migrate(old_file, "0006")
    assert "versions_added" not in _tables(old_file)


def test_resources_are_found_by_words_by_id_and_by_identifier(node: Node) -> None:
    first = node.put(title={"zh": "一杆秤怎样称准", "en": "Weighing 100% right"})
    node.put(title={"zh": "水钟"})
    node.set_state(first, "published")
    with node.workplace.database.unit_of_work() as session:
        session.get_one(Resource, first).ark = "ark:99999/m5x"
    for text in (
        "秤 称准",
        "WEIGHING",
        "100%",
        first,
        f" {first.upper()} ",
        "ark:99999/m5x",
        "https://h/ark:/99999/m5x/",
    ):
        assert found(node, Wanted(text=text)) == ["一杆秤怎样称准"], text
    for text in ("秤 水钟", "100_", "ark:/99999/other", "'; DROP TABLE resources; --"):
        assert found(node, Wanted(text=text)) == [], text
    assert "没有找到" in node.page("/resources?text=nothing")
    assert "找到 1 件" in node.page("/resources?text=%E6%B0%B4")


def test_resources_are_filtered_by_state_type_source_and_term_and_sorted(node: Node) -> None:
    ids = [
        node.put(title={"zh": title}, type=kind)
        for title, kind in (("乙", "article"), ("甲", "image"), ("丙", "image"))
    ]
    soon = (now() + timedelta(days=9)).date().isoformat()
    for number, record_id in enumerate(ids):
        day = soon if number == 1 else ""
        node.set_state(record_id, "published", changed_at=now() - timedelta(days=number), effective_on=day)
    with node.workplace.database.unit_of_work() as session:
        fields = make_record(title={"zh": "丁"})
        registration.register(session, fields, [], key=node.workplace.key, source=Source("馆藏", "1"))
    assert found(node, Wanted(kind="image")) == ["甲", "丙"]
    assert found(node, Wanted(source="馆藏")) == ["丁"]
    assert found(node, Wanted(state="published", sort="waiting")) == ["丙", "甲", "乙"]
    assert found(node, Wanted(sort="newest")) == ["丁", "丙", "甲", "乙"]
    assert found(node, Wanted(sort="title")) == sorted("甲乙丙丁")
    assert found(node, Wanted(ending="1")) == ["甲"]
    page = node.page("/resources?kind=image&sort=nonsense")
    assert '<option value="馆藏">' in page
    assert "state=published&amp;kind=image" in page or "kind=image&amp;state=published" in page


def test_a_page_of_the_list_asks_as_much_of_the_database_however_many_there_are(node: Node) -> None:
    asked = []
    for count in (1, 60):
        for number in range(count):
            node.put(title={"zh": f"第 {number} 件"})
        for path in ("/resources?text=件", "/"):
            node.page(path)
            with statements(node.workplace.database.engine) as seen:
                node.page(path)
            asked.append(len(seen))
    assert asked[:2] == asked[2:]
    assert max(asked) <= 32


def test_several_are_withdrawn_for_one_reason_or_none_is(node: Node) -> None:
    ids = [node.put(title={"zh": f"第 {number} 件"}) for number in range(3)]
    for values, words in (
        ({"id": ids[:2], "reason": "旧了"}, "必填。"),
        ({"deed": "withdraw", "reason": "旧了"}, "还没有选中资源"),
        ({"deed": "withdraw", "id": ids[:2], "reason": " "}, "请填写理由"),
        ({"deed": "withdraw", "id": ids[:2], "reason": "长" * 2001}, "最多 2000 个字符"),
    ):
        answer = node.submit("/resources/batch", values, seen_on="/resources")
        assert (answer.status_code, words in answer.text) == (422, True)
        assert all(f'value="{one}" checked' in answer.text for one in values.get("id", ()))
    assert node.counts()[0] == 3
    chosen = {"deed": "withdraw", "id": [*ids[:2], ids[0], "nobody"], "reason": "旧了", "text": "件"}
    answer = node.submit("/resources/batch", chosen, seen_on="/resources")
    assert answer.headers["Location"].startswith("/resources?text=")
    page = node.page("/resources")
    assert "已登记撤回 2 件" in page
    assert "nobody：没有找到" in page
    assert [len(node.records(one)) for one in ids] == [2, 2, 1]


def test_a_renewal_is_asked_for_each_that_has_a_term_and_said_of_the_others(node: Node) -> None:
    with_term, without = node.put(title={"zh": "有期限"}), node.put(title={"zh": "无期限"})
    node.set_state(with_term, "published", effective_on="2027-01-01")
    node.set_state(without, "published")
    values = {"deed": "renew", "id": [with_term, without], "reason": "仍在使用"}
    assert node.submit("/resources/batch", values, seen_on="/resources").status_code == 302
    page = node.page("/resources")
    assert "已为 1 件申请续期" in page
    assert "无期限：" in page
