"""Telling the counters what the public uses."""

from __future__ import annotations

from flask import request

from federation import usage
from federation.web import staff


def count(kind: str, resource_id: str, sha256: str = "") -> None:
    """Count a use by the public: whoever is signed in works here."""
    if usage.is_whole_reading(request.method, request.headers) and not staff.is_here():
        agent = request.environ.get("HTTP_USER_AGENT", "")
        usage.recorder().count(kind, resource_id, sha256, address=request.remote_addr or "", agent=agent)
