"""Style sheets, scripts and drawings under addresses that hold their digest, so that they may be kept for a year."""

from __future__ import annotations

import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, request

from federation.audience import PUBLIC, guard
from shared.design import FOLDER as DESIGN
from shared.errors import NotFound

STATIC = Path(__file__).parents[1] / "static"
FOLDERS = (STATIC, DESIGN)
SUFFIXES = frozenset({".css", ".js", ".svg"})
FOREVER = "public, max-age=31536000, immutable"

assets = guard(Blueprint("assets", __name__), PUBLIC)


@dataclass(frozen=True)
class Asset:
    """One file that pages use; `digest` is the beginning of its SHA-256."""

    data: bytes
    digest: str
    media_type: str


@cache
def load(name: str) -> Asset | None:
    """The asset called `name`, or None when there is none. Read once: a new release is a new process."""
    for folder in FOLDERS:
        path = folder / name
        if path.suffix in SUFFIXES and path.parent == folder and path.is_file():
            data = path.read_bytes()
            media_type = mimetypes.types_map.get(path.suffix, "text/plain")
            return Asset(data, hashlib.sha256(data).hexdigest()[:16], media_type)
    return None


def asset_url(name: str) -> str:
    """The address of an asset, the same in every language. Raises `ValueError` for one that is not there."""
    found = load(name)
    if found is None:
        raise ValueError(f"no asset called {name}")
    root = request.script_root.removesuffix("/en")
    return f"{root}/assets/{found.digest}/{name}"


@assets.get("/assets/<digest>/<name>")
def serve(digest: str, name: str) -> Response:
    """An asset; under an old digest the present one, not to be kept."""
    found = load(name)
    if found is None:
        raise NotFound()
    response = Response(found.data, content_type=f"{found.media_type}; charset=utf-8")
    response.headers["Cache-Control"] = FOREVER if digest == found.digest else "no-cache"
    return response


@assets.get("/favicon.ico")
def favicon() -> Response:
    """The mark, for browsers that ask for it by its old name."""
    found = load("favicon.svg")
    if found is None:
        raise NotFound()
    response = Response(found.data, content_type=found.media_type)
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response
