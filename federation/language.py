"""The language of an answer: pages under /en are English, all others Chinese; programs say Accept-Language."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import has_request_context, request

CHINESE, ENGLISH = "zh", "en"
LOCALES = {CHINESE: "zh_Hans_CN", ENGLISH: "en"}
ABOUT_AN_ADDRESS = "/oembed"
"""The page whose answer is about another address (oEmbed 1.0 §2.2), and so in that one's language."""
MOST_FIELDS = 20
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
        prefixed = path == "/en" or path.startswith("/en/")
        if prefixed:
            environ["PATH_INFO"] = path = path[3:] or "/"
        if prefixed or _about_an_english_page(path, environ.get("QUERY_STRING", "")):
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + "/en"
            environ[_KEY] = ENGLISH
        return self.wsgi_app(environ, start_response)


def _about_an_english_page(path: str, query: str) -> bool:
    """Whether one of our addresses in English is asked about: other sites ask at the one place that they know of."""
    if path != ABOUT_AN_ADDRESS:
        return False
    try:
        [url] = parse_qs(query, max_num_fields=MOST_FIELDS)["url"]
        return urlsplit(url).path.startswith("/en/")
    except (KeyError, ValueError):
        # None or several, or so many fields that nobody means anything by them: the view says what is wrong.
        return False


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
