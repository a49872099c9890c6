"""A hit shows the place where the words are, wherever in its texts that is."""

from __future__ import annotations

import pytest

from federation.search.marking import highlights, snippet

SUMMARY = "这是一段没有那个词的摘要。"
LONG = "开头。" * 100 + "新莽嘉量是西汉末年的标准量器，一器五量。" + "结尾。" * 100


def plain(pieces):
    return "".join(text for text, _ in pieces)


def test_the_place_in_the_description_is_shown_when_the_summary_lacks_the_words():
    pieces = snippet([SUMMARY, LONG], "嘉量", 60)
    assert ("嘉量", True) in pieces
    assert plain(pieces).startswith("…新莽嘉量是西汉末年")
    assert plain(pieces).endswith("…")
    assert len(plain(pieces)) <= 62


def test_the_summary_is_shown_when_it_has_as_much():
    assert plain(snippet([SUMMARY, LONG], "摘要", 60)) == SUMMARY
    assert plain(snippet([SUMMARY, LONG], "没有的话", 60)) == SUMMARY
    assert plain(snippet([SUMMARY, LONG], "", 60)) == SUMMARY


def test_a_long_summary_is_cut_with_a_sign_for_it():
    assert plain(snippet(["长" * 200, ""], "", 160)) == "长" * 160 + "…"
    assert snippet([""], "嘉量", 160) == [("", False)]


@pytest.mark.parametrize("text", ["水在 100 ℃ 沸腾……杆秤", "㎏ 与杆秤", "İ杆秤ﬁ"])
def test_characters_that_are_written_out_when_folded_do_not_hide_the_words(text):
    assert ("杆秤", True) in highlights(text, "杆秤")
    assert plain(highlights(text, "杆秤")) == text
