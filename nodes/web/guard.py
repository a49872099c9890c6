"""Who may speak to the page: by itself this machine's own browser, from a page that this node served.

Without accounts everything else in the browser is a stranger. A name that an attacker's DNS points at 127.0.0.1 is
refused by its Host header; a request that another site makes the browser send is refused by where it comes from,
before a byte of its body is read. When the settings open the page to others, they come by one of the configured
names and, unless the settings say otherwise, by HTTPS; then everybody signs in (`nodes.web.identity`).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response

from nodes.settings import NodeSettings

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


HERE_ONLY = "此页面只供本机使用。This page is for this machine only."
OTHER_NAME = "请用管理员告诉您的网址打开。Open this page by the address that its manager told you."
NOT_PLAIN = (
    "请改用 https:// 打开，密码不能不加密地经过网络。Open this page by https://: passwords must not travel bare."
)


class Guard:
    """WSGI middleware in front of the whole page."""

    def __init__(self, wsgi_app: Callable[..., Iterable[bytes]], settings: NodeSettings) -> None:
        self.wsgi_app, self._settings = wsgi_app, settings

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Pass on what may come in; anything else gets a bare 403 that says what to do."""
        refusal = self._refusal(environ)
        if not refusal:
            return self.wsgi_app(environ, start_response)
        start_response("403 Forbidden", [("Content-Type", "text/plain; charset=utf-8")])
        return [f"{refusal}\n".encode()]

    def _refusal(self, environ: dict[str, Any]) -> str:
        host = _host(environ.get("HTTP_HOST", ""))
        if not self._settings.open:
            return "" if _from_here(environ) and host in HOSTS and _by_our_page(environ) else HERE_ONLY
        if host not in self._settings.names or not _by_our_page(environ):
            return OTHER_NAME
        plain = environ.get("wsgi.url_scheme") != "https"
        return NOT_PLAIN if plain and not self._settings.plain_http else ""


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
