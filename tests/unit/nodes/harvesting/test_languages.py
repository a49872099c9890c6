"""Which language a text of others is in, so that a record has a Chinese or an English one."""

from __future__ import annotations

import pytest

from nodes.harvesting.languages import by_language, is_chinese


@pytest.mark.parametrize(
    ("language", "text", "chinese"),
    [
        ("", "古尺", True),
        ("", "An old ruler", False),
        ("zh-Hant", "Qing", True),
        ("chi", "x", True),
        ("en", "The 尺", False),
        ("ja", "度量衡", False),
        ("fr", "Le mètre", False),
        ("fr", "尺 (chi)", True),
    ],
)
def test_what_is_said_of_a_text_counts_and_else_its_characters(language, text, chinese):
    assert is_chinese(language, text) is chinese


def test_texts_are_kept_together_and_apart_and_what_is_empty_is_left_out():
    said = [("", "古尺"), ("", "  "), ("de", "Maßstab")]
    assert by_language("title", said) == {"title": ["古尺", "Maßstab"], "title_zh": ["古尺"], "title_en": ["Maßstab"]}
    assert by_language("title", []) == {}
