"""The language of the page: what the person chose here, or else the language of the commands."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import has_request_context, session

from nodes import texts

CHINESE, ENGLISH = "zh", "en"
LOCALES = {CHINESE: "zh_Hans_CN", ENGLISH: "en"}
_KEY = "language"


def current() -> str:
    """`zh` or `en` for the request at hand."""
    chosen = session.get(_KEY) if has_request_context() else None
    return chosen if chosen in LOCALES else texts.language()


def locale() -> str:
    """Babel's name for the language at hand."""
    return LOCALES[current()]


def choose(language: str) -> None:
    """Keep the person's choice."""
    if language in LOCALES:
        session[_KEY] = language


def local_path(target: str) -> str:
    """`target` when it is a path of this page, else the first page: nobody is sent elsewhere."""
    parts = urlsplit(target)
    is_local = (
        not parts.scheme and not parts.netloc and target.startswith("/") and not target.startswith(("//", "/\\"))
    )
    return target if is_local else "/"
