"""The first page: how things stand, and what a person should look at, the most urgent first."""

from __future__ import annotations

import re
from datetime import timedelta

from sqlalchemy import insert, update

from nodes import dashboard, petitions
from nodes.models import LocalFile, Membership, Question, Round, UseCount, now
from tests.support.local_page import Node


def kinds(node: Node) -> list[tuple[str, int]]:
    with node.workplace.database.unit_of_work(read_only=True) as session:
        return [(one.kind, one.count) for one in dashboard.look(session).concerns]


def ask(node: Node, record_id: str, name: str, feedback: str = "") -> None:
    with node.workplace.database.unit_of_work() as session:
        session.add(Question(id=name, resource_id=record_id, number=1, text="谁拍的？", feedback=feedback))


def test_what_needs_somebody_comes_in_the_order_in_which_it_is_urgent(node: Node) -> None:
    node.join()
    ids = {state: node.put(title={"zh": f"资源 {state}"}) for state in ("changes_requested", "refused", "rejected")}
    ids["published"] = node.put(title={"zh": "快到期的"})
    for state, record_id in ids.items():
        day = (now() + timedelta(days=9)).date().isoformat() if state == "published" else ""
        node.set_state(record_id, state, effective_on=day)
    ask(node, ids["published"], "a")
    ask(node, ids["published"], "b", feedback="mistake")
    error = {"zh": "无法连接平台。", "en": "No hub."}
    failed = {
        "kind": "sync",
        "begun_by": "schedule",
        "finished_at": now(),
        "good": False,
        "error": error,
        "outcome": {},
    }
    file = {"sha256": "0" * 64, "path": "/馆藏/图.png", "size": 1, "mtime_ns": 0, "problem": "找不到"}
    with node.workplace.database.unit_of_work() as session:
        session.add(LocalFile(**file))
        session.add(Round(kind="sync", begun_by="page", finished_at=now(), good=True))
        session.execute(
            insert(Round), [{**failed, "tasks": [], "started_at": now() - timedelta(hours=h)} for h in (2, 1)]
        )
    assert kinds(node) == [
        ("reviewers", 1),
        ("changes_requested", 1),
        ("refused", 1),
        ("public", 1),
        ("files", 1),
        ("failing", 2),
        ("expiring", 1),
        ("rejected", 1),
    ]
    page = node.page("/")
    assert "无法连接平台。" in page
    assert f'href="/resources/{ids["changes_requested"]}"' in page, "one is linked itself, several by the list"
    for target in re.findall(r'<section class="concerns".*?</section>', page, re.S)[0].split('href="')[1:]:
        assert node.get(target.partition('"')[0].partition("#")[0]).status_code == 200
    assert "/馆藏/图.png" in node.page("/sync")


def test_what_was_said_long_ago_and_what_was_asked_for_already_is_no_news(node: Node) -> None:
    node.join()
    old, renewed = node.put(), node.put()
    node.set_state(old, "rejected", changed_at=now() - dashboard.NEWS - timedelta(days=1))
    node.set_state(renewed, "published", effective_on=(now() + timedelta(days=9)).date().isoformat())
    assert kinds(node) == [("expiring", 1)]
    with node.workplace.database.unit_of_work() as session:
        petitions.make(session, renewed, kind="renewal", text="仍在使用")
    assert kinds(node) == []
    assert "没有需要处理的事" in node.page("/")


def test_a_node_that_has_not_joined_or_not_synchronised_for_long_is_told(node: Node) -> None:
    node.put()
    assert kinds(node) == [("alone", 1)]
    assert "还没有加入平台" in node.page("/")
    node.join()
    with node.workplace.database.unit_of_work() as session:
        session.execute(update(Membership).values(synced_at=now() - timedelta(days=12)))
    assert kinds(node) == [("stale", 12)]
    assert "已有 12 天没有同步" in node.page("/")


def test_a_log_that_was_rewritten_is_said_on_the_first_page(node: Node) -> None:
    node.join()
    node.put()
    words = {"zh": "日志变短了", "en": "shorter"}
    with node.workplace.database.unit_of_work() as session:
        session.add(Round(kind="sync", begun_by="page", finished_at=now(), good=False, outcome={"log_fault": words}))
    assert kinds(node) == [("log", 1)]
    assert "日志变短了" in node.page("/")


def test_it_says_what_waits_since_when_and_what_the_public_uses_most(node: Node) -> None:
    node.join()
    ids = [node.put(title={"zh": f"第 {number} 件"}) for number in range(4)]
    node.set_state(ids[0], "in_review", changed_at=now() - timedelta(days=3))
    with node.workplace.database.unit_of_work() as session:
        session.execute(update(Membership).values(used_at=now()))
        session.add_all(UseCount(resource_id=one, views=n, downloads=n) for n, one in enumerate(ids))
        session.add(LocalFile(sha256="1" * 64, path="x", size=3_200_000, mtime_ns=0))
    page = node.page("/")
    assert "有 1 件在平台等待审核，最久的从" in page
    assert "有 1 个文件待送，共 3.2\u00a0MB。" in page
    assert re.findall(r"第 (\d) 件", page.partition('class="used"')[2]) == ["3", "2", "1"]
