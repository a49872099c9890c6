"""By what name this page goes: asked by a command that wants to open it, and by nobody else."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from nodes import served
from nodes.web.frame import workplace

alive = Blueprint("alive", __name__)


@alive.get(served.PATH)
def answer() -> ResponseReturnValue:
    """The node's name; it says nothing of what the node holds, and touches no database."""
    return {"node": served.name_of(workplace().folder)}
