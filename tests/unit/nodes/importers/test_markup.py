"""Leftovers of markup made readable, and mathematics left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodes.importers.markup import strip_markup
from shared.characters import CONTROLS


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("value of <i>g</i><sub>n</sub>", "value of gₙ"),
        ("V(&lambda;) <nobr>10 m</nobr>", "V(λ) 10 m"),
        ('a<span style="display: none;">hidden</span>b', "ab"),
        ("one<br>two<p>three</p>", "one\ntwothree"),
        ('980.665 "cm"/"s"^(2), value', "980.665 cm/s², value"),
        ("s^−1^ and ^87^Sr and S~1/2~", "s⁻¹ and ⁸⁷Sr and S_(1/2)"),
        ('273","16 K', "273,16 K"),
        ("the word _weight_ and *mass*", "the word weight and mass"),
        ("[width=80%]\n|===\n| mass | kilogram\n|===", "mass kilogram"),
        (". first\n.. below\n* also", "• first\n– below\n• also"),
        ("a line, +\nand the next", "a line,\nand the next"),
        ("P^2<-z, P4<-z, if a < b > c", "P^2<-z, P4<-z, if a < b > c"),
        ("snake_case_name and 2 * 3 * 4", "snake_case_name and 2 * 3 * 4"),
        ("Nel\x02son\u202e", "Nelson"),
        ("度量衡", "度量衡"),
    ],
)
def test_markup_becomes_plain_text(text: str, plain: str) -> None:
    assert strip_markup(text) == plain


@given(st.text(alphabet=st.sampled_from('<>/i&;_*^()|.=[]"~+ \n\x02aé1度'), max_size=80))
def test_no_text_is_too_odd(text: str) -> None:
    assert not CONTROLS.search(strip_markup(text))
