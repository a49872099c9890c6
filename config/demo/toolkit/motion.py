"""Turn drawn frames into a film (MP4, WebM) or a moving picture (WebP, GIF), and help to draw them."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import cast

import av
from PIL import Image, ImageDraw, ImageFont

PAPER, INK, CINNABAR, GREY, LINE = "#faf6ec", "#23211d", "#b3341f", "#6b6455", "#cfc6b4"
FILM_CODECS = {".mp4": ("libx264", {"crf": "28", "preset": "slow"}), ".webm": ("libvpx-vp9", {"crf": "34", "b": "0"})}
FONT_FOLDER = Path("/usr/share/fonts/opentype/noto")
# In the collections of Noto CJK the simplified-Chinese face is the third.
_SIMPLIFIED_CHINESE = 2
_OVERSAMPLING = 2


def write_animation(frames: Iterable[Image.Image], out: Path, fps: int) -> None:
    """Write frames of one even size as `out`; its suffix chooses .mp4 (H.264), .webm (VP9), .webp or .gif.

    Frames are consumed one by one, so a generator keeps memory small. Raises KeyError for another suffix
    and ValueError when there is no frame.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.suffix in (".webp", ".gif"):
        _write_moving_picture(list(frames), out, fps)
        return
    codec, options = FILM_CODECS[out.suffix]
    # One thread: the same frames give the same bytes on every machine.
    with av.open(str(out), "w", options={"movflags": "faststart"} if out.suffix == ".mp4" else {}) as container:
        stream = cast(av.VideoStream, container.add_stream(codec, rate=fps, options={**options, "threads": "1"}))
        stream.pix_fmt = "yuv420p"
        empty = True
        for picture in frames:
            if empty:
                stream.width, stream.height = picture.size
                empty = False
            container.mux(stream.encode(av.VideoFrame.from_image(picture.convert("RGB"))))
        if empty:
            raise ValueError("An animation needs at least one frame.")
        container.mux(stream.encode(None))


def _write_moving_picture(frames: list[Image.Image], out: Path, fps: int) -> None:
    if not frames:
        raise ValueError("An animation needs at least one frame.")
    frames[0].save(out, save_all=True, append_images=frames[1:], duration=round(1000 / fps), loop=0)


@cache
def font(size: int, *, serif: bool = False, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Give Noto (Serif) CJK SC at `size` pixels; raises OSError when fonts-noto-cjk is not installed."""
    name = f"Noto{'Serif' if serif else 'Sans'}CJK-{'Bold' if bold else 'Regular'}.ttc"
    return ImageFont.truetype(str(FONT_FOLDER / name), size, index=_SIMPLIFIED_CHINESE)


def ease(progress: float) -> float:
    """Map 0–1 to 0–1 with a soft start and end; values outside are held at the ends."""
    t = min(1.0, max(0.0, progress))
    return t * t * (3 - 2 * t)


class Canvas:
    """One frame in the set's colours, drawn at twice its size and then reduced, so that edges are smooth.

    All coordinates are pixels of the finished frame.
    """

    def __init__(self, width: int, height: int, background: str = PAPER) -> None:
        self.width, self.height = width, height
        self._picture = Image.new("RGB", (width * _OVERSAMPLING, height * _OVERSAMPLING), background)
        self._draw = ImageDraw.Draw(self._picture)

    def line(self, points: Iterable[tuple[float, float]], colour: str = INK, width: float = 2) -> None:
        """Draw a line through the points."""
        self._draw.line(self._grown(points), colour, max(1, round(width * _OVERSAMPLING)), joint="curve")

    def polygon(self, points: Iterable[tuple[float, float]], colour: str = INK) -> None:
        """Fill the figure that the points enclose."""
        self._draw.polygon(self._grown(points), colour)

    def box(self, left: float, top: float, right: float, bottom: float, fill: str | None = None,
            outline: str | None = None, width: float = 2, radius: float = 0) -> None:  # fmt: skip
        """Draw a rectangle, filled, outlined or both, with corners rounded by `radius`."""
        corners = self._grown([(left, top), (right, bottom)])
        pen = round(width * _OVERSAMPLING)
        self._draw.rounded_rectangle(corners, radius * _OVERSAMPLING, fill, outline, pen)

    def disc(self, x: float, y: float, radius: float, fill: str | None = None, outline: str | None = None,
             width: float = 2) -> None:  # fmt: skip
        """Draw a circle around (x, y)."""
        corners = self._grown([(x - radius, y - radius), (x + radius, y + radius)])
        self._draw.ellipse(corners, fill, outline, round(width * _OVERSAMPLING))

    def text(self, x: float, y: float, words: str, size: int = 24, colour: str = INK, anchor: str = "lm",
             serif: bool = False, bold: bool = False) -> None:  # fmt: skip
        """Write words at (x, y); `anchor` is Pillow's two letters (lm: left middle, mm: centred)."""
        face = font(size * _OVERSAMPLING, serif=serif, bold=bold)
        self._draw.text((x * _OVERSAMPLING, y * _OVERSAMPLING), words, colour, face, anchor)

    def ruler(self, y: float = 0, step: float = 10) -> None:
        """Draw the graduated scale along the line `y`, ticks hanging down, every tenth in cinnabar."""
        for index in range(int(self.width / step) + 1):
            length, colour = (22, CINNABAR) if index % 10 == 0 else (14, INK) if index % 5 == 0 else (8, INK)
            self.line([(index * step, y), (index * step, y + length)], colour, 1.5)

    def picture(self) -> Image.Image:
        """Give the finished frame."""
        return self._picture.resize((self.width, self.height), Image.Resampling.LANCZOS)

    def _grown(self, points: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
        return [(x * _OVERSAMPLING, y * _OVERSAMPLING) for x, y in points]
