"""The process that reads one file: `python -m nodes.extraction.apart`, a path on standard input, facts as JSON out.

The file may be hostile. So this process has little memory and little time, writes no file, and is believed by nobody
(`nodes.extraction.reader` starts it and checks what it says).
"""

from __future__ import annotations

import importlib
import json
import sys
from contextlib import suppress
from pathlib import Path

from nodes.extraction.facts import Facts

MEMORY = 768 * 1024**2
"""Bytes of address space."""
PICTURES = (
    *(".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".heic", ".heif"),
    *(".tif", ".tiff", ".bmp", ".jp2", ".svg", ".ico"),
)
OFFICE = (".docx", ".pptx", ".xlsx", ".odt", ".odp", ".ods")
RECORDINGS = (
    *(".mp3", ".oga", ".ogg", ".ogv", ".opus", ".wav", ".flac", ".wma", ".wmv"),
    *(".m4a", ".m4b", ".m4v", ".mp4", ".mov", ".aif", ".aiff"),
)
TEXTS = (".txt", ".md", ".markdown", ".html", ".htm", ".xhtml", ".vtt", ".srt")
READERS = {
    **dict.fromkeys(PICTURES, "pictures"),
    **dict.fromkeys(OFFICE, "office"),
    **dict.fromkeys(RECORDINGS, "recordings"),
    **dict.fromkeys(TEXTS, "texts"),
    ".pdf": "portable",
}
"""The module that reads files with a suffix; each loads its library only when it is wanted."""


def read(path: Path) -> Facts:
    """The facts of the file at `path`; none when nobody here reads such files."""
    name = READERS.get(path.suffix.lower())
    if name is None:
        return Facts()
    found: Facts = importlib.import_module(f"nodes.extraction.{name}").read(path)
    return found


def limit(seconds: int) -> None:
    """Take from this process what it does not need, where the system can do that (not on Windows)."""
    with suppress(ImportError):
        import resource  # noqa: PLC0415  # there is none on Windows, where only time is limited

        for kind, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_FSIZE, 0)):
            with suppress(OSError, ValueError):
                resource.setrlimit(kind, (most, most))


def main() -> int:
    """Read the file; whatever goes wrong within a library, the answer is an exit code and no trace."""
    asked = json.loads(sys.stdin.readline())
    limit(int(asked["seconds"]))
    try:
        found = read(Path(asked["path"]))
    except Exception:
        # A library that stumbles over a damaged file does so in any way there is: nothing is known of this file.
        return 3
    sys.stdout.write(json.dumps(found.as_dict()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
