"""Keywords from a text: whole terms rather than their parts, what is known already, and what a file says."""

from __future__ import annotations

from pathlib import Path

from nodes import keywords
from nodes.database import Database

TITLE = "杆秤的定盘星"
BODY = "定盘星是杆秤的零点。找定盘星，先看提绳；提绳换了，定盘星也换。杆秤的秤砣不能换，提绳有两根。"


def test_what_repeats_between_different_neighbours_is_a_term_and_its_parts_are_none() -> None:
    found = keywords.suggest(TITLE, BODY)
    assert {"定盘星", "杆秤", "提绳"} <= set(found[:5])
    assert not {"定盘", "盘星"} & set(found[:5])


def test_terms_that_others_use_and_words_of_the_file_come_along() -> None:
    found = keywords.suggest("", "砝码要送检。", known=["砝码", "温度计"], said=["度量衡"])
    assert found[0] == "度量衡"
    assert "砝码" in found
    assert "温度计" not in found


def test_english_terms_are_runs_of_words_between_stop_words() -> None:
    found = keywords.suggest(
        "The speed of light", "The kilogram prototype is in Paris. The kilogram prototype is old."
    )
    assert found[0] == "kilogram prototype"
    assert not {"the", "of", "is"} & set(found)


def test_addresses_and_the_ends_of_contractions_are_no_terms() -> None:
    body = (
        "It isn't a fact, it really isn't. The Archivist's balance: see https://example.org/archivist/balance and "
        "http://example.org/s or write to keeper@example.org. The Archivist's balance doesn’t drift. www.example.org"
    )
    found = keywords.suggest("", body)
    assert "Archivist's balance" in found
    assert not [one for one in found if any(part in one for part in ("http", "example", "isn")) or one[1:2] == " "]


def test_a_text_without_words_has_no_keywords_and_a_long_one_of_nonsense_few() -> None:
    assert keywords.suggest("", "\x00 \u202e 😀 12") == []
    assert len(keywords.suggest("秤" * 50_000, "")) <= 2


def test_a_new_node_knows_no_earlier_keywords(tmp_path: Path) -> None:
    database = Database(tmp_path / "n.sqlite")
    with database.unit_of_work(read_only=True) as session:
        assert keywords.earlier(session) == []
    database.close()
