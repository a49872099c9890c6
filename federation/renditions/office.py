"""LibreOffice, shut in: one document in, one PDF out, and nothing else of this machine or the network.

A document is written by strangers and LibreOffice reads dozens of old formats, so it runs in the sandbox
(`federation.sandbox`), which shows it the programs in /usr and fonts. Where that cannot be had, nothing is converted.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from federation import sandbox
from federation.sandbox import Pause

MIB = 1024**2
MOST_SOURCE = 100 * MIB
"""Documents above this are not converted."""
MOST_PDF = 50_000_000
"""Bytes of the largest PDF that is kept: reviewers' pages show no larger one."""
MOST_WRITTEN = 512 * MIB
"""All that a conversion may write: document, profile, what it unpacks, PDF. It is in memory."""
LIMITS = {"as": 4 * 1024 * MIB, "fsize": 256 * MIB, "nofile": 512, "core": 0}
"""Of each of its processes (getrlimit(2)): address space and longest file in bytes, open files, core dumps."""
SPARE_ROOM = MIB
"""Bytes: a temporary folder with less room than that is called full."""
LOOK_SECONDS = 30
"""How long LibreOffice may take to say its version."""
SPARE_SECONDS = 10

OFF, ABSENT, UNCONFINED, BROKEN = "off", "absent", "unconfined", "broken"
"""Why a host cannot convert: not wanted, a program is missing, the sandbox is not allowed, LibreOffice fails."""
TIMEOUT, UNREADABLE, TOO_LARGE = "timeout", "unreadable", "too_large"
"""Why a document has no PDF."""

_ODF = "application/vnd.oasis.opendocument."
_OOXML = "application/vnd.openxmlformats-officedocument."
_SLIDES, _TEXT = "impress_pdf_Export", "writer_pdf_Export"
TYPES: Mapping[str, tuple[str, str]] = {
    _OOXML + "presentationml.presentation": ("pptx", _SLIDES),
    "application/vnd.ms-powerpoint": ("ppt", _SLIDES),
    _ODF + "presentation": ("odp", _SLIDES),
    _ODF + "presentation-template": ("otp", _SLIDES),
    _OOXML + "wordprocessingml.document": ("docx", _TEXT),
    "application/msword": ("doc", _TEXT),
    _ODF + "text": ("odt", _TEXT),
    _ODF + "text-template": ("ott", _TEXT),
    "application/rtf": ("rtf", _TEXT),
}
"""What is converted, by what its content is: the suffix that it is read under, and LibreOffice's filter for the PDF.

The filter fits one kind of document only, so what is read as something else fails. Sheets are left out: cut into
pages, they say less than nothing.
"""

_SETTINGS = Path(__file__).with_name("office.xcu")
_TOOLS = (*sandbox.TOOLS, "timeout")
_SHOWN = ("/etc/fonts", "/etc/libreoffice", "/var/cache/fontconfig")
"""What LibreOffice reads besides what every program does."""
_SCRIPT = """mkdir -p /tmp/profile/user && cp /settings.xcu /tmp/profile/user/registrymodifications.xcu &&
"$1" --headless --norestore --nologo -env:UserInstallation=file:///tmp/profile \
 --convert-to "pdf:$2" --outdir /tmp/out "/tmp/document.$3" >/dev/null 2>&1
cat /tmp/out/document.pdf"""
"""Whatever LibreOffice says, only whether there is a PDF counts: it ends with 0 for a document it could not read."""


class OfficeUnusable(Exception):
    """This host cannot convert; `hindrance` is one of OFF, ABSENT, UNCONFINED, BROKEN."""

    def __init__(self, hindrance: str) -> None:
        self.hindrance = hindrance
        super().__init__(hindrance)


class ConversionFailed(Exception):
    """There is no PDF of this document; `cause` is one of TIMEOUT, UNREADABLE, TOO_LARGE."""

    def __init__(self, cause: str) -> None:
        self.cause = cause
        super().__init__(cause)


@dataclass(frozen=True)
class Office:
    """A LibreOffice that was seen to work in the sandbox; `maker` is what it calls itself."""

    program: str
    seconds: int
    maker: str = ""

    def to_pdf(self, document: IO[bytes], media_type: str, *, pause: Pause = time.sleep) -> IO[bytes]:
        """The PDF of a document of one of TYPES, in an unnamed temporary file.

        `document` is a file of the system's, read from its beginning. `pause` is called several times a second and
        may raise; then everything that was started is ended first. Raises `ConversionFailed`, or `OSError` (ENOSPC)
        when the PDF found no room, which says nothing of the document.
        """
        suffix, export = TYPES[media_type]
        pdf = TemporaryFile()  # noqa: SIM115  # handed to the caller
        try:
            document.seek(0)
            inside = ["--file", "0", f"/tmp/document.{suffix}"]  # noqa: S108  # the sandbox's own /tmp
            # Not for the worker, which looks at the clock itself, but should it die before bubblewrap is tied to it.
            in_time = ["timeout", "--signal=KILL", str(self.seconds + SPARE_SECONDS)]
            command = [*in_time, "/bin/sh", "-c", _SCRIPT, "sh", self.program, export, suffix]
            code = self._run(command, document, pdf, self.seconds, pause, inside)
            size = pdf.seek(0, os.SEEK_END)
            if size > MOST_PDF:
                raise ConversionFailed(TOO_LARGE)
            pdf.seek(0)
            if code or pdf.read(5) != b"%PDF-":
                _refuse_if_full(pdf)
                raise ConversionFailed(UNREADABLE)
            pdf.seek(0)
        except BaseException:
            pdf.close()
            raise
        return pdf

    def said_version(self) -> str:
        """What LibreOffice calls itself. Raises `OfficeUnusable` when it, or the sandbox, does not work."""
        try:
            self._say(["true"], UNCONFINED)
            return self._say([self.program, "--version"], BROKEN)[:100]
        except ConversionFailed as error:
            raise OfficeUnusable(BROKEN) from error

    def _say(self, command: Sequence[str], hindrance: str) -> str:
        with TemporaryFile() as said:
            if self._run(command, subprocess.DEVNULL, said, LOOK_SECONDS, time.sleep):
                raise OfficeUnusable(hindrance)
            said.seek(0)
            return said.read(1000).decode(errors="replace").partition("\n")[0].strip()

    def _run(
        self,
        command: Sequence[str],
        document: IO[bytes] | int,
        output: IO[bytes],
        seconds: float,
        pause: Pause,
        inside: Sequence[str] = (),
    ) -> int:
        """Run a command in the sandbox to its end: its exit code. Raises `ConversionFailed` for one that is late."""
        whole = sandbox.shut_in(
            command,
            shown=(*_SHOWN, *_own_folder(Path(self.program))),
            written=MOST_WRITTEN,
            limits={**LIMITS, "cpu": int(2 * seconds)},
            options=["--ro-bind", str(_SETTINGS), "/settings.xcu", *inside],
        )
        try:
            return sandbox.run(whole, document, output, seconds=seconds, pause=pause)
        except sandbox.TookTooLong as error:
            raise ConversionFailed(TIMEOUT) from error


def find(program: str, *, seconds: int) -> Office:
    """The LibreOffice that the setting names, tried out. Raises `OfficeUnusable`."""
    if not program:
        raise OfficeUnusable(OFF)
    found = shutil.which(program)
    if found is None or not all(map(shutil.which, _TOOLS)):
        raise OfficeUnusable(ABSENT)
    office = Office(os.path.realpath(found), seconds)
    return Office(office.program, seconds, office.said_version())


def _refuse_if_full(file: IO[bytes]) -> None:
    """Raise the system's error for a disk on which no more could be written of this file.

    The room is looked at from here: what the sandbox says of itself, a document may have said.
    """
    disk = os.fstatvfs(file.fileno())
    if disk.f_bavail * disk.f_frsize < SPARE_ROOM:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _own_folder(program: Path) -> tuple[str, ...]:
    """Where a LibreOffice is that stands apart, as the project's own packages do: `/opt/libreoffice…/program`."""
    if program.is_relative_to("/usr"):
        return ()
    return (str(program.parents[1] if program.parent.name == "program" else program.parent),)
