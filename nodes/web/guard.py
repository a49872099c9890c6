"""Who may speak to the local page: this machine's own browser, from a page that this node served.

The page has no accounts, so everything else in the browser is a stranger. A name that an attacker's DNS points at
127.0.0.1 is refused by its Host header; a request that another site makes the browser send is refused by where it
comes from, before a byte of its body is read.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response

HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "media-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
"""Only scripts of our own, as files; every page works without them."""


class LoopbackOnly:
    """WSGI middleware in front of the whole page."""

    def __init__(self, wsgi_app: Callable[..., Iterable[bytes]]) -> None:
        self.wsgi_app = wsgi_app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Pass on what comes from here; anything else gets a bare 403."""
        if _from_here(environ) and _by_our_name(environ) and _by_our_page(environ):
            return self.wsgi_app(environ, start_response)
        start_response("403 Forbidden", [("Content-Type", "text/plain; charset=utf-8")])
        return ["此页面只供本机使用。This page is for this machine only.\n".encode()]


def init_headers(app: Flask) -> None:
    """Say on every answer what the page may load, and that nobody keeps it."""

    @app.after_request
    def add_headers(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", POLICY)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        headers.setdefault("Cache-Control", "no-store")
        return response


def _from_here(environ: dict[str, Any]) -> bool:
    try:
        return ipaddress.ip_address(environ.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _by_our_name(environ: dict[str, Any]) -> bool:
    return _host(environ.get("HTTP_HOST", "")) in HOSTS


def _by_our_page(environ: dict[str, Any]) -> bool:
    """Whether a request that changes something was made by this very page, as far as the browser tells."""
    if environ.get("REQUEST_METHOD") in SAFE_METHODS:
        return True
    if environ.get("HTTP_SEC_FETCH_SITE", "same-origin") not in ("same-origin", "none"):
        return False
    origin = environ.get("HTTP_ORIGIN", "")
    return not origin or urlsplit(origin).netloc.lower() == environ.get("HTTP_HOST", "").lower()


def _host(header: str) -> str:
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""
