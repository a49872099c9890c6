"""The language of the page: what the person chose here, or else the language of the commands.

The texts are those of `nodes.texts`, by Python's own gettext: a node gets by without a library of all locales.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, has_request_context, session

from nodes import texts

CHINESE, ENGLISH = "zh", "en"
LANGUAGES = (CHINESE, ENGLISH)
_KEY = "language"


def current() -> str:
    """`zh` or `en` for the request at hand."""
    chosen = session.get(_KEY) if has_request_context() else None
    return chosen if chosen in LANGUAGES else texts.language()


def init_texts(app: Flask) -> None:
    """Let the templates of `app` speak the language at hand."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # made by the extension
        gettext, ngettext, newstyle=True
    )


def gettext(text: str) -> str:
    """`text` in the language at hand."""
    return texts.catalogue(current()).gettext(text)


def ngettext(singular: str, plural: str, number: int) -> str:
    """The form for `number` in the language at hand."""
    return texts.catalogue(current()).ngettext(singular, plural, number)


def choose(language: str) -> None:
    """Keep the person's choice."""
    if language in LANGUAGES:
        session[_KEY] = language


def local_path(target: str) -> str:
    """`target` when it is a path of this page, else the first page: nobody is sent elsewhere."""
    parts = urlsplit(target)
    is_local = (
        not parts.scheme and not parts.netloc and target.startswith("/") and not target.startswith(("//", "/\\"))
    )
    return target if is_local else "/"
