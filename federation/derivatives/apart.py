"""Pictures of one file, made in a process of its own: the file from standard input, a ZIP to standard output.

Nothing of the hub is imported here: a stranger's file is read by libraries that are written in C, so this process is
to hold nothing worth having, and what it says is believed by nobody (`federation.derivatives.maker` reads it).
The ZIP is not compressed; it has WebP pictures and `facts.json`. Exit codes: 0 done, 3 unreadable, 4 too large.
"""

from __future__ import annotations

import io
import json
import resource
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from importlib import metadata
from importlib.util import find_spec
from typing import IO, Any

from PIL import Image, ImageCms, ImageOps, ImageStat

PICTURE, PAGES, FILM = "picture", "pages", "film"
UNREADABLE_CODE, TOO_LARGE_CODE = 3, 4
WIDTHS = (320, 640, 1600)
"""Pixels: cards on a phone, cards on a sharp or large screen, a resource's own page."""
TALLEST = 5
"""How many times as high as wide a picture is before it is made narrower, as an unrolled scroll is."""
PAGE_EDGE = 1400
"""Pixels of a page's longer side: an A4 page is read on it, and has about 80 KB."""
MOST_PAGES = 24
PAGES_SECONDS = 20.0
"""After that no further page is begun; those that are there are kept."""
MOST_PIXELS = 100_000_000
"""Of a picture, whose 400 MB are then in memory. JPEG is read in a smaller scale and needs less."""
MOST_FRAME_PIXELS = 40_000_000
QUALITY = 78
"""Of WebP: about half the bytes of JPEG at the same look, at a tenth of AVIF's time."""
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "TIFF", "BMP")
"""Pillow reads dozens more, and every one of them is a way in."""
CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,ogg"
"""Of films: none that names other files or addresses, as playlists do."""
MOMENTS = (0.1, 0.3, 0.5)
"""Where in a film a still is looked for, in parts of its length; openings are black."""
LIVELY = 24.0
"""The standard deviation of brightness from which a still is not taken for a black or a blank one."""
LIMITS = {
    resource.RLIMIT_AS: 1536 * 1024**2,
    resource.RLIMIT_CPU: 90,
    resource.RLIMIT_FSIZE: 64 * 1024**2,
    resource.RLIMIT_NOFILE: 64,
    resource.RLIMIT_CORE: 0,
}
_ORIENTATION = 0x0112
_TURNED = frozenset({5, 6, 7, 8})
"""The values of EXIF's Orientation (CIPA DC-008 4.6.5) by which width and height change places."""
_WHITE = (255, 255, 255)
_SRGB = ImageCms.createProfile("sRGB")


class TooLarge(Exception):
    """The file would take more memory than there is for it."""


class Unreadable(Exception):
    """The file is not what it is said to be, or broken."""


class Written:
    """The ZIP under way: pictures by their names, and what there is to know of the file."""

    def __init__(self, target: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(target, "w", zipfile.ZIP_STORED)
        self.facts: dict[str, int] = {}

    def add(self, name: str, picture: Image.Image) -> None:
        """One picture as WebP, without the metadata of the file that it was made of."""
        data = io.BytesIO()
        picture.save(data, "WEBP", quality=QUALITY, method=4, exif=b"", icc_profile=b"")
        self._put(f"{name}.webp", data.getvalue())

    def add_widths(self, picture: Image.Image) -> None:
        """A picture in each width that it has, and in its own if that is less."""
        for width in sorted({min(width, picture.width) for width in WIDTHS}):
            small = picture.copy()
            small.thumbnail((width, width * TALLEST), Image.Resampling.LANCZOS)
            self.add(f"w{width}", small)

    def close(self) -> None:
        """The facts, and the directory that makes it a ZIP."""
        self._put("facts.json", json.dumps(self.facts).encode())
        self._zip.close()

    def _put(self, name: str, data: bytes) -> None:
        # A fixed date: the same file gives the same bytes.
        self._zip.writestr(zipfile.ZipInfo(name), data)


# -- pictures ----------------------------------------------------------------------------------------------


def make_of_picture(source: IO[bytes], written: Written) -> None:
    """The picture in its widths, upright and in sRGB; of an animated one its first frame."""
    image: Image.Image = Image.open(source, formats=FORMATS)
    if image.width * image.height > MOST_PIXELS:
        raise TooLarge
    orientation = _orientation(image)
    turned = orientation in _TURNED
    width, height = image.size[::-1] if turned else image.size
    written.facts |= {"width": width, "height": height, "animated": int(getattr(image, "is_animated", False))}
    profile = image.info.get("icc_profile")
    most = WIDTHS[-1]
    image.draft("RGB", (most, most))
    image = _eight_bits(image)
    # Made smaller before anything else is done to it, which then costs little.
    image.thumbnail((most * TALLEST, most) if turned else (most, most * TALLEST), Image.Resampling.LANCZOS)
    image = _in_srgb(_on_white(image), profile)
    image.getexif()[_ORIENTATION] = orientation
    written.add_widths(ImageOps.exif_transpose(image))


def _orientation(image: Image.Image) -> int:
    with suppress(Exception):  # whatever is wrong with the metadata, the picture may be fine
        found = image.getexif().get(_ORIENTATION, 1)
        return found if found in range(1, 9) else 1
    return 1


def _eight_bits(image: Image.Image) -> Image.Image:
    """A mode that can be made smaller without loss: no palette, and 8 bits of what has 16, 32 or fractions."""
    if image.mode.startswith("I;16"):
        return image.point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in ("I", "F"):
        lowest, highest = image.getextrema()
        low, span = float(lowest), float(highest) - float(lowest) or 1.0  # type: ignore[arg-type]  # one band
        return image.point(lambda value: value * (255 / span) + (-low * 255 / span)).convert("L")
    if image.mode in ("P", "PA"):
        return image.convert("RGBA")
    return image.convert("L") if image.mode == "1" else image


def _on_white(image: Image.Image) -> Image.Image:
    """What is transparent lies on paper: black lines on nothing would vanish in the dark."""
    if image.mode not in ("RGBA", "LA", "RGBa", "La"):
        return image
    image = image.convert("RGBA")
    paper = Image.new("RGB", image.size, _WHITE)
    paper.paste(image, mask=image.getchannel("A"))
    return paper


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """In the colours that the file means; a profile that is broken or of another kind of colours is left out."""
    if profile:
        with suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
            meant = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            made = ImageCms.profileToProfile(image, meant, _SRGB, outputMode="RGB")
            if made is not None:
                return made
    return image.convert("RGB")


# -- pages -------------------------------------------------------------------------------------------------


def make_of_pages(source: IO[bytes], written: Written) -> None:
    """The first pages of a PDF, and the very first in the widths of pictures. Nothing in a PDF is run."""
    import pypdfium2  # noqa: PLC0415  # only for PDF

    ends = time.monotonic() + PAGES_SECONDS
    try:
        pdf = pypdfium2.PdfDocument(source)
        written.facts["pages"] = len(pdf)
        for number in range(min(len(pdf), MOST_PAGES)):
            if number and time.monotonic() > ends:
                return
            picture = _page(pdf, number)
            if number == 0:
                written.facts |= {"width": picture.width, "height": picture.height}
                written.add_widths(picture)
            written.add(f"p{number + 1}", picture)
    except pypdfium2.PdfiumError as error:
        if written.facts.get("width"):
            return
        raise Unreadable from error


def _page(pdf: Any, number: int) -> Image.Image:
    page = pdf[number]
    width, height = page.get_size()
    if not (width >= 1 and height >= 1 and max(width, height) / min(width, height) <= 50):
        raise Unreadable
    picture: Image.Image = page.render(scale=PAGE_EDGE / max(width, height), may_draw_forms=False).to_pil()
    page.close()
    return picture.convert("RGB")


# -- films -------------------------------------------------------------------------------------------------


def make_of_film(source: IO[bytes], written: Written) -> None:
    """A still of a film in the widths of pictures: the first lively one, or the liveliest."""
    import av  # noqa: PLC0415  # only for films, and not on every host
    from av.error import FFmpegError  # noqa: PLC0415  # see above

    best, most = None, -1.0
    try:
        with av.open(source, options={"format_whitelist": CONTAINERS}) as film:
            for still in _stills(film):
                liveliness = ImageStat.Stat(still.convert("L").reduce(4)).stddev[0]
                if liveliness > most:
                    best, most = still, liveliness
                if most >= LIVELY:
                    break
    except FFmpegError as error:
        raise Unreadable from error
    if best is None:
        raise Unreadable
    written.facts |= {"width": best.width, "height": best.height}
    written.add_widths(best)


def _stills(film: Any) -> Iterator[Image.Image]:
    if not film.streams.video:
        raise Unreadable
    stream = film.streams.video[0]
    if stream.codec_context.width * stream.codec_context.height > MOST_FRAME_PIXELS:
        raise TooLarge
    stream.thread_count = 1
    for moment in MOMENTS if film.duration else (0.0,):
        film.seek(int((film.duration or 0) * moment))
        frame = next(film.decode(stream), None)
        if frame is not None:
            yield frame.to_image().rotate(getattr(frame, "rotation", 0), expand=True)


# -- the process -------------------------------------------------------------------------------------------

_MAKERS = {PICTURE: make_of_picture, PAGES: make_of_pages, FILM: make_of_film}
_LIBRARIES = {PICTURE: ("PIL", "pillow"), PAGES: ("pypdfium2", "pypdfium2"), FILM: ("av", "av")}


def libraries() -> dict[str, str]:
    """What each kind is made with, where that is installed."""
    return {
        kind: f"{name} {metadata.version(name)}"
        for kind, (module, name) in _LIBRARIES.items()
        if find_spec(module) is not None
    }


def main() -> int:
    """`apart.py KIND` makes pictures of standard input; without a kind it says what it can make, and with what."""
    for name, most in LIMITS.items():
        resource.setrlimit(name, (most, most))
    Image.MAX_IMAGE_PIXELS = None  # counted above, and by our own measure
    if len(sys.argv) == 1:
        print(json.dumps(libraries()))
        return 0
    written = Written(sys.stdout.buffer)
    try:
        _MAKERS[sys.argv[1]](sys.stdin.buffer, written)
        written.close()
    except (TooLarge, MemoryError):
        return TOO_LARGE_CODE
    except Exception:
        # Each library has its own ways to say that a file is broken, and the file chooses which.
        return UNREADABLE_CODE
    return 0


if __name__ == "__main__":
    sys.exit(main())
