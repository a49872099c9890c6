"""docs/institution-guide.zh.md, walked through: each of its commands, against a hub that really answers."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from federation import questions
from federation.database import unit_of_work
from federation.models.people import User
from federation.models.resources import ResourceVersion
from nodes import served as node_page
from nodes.settings import load_settings
from tests.support.guides import ROOT, commands, text_of
from tests.support.hub import Hub, running_hub
from tests.support.processes import PASSWORD, Command, commands_of, eventually
from tests.support.repository import played_repository, record
from tests.support.serving import served
from tests.support.stores import RunningStore, free_port
from tests.support.workbooks import GOOD, HEADINGS, workbook

GUIDE = text_of("docs/institution-guide.zh.md")
ONLINE, APART = GUIDE.split("\n## 不能上网的单位\n")
PICTURES = ROOT / "docs" / "images" / "guide"
MOST_BYTES = 90 * 1024
HUB, REPOSITORY = "https://commons.example.org", "https://repository.example.org/oai"
"""The addresses of the guide, in whose place a reader puts real ones."""
QUESTION = "照片是谁拍的？"
CODE = "museum"


@dataclass
class Desk:
    """The reader's desk: a folder with what the guide takes for granted, a node, and an alliance that answers."""

    folder: Path
    hub: Hub
    repository: str
    node: Command

    def walk(self, text: str) -> None:
        """Type every command of the guide."""
        for line in commands(text):
            program, *words = shlex.split(line)
            if program == "pip":
                assert words == ["install", project()["name"]]
            else:
                assert program == "commons-node" in project()["scripts"]
                self.type(*words)

    def type(self, *words: str) -> None:
        """One command, with what the alliance does before and after it."""
        if not words:
            self.look()
            return
        if words == ("answer",):
            self.ask()
        self.node.run(*(self.meant(word) for word in words))
        if words == ("sync",):
            self.hub.work()
        elif words[0] in ("join-request", "export"):
            self.carry(*words)

    def meant(self, word: str) -> str:
        """What a reader types in the place of a word that only stands for something."""
        if word == "邀请码":
            return self.alliance.run("invite", CODE).stdout.strip()
        if word == "指纹":
            return self.alliance.run("audit", "key", "--fingerprint").stdout.strip()
        if word == "提问编号":
            return str(self.node.json("answer")[0]["id"])
        if word == "资源编号":
            return str(self.node.json("status")["resources"][0]["id"])
        return word.replace(HUB, self.hub.settings.public_origin).replace(REPOSITORY, self.repository)

    def look(self) -> None:
        """Open the page, and close it again."""
        environ = {"COMMONS_NODE_PORT": str(free_port()), "COMMONS_NODE_DATA": self.node.options[1]}
        page = Command("nodes", environ, options=("--no-browser",)).start()
        try:
            assert eventually(lambda: node_page.find(Path(self.node.options[1])))
        finally:
            page.terminate()
            page.communicate(timeout=20)

    def ask(self) -> None:
        """A reviewer asks about a resource, and the node hears of it."""
        with unit_of_work(self.hub.app) as session:
            reviewer = session.scalars(select(User)).one()
            version = session.scalars(select(ResourceVersion).where(ResourceVersion.state == "in_review")).first()
            assert version is not None
            questions.ask(session, version, reviewer=reviewer, text=QUESTION)
        self.node.run("sync")

    def carry(self, kind: str, name: str, *_: str) -> None:
        """A stick goes to the alliance and comes back."""
        if kind == "join-request":
            self.alliance.run("enrol", name, "--reply", "答复.jws")
        else:
            self.alliance.run("import", name, "--receipt", "回执.jws")

    @property
    def alliance(self) -> Command:
        """The operator of the hub, with the stick at hand."""
        found = commands_of(self.hub)
        found.folder = self.folder
        return found

    @property
    def states(self) -> dict[str, int]:
        """How many resources are in each state, as the node knows it."""
        found: dict[str, int] = self.node.json("status")["states"]
        return found


def project() -> dict[str, object]:
    """What pyproject.toml says of the package that is installed."""
    found: dict[str, object] = tomllib.loads(text_of("pyproject.toml"))["project"]
    return found


@pytest.fixture
def desk(tmp_path: Path, store: RunningStore) -> Iterator[Desk]:
    """An alliance with a reviewer and an invitation to give, a filled-in table, and a folder of photos listed."""
    port, folder = free_port(), tmp_path / "桌面"
    (folder / "展览照片").mkdir(parents=True)
    for place, identifier in (("科普课件.xlsx", "k-1"), ("展览照片/manifest.xlsx", "z-1")):
        workbook([HEADINGS, (identifier, *GOOD)]).save(folder / place)
    inside = "<dc:description>从机构库来。</dc:description><dc:language>zh</dc:language>"
    there = record("oai:r:1", "2026-01-01T00:00:00Z", "量块", inside=inside)
    origin = f"http://127.0.0.1:{port}"
    with (
        running_hub(tmp_path / "hub", store, public_origin=origin) as hub,
        served(hub, port),
        played_repository([there]) as repository,
    ):
        hub.institution(CODE)
        commands_of(hub).run("user", "add", "reviewer", "--password", PASSWORD)
        node = Command("nodes", {}, options=("--data", str(tmp_path / "node")), folder=folder)
        yield Desk(folder, hub, repository.address, node)


def test_every_command_of_the_guide_does_its_work(desk: Desk) -> None:
    desk.walk(ONLINE)
    assert sum(desk.states.values()) == 3
    assert desk.states["withdrawn"] == 1
    with unit_of_work(desk.hub.app, read_only=True) as session:
        [asked] = session.scalars(select(questions.Question))
        assert asked.answer in GUIDE
        assert asked.answer


def test_an_institution_without_a_network_comes_through_the_guide_as_well(desk: Desk) -> None:
    desk.node.run("init")
    desk.walk(APART)
    assert desk.states == {"in_review": 1}


def test_the_configuration_of_the_guide_can_be_used(tmp_path: Path) -> None:
    [written] = re.findall(r"```toml\n(.*?)```", GUIDE, re.S)
    file = tmp_path / "节点.toml"
    file.write_text(written, encoding="utf-8")
    settings = load_settings(file, environ={})
    assert settings.open
    assert settings.faults() == []


def test_every_picture_of_the_guide_is_there_is_small_and_is_shown() -> None:
    shown = re.findall(r"!\[([^]]+)\]\(images/guide/([\w-]+\.png)\)", GUIDE)
    there = {path.name: path.stat().st_size for path in PICTURES.iterdir()}
    assert sorted(name for _, name in shown) == sorted(there)
    assert max(there.values()) <= MOST_BYTES


def test_whoever_opens_the_readme_or_the_document_on_importing_finds_the_guide() -> None:
    readme = text_of("README.md").split("\n## English\n")
    assert all("(docs/institution-guide.zh.md)" in part for part in readme)
    assert "(institution-guide.zh.md)" in text_of("docs/importing.md")
