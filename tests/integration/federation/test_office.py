"""Documents of strangers are converted by a LibreOffice that reaches neither the network nor the hub's files."""

from __future__ import annotations

import io
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryFile

import psutil
import pypdfium2
import pytest
from PIL import Image

from federation.renditions import office
from federation.renditions.office import ConversionFailed, OfficeUnusable
from tests.support import offices
from tests.support.documents import deck, paper
from tests.support.offices import COPY, MAKER, REFUSE, make_program
from tests.support.processes import eventually

PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
ODT = "application/vnd.oasis.opendocument.text"
RED = (250, 10, 20)
real = offices.needs("soffice", "bwrap")
boxed = offices.needs("bwrap")


def converted(using, data, media_type=PPTX):
    with TemporaryFile() as document:
        document.write(data)
        with using.to_pdf(document, media_type) as pdf:
            return pdf.read()


def texts(pdf):
    return [page.get_textpage().get_text_range().strip() for page in pypdfium2.PdfDocument(pdf)]


def shows(pdf, colour):
    """Whether a page has some of the colour, or nearly it: what is lossy moves a little."""
    page = pypdfium2.PdfDocument(pdf)[0].render(scale=0.5).to_pil().convert("RGB")
    return any(
        max(abs(a - b) for a, b in zip(found, colour, strict=True)) < 20 for _, found in page.getcolors(2**20) or ()
    )


@pytest.fixture
def server():
    """A server that nobody may ask anything; it would note the connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0)
        yield listening


def address(server):
    return f"http://127.0.0.1:{server.getsockname()[1]}/picture.png"


def red():
    picture = io.BytesIO()
    Image.new("RGB", (40, 40), RED).save(picture, "PNG")
    return picture.getvalue()


@real
def test_every_slide_is_a_page_hidden_ones_too_and_nothing_linked_is_fetched(server):
    pdf = converted(
        office.find("soffice", seconds=60), deck("一米有多长", hidden="不给观众看的", linked=address(server))
    )
    assert texts(pdf) == ["一米有多长", "不给观众看的"]
    with pytest.raises(BlockingIOError):
        server.accept()


@real
def test_a_paper_shows_no_file_of_the_machine_that_it_is_converted_on(server, tmp_path):
    secret = tmp_path / "secret.png"
    secret.write_bytes(red())
    links = (secret.as_uri(), address(server))
    written = paper("正文", sections=(Path("/etc/passwd").as_uri(),), pictures=links)
    pdf = converted(office.find("soffice", seconds=60), written, ODT)
    assert "正文" in texts(pdf)[0]
    assert "root:" not in texts(pdf)[0]
    assert not shows(pdf, RED)
    with pytest.raises(BlockingIOError):
        server.accept()


@boxed
def test_in_the_sandbox_there_are_no_files_of_the_hub_no_secrets_and_no_way_out(tmp_path, monkeypatch):
    (tmp_path / "secret").write_text("of the hub", encoding="utf-8")
    monkeypatch.setenv("COMMONS_SECRET_KEY", "of the hub")
    look = f"cat {tmp_path}/secret /etc/passwd; env; cat /proc/net/route; touch /new /usr/new"
    program = make_program(tmp_path / "office", f"{COPY}; {{ {look}; }} >> /tmp/out/document.pdf 2>&1")
    said = converted(office.find(program, seconds=20), b"").decode()
    assert "of the hub" not in said
    assert "root:" not in said
    assert "COMMONS" not in said
    assert said.count("No such file") == 2
    assert said.count("Read-only file system") == 2
    assert said[said.index("Iface") :].count("\n") == 1 + said.count("touch:")


@boxed
def test_where_memory_runs_out_the_conversion_ends_and_not_the_hub(tmp_path):
    program = make_program(tmp_path / "office", f"{COPY}; cat /proc/self/oom_score_adj >> /tmp/out/document.pdf")
    assert converted(office.find(program, seconds=20), b"deck").split() == [b"%PDF-1.7", b"deck1000"]


@boxed
@pytest.mark.parametrize(
    ("converting", "cause"),
    [
        (REFUSE, office.UNREADABLE),
        ("mkdir /tmp/out; echo '<html>' > /tmp/out/document.pdf", office.UNREADABLE),
        (f"{COPY}; truncate -s {office.MOST_PDF + 1} /tmp/out/document.pdf", office.TOO_LARGE),
        ("sleep 60", office.TIMEOUT),
    ],
    ids=["refused", "not-a-pdf", "too-large", "too-slow"],
)
def test_what_makes_no_pdf_is_told_by_its_cause_and_nothing_of_it_goes_on(tmp_path, converting, cause):
    program = make_program(tmp_path / "office", converting)
    using = office.Office(office.find(program, seconds=10).program, 1 if cause == office.TIMEOUT else 20)
    with pytest.raises(ConversionFailed) as failure:
        converted(using, b"deck")
    assert failure.value.cause == cause
    eventually(lambda: not at_work(tmp_path))


@boxed
def test_a_document_that_unpacks_without_end_fills_nothing_but_its_own_room(tmp_path, monkeypatch):
    monkeypatch.setattr(office, "MOST_WRITTEN", 3 * office.MIB)
    monkeypatch.setitem(office.LIMITS, "fsize", office.MIB)
    pack = (
        "for one in 1 2 3 4 5; do head -c 2M /dev/zero > /tmp/$one; done; said=$(wc -c /tmp/? | tail -n 1); rm /tmp/?"
    )
    program = make_program(tmp_path / "office", f"{pack}; {COPY}; echo $said >> /tmp/out/document.pdf")
    pdf = converted(office.find(program, seconds=20), b"deck").decode()
    written = int(re.search(r"(\d+) total", pdf)[1])
    assert 2 * office.MIB < written <= 3 * office.MIB


@boxed
def test_a_conversion_ends_with_a_worker_that_is_killed(tmp_path):
    program = make_program(tmp_path / "office", "sleep 600")
    script = (
        "from tempfile import TemporaryFile; from federation.renditions.office import Office\n"
        f"with TemporaryFile() as file: Office({program!r}, 600).to_pdf(file, {PPTX!r})"
    )
    worker = subprocess.Popen([sys.executable, "-c", script])
    eventually(lambda: any(process.name() == "soffice" for process in at_work(tmp_path)))
    worker.kill()
    worker.wait(10)
    eventually(lambda: not at_work(tmp_path))


@boxed
def test_what_the_worker_raises_while_it_waits_ends_the_conversion(tmp_path):
    class Stopping(Exception):
        pass

    def stop(_seconds):
        raise Stopping()

    using = office.find(make_program(tmp_path / "office", "sleep 600"), seconds=600)
    with TemporaryFile() as document, pytest.raises(Stopping):
        using.to_pdf(document, PPTX, pause=stop)
    eventually(lambda: not at_work(tmp_path))


def test_a_host_without_the_programs_or_without_leave_to_shut_them_in_converts_nothing(tmp_path, monkeypatch):
    program = make_program(tmp_path / "office", COPY)
    assert hindrance("") == office.OFF
    assert hindrance("no-such-office") == office.ABSENT
    refusing = tmp_path / "bin" / "bwrap"
    refusing.parent.mkdir()
    refusing.write_text("#!/bin/sh\necho 'No permissions to create new namespace' >&2\nexit 1\n", encoding="utf-8")
    refusing.chmod(0o755)
    monkeypatch.setenv("PATH", f"{refusing.parent}:{os.environ['PATH']}")
    assert hindrance(program) == office.UNCONFINED


@boxed
def test_an_office_that_does_not_start_is_found_out_before_it_is_needed(tmp_path):
    program = Path(make_program(tmp_path / "office", COPY))
    assert office.find(str(program), seconds=10).maker == MAKER
    program.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    assert hindrance(str(program)) == office.BROKEN


def hindrance(program):
    with pytest.raises(OfficeUnusable) as refusal:
        office.find(program, seconds=10)
    return refusal.value.hindrance


def at_work(folder):
    """The processes that were started for an office in this folder."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if process.pid != os.getpid() and any(f"{folder}/office" in word for word in words):
            found.append(process)
    return found
