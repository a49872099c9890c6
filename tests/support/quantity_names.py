"""`python -m tests.support.quantity_names`: the synonyms that QUDT knows, made from its labels in the shared data.

Names of units and quantities that have a Chinese label, in simplified characters, beside their English labels. What
the project's own list says already is left out, and so is a Chinese name that two different things have. English
names of one word, and Chinese ones of one character, are understood but not looked for: they stand in texts of every
kind.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import opencc

from federation.search import synonyms
from federation.search.text import whole
from tests.benchmarks.texts import DATA

SOURCE = DATA / "qudt" / "qudt_labels.jsonl"
FILE = synonyms.MADE
HEAD = """\
# 量和单位的名称，由 tests/support/quantity_names.py 从 QUDT 的标签生成，不要手工修改；写法见 synonyms.txt。
# QUDT.org, QUDT ontologies and vocabularies, CC BY 4.0；繁体改为简体，只取有中文名称的。
"""


def groups() -> Iterator[str]:
    """The lines of the file."""
    named: dict[str, dict[str, str]] = {}
    doubtful = set()
    for row in (json.loads(line) for line in SOURCE.read_text(encoding="utf-8").splitlines()):
        chinese, english = _labels(row)
        for name in chinese:
            known = named.setdefault(name, {})
            if known and not known.keys() & english.keys():
                doubtful.add(name)
            known.update(english)
    own = synonyms.table(synonyms.read(synonyms.OWN))
    for name, english in sorted(named.items()):
        if name not in doubtful and english and not own.get(synonyms.term_key(name)):
            yield _line(name, sorted(english.values()))


def _labels(row: dict[str, Any]) -> tuple[list[str], dict[str, str]]:
    """The Chinese names, and the English ones by what all ways to write each have in common."""
    labels = row["labels"]
    simplified = opencc.OpenCC("t2s").convert(labels.get("zh", ""))
    english = [text for language, text in labels.items() if language.startswith("en")]
    return [name for name in re.split("[;、]", simplified) if name], {whole(text): text for text in english}


def _line(chinese: str, english: list[str]) -> str:
    sought = [chinese] if len(chinese) > 1 else []
    sought += [name for name in english if " " in name]
    asked = [] if len(chinese) > 1 else [chinese]
    asked += [name for name in english if " " not in name]
    return " | ".join(sought) + (" < " + " | ".join(asked) if asked else "")


def content() -> str:
    """The whole file; a group in which nothing is sought would do nothing."""
    return HEAD + "".join(f"{line}\n" for line in groups() if not line.startswith(" <"))


def main() -> None:
    """Write the file."""
    FILE.write_text(content(), encoding="utf-8")


if __name__ == "__main__":
    main()
