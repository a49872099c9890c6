"""The audit log's actions in words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from federation import key_register, lifecycle, sampling, verdicts
from federation.web.workbench import deeds
from shared.petitioning import DISMISSED, GRANTED, KINDS

HUB = Path(deeds.__file__).parents[2]
ACTION = re.compile(r"[a-z_]+\.(?!toml|sqlite)[a-z_]+")
WRITERS = {"Happening", "_log", "_remember"}


def actions_in(source: str) -> Iterator[str]:
    """What looks like an action where something is told to the log, or is kept under a name in capitals for it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            named = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            places: Sequence[ast.AST] = node.args if named in WRITERS else ()
        else:
            places = [node.value] if isinstance(node, ast.Assign) and "Happening" in source else ()
        for place in places:
            for one in ast.walk(place):
                if isinstance(one, ast.Constant) and isinstance(one.value, str) and ACTION.fullmatch(one.value):
                    yield one.value


def test_every_action_that_the_hub_writes_has_a_name_and_no_other_has() -> None:
    sources = [path for path in HUB.rglob("*.py") if "web" not in path.relative_to(HUB).parts]
    written = {code for path in sources for code in actions_in(path.read_text(encoding="utf-8"))}
    written |= {f"version.{state}" for state in lifecycle.MOVES}
    written |= {f"review.{verdict}" for verdict in verdicts.LEADS_TO}
    written |= {f"rereview.{outcome}" for outcome in sampling.OUTCOMES}
    written |= {f"petition.{word}" for word in (*KINDS, GRANTED, DISMISSED)}
    written |= {f"key.{state}" for moves in key_register.KEY_MOVES.values() for state in moves}
    assert written == set(deeds.ACTIONS)
