"""Two versions side by side: which are compared, what changed, and the reviewer's words beside what they name."""

from __future__ import annotations

import pytest

from nodes import comparison, registration
from nodes.models import Version
from tests.support.local_page import Node
from tests.support.records import make_record


def versions_of(node: Node, states: list[str], **values: str) -> str:
    """A resource with a version in each of the states, each with a title of its own."""
    record_id = node.put(title={"zh": "第 1 题"})
    for number in range(2, len(states) + 1):
        with node.workplace.database.unit_of_work() as session:
            fields = make_record(title={"zh": f"第 {number} 题"}, keywords=["秤"] * (number > 2) or None)
            registration.register(session, fields, [], key=node.workplace.key, record_id=record_id)
    with node.workplace.database.unit_of_work() as session:
        for number, state in enumerate(states, 1):
            version = session.get_one(Version, (record_id, number))
            version.state = state
            if state in comparison.JUDGED:
                version.reason, version.errors = values.get("reason", ""), []
    return record_id


@pytest.mark.parametrize(
    ("states", "asked", "expected"),
    [
        (["published", "superseded", "in_review"], "", (1, 3)),
        (["superseded", "changes_requested", "registered"], "", (2, 3)),
        (["superseded", "superseded", "registered"], "", (2, 3)),
        (["published", "superseded", "in_review"], "?from=2", (2, 3)),
        (["published", "superseded", "in_review"], "?from=1&to=2", (1, 2)),
        (["published", "superseded", "in_review"], "?from=3&to=2", (1, 2)),
        (["published", "superseded", "in_review"], "?from=x&to=999999999999", (1, 3)),
    ],
)
def test_by_itself_the_latest_is_compared_with_what_is_public_or_was_judged(
    node: Node, states: list[str], asked: str, expected: tuple[int, int]
) -> None:
    page = node.page(f"/resources/{versions_of(node, states)}/changes{asked}")
    for number in expected:
        assert f'<option value="{number}" selected>' in page
    assert f"<del>{expected[0]}</del>" in page
    assert f"<ins>{expected[1]}</ins>" in page


def test_the_reviewer_s_words_stand_beside_the_fields_that_they_name(node: Node) -> None:
    record_id = versions_of(node, ["changes_requested", "registered"], reason="标题太长，考证要写来源，简介写通俗些")
    page = node.page(f"/resources/{record_id}/changes")
    assert "标题太长" in page
    heads = {head.partition("<")[0].strip(): head for head in page.split("<h2>")[1:]}
    assert "答复里提到，已改动" in heads["标题"].partition("</h2>")[0]
    assert "答复里提到，没有改动" in heads["简介"].partition("</h2>")[0]
    assert "英文" in heads["标题"].partition("</section>")[2] or "How to read" not in page


def test_a_resource_with_one_version_has_nothing_to_compare(node: Node) -> None:
    assert "只有一个版本" in node.page(f"/resources/{node.put()}/changes")
    assert node.get("/resources/nobody/changes").status_code == 404
