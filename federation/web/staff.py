"""Whether a reader works for the alliance or a member, without making the page a private one."""

from __future__ import annotations

from flask import current_app, request

SIGNED_IN = "_user_id"
"""Where Flask-Login keeps who it is."""


def is_here() -> bool:
    """Whether the request comes from somebody who is signed in.

    The session is read beside Flask's own: whoever opens that makes the answer differ by cookie, and no cache in
    between could keep it for anybody.
    """
    cookies = request.environ.get("HTTP_COOKIE", "")
    if not cookies or current_app.config["SESSION_COOKIE_NAME"] not in cookies:
        return False
    opened = current_app.session_interface.open_session(current_app, request)
    return opened is not None and SIGNED_IN in opened
