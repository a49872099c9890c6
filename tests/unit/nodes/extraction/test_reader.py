"""What is read from files in a process apart, and that nothing hostile gets further than that process."""

from __future__ import annotations

import json
import struct
import time
import zipfile
from pathlib import Path

from pypdf import PdfWriter

from nodes.extraction import reader
from nodes.extraction.facts import MAX_TEXT, Facts, facts_from

DEMO = Path(__file__).parents[4] / "config" / "demo"
CORE = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
BOMB = '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;">]><a>&c;</a>'


def docx(path: Path, text: str, *, core: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("docProps/core.xml", core or f'<p xmlns="{CORE}"><title>秤的说明</title></p>')
        archive.writestr("word/document.xml", text)
    return path


def jpeg_with_exif(path: Path) -> Path:
    """A JPEG's head: 640 × 480, taken by a camera that lay on its side, on 20 May 1953."""
    tags = [(0x010F, 2, 4, b"Cam\0"), (0x0112, 3, 1, struct.pack("<HH", 6, 0)), (0x8769, 4, 1, struct.pack("<I", 50))]
    ifd = struct.pack("<H", 3) + b"".join(struct.pack("<HHI", t, k, n) + v for t, k, n, v in tags) + bytes(4)
    exif = struct.pack("<HHHII", 1, 0x9003, 2, 20, 68) + bytes(4)
    tiff = b"II*\0" + struct.pack("<I", 8) + ifd + exif + b"1953:05:20 10:15:00\0"
    app1 = b"Exif\0\0" + tiff
    frame = struct.pack(">BHHB", 8, 480, 640, 1) + b"\x01\x11\x00"
    data = b"\xff\xd8\xff\xe1" + struct.pack(">H", len(app1) + 2) + app1
    path.write_bytes(data + b"\xff\xc0" + struct.pack(">H", len(frame) + 2) + frame + b"\xff\xd9")
    return path


def test_a_pdf_tells_its_title_author_pages_and_day(tmp_path: Path) -> None:
    writer = PdfWriter()
    for _ in range(3):
        writer.add_blank_page(200, 200)
    writer.add_metadata(
        {"/Title": "加油机", "/Author": "张三; 李四", "/Keywords": "计量", "/CreationDate": "D:20260520"}
    )
    writer.write(tmp_path / "a.pdf")
    found = reader.read(tmp_path / "a.pdf")
    assert (found.title, found.authors, found.pages) == ("加油机", ("张三", "李四"), 3)
    assert (found.keywords, found.created) == (("计量",), "2026-05-20")


def test_a_picture_tells_its_size_as_it_is_looked_at_and_when_it_was_taken(tmp_path: Path) -> None:
    found = reader.read(jpeg_with_exif(tmp_path / "a.jpg"))
    assert (found.width, found.height, found.created, found.camera) == (480, 640, "1953-05-20", True)


def test_office_documents_recordings_and_texts_tell_what_they_are(tmp_path: Path) -> None:
    slides = reader.read(DEMO / "institute/files/ampere.pptx")
    assert (slides.pages, slides.title) == (8, "安培：数电子")
    assert "电流" in slides.text
    assert round(reader.read(DEMO / "society/files/time-pips.mp3").seconds) == 6
    (tmp_path / "gbk.txt").write_bytes("一杆秤怎样称准".encode("gb18030"))
    assert reader.read(tmp_path / "gbk.txt").text == "一杆秤怎样称准"
    (tmp_path / "a.md").write_text("# 秤的[历史](x)\n正文", encoding="utf-8")
    assert "秤" in reader.read(tmp_path / "a.md").title
    page = "<title>游标</title><meta name=author content=王五><script>bad()</script><p>读数</p>"
    (tmp_path / "a.html").write_text(page, encoding="utf-8")
    found = reader.read(tmp_path / "a.html")
    assert (found.title, found.authors, found.text) == ("游标", ("王五",), "读数")


def test_a_document_with_entities_a_bomb_and_a_damaged_file_tell_nothing(tmp_path: Path) -> None:
    assert reader.read(docx(tmp_path / "good.docx", "<d><p><t>正文</t></p></d>")).title == "秤的说明"
    assert reader.read(docx(tmp_path / "entities.docx", BOMB)) == Facts()
    huge = docx(tmp_path / "bomb.docx", "<d>" + "a" * (17 * 1024**2) + "</d>")
    assert huge.stat().st_size < 100_000
    assert reader.read(huge) == Facts()
    for name in ("a.pdf", "a.docx", "a.mp3", "a.jpg"):
        (tmp_path / name).write_bytes(b"%PDF-1.7 \x00\xff" * 50)
        assert reader.read(tmp_path / name).text == ""
    assert reader.read(tmp_path / "missing.pdf") == Facts()


def test_a_file_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    begun = time.monotonic()
    assert reader.read(docx(tmp_path / "a.docx", "<d/>"), seconds=0) == Facts()
    assert time.monotonic() - begun < reader.SECONDS


def test_what_the_process_says_is_believed_only_as_far_as_it_has_the_right_form() -> None:
    said = {"width": "9", "height": -1, "seconds": float("inf"), "pages": True, "title": "a\u202eb\n" * 500, "x": 1}
    found = facts_from(json.loads(json.dumps({**said, "authors": [1, "张三", ""], "text": "长" * (MAX_TEXT + 9)})))
    assert (found.width, found.height, found.seconds, found.pages) == (0, 0, 0.0, 0)
    assert (len(found.title) <= 300, found.authors, len(found.text)) == (True, ("张三",), MAX_TEXT)
    assert "\u202e" not in found.title
    for wrong in ([], "x", None, 3):
        assert facts_from(wrong) == Facts()
