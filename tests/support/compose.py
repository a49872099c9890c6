"""docker-compose.yml, Dockerfile and nginx.conf as data, for the tests that hold them to the project."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
NGINX = re.sub(r"^\s*#.*$", "", (ROOT / "config" / "nginx.conf").read_text(encoding="utf-8"), flags=re.M)
SECRETS_AT = "/run/secrets/"
VARIABLE = re.compile(r"\$\{(\w+)(?::\?[^}]*)?\}")


def stages() -> dict[str, list[list[str]]]:
    """The instructions of each stage of the Dockerfile, split into words; the first is its FROM."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    joined = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", text, flags=re.M))
    found: dict[str, list[list[str]]] = {}
    for line in filter(None, joined.splitlines()):
        words = line.split()
        if words[0] == "FROM":
            found[words[3]] = []
            current = found[words[3]]
        current.append(words)
    return found


def lineage(stage: str) -> list[list[str]]:
    """A stage's instructions after those of the stages that it is made from."""
    instructions = stages()[stage]
    above = instructions[0][1]
    return (lineage(above) if above in stages() else []) + instructions


def said(stage: str, word: str) -> list[list[str]]:
    """What a stage and its forebears say after an instruction."""
    return [instruction[1:] for instruction in lineage(stage) if instruction[0] == word]


def substituted(value: str, **variables: str) -> str:
    """A value with its variables filled in, as Compose does it."""
    return VARIABLE.sub(lambda match: variables[match[1]], value).replace("$$", "$")


def prompts() -> list[str]:
    """The shell lines of the head comment that begin with a prompt."""
    return re.findall(r"^#\s+\$ (.+)$", TEXT, re.M)


def spoken(program: str) -> list[list[str]]:
    """The commands that the head comment gives to a service, by `docker compose exec` or `run --rm`."""
    lines = re.findall(rf"^#\s+docker compose (?:exec|run --rm) {program} (.+)$", TEXT, re.M)
    return [shlex.split(line) for line in lines]


def health_command(name: str) -> list[str]:
    """The words of a service's health check."""
    test = SERVICES[name]["healthcheck"]["test"]
    assert test[0] == "CMD"
    words: list[str] = test[1:]
    return words


def health_address(name: str) -> tuple[int, str] | None:
    """Port and path of the address that a health check asks, None when it asks none."""
    found = re.search(r"http://127\.0\.0\.1:(\d+)(/[\w-]*)", " ".join(health_command(name)))
    return (int(found[1]), found[2]) if found else None
