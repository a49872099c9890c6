"""All that the alliance and the public say to the institution on one page, with answers given right there."""

from __future__ import annotations

from nodes import petitions
from nodes.models import Question
from tests.support.local_page import Node


def asked(node: Node, name: str, feedback: str = "", **values: object) -> str:
    record_id = node.put(title={"zh": f"资源 {name}"})
    with node.workplace.database.unit_of_work() as session:
        session.add(
            Question(id=name, resource_id=record_id, number=1, text=f"问 {name}", feedback=feedback, **values)
        )
    return record_id


def test_questions_are_shown_by_who_asks_and_whether_they_wait(node: Node) -> None:
    asked(node, "q-reviewer")
    asked(node, "q-public", "question")
    asked(node, "q-done", "mistake", answer="已改")
    asked(node, "q-hidden", "question", problem="hidden")
    shown = {
        path: {name for name in ("reviewer", "public", "done", "hidden") if f"问 q-{name}" in node.page(path)}
        for path in (
            "/conversation",
            "/conversation?who=reviewers",
            "/conversation?who=public",
            "/conversation?show=answered",
            "/conversation?show=answered&who=reviewers",
            "/conversation?who=nonsense&page=x",
        )
    }
    both = {"reviewer", "public"}
    assert list(shown.values()) == [both, {"reviewer"}, {"public"}, {"done", "hidden"}, set(), both]


def test_an_answer_is_given_on_the_page_and_what_will_not_do_stays_there(node: Node) -> None:
    record_id = asked(node, "q", "question")
    path = f"/resources/{record_id}/questions/q"
    page = "/conversation?who=public"
    refused = node.submit(path, {"text": " ", "back": "1", "who": "public"}, seen_on=page)
    assert refused.status_code == 422
    assert "请写下回答" in refused.text
    assert "与联盟和公众的往来" in refused.text
    done = node.submit(path, {"text": "本院。", "back": "1", "who": "public"}, seen_on=page)
    assert done.headers["Location"] == "/conversation?who=public"
    assert "本院。" in node.page("/conversation?show=answered")
    assert f"/resources/{record_id}/edit" in node.page("/conversation?show=answered")


def test_what_came_back_stands_above_with_its_reason_and_what_to_do(node: Node) -> None:
    record_id = node.put(title={"zh": "血压计"})
    node.set_state(record_id, "changes_requested", reason="请换一张图")
    page = node.page("/conversation")
    for words in ("请换一张图", f"/resources/{record_id}/edit", f"/resources/{record_id}#withdraw"):
        assert words in page
    assert "请换一张图" not in node.page("/conversation?who=public")
    with node.workplace.database.unit_of_work() as session:
        petitions.make(session, record_id, kind="appeal", text="图没有问题")
    assert "图没有问题" in node.page("/conversation")


def test_many_questions_come_a_page_at_a_time(node: Node) -> None:
    record_id = node.put()
    with node.workplace.database.unit_of_work() as session:
        session.add_all(
            Question(id=f"{n:03}", resource_id=record_id, number=1, text=f"第 {n} 问", feedback="question")
            for n in range(41)
        )
    page = node.page("/conversation?page=3")
    assert "第 40 问" in page
    assert "3 / 3" in page
    assert "<b>41</b>" in page
