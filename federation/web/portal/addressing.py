"""One address for each resource: any other way to write its ARK leads there."""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from federation import catalogue
from shared.errors import NotFound


def elsewhere(ark: str, endpoint: str, **values: Any) -> ResponseReturnValue | None:
    """A redirect to the canonical address, or None when this is it. Raises `NotFound` for what is no ARK."""
    canonical = catalogue.normal_ark(ark)
    if canonical is None:
        raise NotFound()
    if canonical == ark:
        return None
    query = request.query_string.decode("ascii", errors="replace")
    return redirect(url_for(endpoint, ark=canonical, **values) + (f"?{query}" if query else ""), 301)
