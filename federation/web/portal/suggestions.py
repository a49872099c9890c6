"""Suggestions while somebody types, for the search box and for browsers' address bars (OpenSearch)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from flask import Response, request
from flask_babel import ngettext
from marshmallow import EXCLUDE

from federation import catalogue
from federation.api.queries import SuggestQuery
from federation.database import db
from federation.interop import opensearch
from federation.language import request_language
from federation.parts import parts
from federation.search.suggesting import SHARED, Suggestion, suggest
from federation.web.addresses import absolute
from federation.web.portal.blueprint import portal
from federation.web.portal.finding import PARSER
from federation.web.wording import grouped
from shared.errors import InvalidRequest

SUGGEST_QUERY = SuggestQuery()


@portal.get("/suggestions")
def suggestions() -> Response:
    """What was typed, what may be meant, how many resources each has, and the address of each search.

    The form is that of OpenSearch Suggestions 1.1; what cannot be asked has none.
    """
    try:
        typed = PARSER.parse(SUGGEST_QUERY, request, location="query", unknown=EXCLUDE)["q"]
    except InvalidRequest:
        typed = ""
    found = _standing(suggest(parts().index, typed, language=request_language()))
    body = [
        typed,
        [one.text for one in found],
        [_about(one) for one in found],
        [absolute("portal.search_page", q=one.text) for one in found],
    ]
    response = Response(json.dumps(body, ensure_ascii=False), content_type=opensearch.SUGGESTIONS)
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _standing(found: Sequence[Suggestion]) -> list[Suggestion]:
    """Those that something public has still: the index follows at its own pace."""
    public = catalogue.public_arks(db.session(), {ark for one in found for ark in one.arks})
    return [one for one in found if one.count > SHARED or not public.isdisjoint(one.arks)]


def _about(one: Suggestion) -> str:
    return str(ngettext("%(n)s 件资源", "%(n)s 件资源", one.count, n=grouped(one.count))) if one.count else ""
