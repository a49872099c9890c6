"""Addresses for others: on the configured origin, not on whatever host the caller named."""

from __future__ import annotations

from typing import Any

from flask import url_for

from federation.parts import parts


def absolute(endpoint_name: str, /, **values: Any) -> str:
    """The public address of a view, in the language of the request."""
    return parts().settings.origin + url_for(endpoint_name, **values)


def unprefixed(endpoint_name: str, /, **values: Any) -> str:
    """The public address of what is the same in every language, under whichever of them it is asked for."""
    return parts().settings.origin + url_for(endpoint_name, **values).removeprefix("/en")


def on_origin(path: str) -> str:
    """The public address of a path that begins with a slash."""
    return parts().settings.origin + path
