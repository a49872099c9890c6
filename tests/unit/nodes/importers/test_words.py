"""Words as people write them, and files as their tables name them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nodes.importers.attachments import attach, found_below
from nodes.importers.words import code_of, day_of, is_term, proposed


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026/5/20", "2026-05-20"),
        ("2026.05.20", "2026-05-20"),
        ("2026年5月20日", "2026-05-20"),
        ("2026-05-20 10:30", "2026-05-20"),
        ("2026-05-20T10:30:00", "2026-05-20"),
        ("2026年5月", "2026-05"),
        ("2026-5", "2026-05"),
        ("20260520", "2026-05-20"),
        ("2026年", "2026"),
        ("2026", "2026"),
        ("-0343~", "-0343~"),
        ("去年", "去年"),
        ("20261399", "20261399"),
    ],
)
def test_a_day_is_understood_as_people_write_it(written: str, day: str) -> None:
    assert day_of(written) == day


@pytest.mark.parametrize(
    ("name", "word", "code"),
    [
        ("types", "论文", "article"),
        ("types", "PPT", "slides"),
        ("types", "幻灯", "slides"),
        ("types", "课见", ""),
        ("types", "完全不像的词", ""),
        ("themes", "计量知识类", "knowledge"),
        ("languages", "简体中文", "zh"),
    ],
)
def test_a_foreign_word_is_proposed_a_term_only_when_one_is_nearest(name: str, word: str, code: str) -> None:
    assert proposed(name, word) == code
    assert not is_term(name, word)
    assert code_of(name, word) == word


@pytest.mark.parametrize("written", ["署名4.0", " 署名　４.０ ", "cc  by 4.0", "CC-BY-4.0"])
def test_a_term_is_known_however_it_is_spaced_and_typed(written: str) -> None:
    assert code_of("licenses", written) == "CC-BY-4.0"


def test_a_file_is_found_with_backslashes_and_with_the_name_of_its_own_folder(tmp_path: Path) -> None:
    base = tmp_path / "课件"
    (base / "图").mkdir(parents=True)
    (base / "图" / "秤.png").write_bytes(b"png")
    for written in ("图/秤.png", "图\\秤.png", "课件/图/秤.png", "课件\\图\\秤.png"):
        assert found_below(base, written) == base / "图" / "秤.png"
        assert attach([written], base=base, root=base)[0].name == "秤.png"
