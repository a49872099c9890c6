"""Whether this process lives (/healthz) and whether it can serve (/readyz)."""

from __future__ import annotations

import os

from flask import Blueprint, Response, jsonify
from sqlalchemy import text

from federation import room
from federation.audience import PUBLIC, guard
from federation.database import db
from federation.parts import parts
from shared.supervised import INSTANCE, INSTANCE_HEADER

health = guard(Blueprint("health", __name__), PUBLIC)


@health.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return jsonify(status="ok")


@health.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Database and object store answer; 503 names the one that does not.

    `disk` is false when no more files are taken for want of room: what is there is served as before.

    The header lets a supervisor tell its own process's answer from that of another hub on the same port.
    """
    checks = {"database": _database_answers(), "store": parts().store.ready()}
    good = all(checks.values())
    checks["disk"] = room.is_enough(parts().settings)
    answer = jsonify(status="ready" if good else "not ready", checks=checks)
    if INSTANCE in os.environ:
        answer.headers[INSTANCE_HEADER] = os.environ[INSTANCE]
    return answer, 200 if good else 503


def _database_answers() -> bool:
    try:
        db.session.execute(text("SELECT 1"))
    except Exception:
        db.session.rollback()
        return False
    return True
