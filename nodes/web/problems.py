"""Turning errors into a page that says what to do."""

from __future__ import annotations

import logging
from http import HTTPStatus

import uuid6
from flask import Flask, Response, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from nodes.web import language
from shared.errors import (
    CommonsError,
    CsrfFailed,
    DatabaseBusy,
    InternalError,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
)

log = logging.getLogger(__name__)
_BY_STATUS: dict[int, type[CommonsError]] = {
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.METHOD_NOT_ALLOWED: MethodNotAllowed,
}


def init_problems(app: Flask) -> None:
    """Handle every error in one way."""
    app.register_error_handler(Exception, answer)


def answer(error: Exception) -> Response:
    """The page for an error; a fault of ours is logged with a number."""
    named = _as_named(error)
    if isinstance(named, InternalError):
        log.error("%s %s: unhandled (%s)", request.method, request.path, named.data["request_id"], exc_info=error)
    page = render_template("error.html", said=named.message(language.current()), code=named.code)
    return make_response(page, named.status)


def _as_named(error: Exception) -> CommonsError:
    if isinstance(error, CommonsError):
        return error
    if isinstance(error, CSRFError):
        return CsrfFailed()
    if isinstance(error, HTTPException) and (error.code or 500) < HTTPStatus.INTERNAL_SERVER_ERROR:
        return _BY_STATUS.get(error.code or 0, InvalidRequest)()
    if isinstance(error, OperationalError):
        return DatabaseBusy()
    return InternalError(request_id=str(uuid6.uuid7()))
