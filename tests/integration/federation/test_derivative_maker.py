"""Pictures of strangers' files: what is odd comes out right, what is hostile does no harm."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from tempfile import TemporaryFile

import pytest
from PIL import Image, ImageCms

from federation import sandbox
from federation.derivatives import maker
from federation.derivatives.maker import FILM, PAGES, PICTURE, TIMEOUT, TOO_LARGE, UNREADABLE, Maker, NotMade
from tests.support import offices
from tests.support.pictures import QUARTERS, chart, claimed_png, encoded, pdf, photo

pytestmark = pytest.mark.only_on("sqlite")  # no database is asked
ROOT = Path(__file__).parents[3]
FILMS = ROOT / "config" / "demo" / "institute" / "files"
boxed = offices.needs("bwrap")
ALL = {PICTURE: "", PAGES: "", FILM: ""}


def made(data, kind=PICTURE, *, confined=False):
    """What is made of these bytes: the pictures by their names, and the facts."""
    with TemporaryFile() as source:
        source.write(data)
        found = Maker(confined, ALL).make(source, kind)
    with found.zip:
        content = found.zip.seek(0) or found.zip.read()
    pictures = {}
    for one in found.pieces:
        image = Image.open(io.BytesIO(content[one.offset : one.offset + one.length]))
        assert (image.format, image.size, image.mode) == ("WEBP", (one.width, one.height), "RGB")
        pictures[one.name] = image
    return pictures, found.facts


def corners(image):
    """Which of the chart's colours are in the four corners."""
    width, height = image.size
    places = ((10, 10), (width - 10, 10), (10, height - 10), (width - 10, height - 10))

    def nearest(pixel):
        return min(range(4), key=lambda index: sum((a - b) ** 2 for a, b in zip(pixel, QUARTERS[index], strict=True)))

    return [nearest(image.getpixel(place)) for place in places]


def turned(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(chart(), "JPEG", exif=exif)


def cause(data, kind=PICTURE):
    with pytest.raises(NotMade) as caught:
        made(data, kind)
    return caught.value.cause


@boxed
def test_a_picture_comes_in_each_width_that_it_has_and_never_larger_than_it_is():
    assert maker.find().confined
    pictures, facts = made(photo(800, 600), confined=True)
    assert {name: image.size for name, image in pictures.items()} == {
        "w320": (320, 240),
        "w640": (640, 480),
        "w800": (800, 600),
    }
    assert facts == {"width": 800, "height": 600, "animated": 0}
    assert corners(pictures["w320"]) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("orientation", "expected"), [(1, [0, 1, 2, 3]), (3, [3, 2, 1, 0]), (6, [2, 0, 3, 1]), (8, [1, 3, 0, 2])]
)
def test_a_photo_stands_upright_whichever_way_the_camera_was_held(orientation, expected):
    pictures, facts = made(turned(orientation))
    assert corners(pictures["w320"]) == expected
    assert (facts["width"], facts["height"]) == ((600, 800) if orientation in (6, 8) else (800, 600))


WRONG = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()


@pytest.mark.parametrize(
    "data",
    [
        encoded(chart(), "JPEG", icc_profile=b"no profile at all"),
        encoded(chart(), "JPEG", icc_profile=WRONG),
        encoded(chart().convert("CMYK"), "JPEG"),
        encoded(chart().convert("P"), "PNG"),
        encoded(chart(), "GIF"),
        encoded(chart(), "TIFF", compression="tiff_lzw"),
        encoded(chart(), "AVIF"),
        encoded(chart(), "PNG", save_all=True, append_images=[Image.new("RGB", (800, 600))]),
    ],
    ids=["broken profile", "wrong profile", "CMYK", "palette", "GIF", "TIFF", "AVIF", "animated"],
)
def test_odd_pictures_look_as_they_are_meant(data):
    assert corners(made(data)[0]["w320"]) == [0, 1, 2, 3]


def test_sixteen_bits_become_eight_and_what_is_transparent_lies_on_white():
    ramp = Image.frombytes("I;16", (256, 2), b"".join(struct.pack("<H", value * 257) for value in range(256)) * 2)
    grey = made(encoded(ramp))[0]["w256"]
    assert abs(grey.getpixel((128, 0))[0] - 128) < 4
    assert abs(grey.getpixel((250, 0))[0] - 250) < 6
    clear = made(encoded(Image.new("RGBA", (64, 64), (0, 0, 0, 0))))[0]["w64"]
    assert clear.getpixel((9, 9)) == (255, 255, 255)


def test_a_pdf_gives_its_first_pages_and_says_how_many_there_are():
    pictures, facts = made(pdf(30), PAGES)
    assert facts["pages"] == 30
    assert [name for name in pictures if name.startswith("p")] == [f"p{number}" for number in range(1, 25)]
    assert max(pictures["p1"].size) == 1400
    assert pictures["w320"].width == 320


@boxed
def test_a_film_gives_a_still_and_only_where_it_is_shut_in():
    film = (FILMS / "second.mp4").read_bytes()
    pictures, _ = made(film, FILM, confined=True)
    assert pictures["w320"].width == 320
    assert FILM in maker.find().kinds


def test_without_a_sandbox_pictures_and_pages_are_made_and_films_are_not(monkeypatch):
    monkeypatch.setattr(sandbox, "TOOLS", ("no-such-tool",))
    found = maker.find()
    assert (found.confined, found.kinds) == (False, {PICTURE, PAGES})


@pytest.mark.parametrize(
    ("data", "kind", "expected"),
    [
        (claimed_png(30_000, 30_000), PICTURE, TOO_LARGE),
        (claimed_png(2**31 - 1, 2**31 - 1), PICTURE, TOO_LARGE),
        (claimed_png(500, 500), PICTURE, UNREADABLE),
        (photo()[:2000], PICTURE, UNREADABLE),
        (b"", PICTURE, UNREADABLE),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", PICTURE, UNREADABLE),
        (b"%PDF-1.7 and nothing else", PAGES, UNREADABLE),
        (pdf(1, width=10_000, height=1), PAGES, UNREADABLE),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", FILM, UNREADABLE),
    ],
    ids=["bomb", "absurd", "lies", "cut off", "empty", "PostScript", "broken PDF", "a thread of a page", "playlist"],
)
def test_what_is_hostile_or_broken_ends_with_its_cause(data, kind, expected):
    assert cause(data, kind) == expected


def standing_for(monkeypatch, tmp_path, program):
    """Have another program in place of the one that makes pictures: a file may have taken hold of it."""
    path = tmp_path / "apart.py"
    path.write_text(f"import io, json, os, socket, sys, time, zipfile\n{program}\n", encoding="utf-8")
    monkeypatch.setattr(maker, "_APART", str(path))


WRITE = "z = zipfile.ZipFile(sys.stdout.buffer, 'w')\n"


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("sys.stdout.write('no ZIP')", UNREADABLE),
        (WRITE + "z.writestr('w320.webp', b'<script>'); z.writestr('facts.json', '{}'); z.close()", UNREADABLE),
        (WRITE + "z.writestr('../../etc/x.webp', b'RIFF'); z.writestr('facts.json', '{}'); z.close()", UNREADABLE),
        (WRITE + "z.writestr('facts.json', '[1]'); z.close()", UNREADABLE),
        (WRITE + "z.writestr('w1.webp', b'RIFF0000WEBPVP8 '); z.writestr('facts.json', '{}'); z.close()", UNREADABLE),
        (f"os.ftruncate(1, {maker.MOST_WRITTEN + 1})", TOO_LARGE),
        ("os.kill(os.getpid(), 11)", UNREADABLE),
        ("time.sleep(60)", TIMEOUT),
    ],
)
def test_nothing_that_comes_out_is_believed(monkeypatch, tmp_path, program, expected):
    monkeypatch.setattr(maker, "SECONDS", {PICTURE: 1 if expected == TIMEOUT else 20})
    standing_for(monkeypatch, tmp_path, program)
    assert cause(b"") == expected


@boxed
def test_a_file_that_takes_hold_finds_no_file_of_the_hub_no_secret_and_no_network(monkeypatch, tmp_path):
    monkeypatch.setenv("COMMONS_SECRET_KEY", "of the hub")
    seen = tmp_path / "secret"
    seen.write_text("of the hub", encoding="utf-8")
    tries = (
        f"found = [os.path.exists(name) for name in ({str(seen)!r}, '/etc/passwd')]\n"
        "found.append('COMMONS_SECRET_KEY' in os.environ)\n"
        "try: socket.create_connection(('127.0.0.1', 22), 1); found.append(True)\n"
        "except OSError as error: found.append(error.errno not in (101, 111, 99))\n"
        "try: open('/usr/x', 'w'); found.append(True)\n"
        "except OSError: found.append(False)\n"
    )
    tell = "z.writestr('facts.json', json.dumps({'pages': sum(found)})); z.close()"
    standing_for(monkeypatch, tmp_path, tries + WRITE + tell)
    with TemporaryFile() as source:
        found = Maker(True, ALL).make(source, PICTURE)
    with found.zip:
        assert found.facts == {"pages": 0}


def test_the_program_imports_nothing_of_the_hub():
    lines = Path(maker.__file__).with_name("apart.py").read_text(encoding="utf-8")
    assert "from federation" not in lines
