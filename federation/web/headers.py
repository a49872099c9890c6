"""Headers of every answer: what a page may load, who may keep it, and what it may not leak."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin

from federation.parts import parts

PERMISSIONS = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"
RESOURCE_POLICY = "Cross-Origin-Resource-Policy"
HSTS = "max-age=31536000; includeSubDomains"
PUBLIC_PAGE = "public, no-cache"
"""Anybody may keep a public page, and asks every time whether it still holds: a withdrawal shows at once."""
PRIVATE_PAGE = "private, no-store"


def init_headers(app: Flask) -> None:
    """Put the headers on every answer of `app`."""
    settings = parts(app).settings
    policy = content_policy(settings.store_public_endpoint or settings.store_endpoint)
    secure = settings.origin.startswith("https:")

    fixed = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "Permissions-Policy": PERMISSIONS,
        "Cross-Origin-Opener-Policy": "same-origin",
        **({"Strict-Transport-Security": HSTS} if secure else {}),
    }
    names = {name.lower(): name for name in fixed}

    @app.after_request
    def add_headers(response: Response) -> Response:
        # What a view has said itself stands. Looking once is several times quicker than asking name by name.
        said = {name.lower() for name in response.headers.keys()}  # noqa: SIM118  # Headers iterates over pairs
        if RESOURCE_POLICY.lower() not in said:
            response.headers[RESOURCE_POLICY] = _who_may_use(response)
        response.headers.extend([(names[low], fixed[names[low]]) for low in names.keys() - said])
        return response

    app.session_interface = Sessions()


class Sessions(SecureCookieSessionInterface):
    """Flask's sessions; an answer that looked at the session is for one person, any other is for all.

    Flask's own `session` counts even the question whether it was looked at, so it is asked here, where the
    session is put away after every request.
    """

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of the request; without a cookie there is nothing to read."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)

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
            "connect-src 'self'",
            f"img-src 'self' data: {origin}",
            f"media-src 'self' {origin}",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        )
    )


def _who_may_use(response: Response) -> str:
    """Pages are for themselves; what is public otherwise (pictures, feeds, records) is for other sites' pages too."""
    own = response.mimetype == "text/html" or request.path.startswith("/workbench")
    return "same-origin" if own else "cross-origin"


def _say_that_all_may_keep(response: Response) -> None:
    good = response.status_code == 200
    response.headers.setdefault("Cache-Control", PUBLIC_PAGE if good else "no-store")
    plain = good and not response.direct_passthrough and not response.is_streamed
    if plain and request.method in ("GET", "HEAD") and "no-store" not in response.headers["Cache-Control"]:
        response.add_etag()
        response.make_conditional(request)
