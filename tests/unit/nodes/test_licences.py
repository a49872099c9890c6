"""The questions that lead to a licence: every way ends, at a licence that there is, or with an advice."""

from __future__ import annotations

from collections.abc import Iterator

from nodes.licences import QUESTIONS, START, Outcome, decide
from shared.vocabularies import vocabulary


def ways(at: str = START, answers: dict[str, str] | None = None) -> Iterator[dict[str, str]]:
    """Every way through the questions, as the answers on it."""
    for option in QUESTIONS[at].options:
        given = {**(answers or {}), at: option.value}
        if option.then:
            yield from ways(option.then, given)
        else:
            yield given


def test_every_way_ends_at_a_licence_of_the_vocabulary_with_plain_words_or_at_an_advice() -> None:
    terms = vocabulary("licenses").terms
    for answers in ways():
        found = decide(answers)
        assert bool(found.licence) != bool(found.advice), answers
        assert list(found.asked) == list(answers)
        if found.licence:
            assert all(terms[found.licence].in_plain_words(language) for language in ("zh", "en"))


def test_every_question_is_on_some_way_and_all_six_licences_of_creative_commons_are_reached() -> None:
    found = [decide(answers) for answers in ways()]
    assert {name for one in found for name in one.asked} == set(QUESTIONS)
    reached = {one.licence for one in found}
    assert {f"CC-BY{kind}-4.0" for kind in ("", "-SA", "-NC", "-NC-SA", "-ND", "-NC-ND")} <= reached


def test_answers_beside_the_way_and_unknown_ones_count_for_nothing() -> None:
    ours = {"maker": "ours", "change": "yes", "sell": "no"}
    assert decide({**ours, "search": "no", "consent": "teach"}).licence == "CC-BY-NC-4.0"
    assert decide({"maker": "somebody"}) == Outcome(["maker"])
    assert decide({}) == Outcome([START])
    assert decide({"maker": "ours"}) == Outcome(["maker", "change"])
