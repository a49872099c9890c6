"""Run headless Chromium once: a page in, a PDF or a picture out."""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from config.demo.toolkit import pdf_packing

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
)
TIMEOUT_SECONDS = 120
# A new-headless window is taller than what it shows; the surplus is cut off after the picture is taken.
WINDOW_SURPLUS = 160
_DATES = re.compile(rb"/(CreationDate|ModDate) \(D:\d{14}")
_CREATOR = re.compile(rb"/Creator \(Mozilla.*?\n")
_FIXED_DATE = b"20260520000000"


class ChromiumMissing(RuntimeError):
    """No Chromium is installed: the files cannot be drawn again on this machine."""


def find() -> str:
    """Give the path of the Chromium program; raises ChromiumMissing when there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    raise ChromiumMissing("未找到 Chromium：请安装 chromium 和 fonts-noto-cjk，再重新生成演示文件。")


def print_pdf(html: str, out: Path) -> None:
    """Print a whole HTML document to `out`; the dates in it are fixed: the same source gives the same bytes."""
    with tempfile.TemporaryDirectory() as folder:
        printed = Path(folder) / "page.pdf"
        _run(html, Path(folder), f"--print-to-pdf={printed}", "--no-pdf-header-footer")
        content = _CREATOR.sub(b"/Creator (Metrology Commons)\n", printed.read_bytes(), count=1)
        content = _DATES.sub(lambda m: b"/" + m.group(1) + b" (D:" + _FIXED_DATE, content)
        content = pdf_packing.pack(content)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(content)


def take_screenshot(html: str, out: Path, width: int, height: int) -> None:
    """Write a PNG of the page's first `width` × `height` CSS pixels (plus WINDOW_SURPLUS rows) to `out`."""
    with tempfile.TemporaryDirectory() as folder:
        window = f"--window-size={width},{height + WINDOW_SURPLUS}"
        _run(html, Path(folder), f"--screenshot={out.resolve()}", window)


def _run(html: str, folder: Path, *arguments: str) -> None:
    page = folder / "page.html"
    page.write_text(html, encoding="utf-8")
    # A profile of its own lets several builds run at the same time.
    command = [find(), *FLAGS, f"--user-data-dir={folder / 'profile'}", *arguments, page.as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=TIMEOUT_SECONDS)
