"""A forked command, as most tests run them, is the same as one that was started: for each program, good and bad."""

from __future__ import annotations

import re
from pathlib import Path
from subprocess import TimeoutExpired

import pytest

from federation.search import pinyin
from tests.support import forked
from tests.support.processes import Command, surroundings
from tests.support.stores import free_port

pytestmark = pytest.mark.only_on("sqlite")  # the commands have databases of their own
WORDS = {
    "federation": [
        ("migrate",),
        ("user", "add", "somebody", "--password", "a-long-test-password-1"),
        ("user", "list", "--json"),
        ("invite", "nobody"),
        ("invite",),
    ],
    "nodes": [
        ("--help",),
        ("init",),
        ("register", "--title-zh", "标题", "--json"),
        ("sync",),
        ("status", "--nothing"),
    ],
}
"""What goes well, what is refused in words and as JSON, what no store or hub answers, and what is no command line."""
DATA = {"federation": "COMMONS_VAR", "nodes": "COMMONS_NODE_DATA"}


ANEW = re.compile(r"[\w-]{32,}|\d\d:\d\d:\d\d", re.ASCII)
"""Keys and times, which are others each time."""


def told(command: Command, words: tuple[str, ...]) -> tuple[int, str, str]:
    """How it ended and what it said, without what is new each time."""
    done = command.run(*words, check=None)
    folder = command.environ[DATA[command.module]]
    said, complained = (ANEW.sub("…", text.replace(folder, "…")) for text in (done.stdout, done.stderr))
    return done.returncode, said, complained


@pytest.mark.parametrize("module", WORDS)
@pytest.mark.only_on("sqlite")
def test_a_forked_command_ends_and_speaks_as_a_started_one(tmp_path: Path, module: str) -> None:
    forks = Command(module, {DATA[module]: str(tmp_path / "forked")})
    starts = Command(module, {DATA[module]: str(tmp_path / "started")}, started=True)
    ends = set()
    for words in WORDS[module]:
        said = told(forks, words)
        assert said == told(starts, words), words
        ends.add(said[0])
    assert {0, 5} <= ends


def test_a_forked_command_takes_its_language_from_its_environment(tmp_path: Path) -> None:
    for language, words in (("zh", "尚未初始化"), ("en", "There is no node")):
        environ = {"COMMONS_NODE_DATA": str(tmp_path), "COMMONS_LANGUAGE": language}
        assert words in Command("nodes", environ).run("status", check=5).stderr


def test_a_forked_command_leaves_nothing_behind_for_the_next(tmp_path: Path) -> None:
    """Modules are shared, what they hold is not: the second sees its own folder, words and vocabularies."""
    first, second = (Command("nodes", {"COMMONS_NODE_DATA": str(tmp_path / name)}) for name in ("a", "b"))
    first.run("init")
    assert first.run("key", "show", "--json").stdout
    assert "commons-node init" in second.run("key", "show", check=5).stderr


def test_a_command_that_does_not_end_is_killed_in_time(tmp_path: Path) -> None:
    environ = {**surroundings(), "COMMONS_NODE_DATA": str(tmp_path), "COMMONS_NODE_PORT": str(free_port())}
    assert forked.run("nodes", ("init",), environ, timeout=60) is not None
    with pytest.raises(TimeoutExpired):
        forked.run("nodes", ("serve",), environ, timeout=1)


def test_what_the_programs_set_in_the_tests_own_process_does_not_keep_commands_from_being_forked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LANGUAGE", "en")
    pinyin.pinyin("量")
    assert forked.run("nodes", ("--help",), surroundings(), timeout=60) is not None


@pytest.mark.parametrize("name", ["PYTHONPATH", "LD_PRELOAD", "LC_ALL", "HTTPS_PROXY"])
def test_what_counts_before_a_programs_first_line_has_it_started(name: str) -> None:
    assert forked.run("nodes", ("--help",), {**surroundings(), name: "/nowhere"}, timeout=60) is None
