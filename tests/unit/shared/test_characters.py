"""What deceives the eye is refused wherever it stands; what scripts and emoji need is kept."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.characters import CONTROLS, VISIBLE
from shared.validation import plain

EVERYTHING = [chr(code) for code in range(0x110000) if not 0xD800 <= code <= 0xDFFF]
JOINERS = {"\u200c", "\u200d"}
PREPENDED = set(map(chr, (*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD)))
"""Signs of Arabic and Kaithi that are written around the figures after them: format characters that one sees."""
HIEROGLYPHS = set(map(chr, range(0x13430, 0x13456)))


@pytest.mark.parametrize(
    "text",
    [
        "量值传递\n\t第二行　全角",
        "👨‍👩‍👧 ❤️‍🔥 👩🏽‍🔬 🏳️‍🌈",
        "می\u200cخواهم",
        "क्\u200dष ශ්\u200dරී",
        "葛\U000e0100 ︎☎️",
        "e\u0301 Å ﬁ ㎏ 𝑚",
        "\ue000",
    ],
)
def test_what_people_write_is_kept(text: str) -> None:
    assert plain(text) == text


DECEIVING = (0, 0x7F, 0x85, 0xAD, 0x34F, 0x61C, 0x115F, 0x180E, 0x200B, 0x200E, 0x2028, 0x2029, 0x202E, 0x2060)


@pytest.mark.parametrize("character", [chr(code) for code in DECEIVING])
def test_what_deceives_is_refused_even_between_emoji(character: str) -> None:
    assert CONTROLS.search(f"计{character}量")
    assert plain(f"👩{character}👩") == "👩👩"


@pytest.mark.parametrize(
    "character", [chr(code) for code in (0x2066, 0x3164, 0xFEFF, 0xFFA0, 0xFFFE, 0x1FFFF, 0xE0001, 0xE0041, 0xE007F)]
)
def test_what_deceives_further_on_is_refused_too(character: str) -> None:
    assert plain(f"a{character}b") == "ab"


@pytest.mark.parametrize(
    "text", ["计\u200d量", "\u200d", "a\u200cb", "👩\u200d", "\u200d👩", "👩\u200d\u200d👩", "\u200c\u0645"]
)
def test_a_joiner_stands_only_between_what_it_can_join(text: str) -> None:
    assert CONTROLS.search(text)


def test_every_control_format_and_separator_of_unicode_is_refused_or_named_here() -> None:
    passing = {one for one in EVERYTHING if not CONTROLS.search(one)}
    kinds = {one for one in passing if unicodedata.category(one) in ("Cc", "Cf", "Zl", "Zp")}
    assert kinds - PREPENDED - HIEROGLYPHS == {"\t", "\n", "\r"}


def test_noncharacters_are_refused() -> None:
    assert all(
        CONTROLS.search(one) for one in EVERYTHING if ord(one) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(one) <= 0xFDEF
    )


@pytest.mark.parametrize("text", ["", " \n\u3000", "\u2800", "\ufe0f", "\u200d\U000e0100"])
def test_nothing_is_seen_of_these(text: str) -> None:
    assert not VISIBLE.search(text)


@given(st.text(alphabet=st.sampled_from("a计👩م\u200b\u200c\u200d\u202e\ufe0f \n"), max_size=12))
def test_plain_text_stays_plain(text: str) -> None:
    assert not CONTROLS.search(plain(text))
