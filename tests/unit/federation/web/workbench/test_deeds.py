"""The audit log's actions in words."""

from __future__ import annotations

import re
from pathlib import Path

from federation import key_register, lifecycle, sampling, verdicts
from federation.web.workbench import deeds
from shared.petitioning import DISMISSED, GRANTED, KINDS

HUB = Path(deeds.__file__).parents[2]
FILES = {"hub.lock", "hub.port", "hub.sqlite"}
"""Names of files that look like actions."""


def test_every_action_that_the_hub_writes_has_a_name_and_no_other_has() -> None:
    literal = re.compile(rf'"((?:{"|".join(deeds.GROUPS)})\.[a-z_]+)"')
    sources = [path for path in HUB.rglob("*.py") if "web" not in path.relative_to(HUB).parts]
    written = {code for path in sources for code in literal.findall(path.read_text(encoding="utf-8"))} - FILES
    written |= {f"version.{state}" for state in lifecycle.MOVES}
    written |= {f"review.{verdict}" for verdict in verdicts.LEADS_TO}
    written |= {f"rereview.{outcome}" for outcome in sampling.OUTCOMES}
    written |= {f"petition.{word}" for word in (*KINDS, GRANTED, DISMISSED)}
    written |= {f"key.{state}" for moves in key_register.KEY_MOVES.values() for state in moves}
    assert written == set(deeds.ACTIONS)
