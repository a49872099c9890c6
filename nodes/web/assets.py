"""Style sheets, scripts and the mark, under addresses that hold their digest."""

from __future__ import annotations

import mimetypes
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, url_for

from shared.canonical import digest
from shared.design import FOLDER as DESIGN
from shared.errors import NotFound

FOLDERS = (Path(__file__).parents[1] / "static", DESIGN)
SUFFIXES = frozenset({".css", ".js", ".svg"})
FOREVER = "public, max-age=31536000, immutable"

assets = Blueprint("assets", __name__)


@cache
def load(name: str) -> tuple[bytes, str] | None:
    """An asset and the beginning of its SHA-256, or None. Read once: a new release is a new process."""
    for folder in FOLDERS:
        path = folder / name
        if path.suffix in SUFFIXES and path.parent == folder and path.is_file():
            data = path.read_bytes()
            return data, digest(data)[:16]
    return None


def asset_url(name: str) -> str:
    """The address of an asset. Raises `ValueError` for one that is not there."""
    found = load(name)
    if found is None:
        raise ValueError(f"no asset called {name}")
    return url_for("assets.serve", digest=found[1], name=name)


@assets.get("/assets/<digest>/<name>")
def serve(digest: str, name: str) -> Response:
    """An asset; under an old digest the present one, not to be kept."""
    found = load(name)
    if found is None:
        raise NotFound()
    media_type = mimetypes.types_map.get(Path(name).suffix, "text/plain")
    response = Response(found[0], content_type=f"{media_type}; charset=utf-8")
    response.headers["Cache-Control"] = FOREVER if digest == found[1] else "no-cache"
    return response
