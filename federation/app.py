"""The hub's composition root: the only place that knows all parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from flask.typing import ResponseReturnValue
from flask_babel import Babel
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from federation import authentication, database, people, problems
from federation.api.audit import audit_log, witnessing
from federation.api.federation import hello, members
from federation.api.health import health
from federation.api.oai_pmh import oai_pmh
from federation.api.reconciliation import reconciling
from federation.core import attach_core
from federation.language import LanguagePrefix, request_locale
from federation.settings import HubSettings
from federation.stalling import Impatient
from federation.waiting import WaitingRoom, init_waiting
from federation.web import register_pages
from federation.web.portal.taking import init_archives
from shared.messages import MAX_BATCH_BYTES

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
csrf = CSRFProtect()


class CommonsApp(Flask):
    """A Flask application in which each request is one transaction, committed here and nowhere else."""

    def dispatch_request(self) -> ResponseReturnValue:
        """Answer the request, then commit; an exception on the way leaves no trace."""
        answer = super().dispatch_request()
        database.commit()
        return answer

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself: nothing of ours is asynchronous, and Flask would ask five times a request."""
        return func

    def wsgi_app(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Serve a request; one that only reads takes no write lock."""
        token = database.reading_only.set(environ.get("REQUEST_METHOD") in SAFE_METHODS)
        try:
            return super().wsgi_app(environ, start_response)
        finally:
            database.reading_only.reset(token)


def create_app(settings: HubSettings) -> Flask:
    """The hub as a WSGI application."""
    app = CommonsApp(__name__)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=MAX_BATCH_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_BATCH_BYTES,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.origin.startswith("https:"),
        SESSION_COOKIE_PATH="/",
        WTF_CSRF_TIME_LIMIT=settings.session_hours * 3600,
        WTF_CSRF_SSL_STRICT=False,
        BABEL_DEFAULT_LOCALE="zh_Hans_CN",
        BABEL_DEFAULT_TIMEZONE="Asia/Shanghai",
    )
    attach_core(app, settings)
    Babel(app, locale_selector=request_locale)
    init_waiting(app)
    csrf.init_app(app)
    problems.init_problems(app)
    app.teardown_request(authentication.let_go)
    for blueprint in (hello, members, reconciling, witnessing, audit_log, health, oai_pmh):
        csrf.exempt(blueprint)
        app.register_blueprint(blueprint)
    register_pages(app)
    init_archives(app)
    people.nobody()
    _wrap(app, settings)
    return app


def _wrap(app: Flask, settings: HubSettings) -> None:
    inner: Any = WaitingRoom(LanguagePrefix(app.wsgi_app), desks=settings.web_threads, limit=MAX_BATCH_BYTES)
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        inner = ProxyFix(inner, x_for=count, x_proto=count, x_host=count)
    app.wsgi_app = Impatient(inner)  # type: ignore[method-assign]  # Flask's documented way to add middleware
