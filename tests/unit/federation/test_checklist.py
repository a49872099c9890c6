"""The review policy file and the answers to its checklist."""

from __future__ import annotations

from pathlib import Path

import pytest

from federation import checklist
from shared.errors import ChecklistIncomplete, InvalidRequest
from shared.vocabularies import vocabulary

GOOD = """
version = "7"
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


def test_the_shipped_policy_asks_the_six_questions_of_the_alliance() -> None:
    labels = [item.label("zh") for item in checklist.DEFAULT.items]
    assert labels == ["正确导向", "科学性", "真实性考证", "版权", "通俗性", "个人信息"]
    for item in checklist.DEFAULT.items:
        assert item.ask("zh").endswith("？")
        assert item.ask("en").endswith("?")


@pytest.mark.parametrize(
    ("themes", "needed"), [(["knowledge"], 1), (["red-metrology"], 2), (["law", "history"], 2), ([], 1)]
)
def test_sensitive_themes_need_two_reviewers(themes: list[str], needed: int) -> None:
    assert checklist.DEFAULT.approvals_needed(themes) == needed


def test_the_sensitive_themes_of_the_shipped_policy_exist() -> None:
    assert all(theme in vocabulary("themes") for theme in checklist.DEFAULT.sensitive_themes)


def test_complete_answers_are_kept_with_the_version_of_the_policy() -> None:
    kept = checklist.DEFAULT.answers(checklist.DEFAULT.everything(), complete=True)
    assert kept["policy"] == checklist.DEFAULT.version
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


def test_an_item_that_the_policy_does_not_have_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        checklist.DEFAULT.answers({"taste": True}, complete=False)


def test_an_operators_own_policy_can_be_put_in_force(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(GOOD, encoding="utf-8")
    try:
        checklist.use(own)
        assert checklist.policy().approvals_needed(["law"]) == 3
        assert checklist.policy().approvals_needed(["history"]) == 1
    finally:
        checklist.use(checklist.SHIPPED)
    assert checklist.policy() == checklist.DEFAULT


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
        ("version", "= version"),
    ],
)
def test_a_policy_of_the_wrong_form_is_refused_by_the_name_of_its_file(tmp_path: Path, old: str, new: str) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=r"broken\.toml"):
        checklist.load(broken)
