"""The review policy file and the answers to its checklist."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from federation import checklist
from shared.errors import ChecklistIncomplete, InvalidRequest
from shared.vocabularies import vocabulary
from tests.support.records import make_record

GOOD = """
needed = 1
[sensitive]
themes = ["law"]
needed = 3
[[items]]
code = "one"
zh = "一"
en = "One"
question = { zh = "好吗？", en = "Good?" }
"""


def test_the_shipped_policy_asks_the_seven_questions_of_the_alliance() -> None:
    labels = [item.label("zh") for item in checklist.DEFAULT.items]
    assert labels == ["正确导向", "科学性", "真实性考证", "版权", "通俗性", "个人信息", "无障碍"]
    for item in checklist.DEFAULT.items:
        assert item.ask("zh").endswith("？")
        assert item.ask("en").endswith("?")


def about(*themes: str, **changes: Any) -> dict[str, Any]:
    return make_record(themes=list(themes), **changes)


@pytest.mark.parametrize(
    ("themes", "needed"), [(["knowledge"], 1), (["red-metrology"], 2), (["law", "history"], 2), ([], 1)]
)
def test_sensitive_themes_need_two_reviewers(themes: list[str], needed: int) -> None:
    assert checklist.DEFAULT.approvals_needed(about(*themes)) == needed


def test_sensitive_types_and_disciplines_for_experts_are_those_of_the_document() -> None:
    document = json.loads(checklist.DEFAULT.document)
    document["sensitive"]["types"], document["expert_disciplines"] = ["video"], ["length", "thermal"]
    rules = checklist.read(2, checklist.written(document))
    assert rules.approvals_needed(about("knowledge", type="video")) == 2
    assert rules.experts_for(about("law", disciplines=["length", "optics"])) == {"length"}
    assert rules.experts_for(about("law")) == frozenset()


def test_the_sensitive_themes_of_the_shipped_policy_exist() -> None:
    assert all(theme in vocabulary("themes") for theme in checklist.DEFAULT.sensitive_themes)


def test_complete_answers_are_kept_with_the_version_of_the_policy() -> None:
    kept = checklist.DEFAULT.answers(checklist.DEFAULT.everything(), complete=True)
    assert kept["policy"] == checklist.DEFAULT.number == 1
    assert set(kept["answers"].values()) == {True}


@pytest.mark.parametrize("code", [item.code for item in checklist.DEFAULT.items])
@pytest.mark.parametrize("given", [{}, False])
def test_an_approval_with_any_one_item_unconfirmed_is_refused(code: str, given: object) -> None:
    answers = checklist.DEFAULT.everything()
    if given is False:
        answers[code] = False
    else:
        del answers[code]
    with pytest.raises(ChecklistIncomplete) as refused:
        checklist.DEFAULT.answers(answers, complete=True)
    assert refused.value.data["codes"] == (code,)


def test_a_negative_verdict_keeps_what_was_confirmed_and_what_was_not() -> None:
    kept = checklist.DEFAULT.answers({"science": True}, complete=False)
    assert [code for code, good in kept["answers"].items() if good] == ["science"]
    assert len(kept["answers"]) == len(checklist.DEFAULT.items)


def test_notes_are_kept_with_the_answers_and_empty_ones_are_not() -> None:
    notes = {"science": " 第 3 页的单位 \u200e", "privacy": "  "}
    kept = checklist.DEFAULT.answers({}, complete=False, notes=notes)
    assert kept["notes"] == {"science": "第 3 页的单位"}
    assert "notes" not in checklist.DEFAULT.answers({}, complete=False, notes={"privacy": ""})


@pytest.mark.parametrize("notes", [{"taste": "x"}, {"science": "长" * (checklist.MAX_NOTE + 1)}])
def test_a_note_on_nothing_or_too_long_a_one_is_refused(notes: dict[str, str]) -> None:
    with pytest.raises(InvalidRequest):
        checklist.DEFAULT.answers({}, complete=False, notes=notes)


def test_every_fault_of_a_document_is_named_by_its_place() -> None:
    item = {"code": "Bad Code", "zh": "", "en": "x", "question": {"zh": "？"}}
    document = {
        "needed": 0,
        "days": "ten",
        "taste": 1,
        "sensitive": {"themes": ["nowhere"], "needed": 2},
        "items": [item],
    }
    assert {fault.pointer for fault in checklist.faults(document)} == {
        "/needed",
        "/days",
        "/taste",
        "/sensitive/themes/0",
        "/items/0/code",
        "/items/0/zh",
        "/items/0/question/en",
    }
    twice = json.loads(checklist.DEFAULT.document)
    twice["items"].append(twice["items"][0])
    [fault] = checklist.faults(twice)
    assert (fault.pointer, fault.code) == (f"/items/{len(twice['items']) - 1}/code", "duplicate")


def test_a_document_is_kept_canonical_so_that_its_digest_can_be_checked() -> None:
    again = checklist.written(json.loads(checklist.DEFAULT.document))
    assert again == checklist.DEFAULT.document
    assert checklist.DEFAULT.sha256 == hashlib.sha256(again.encode()).hexdigest()


def test_an_item_that_the_policy_does_not_have_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        checklist.DEFAULT.answers({"taste": True}, complete=False)


def test_an_operators_own_policy_can_be_put_in_force(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(GOOD, encoding="utf-8")
    try:
        checklist.use(own)
        assert checklist.of_the_file().approvals_needed(about("law")) == 3
        assert checklist.of_the_file().approvals_needed(about("history")) == 1
    finally:
        checklist.use(checklist.SHIPPED)
    assert checklist.of_the_file() == checklist.DEFAULT


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("needed = 1", "needed = 0"),
        ("needed = 1", "needed = true"),
        ("needed = 3", 'needed = "3"'),
        ('code = "one"', ""),
        ('code = "one"', 'code = "one"\nweight = 2'),
        (', en = "Good?"', ""),
        ("[sensitive]", "[other]"),
        ("needed = 1", "= 1"),
        ("needed = 1", 'needed = 1\nversion = "7"'),
        ("needed = 1", "needed = 1\ndays = 0"),
        ('themes = ["law"]', 'themes = ["taste"]'),
    ],
)
def test_a_policy_of_the_wrong_form_is_refused_by_the_name_of_its_file(tmp_path: Path, old: str, new: str) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=r"broken\.toml"):
        checklist.load(broken)
