"""The least that Flask can do: the floors' applications, one that redirects and one that says hello."""

from __future__ import annotations

import sys

import waitress
from flask import Flask, Response

app = Flask(__name__)
TARGET = "http://127.0.0.1:9/public/sha256/ab/cd/abcd?X-Amz-Signature=" + "0" * 400


@app.get("/resources/<path:ark>/files/<name>")
def download(ark: str, name: str) -> Response:
    """A redirect to a place that is always the same."""
    return Response(status=302, headers={"Location": TARGET})


@app.get("/")
def hello() -> str:
    """A page of one word."""
    return "hello"


if __name__ == "__main__":
    waitress.serve(app, host="127.0.0.1", port=int(sys.argv[1]), threads=4)
