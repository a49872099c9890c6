"""The node as an institution installs it: the locked wheels, this project's own, and an environment of their own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "config" / "requirements-node.lock"
SOURCES = ("pyproject.toml", "README.md", "shared", "nodes", "federation")
MB = 1_000_000


def wheels(place: Path) -> Path:
    """A folder with the wheel of each locked dependency, as it is downloaded, and of this project, as it is built."""
    folder, source = place / "wheels", place / "source"
    # A copy, since building leaves its traces beside the sources.
    for name in SOURCES:
        (shutil.copytree if (ROOT / name).is_dir() else _copy)(ROOT / name, source / name)
    _pip("download", "--only-binary", ":all:", "--require-hashes", "-r", str(LOCK), "-d", str(folder))
    _pip("wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(source))
    return folder


def environment(place: Path, folder: Path) -> Path:
    """A new environment with those wheels and nothing compiled yet, without pip, which one may remove; its Python."""
    target = place / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(target)], check=True)
    _pip(
        *("install", "--no-compile", "--no-deps", "--no-index", "--target", str(library(target))),
        *(str(wheel) for wheel in sorted(folder.glob("*.whl"))),
    )
    return target / "bin" / "python"


def library(target: Path) -> Path:
    """Where an environment keeps its packages."""
    return next(target.glob("lib/python*/site-packages"))


def size(folder: Path, *, without: str = "") -> float:
    """What the files below a folder hold in MB (powers of 1000), but for those with one suffix."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files if not without or path.suffix != without) / MB


def compiled(folder: Path) -> dict[str, float]:
    """The wheels that are made for one kind of machine, with what each weighs in MB."""
    found = {path.name: path.stat().st_size / MB for path in sorted(folder.glob("*.whl"))}
    return {name.split("-")[0]: round(weight, 1) for name, weight in found.items() if not name.endswith("-any.whl")}


def _pip(*words: str) -> None:
    command = [sys.executable, "-m", "pip", words[0], "-q", "--disable-pip-version-check", *words[1:]]
    subprocess.run(command, check=True, capture_output=True)


def _copy(source: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(source, target))
