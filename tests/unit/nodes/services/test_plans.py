"""What is written and run to make the node a service, as each system reads it, with blanks and Chinese in paths."""

from __future__ import annotations

import plistlib
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePath, PureWindowsPath
from typing import Any
from xml.etree import ElementTree

import pytest

from nodes.services import launchd, managing, systemd, windows_task
from nodes.services.plan import Program, program
from nodes.settings import NodeSettings
from shared.errors import ServiceFailed, ServiceImpossible

PROGRAM = Program(
    python=Path("/opt/计量 venv/bin/python"),
    data=Path('/srv/数据 100% $HOME "quoted" back\\slash'),
    config=None,
    language="zh",
    name="commons-node",
)
NEVER: dict[str, str] = {}


def read_as_systemd(line: str) -> Iterator[str]:
    """The words of a command line as systemd.syntax(7) has it: double quotes, C escapes, %% and $$."""
    for quoted in re.findall(r'"((?:\\.|[^"\\])*)"', line):
        plain = re.sub(r"\\(.)", r"\1", quoted)
        assert not re.search(r"(?<!%)%(?:%%)*(?!%)", plain), "no specifier is left"
        yield plain.replace("%%", "%").replace("$$", "$")


def test_systemd_reads_the_very_words_that_are_meant() -> None:
    [(path, content)] = systemd.plan(PROGRAM, config_home=Path("/c")).files.items()
    assert path == Path("/c/systemd/user/commons-node.service")
    [line] = re.findall(r"^ExecStart=(.*)$", content.decode(), re.M)
    assert tuple(read_as_systemd(line)) == PROGRAM.words


def test_a_unit_has_the_sections_and_only_keys_that_systemd_knows() -> None:
    [content] = systemd.plan(PROGRAM, config_home=Path("/c")).files.values()
    found = re.findall(r"^(\[\w+\]|\w+=)", content.decode(), re.M)
    assert found == [
        "[Unit]",
        "Description=",
        "[Service]",
        "Type=",
        "ExecStart=",
        "Environment=",
        "Restart=",
        "RestartSec=",
        "NoNewPrivileges=",
        "[Install]",
        "WantedBy=",
    ]
    assert "Restart=on-failure" in content.decode()


def task(**changes: Any) -> ElementTree.Element:
    windows: Any = PureWindowsPath
    one = replace(PROGRAM, python=windows(r"C:\计量 程序\pythonw.exe"), data=windows("D:\\节点 数据\\"), **changes)
    xml = windows_task.task_xml(one, user=r"MUSEUM\馆员", at_boot=False)
    assert xml.startswith((b"\xff\xfe", b"\xfe\xff")), "UTF-16 with its mark"
    return ElementTree.fromstring(xml)


def names(element: ElementTree.Element | None) -> list[str]:
    assert element is not None
    return [child.tag.partition("}")[2] for child in element]


def text(element: ElementTree.Element, path: str) -> str:
    found = element.findtext("/".join(f"{{{windows_task.NAMESPACE}}}{name}" for name in path.split("/")))
    assert found is not None, path
    return found


def child(element: ElementTree.Element, path: str) -> ElementTree.Element | None:
    return element.find("/".join(f"{{{windows_task.NAMESPACE}}}{name}" for name in path.split("/")))


def test_a_windows_task_has_its_elements_in_the_order_of_the_schema() -> None:
    found = task()
    assert found.attrib["version"] == "1.2"
    assert names(found) == ["RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"]
    assert names(child(found, "Triggers/LogonTrigger")) == ["Enabled", "UserId"]
    assert names(child(found, "Principals/Principal")) == ["UserId", "LogonType", "RunLevel"]
    assert names(child(found, "Actions/Exec")) == ["Command", "Arguments", "WorkingDirectory"]
    assert names(child(found, "Settings/RestartOnFailure")) == ["Interval", "Count"]
    assert int(text(found, "Settings/RestartOnFailure/Count")) <= 255
    assert text(found, "Settings/ExecutionTimeLimit") == "PT0S", "it is not ended after three days"


def test_windows_reads_the_very_words_that_are_meant() -> None:
    found = task()
    assert text(found, "Actions/Exec/Command") == r"C:\计量 程序\pythonw.exe"
    # A backslash before a closing quote is doubled (CommandLineToArgvW).
    assert text(found, "Actions/Exec/Arguments") == r'-P -m nodes --data "D:\节点 数据" serve'
    assert text(found, "Actions/Exec/WorkingDirectory") == r"C:\计量 程序"
    assert text(found, "Principals/Principal/UserId") == r"MUSEUM\馆员"


def test_a_windows_task_may_begin_at_boot_without_anybody_signed_in() -> None:
    xml = ElementTree.fromstring(windows_task.task_xml(PROGRAM, user="me", at_boot=True))
    assert names(child(xml, "Triggers")) == ["BootTrigger"]
    assert text(xml, "Principals/Principal/LogonType") == "S4U"


def test_launchd_reads_the_very_words_that_are_meant() -> None:
    [(path, content)] = launchd.plan(PROGRAM, home=Path("/h"), uid=501).files.items()
    found = plistlib.loads(content)
    assert path == Path("/h/Library/LaunchAgents/org.metrology-commons.commons-node.plist")
    assert path.stem == found["Label"]
    assert tuple(found["ProgramArguments"]) == PROGRAM.words
    assert found["RunAtLoad"] is True
    assert found["KeepAlive"] == {"SuccessfulExit": False}


def test_two_nodes_of_one_person_are_two_services(tmp_path: Path) -> None:
    made = [program(NodeSettings(data=str(tmp_path / name)), config=None, language="zh") for name in "ab"]
    plain = program(NodeSettings(), config=None, language="zh")
    assert len({one.name for one in (*made, plain)}) == 3
    assert plain.name == "commons-node"


@pytest.mark.parametrize(
    ("platform", "odd", "said"),
    [
        ("sunos5", {}, "不是 Linux"),
        ("linux", {"at_boot": True}, "--at-boot"),
        ("darwin", {"at_boot": True}, "--at-boot"),
    ],
)
def test_what_a_system_cannot_do_is_said(platform: str, odd: dict[str, bool], said: str) -> None:
    with pytest.raises(ServiceImpossible) as raised:
        managing.plan_for(PROGRAM, **{"at_boot": False, **odd}, platform=platform)
    assert said in raised.value.message("zh")


def test_a_path_with_a_line_break_would_write_lines_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(ServiceImpossible, match="line break"):
        managing.plan_for(replace(PROGRAM, data=tmp_path / "a\nExecStart=/bin/evil"), at_boot=False, platform="linux")


def test_what_is_set_in_the_terminal_alone_is_not_lost_in_silence(tmp_path: Path) -> None:
    settings = NodeSettings(data=str(tmp_path))
    environ = {"COMMONS_NODE_DATA": "x", "COMMONS_NODE_PORT": "1", "COMMONS_NODE_KEY_PASSPHRASE": "secret"}
    with pytest.raises(ServiceImpossible) as raised:
        managing.check(settings, environ, platform="win32")
    said = raised.value.message("zh")
    assert "COMMONS_NODE_PORT" in said
    assert "COMMONS_NODE_DATA" not in said
    assert "secret" not in said
    managing.check(settings, {"COMMONS_NODE_DATA": "x"}, platform="win32")


def test_a_key_that_somebody_must_unlock_is_no_service_s(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    with pytest.raises(ServiceImpossible, match="passphrase"):
        managing.check(NodeSettings(data=str(tmp_path)), NEVER, platform="win32")
    managing.check(NodeSettings(data=str(tmp_path), key_passphrase="x"), NEVER, platform="win32")


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PurePath:
    """Programs in the place of systemd's, which write down how they were called."""
    for name, code in (("systemctl", 0), ("loginctl", 1)):
        script = tmp_path / "bin" / name
        script.parent.mkdir(exist_ok=True)
        script.write_text(f'#!/bin/sh\necho {name} "$@" >> {tmp_path}/called\necho no bus >&2\nexit {code}\n')
        script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin:/usr/bin")
    return tmp_path


def test_a_service_is_set_up_asked_for_and_taken_away(played: Path) -> None:
    made = systemd.plan(PROGRAM, config_home=played)
    assert not managing.status(made, played).installed
    assert managing.install(made) == ["loginctl enable-linger"], "not needed, so it may fail"
    assert managing.status(made, played).installed
    managing.remove(made)
    assert not managing.status(made, played).installed
    called = (played / "called").read_text().splitlines()
    assert "systemctl --user enable --now commons-node.service" in called
    assert "systemctl --user disable --now commons-node.service" in called


def test_a_step_that_the_system_refuses_is_named_with_its_reason(played: Path) -> None:
    (played / "bin" / "systemctl").write_text("#!/bin/sh\necho no bus >&2\nexit 1\n")
    with pytest.raises(ServiceFailed) as raised:
        managing.install(systemd.plan(PROGRAM, config_home=played))
    assert "no bus" in raised.value.message("zh")
    assert "daemon-reload" in raised.value.message("zh")
