"""What is to be done to have the node run by itself, before any of it is done: files to write and commands to run."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

from nodes.served import name_of
from nodes.settings import NodeSettings, load_settings

PLAIN_NAME = "commons-node"


@dataclass(frozen=True)
class Program:
    """What the service runs: the interpreter, the node's data folder, its settings file if there is one, a language.

    `name` tells the services of several nodes of one person apart.
    """

    python: Path
    data: Path
    config: Path | None
    language: str
    name: str

    @property
    def words(self) -> tuple[str, ...]:
        """The command line. With -P nothing is loaded from the folder in which the service happens to start."""
        config = ("--config", str(self.config)) if self.config is not None else ()
        return (str(self.python), "-P", "-m", "nodes", *config, "--data", str(self.data), "serve")


@dataclass(frozen=True)
class Step:
    """A command to run; one that is not `needed` may fail: then it is said and the rest goes on."""

    words: tuple[str, ...]
    needed: bool = True


@dataclass(frozen=True)
class Plan:
    """How the service is set up and taken away; `query` ends with 0 when the system knows it."""

    files: dict[Path, bytes]
    install: tuple[Step, ...]
    remove: tuple[Step, ...]
    query: tuple[str, ...]
    remarks: tuple[str, ...] = field(default=())


def program(settings: NodeSettings, *, config: Path | None, language: str) -> Program:
    """The program of the node with these settings, run by the Python that runs this."""
    folder = settings.folder.absolute()
    plain = folder == load_settings(environ={}).folder.absolute()
    name = PLAIN_NAME if plain else f"{PLAIN_NAME}-{name_of(folder)[:8]}"
    return Program(_python(Path(sys.executable)), folder, config.absolute() if config else None, language, name)


def _python(python: Path) -> Path:
    """On Windows the interpreter that opens no console, if it is there."""
    windowless = python.with_name("pythonw.exe")
    return windowless if python.name.lower() == "python.exe" and windowless.exists() else python
