"""Bars on a terminal: one for each task, none for scripts, and none for what is over at once."""

from __future__ import annotations

import io
import re
import sys

import pytest

from shared import progress
from shared.progress import Bars


class Terminal(io.StringIO):
    """A stream that people look at."""

    def isatty(self) -> bool:
        return True


def looked_at(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal on which work has gone on for a while; pytest has standard error to itself until the test begins."""
    made = Terminal()
    monkeypatch.setattr(sys, "stderr", made)
    monkeypatch.setattr(progress, "QUIET_FOR", 0.0)
    return made


def lines(terminal: Terminal) -> list[str]:
    """What each line of the terminal shows in the end."""
    plain = re.sub(r"\x1b\[[?0-9;]*[A-Za-z]", "", terminal.getvalue())
    return [line.rpartition("\r")[2].strip() for line in plain.removesuffix("\n").split("\n")]


def test_each_task_has_a_line_of_its_own_and_ends_where_it_got_to(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = looked_at(monkeypatch)
    with Bars(str.upper) as bars:
        read, send = bars.begin("read", 4), bars.begin("send", 2)
        for steps in (1, 3):
            read(steps)
        send(1)
    first, second = lines(terminal)
    assert (first[:4], first[-4:]) == ("READ", "100%")
    assert (second[:4], second[-3:]) == ("SEND", "50%")


def test_what_was_done_before_there_was_anything_to_see_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = looked_at(monkeypatch)
    monkeypatch.setattr(progress, "QUIET_FOR", 3600.0)
    with Bars() as bars:
        advance = bars.begin("read", 4)
        advance(2)
        assert terminal.getvalue() == ""
        monkeypatch.setattr(progress, "QUIET_FOR", 0.0)
        advance(1)
    [line] = lines(terminal)
    assert line.endswith("75%")


def test_a_task_without_an_end_says_how_many_there_were(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = looked_at(monkeypatch)
    with Bars() as bars:
        bars.begin("rows", 0)(7)
    [line] = lines(terminal)
    assert line.endswith("7")


def test_a_script_reads_nothing_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(progress, "QUIET_FOR", 0.0)
    with Bars() as bars:
        bars.begin("read", 1)(1)
    assert stream.getvalue() == ""
