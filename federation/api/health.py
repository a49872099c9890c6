"""Whether this process lives (/healthz) and whether it can serve (/readyz)."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from sqlalchemy import text

from federation.audience import PUBLIC, guard
from federation.database import db
from federation.parts import parts

health = guard(Blueprint("health", __name__), PUBLIC)


@health.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return jsonify(status="ok")


@health.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Database and object store answer; 503 names the one that does not."""
    checks = {"database": _database_answers(), "store": parts().store.ready()}
    good = all(checks.values())
    return jsonify(status="ready" if good else "not ready", checks=checks), 200 if good else 503


def _database_answers() -> bool:
    try:
        db.session.execute(text("SELECT 1"))
    except Exception:
        db.session.rollback()
        return False
    return True
