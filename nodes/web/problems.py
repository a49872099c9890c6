"""Turning errors into a page that says what to do."""

from __future__ import annotations

from http import HTTPStatus

from flask import Flask, Response, current_app, g, make_response, render_template
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

from nodes import faults
from nodes.web import language
from shared.errors import (
    CommonsError,
    CsrfFailed,
    FormTooLarge,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
)

_BY_STATUS: dict[int, type[CommonsError]] = {
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.METHOD_NOT_ALLOWED: MethodNotAllowed,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: FormTooLarge,
}


def init_problems(app: Flask) -> None:
    """Handle every error in one way."""
    app.register_error_handler(Exception, answer)


def answer(error: Exception) -> Response:
    """The page for an error; a fault of ours has a number, under which the log has its trace."""
    named = as_named(error)
    spoken = language.current()
    faults_said = [fault.message(spoken) for fault in named.errors]
    told = {"said": named.message(spoken), "faults": faults_said, "code": named.code}
    try:
        page = render_template("error.html", **told)
    except DBAPIError:
        # It is the database that is wrong: the page around the words gets by without it.
        g.without_database = True
        page = render_template("error.html", **told)
    return make_response(page, named.status)


def answer_script(error: Exception) -> Response:
    """The same for a script: problem details (RFC 9457) with what the error knows."""
    named = as_named(error)
    known = {name: value for name, value in named.data.items() if isinstance(value, int | str)}
    return make_response(known | named.problem(language.current()), named.status)


def as_named(error: Exception) -> CommonsError:
    """The named error for any that came up."""
    if isinstance(error, CommonsError):
        return error
    if isinstance(error, CSRFError):
        return CsrfFailed()
    if isinstance(error, HTTPException) and (error.code or 500) < HTTPStatus.INTERNAL_SERVER_ERROR:
        return _BY_STATUS.get(error.code or 0, InvalidRequest)()
    return faults.named(error, current_app.config["WORKPLACE"].folder)
