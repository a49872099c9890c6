"""A file is what its content says, and nothing good is taken for something bad."""

import io
import os
import struct
import zipfile
from pathlib import Path

import pytest

from federation import file_types, zip_directory
from nodes.files import media_type
from tests.support.compose import ROOT

CORPUS = Path(os.environ.get("COMMONS_REAL_DATA", ROOT.parent / "shared" / "data")) / "files"
DEMO = ROOT / "config" / "demo"
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(30)
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def zipped(*names, first=None):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        if first:
            archive.writestr("mimetype", first)
        for name in names:
            archive.writestr(name, b"x")
    return buffer.getvalue()


def program():
    head = bytearray(256)
    head[:2], head[60:64], head[128:132] = b"MZ", (128).to_bytes(4, "little"), b"PE\0\0"
    return bytes(head)


def ole(directory=b"", root=bytes(16)):
    header = bytearray(512)
    header[:8], header[30:32], header[48:52] = file_types.OLE_MAGIC, b"\x09\0", bytes(4)
    return bytes(header) + bytes(80) + root + bytes(32) + directory


REFUSED = {
    "setup.exe": program(),
    "photo.jpg": program(),
    "tool": b"\x7fELF" + bytes(100),
    "app": b"\xcf\xfa\xed\xfe" + bytes(100),
    "universal": bytes.fromhex("cafebabe00000002") + bytes(100),
    "Lesson.class": bytes.fromhex("cafebabe00000041") + bytes(100),
    "lesson.zip": zipped("META-INF/MANIFEST.MF", "Main.class"),
    "phone.zip": zipped("AndroidManifest.xml", "classes.dex"),
    "run.txt": b"#!/bin/sh\nrm -rf /\n",
    "run.bat": b"@echo off\r\n",
    "page.html": b"<html><HTA:APPLICATION id=a><script>1</script></html>",
    "lesson.docx": zipped("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
    "table.xlsx": zipped("[Content_Types].xml", "xl/workbook.xml", "xl/macrosheets/sheet1.xml"),
    "old.doc": ole("_VBA_PROJECT".encode("utf-16-le")),
    "setup.doc": ole(root=bytes.fromhex("84100c000000c00000000000000046 00")),
    "go.lnk": bytes.fromhex("4c0000000114020000000000c000000000000046") + bytes(50),
    "disc.bin": bytes(32769) + b"CD001" + bytes(100),
    "old.swf": b"CWS" + bytes(50),
}
MISMATCHED = {
    ("picture.png", "image/png"): b"<!DOCTYPE html><script>alert(1)</script>",
    ("picture.png", "image/jpeg"): PNG,
    ("paper.pdf", "application/pdf"): zipped("a"),
    ("lesson.docx", DOCX): zipped("a"),
    ("lesson.docx", "application/zip"): PDF,
    ("book.epub", "application/epub+zip"): zipped("[Content_Types].xml", "word/document.xml"),
    ("note.txt", "text/plain"): PDF,
    ("noise.jpg", "image/jpeg"): bytes(range(256)),
    ("film.mp4", "video/mp4"): PNG,
}
TAKEN = {
    ("paper.pdf", "application/pdf"): PDF,
    ("picture.png", "image/png"): PNG,
    ("unknown.dat", "application/octet-stream"): bytes(range(256)),
    ("without suffix", "application/pdf"): PDF,
    ("MZ.txt", "text/plain"): "MZ 是两个字母，BM 也是".encode(),
    ("BM.csv", "text/csv"): b"BM,1\n",
    ("gbk.txt", "text/plain"): "计量单位".encode("gb18030"),
    ("wide.txt", "text/plain"): "计量".encode("utf-16"),
    ("page.html", "text/html"): b"\xef\xbb\xbf<!-- note -->\n<html>",
    ("drawing.svg", "image/svg+xml"): b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>',
    ("lesson.docx", DOCX): zipped("[Content_Types].xml", "word/document.xml"),
    ("book.epub", "application/epub+zip"): zipped("META-INF/container.xml", first="application/epub+zip"),
    ("empty.txt", "text/plain"): b"",
}


def identify(data):
    return file_types.identify(data[:8192], len(data), lambda offset, length: data[offset : offset + length])


def objection(data, name, signed):
    return file_types.objection(identify(data), name=name, media_type=signed)


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_run_is_refused_whatever_it_is_called(name):
    assert "平台不收" in objection(REFUSED[name], name, "application/octet-stream")


@pytest.mark.parametrize(("name", "signed"), MISMATCHED)
def test_a_content_that_is_something_else_is_refused(name, signed):
    assert "不符" in objection(MISMATCHED[name, signed], name, signed)


@pytest.mark.parametrize(("name", "signed"), TAKEN)
def test_a_content_that_goes_with_its_name_is_taken(name, signed):
    assert objection(TAKEN[name, signed], name, signed) == ""


@pytest.mark.parametrize("folder", [CORPUS, DEMO], ids=["corpus", "demo"])
def test_no_real_file_is_refused(folder):
    if not folder.is_dir():
        pytest.skip("the corpus is not on this machine")
    refused = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".py":
            data = path.read_bytes()
            reason = objection(data, path.name, media_type(path, data[:8192]))
            if reason:
                refused[path.name] = reason
    assert refused == {}


def test_a_bomb_costs_no_more_than_any_other_file():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(50 * 1024**2))
    bomb, read = buffer.getvalue(), []

    def part(offset, length):
        read.append(len(bomb[offset : offset + length]))
        return bomb[offset : offset + length]

    assert file_types.identify(bomb[:8192], len(bomb), part) == "application/zip"
    assert sum(read) < 2 * len(bomb)


def test_a_directory_that_claims_to_be_endless_is_not_read():
    end = b"PK\x05\x06" + bytes(8) + struct.pack("<LL", zip_directory.MOST_BYTES + 1, 0) + bytes(2)
    data, asked = b"PK\x03\x04" + bytes(5 * 1024**2) + end, []

    def part(offset, length):
        asked.append(length)
        return data[offset : offset + length]

    assert file_types.identify(data[:8192], len(data), part) == "application/zip"
    assert max(asked) <= zip_directory.END_BYTES


@pytest.mark.parametrize("cut", [0, 1, 4, 21, 30, 60])
def test_a_torn_archive_is_just_a_zip_and_no_fault(cut):
    whole = zipped("a", "b")
    assert identify(whole[: len(whole) - cut] if cut < 30 else whole[:cut]) == "application/zip"


def test_the_policy_names_each_suffix_once():
    rules = file_types.policy()
    suffixes = [suffix for form in rules.formats for suffix in form.suffixes] + list(rules.refused_suffixes)
    assert len(suffixes) == len(set(suffixes))


@pytest.mark.parametrize(
    ("streams", "kind"),
    [
        (("PowerPoint Document", "Workbook"), "application/vnd.ms-powerpoint"),
        (("Workbook", "WordDocument"), "application/vnd.ms-excel"),
        (("WordDocument", "PowerPoint Document"), "application/msword"),
        (("EncryptedPackage",), "application/x-ole-storage"),
    ],
)
def test_an_old_office_file_is_told_by_its_own_stream_and_not_by_what_is_embedded_in_it(streams, kind):
    assert identify(ole(b"".join(name.encode("utf-16-le") for name in streams))) == kind
