"""Pictures, PDFs and texts as strangers send them: good ones, odd ones, and such as are meant to do harm."""

from __future__ import annotations

import io
import struct
import zlib
from functools import cache
from typing import Any

import pypdfium2
from PIL import Image

QUARTERS = ((200, 30, 30), (30, 160, 60), (40, 60, 200), (230, 200, 60))
"""The colours of `chart`: upper left, upper right, lower left, lower right."""


def chart(width: int = 800, height: int = 600) -> Image.Image:
    """A picture in which one sees which side is up."""
    image = Image.new("RGB", (2, 2))
    for place, colour in enumerate(QUARTERS):
        image.putpixel((place % 2, place // 2), colour)
    return image.resize((width, height), Image.Resampling.NEAREST)


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """The bytes of a picture."""
    made = io.BytesIO()
    image.save(made, kind, **options)
    return made.getvalue()


@cache
def photo(width: int = 800, height: int = 600) -> bytes:
    """A picture as most are."""
    return encoded(chart(width, height), "JPEG")


def claimed_png(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is so large."""
    body = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", body), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))
    written = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(written)


@cache
def pdf(pages: int = 1, *, width: float = 595, height: float = 842) -> bytes:
    """A PDF with so many empty pages, in points."""
    document = pypdfium2.PdfDocument.new()
    for _ in range(pages):
        document.new_page(width, height)
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()
