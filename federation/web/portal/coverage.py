"""Where the period and the place that a resource is about lead: to others of the same years, and to the map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import url_for

from federation import bearings
from federation.api.queries import parameters
from federation.atlas import grid
from federation.web.wording import said

LEVEL = 4
"""Of the map's cells: half a degree, a town with what lies around it."""


def links(coverage: Mapping[str, Any]) -> Mapping[str, str]:
    """The addresses for `period` and `place`, where the record has them.

    What has neither years nor coordinates leads to what has its name.
    """
    found = {}
    for name, address in (("period", _years), ("place", _cell)):
        if part := coverage.get(name):
            found[name] = address(part) or url_for("portal.search_page", q=said(part["name"]).text)
    return found


def _years(period: Mapping[str, Any]) -> str:
    asked = parameters({"period_from": period.get("from"), "period_until": period.get("until")})
    return url_for("portal.search_page", **asked) if asked else ""


def _cell(place: Mapping[str, Any]) -> str:
    if "latitude" not in place:
        return ""
    row, column = bearings.cell(place["latitude"], place["longitude"])
    cell = grid.holding(row, column, LEVEL)
    return url_for("portal.map_cell", level=cell.level, row=cell.row, column=cell.column)
