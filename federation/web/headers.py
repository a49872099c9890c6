"""Headers of every answer: what a page may load, who may keep it, and what it may not leak."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin

from federation.parts import parts

PERMISSIONS = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"
HSTS = "max-age=31536000; includeSubDomains"
PUBLIC_PAGE = "public, no-cache"
"""Anybody may keep a public page, and asks every time whether it still holds: a withdrawal shows at once."""
PRIVATE_PAGE = "private, no-store"


def init_headers(app: Flask) -> None:
    """Put the headers on every answer of `app`."""
    settings = parts(app).settings
    policy = content_policy(settings.store_public_endpoint or settings.store_endpoint)
    secure = settings.origin.startswith("https:")

    @app.after_request
    def add_headers(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", policy)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
        headers.setdefault("Permissions-Policy", PERMISSIONS)
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        if secure:
            headers.setdefault("Strict-Transport-Security", HSTS)
        return response

    app.session_interface = Sessions()


class Sessions(SecureCookieSessionInterface):
    """Flask's sessions; an answer that looked at the session is for one person, any other is for all.

    Flask's own `session` counts even the question whether it was looked at, so it is asked here, where the
    session is put away after every request.
    """

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Put the session away, and say who may keep the answer."""
        super().save_session(app, session, response)
        if session.accessed:
            response.headers["Cache-Control"] = PRIVATE_PAGE
        else:
            _say_that_all_may_keep(response)


def content_policy(store: str) -> str:
    """The Content Security Policy: nothing inline, nothing from elsewhere but pictures and media of our store."""
    where = urlsplit(store)
    origin = f"{where.scheme}://{where.netloc}"
    return "; ".join(
        (
            "default-src 'none'",
            "style-src 'self'",
            "script-src 'self'",
            f"img-src 'self' data: {origin}",
            f"media-src 'self' {origin}",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        )
    )


def _say_that_all_may_keep(response: Response) -> None:
    good = response.status_code == 200
    response.headers.setdefault("Cache-Control", PUBLIC_PAGE if good else "no-store")
    plain = good and not response.direct_passthrough and not response.is_streamed
    if plain and request.method in ("GET", "HEAD") and "no-store" not in response.headers["Cache-Control"]:
        response.add_etag()
        response.make_conditional(request)
