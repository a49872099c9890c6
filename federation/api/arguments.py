"""Numbers in the query of a request."""

from __future__ import annotations

from flask import request

from shared.errors import FieldError, InvalidRequest


def whole_argument(name: str, minimum: int, maximum: int, *, default: int) -> int:
    """The whole number `name` of the query. Raises `InvalidRequest` for anything else, or one out of range."""
    given = request.args.get(name, str(default))
    if not (given.isascii() and given.isdigit() and len(given) <= 16 and minimum <= int(given) <= maximum):
        raise InvalidRequest(errors=[FieldError(f"/{name}", "out_of_range", {"min": minimum, "max": maximum})])
    return int(given)
