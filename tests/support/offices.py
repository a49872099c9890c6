"""Programs that stand for LibreOffice where only what is around it counts; they run in the real sandbox."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

MAKER = "LibreOffice 0.1 for tests"
COPY = "mkdir /tmp/out; { printf '%%PDF-1.7 '; cat /tmp/document.*; } > /tmp/out/document.pdf"
"""Makes a PDF, as far as its first bytes go, of whatever it is given."""
REFUSE = "echo 'Error: source file could not be loaded'"
"""As LibreOffice does, it says so and ends well."""


def needs(*programs: str) -> pytest.MarkDecorator:
    """Leave a test out where a program is missing; in CI nothing is left out."""
    missing = [program for program in programs if shutil.which(program) is None]
    return pytest.mark.skipif(bool(missing) and "CI" not in os.environ, reason=f"not installed: {missing}")


def make_program(folder: Path, converting: str, *, maker: str = MAKER) -> str:
    """A program that says its version, and does `converting` (lines of sh) for a document; its path."""
    program = folder / "program" / "soffice"
    program.parent.mkdir(parents=True, exist_ok=True)
    lines = ["#!/bin/sh", f'[ "$1" = --version ] && {{ echo "{maker}"; exit; }}', converting]
    program.write_text("\n".join(lines) + "\n", encoding="utf-8")
    program.chmod(0o755)
    return str(program)
