"""What each hub in a test's process would make anew although it comes out the same: here it is made once.

Nothing is left out: the same bytes are read, the same templates and addresses compiled, the same hash
computed, with less of it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cache
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from botocore import loaders
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from werkzeug.routing import Rule

from federation import people

IN_EARNEST = people.HASHER
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
"""Argon2id all the same; what the hub itself takes costs a tenth of a second each time, as it should."""


def make_once(folder: Path) -> None:
    """From now on in this process S3's description is parsed and each template compiled once; passwords are quick."""
    loaders.create_loader = cache(loaders.create_loader)
    folder.mkdir(exist_ok=True)
    Flask.jinja_options = {"bytecode_cache": FileSystemBytecodeCache(str(folder))}
    people.HASHER = QUICK
    Rule._compile_builder = _compiled_once(Rule._compile_builder)  # type: ignore[method-assign]


def _compiled_once(compile_builder: Callable[..., Any]) -> Callable[..., Any]:
    """What puts an address together is code that depends on the rule's words alone: the same for each application."""
    known: dict[Hashable, Any] = {}

    def compiled(rule: Rule, append_unknown: bool = True) -> Any:
        words = (rule.rule, rule.subdomain, rule.host, tuple(rule._trace), tuple(sorted(rule.arguments)))
        key = (*words, repr(rule.defaults), append_unknown)
        if key not in known:
            known[key] = compile_builder(rule, append_unknown)
        return known[key]

    return compiled
