"""The language of an answer: pages under /en are English, all others Chinese; programs say Accept-Language."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import has_request_context, request

CHINESE, ENGLISH = "zh", "en"
LOCALES = {CHINESE: "zh_Hans_CN", ENGLISH: "en"}
_KEY = "commons.language"


class LanguagePrefix:
    """WSGI middleware: `/en/…` is the same page in English.

    The prefix moves into SCRIPT_NAME, so that every address made for the answer carries it too.
    """

    def __init__(self, wsgi_app: Callable[..., Iterable[bytes]]) -> None:
        self.wsgi_app = wsgi_app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Serve one request."""
        path = environ.get("PATH_INFO", "")
        if path == "/en" or path.startswith("/en/"):
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + "/en"
            environ["PATH_INFO"] = path[3:] or "/"
            environ[_KEY] = ENGLISH
        return self.wsgi_app(environ, start_response)


def request_language() -> str:
    """`zh` or `en` for the request at hand; `zh` outside of one."""
    if not has_request_context():
        return CHINESE
    if _KEY in request.environ:
        return str(request.environ[_KEY])
    if request.path.startswith("/api/"):
        return request.accept_languages.best_match([CHINESE, ENGLISH], default=CHINESE) or CHINESE
    return CHINESE


def request_locale() -> str:
    """Babel's name for the language of the request at hand."""
    return LOCALES[request_language()]
