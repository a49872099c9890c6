"""Turning errors into answers: RFC 9457 problem details for the API, a page for people."""

from __future__ import annotations

from http import HTTPStatus

import structlog
import werkzeug.exceptions
from flask import Flask, Response, g, jsonify, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from federation.database import is_full
from federation.language import request_language
from federation.storage import StorageError
from shared.errors import (
    BatchTooLarge,
    CommonsError,
    CsrfFailed,
    DatabaseBusy,
    FieldError,
    HubFull,
    InternalError,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    StoreAway,
    UnsupportedMediaType,
)
from shared.identifiers import fresh_id
from shared.messages import MAX_BATCH_BYTES, MAX_BATCH_RECORDS

log = structlog.get_logger()
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def init_problems(app: Flask) -> None:
    """Handle every error in one way."""
    app.register_error_handler(Exception, answer)
    app.before_request(refuse_nul)


def refuse_nul() -> None:
    """Refuse U+0000 in an address or a form: no text of ours has it, and PostgreSQL cannot store it.

    Raises `NotFound` for a path, `InvalidRequest` for a value.
    """
    environ = request.environ
    if "\x00" in environ.get("PATH_INFO", ""):
        raise NotFound()
    # Looked for as it came: taking an address apart that has none costs a tenth of answering it.
    query, has_form = environ.get("QUERY_STRING", ""), bool(environ.get("CONTENT_TYPE")) and request.mimetype in FORMS
    given = [request.args] if "%00" in query or "\x00" in query else []
    for values in [*given, request.form] if has_form else given:
        for name, value in values.items(multi=True):
            if "\x00" in name or "\x00" in value:
                pointer = "/" + name.replace("\x00", "")[:100]
                place = {"place": (value if "\x00" in value else name).index("\x00") + 1, "character": "U+0000"}
                raise InvalidRequest(errors=[FieldError(pointer, "control_characters", place)])


def answer(error: Exception) -> Response:
    """The answer to an error; what is not ours or the caller's is logged with a number."""
    named = as_named(error)
    if isinstance(named, InternalError):
        log.error("unhandled", request_id=named.data["request_id"], path=request.path, exc_info=error)
    elif isinstance(error, IntegrityError):
        # Most often two writers met; were it a fault of ours, this is where it would show.
        log.error("unique row met", path=request.path, exc_info=error)
    elif named.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("unavailable", code=named.code, path=request.path, cause=type(error).__name__)
    response = _problem(named) if wants_problem() else _page(named)
    if named.retry_after or named.status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(named.retry_after or 5)
    # RFC 9110 §15.5.6: whoever asked with a method that is not taken learns which are.
    if isinstance(error, werkzeug.exceptions.MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    response.headers["Cache-Control"] = "no-store"
    return response


def wants_problem() -> bool:
    """Whether the caller is a program."""
    return request.path.startswith(("/api/", "/healthz", "/readyz", "/metrics"))


def as_named(error: Exception) -> CommonsError:
    """The named error for any exception."""
    if isinstance(error, CommonsError):
        return error
    if isinstance(error, StorageError):
        return StoreAway(retry_after=5)
    if isinstance(error, CSRFError):
        return CsrfFailed()
    if isinstance(error, werkzeug.exceptions.HTTPException):
        return _from_http(error)
    if isinstance(error, OperationalError) and is_full(error):
        return HubFull(retry_after=60)
    # IntegrityError: two writers met at a unique row; whoever came second finds the first's work when asking again.
    # TimeoutError: more threads than connections, each of which waits for the database.
    if isinstance(error, OperationalError | IntegrityError | PoolTimeout) or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    ):
        return DatabaseBusy(retry_after=5)
    if isinstance(error, DataError):
        # A value that no column holds (a NUL in a text, a number out of range): the caller's, for ours are checked.
        return InvalidRequest()
    return InternalError(request_id=fresh_id())


def _from_http(error: werkzeug.exceptions.HTTPException) -> CommonsError:
    if error.code == HTTPStatus.METHOD_NOT_ALLOWED:
        return MethodNotAllowed()
    if error.code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return BatchTooLarge(records=MAX_BATCH_RECORDS, size=MAX_BATCH_BYTES)
    if error.code == HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
        return UnsupportedMediaType(expected="application/json")
    if error.code in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY):
        return InvalidRequest()
    if error.code is not None and error.code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return InternalError(request_id=fresh_id())
    return NotFound()


def _problem(error: CommonsError) -> Response:
    response = jsonify(error.problem(request_language()))
    response.status_code = error.status
    response.content_type = "application/problem+json"
    return response


def _page(error: CommonsError) -> Response:
    g.language = request_language()
    page = render_template("error.html", error=error, message=error.message(g.language))
    return Response(page, status=error.status, content_type="text/html; charset=utf-8")
