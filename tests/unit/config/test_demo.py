"""The demonstration set is whole: every record is good, every file is there, opens, and shows what it should."""

import csv
import hashlib
import io
import re
import tomllib
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import av
import pypdfium2
import pytest
from PIL import Image

from config.demo import build
from config.demo.institute import make_files
from config.demo.toolkit import deck, motion, pdf_packing, sound
from shared import record
from shared.vocabularies import vocabulary

INSTITUTIONS = build.institutions()
RECORDS = [path for institution in INSTITUTIONS for path in institution.records]
FILES = sorted({path for each in RECORDS for path in build.named_files(each)})
MAX_FILE_BYTES = 400_000
MAX_SET_BYTES = 6_000_000
# The name of a mark-up language is not a place that a page loads from.
NAMESPACE = re.compile(r'xmlns(:\w+)?="[^"]*"|"http://www\.w3\.org/2000/svg"')
# First and last year in astronomical counting: the year before AD 1 is 0, and 206 BC is -205.
DYNASTIES = {"战国": (-474, -220), "秦": (-220, -206), "汉": (-205, 220), "新": (9, 23), "元": (1271, 1368)}
MINTED = "01900000-0000-7000-8000-000000000000"


@cache
def table(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def as_registered(path: Path) -> dict[str, Any]:
    """The record as a node makes it of the TOML: with id, version, and each file measured."""
    made = {**table(path), "id": MINTED, "version": 1}
    made["relations"] = [{**each, "target": MINTED} for each in made.get("relations", [])]
    made["files"] = [measured(path, entry) for entry in made["files"]]
    return made


def measured(record_path: Path, entry: dict[str, Any]) -> dict[str, Any]:
    content = (record_path.parent / entry["path"]).read_bytes()
    kept = {key: value for key, value in entry.items() if key != "path"}
    digest = hashlib.sha256(content).hexdigest()
    return {**kept, "media_type": "application/octet-stream", "size": len(content), "sha256": digest}


def label(path: Path) -> str:
    return f"{path.parents[1].name}/{path.name}"


def ending(*suffixes: str) -> list[Path]:
    chosen = [path for path in FILES if path.suffix in suffixes]
    assert chosen
    return chosen


def test_there_are_three_institutions_and_at_least_thirty_six_resources() -> None:
    assert len({each.code for each in INSTITUTIONS}) == 3
    assert len(RECORDS) >= 36


def test_every_type_of_the_vocabulary_appears() -> None:
    assert {table(path)["type"] for path in RECORDS} == {term.code for term in vocabulary("types")}


@pytest.mark.parametrize("path", RECORDS, ids=label)
def test_a_record_keeps_the_contract_of_the_federation(path: Path) -> None:
    assert record.faults(as_registered(path)) == []


@pytest.mark.parametrize("path", RECORDS, ids=label)
def test_a_record_speaks_both_languages_and_relates_to_its_neighbours_only(path: Path) -> None:
    assert set(table(path)["title"]) == {"zh", "en"}
    siblings = {sibling.stem for sibling in path.parent.glob("*.toml")} - {path.stem}
    assert {each["target"] for each in table(path).get("relations", [])} <= siblings


@pytest.mark.parametrize("path", [each for each in RECORDS if "coverage" in table(each)], ids=label)
def test_the_years_of_a_dynasty_are_its_own(path: Path) -> None:
    period = table(path)["coverage"]["period"]
    first, last = DYNASTIES.get(re.split(r"\W", period["name"]["zh"])[0], (-9999, 9999))
    assert first <= period["from"] <= period.get("until", last) <= last


def test_the_poster_of_the_metre_says_how_long_light_takes() -> None:
    [summary] = [table(path)["summary"] for path in RECORDS if path.stem == "02-metre"]
    assert "三亿分之一秒" in summary["zh"]


def test_a_longer_shadow_is_said_as_what_it_becomes_and_not_as_what_is_added() -> None:
    [path] = [path for path in FILES if path.stem == "profile-guo"]
    with pypdfium2.PdfDocument(path) as document:
        page = document[0].get_textpage()
        text = page.get_text_range()
        page.close()
    [record_path] = [each for each in RECORDS if each.stem == "05-guo-shoujing"]
    assert not re.search(r"长\s*了\s*五\s*倍", text + table(record_path)["summary"]["zh"])


def test_every_named_file_is_there_and_no_file_is_left_unnamed() -> None:
    assert [line for each in INSTITUTIONS for line in build.missing_files(each)] == []
    stored = {path.resolve() for each in INSTITUTIONS for path in (each.folder / "files").iterdir()}
    assert stored == set(FILES)


def test_the_set_stays_small() -> None:
    sizes = {path.name: path.stat().st_size for path in FILES}
    assert {name: size for name, size in sizes.items() if size > MAX_FILE_BYTES} == {}
    assert sum(sizes.values()) <= MAX_SET_BYTES


@pytest.mark.parametrize("path", ending(".pdf"), ids=label)
def test_a_pdf_gives_back_its_chinese_text(path: Path) -> None:
    with pypdfium2.PdfDocument(path) as document:
        text = ""
        for number in range(len(document)):
            page = document[number].get_textpage()
            text += page.get_text_range()
            page.close()
    assert len(re.findall(r"[\u4e00-\u9fff]", text)) > 200
    # A radical looks like its character and is another one: a reader who searches would not find it.
    assert re.findall(r"[\u2e80-\u2fdf]", text) == []


@pytest.mark.parametrize("path", ending(".png"), ids=label)
def test_a_picture_opens_and_is_not_blank(path: Path) -> None:
    with Image.open(path) as picture:
        assert min(picture.size) >= 400
        assert len(picture.convert("RGB").getcolors(2**24) or []) > 8


@pytest.mark.parametrize("path", ending(".mp4", ".mp3", ".ogg", ".wav", ".webm"), ids=label)
def test_a_film_or_sound_decodes_and_lasts(path: Path) -> None:
    with av.open(str(path)) as container:
        stream = container.streams[0]
        last = max(float(frame.pts * frame.time_base) for frame in container.decode(stream))
    assert last > 3


@pytest.mark.parametrize("path", ending(".html", ".svg"), ids=label)
def test_a_page_loads_nothing_from_elsewhere(path: Path) -> None:
    text = NAMESPACE.sub("", path.read_text(encoding="utf-8"))
    assert re.findall(r"https?:|@import|url\((?!#)|\bsrc\s*=|<link\b|\bfetch\(|href=\"(?!#)", text) == []


@pytest.mark.parametrize("path", ending(".pptx"), ids=label)
def test_a_deck_has_slides_with_chinese_text(path: Path) -> None:
    with zipfile.ZipFile(path) as parts:
        slides = [name for name in parts.namelist() if re.fullmatch(r"ppt/slides/slide\d+\.xml", name)]
        assert len(slides) >= 6
        assert all(re.search(r"[\u4e00-\u9fff]", parts.read(name).decode()) for name in slides)


@pytest.mark.parametrize("path", ending(".csv"), ids=label)
def test_a_table_opens_in_a_spreadsheet_with_as_many_cells_in_each_row(path: Path) -> None:
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert len(rows) > 2
    assert len({len(row) for row in rows}) == 1


def test_the_institutes_pages_are_made_of_the_sources_as_they_are(tmp_path: Path) -> None:
    make_files.make_texts(tmp_path)
    committed = make_files.SOURCES.with_name("files")
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert made
    assert {name: (committed / name).read_bytes() for name in made} == made


def test_the_defining_constants_are_those_of_the_si_brochure() -> None:
    content = (make_files.SOURCES.with_name("files") / "constants.csv").read_text(encoding="utf-8-sig")
    values = {row["单位"]: row["准确数值"] for row in csv.DictReader(io.StringIO(content))}
    assert values == {
        "秒": "9192631770",
        "米": "299792458",
        "千克": "6.62607015e-34",
        "安培": "1.602176634e-19",
        "开尔文": "1.380649e-23",
        "摩尔": "6.02214076e23",
        "坎德拉": "683",
    }


def a_pdf() -> bytes:
    """A page as Chromium prints it: a Type 3 font whose one glyph, a square, stands for the radical of 里."""
    drawing = b"1000 0 0 -880 880 0 d1\n0 0 m\n880 0 l\n880 -880 l\n0 -880 l\nh\nf\n"
    names = b"/CIDInit\n1 beginbfchar\n<01> <2FA5>\nendbfchar\n"
    content = b"BT /F1 72 Tf 100 100 Td <01> Tj ET"
    font = (
        b"<</Type /Font\n/Subtype /Type3\n/FontMatrix [.00100000005 0 0 -.00100000005 0 0]\n/FirstChar 0\n"
        b"/LastChar 1\n/FontBBox [0 0 880 -880]\n/ToUnicode 7 0 R\n/FontDescriptor 9 0 R\n/Widths [0 1000]\n"
        b"/Encoding <</Type /Encoding\n/Differences [0 /g0 /g7]>>\n/CharProcs <</g0 6 0 R\n/g7 6 0 R>>>>"
    )
    page = b"/MediaBox [0 0 300 300] /Contents 4 0 R /Resources <</Font <</F1 5 0 R>>>>"
    stream = b"<</Length %d>>\nstream\n%s\nendstream"
    bodies = [
        b"<</Type /Catalog /Pages 2 0 R>>",
        b"<</Type /Pages /Kids [3 0 R] /Count 1>>",
        b"<</Type /Page /Parent 2 0 R " + page + b">>",
        *(stream % (len(data), data) for data in (content,)),
        font,
        *(stream % (len(data), data) for data in (drawing, names)),
        b"<</Unused true>>",
        b"<</Type /FontDescriptor /FontName /A /Flags 4 /ItalicAngle 0>>",
    ]
    whole = b"%PDF-1.4\n" + b"".join(b"%d 0 obj\n%s\nendobj\n" % pair for pair in enumerate(bodies, start=1))
    return whole + b"xref\n0 0\ntrailer\n<</Size 10\n/Root 1 0 R>>\nstartxref\n0\n%%EOF"


def test_a_packed_pdf_shows_its_glyphs_and_names_the_character_not_the_radical() -> None:
    packed = pdf_packing.pack(a_pdf())
    assert b"Type3" not in packed
    with pypdfium2.PdfDocument(packed) as document:
        text = document[0].get_textpage()
        assert text.get_text_range() == "里"
        text.close()
        picture = document[0].render().to_pil().convert("L")
    # The square stands on the base line at (100, 100) and is 0.88 × 72 points wide; the page is 300 high.
    assert picture.point(lambda shade: 255 - shade).getbbox() == pytest.approx((100, 136, 164, 200), abs=1)


def test_tones_last_as_long_as_they_say_in_every_form(tmp_path: Path) -> None:
    story = [sound.Tone(0.5, (440, 442)), sound.Tone(0.25), sound.Tone(0.25, (1000,), decay=0.05)]
    for suffix in sound.CODECS:
        sound.write_tone_story(story, tmp_path / f"tones{suffix}")
        with av.open(str(tmp_path / f"tones{suffix}")) as container:
            frames = list(container.decode(audio=0))
        assert sum(frame.samples for frame in frames) / frames[0].sample_rate == pytest.approx(1, abs=0.1)


def test_an_animation_keeps_every_frame_in_every_form(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (64, 48), (shade * 20, 0, 0)) for shade in range(10)]
    for suffix in motion.FILM_CODECS:
        motion.write_animation(iter(frames), tmp_path / f"film{suffix}", 10)
        with av.open(str(tmp_path / f"film{suffix}")) as container:
            assert sum(1 for _ in container.decode(video=0)) == len(frames)
    motion.write_animation(frames, tmp_path / "film.webp", 10)
    with Image.open(tmp_path / "film.webp") as moving:
        assert moving.n_frames == len(frames)


def test_the_same_slides_give_the_same_bytes(tmp_path: Path) -> None:
    slides = [deck.Slide("题目", ["副题"]), deck.Slide("第二页", ["一行"], big="1", table=[["甲"], ["乙"]])]
    for name in ("a.pptx", "b.pptx"):
        deck.write_pptx(slides, tmp_path / name)
    assert (tmp_path / "a.pptx").read_bytes() == (tmp_path / "b.pptx").read_bytes()
