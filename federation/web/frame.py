"""What every page knows: names, languages, addresses, and the filters that put facts into words."""

from __future__ import annotations

import re
import zlib
from typing import Any
from urllib.parse import quote, unquote_plus

from flask import Flask, request

from federation.api.queries import SearchQuery
from federation.language import CHINESE, ENGLISH, request_language
from federation.parts import parts
from federation.web import wording
from federation.web.assets import asset_url
from shared.wording import file_size

LANGUAGE_TAGS = {CHINESE: "zh-Hans-CN", ENGLISH: "en"}
OF_THE_WORKBENCH = (
    "show",
    "sensitive",
    "age",
    "version",
    "next",
    "state",
    "token",
    "begin",
    "end",
    "action",
    "subject",
    "actor",
    "until",
    "before",
    "find",
)
PARAMETERS = frozenset((*SearchQuery().fields, *OF_THE_WORKBENCH))
"""What pages take in their queries: those of the search, and of the workbench its lists, door, links and reports."""
_PICTURES = re.compile(r"image/(png|jpeg|gif|webp|avif|svg\+xml|bmp)")


def init_frame(app: Flask) -> None:
    """Give every template of `app` its filters and values."""
    app.jinja_env.filters.update(
        file_size=file_size,
        grouped=wording.grouped,
        reading_date=wording.reading_date,
        short_date=wording.short_date,
        said=wording.said,
        as_written=wording.as_written,
        language_name=wording.language_name,
        in_quotes=wording.in_quotes,
        sum_of_signs=sum_of_signs,
    )
    app.jinja_env.globals.update(
        asset_url=asset_url,
        label=wording.label,
        other_title=wording.other_title,
        year_span=wording.year_span,
        html_language=wording.html_language,
        is_picture=is_picture,
        format_of=wording.format_of,
        paragraphs=wording.paragraphs,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.context_processor(_page_values)


def sum_of_signs(text: str) -> int:
    """A number that is always the same for `text`, and another one for most other texts."""
    return zlib.crc32(text.encode())


def is_picture(media_type: str) -> bool:
    """Whether browsers show this type as a picture."""
    return _PICTURES.fullmatch(media_type) is not None


def own_query() -> str:
    """The query of the page at hand, as sent, without what others add to a link that is passed on."""
    sent = request.query_string.decode("ascii", errors="replace").split("&")
    return "&".join(piece for piece in sent if unquote_plus(piece.partition("=")[0]) in PARAMETERS)


def in_language(language: str) -> str:
    """The public address of the page at hand in `language`, with its query."""
    origin = parts().settings.origin
    prefix = "/en" if language == ENGLISH else ""
    query = own_query()
    return f"{origin}{prefix}{quote(request.path, safe='/:@!$&()*+,;=~')}" + (f"?{query}" if query else "")


def other_language_path() -> str:
    """The address of this page in the other language, within this site."""
    prefix = "" if request_language() == ENGLISH else "/en"
    root = request.script_root.removesuffix("/en")
    query = own_query() if request.method == "GET" else ""
    return f"{root}{prefix}{quote(request.path, safe='/:@!$&()*+,;=~')}" + (f"?{query}" if query else "")


def _page_values() -> dict[str, Any]:
    language = request_language()
    settings = parts().settings
    return {
        "language": language,
        "page_lang": LANGUAGE_TAGS[language],
        "hub_name": settings.hub_name_zh if language == CHINESE else settings.hub_name_en,
        "origin": settings.origin,
        "in_language": in_language,
        "other_language_path": other_language_path,
    }
