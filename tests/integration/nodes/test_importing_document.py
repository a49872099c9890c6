"""docs/importing.md, tried out: every example goes through the importer and says what the document says it says."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest

from nodes import importers
from nodes.importers import columns, mapping
from shared.vocabularies import OF_FIELDS, vocabulary
from tests.support.processes import Command

ROOT = Path(__file__).parents[3]
DOCUMENT = (ROOT / "docs" / "importing.md").read_text(encoding="utf-8")
CHINESE, ENGLISH = DOCUMENT.split("\n## English\n")
BLOCK = re.compile(r"(?:`([^`\n]+)`(?:：|:)\n\n)?```(\w+)\n(.*?)```", re.S)
"""A fenced block, and the name of the file that it is when one stands before it."""
BESIDE = ("杆秤.pdf", "图/秤砣.png", "馆藏/方升.jpg", "第一课.pdf", "图/铜卡尺.jpg", "图/木杆秤.jpg", "vernier.pdf")
"""The files that the examples name."""


@dataclass
class Office:
    """A folder with the files of the document, and a node."""

    folder: Path
    language: str

    def run(self, *words: str) -> str:
        """What a command says, both streams as a terminal shows them."""
        environ = {"COMMONS_NODE_DATA": str(self.folder / "node"), "COMMONS_LANGUAGE": self.language}
        return Command("nodes", environ, folder=self.folder).run(*words, check=None, merged=True).stdout


@pytest.fixture
def office(tmp_path: Path) -> Office:
    for name in BESIDE:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(name.encode())
    return Office(tmp_path, "zh")


def blocks(text: str) -> list[tuple[str, str, str]]:
    """Each fenced block: the file that it is, its language, and what stands in it."""
    return [(name, kind, body) for name, kind, body in BLOCK.findall(text)]


def try_out(office: Office, text: str) -> int:
    """Write the files and run the commands of a document in their order; how many commands there were."""
    office.run("init")
    tried = 0
    for name, kind, body in blocks(text):
        if kind == "console":
            command, said = body.split("\n", 1)
            assert office.run(*shlex.split(command.removeprefix("$ commons-node "))) == said
            tried += 1
        else:
            assert name, f"nobody says which file this is: {body[:80]}"
            (office.folder / name).parent.mkdir(exist_ok=True)
            (office.folder / name).write_text(body, encoding="utf-8")
    return tried


def test_every_example_does_what_the_document_says(office: Office) -> None:
    assert try_out(office, CHINESE) == CHINESE.count("$ commons-node ") == 11


def test_every_english_example_does_what_the_document_says(office: Office) -> None:
    office.language = "en"
    assert try_out(office, ENGLISH) == ENGLISH.count("$ commons-node ") == 2


def test_the_table_of_columns_is_that_of_the_importer() -> None:
    shown = {}
    for heads, target in re.findall(r"^\| ([^|]+) \| `([\w.]+)` \|", CHINESE, re.M):
        shown |= {head.lower(): target for head in heads.split("、")}
    assert shown == columns.HEADINGS
    needed = set(re.findall(r"^\| [^|]+ \| `([\w.]+)` \| \*\*必填", CHINESE, re.M))
    assert {target.split(".")[0] for target in needed} == set(columns.NEEDED)


def test_all_terms_of_the_vocabularies_are_listed() -> None:
    for target, name in OF_FIELDS.items():
        heading = columns.called(target).zh.split("（")[0]
        terms = "；".join(f"{term.zh}（`{term.code}`）" for term in vocabulary(name))
        assert f"- **{heading}**：{terms}\n" in CHINESE


def test_every_option_of_a_rule_and_every_format_is_described() -> None:
    section = CHINESE.split("## 字段对照文件")[1]
    rows = "".join(re.findall(r"^\| (`[^|]+) \|", section, re.M))
    assert set(re.findall(r"`(\w+)`", rows)) == set(mapping._OPTIONS)
    assert all(f"`{name}`" in section for name in mapping.FORMATS)


def test_the_mapping_of_the_document_takes_markup_lists_and_texts(office: Office) -> None:
    for name, kind, body in blocks(CHINESE):
        if kind != "console" and name.startswith("藏品"):
            (office.folder / name).write_text(body, encoding="utf-8")
    rules = importers.load_mapping(office.folder / "藏品.toml")
    first, second = importers.read(office.folder / "藏品.csv", rules, office.folder / "generated")
    assert first.fields["title"] == {"zh": "铜卡尺（新莽）"}
    assert [one["name"] for one in first.fields["creators"]] == ["赵六", "孙七"]
    assert [file.name for file in first.files] == ["铜卡尺.jpg", "铜卡尺说明.txt"]
    assert "creators" not in second.fields


def test_the_readme_leads_to_the_document() -> None:
    assert "(docs/importing.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
