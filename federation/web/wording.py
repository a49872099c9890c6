"""Putting facts into words for readers: sizes with units, dates before our era, texts in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from babel.core import Locale, parse_locale
from babel.dates import format_date as babel_date
from flask_babel import format_decimal, gettext
from markupsafe import Markup

from federation.days import ZONE
from federation.language import CHINESE, LOCALES, request_language
from shared.canonical import best_text
from shared.record import EDTF
from shared.vocabularies import vocabulary

_NAMED_HERE = {"lzh": "文言文"}
"""Languages that our members' resources are in and that CLDR names in English only."""
_HAN = re.compile("[\u3400-\u9fff]")
_PHRASE = re.compile(r"""["“”「](\s*[^\s"“”「」][^"“”「」]*)["“”」]""")
_EDTF_PARTS = re.compile(r"(?P<year>-?\d{4})(-(?P<month>\d{2})(-(?P<day>\d{2}))?)?(?P<mark>[~?]?)")


def grouped(count: int) -> str:
    """A whole number with its digits grouped as the language groups them."""
    # Half a page of a search is such numbers, and none below a thousand has anything to group.
    return str(count) if 0 <= count < 1000 else str(format_decimal(count))


def reading_date(text: str) -> str:
    """An EDTF date (ISO 8601-2 level 0, `~` about, `?` uncertain) for people; any other text unchanged."""
    found = _EDTF_PARTS.fullmatch(text)
    if found is None or EDTF.fullmatch(text) is None:
        return text
    year = int(found["year"])
    era = gettext("公元前 %(year)s 年", year=1 - year) if year < 1 else gettext("%(year)s 年", year=year)
    said: str = era
    if found["month"]:
        said = gettext("%(era)s %(month)s 月", era=era, month=_month(int(found["month"])))
    if found["day"]:
        said = gettext("%(month)s %(day)s 日", month=said, day=int(found["day"]))
    if found["mark"] == "~":
        said = about(said)
    elif found["mark"]:
        said = gettext("%(date)s（存疑）", date=said)
    return said


def about(date: str) -> str:
    """A date for people that is approximate. Chinese sets a space before digits, and none before 公元前."""
    return str(gettext("约 %(date)s", date=date) if date[:1].isdigit() else gettext("约%(date)s", date=date))


def _month(number: int) -> str:
    if request_language() == CHINESE:
        return str(number)
    months: Mapping[int, str] = Locale.parse("en").months["format"]["wide"]
    return months[number]


def year_span(first: int | None, last: int | None) -> str:
    """A span of astronomical years (1 BC is 0) for people; the empty string when neither is known."""
    if first is None:
        return str(gettext("%(year)s以前", year=_year(last))) if last is not None else ""
    if last is None:
        return str(gettext("%(year)s以来", year=_year(first)))
    return "–".join(dict.fromkeys((_year(first), _year(last))))


def _year(year: int) -> str:
    return reading_date(f"{'-' if year < 0 else ''}{abs(year):04d}")


def language_name(tag: str) -> str:
    """What a language is called in the reader's; the tag itself when nobody knows."""
    reader = Locale.parse(LOCALES[request_language()])
    try:
        # There are more names than locales (no machine is set to Literary Chinese, or to no language at all), and a
        # locale would guess what is not said: that what is in Latin letters is English.
        language, territory, script, *_rest = parse_locale(tag, sep="-")
    except ValueError:
        return tag
    own = _NAMED_HERE if request_language() == CHINESE else {}
    name = reader.languages.get(language) or own.get(language)
    details = [names.get(code) for names, code in ((reader.scripts, script), (reader.territories, territory)) if code]
    if name is None or None in details:
        return tag
    return f"{name} ({', '.join(map(str, details))})" if details else str(name)


def in_quotes(text: str) -> str:
    """What somebody asked for, in quotes; a phrase that was asked for in quotes already has no second pair."""
    phrase = _PHRASE.fullmatch(text.strip())
    return str(gettext("“%(text)s”", text=phrase[1].strip() if phrase else text))


def label(name: str, code: str) -> str:
    """A vocabulary term in the reader's language."""
    return vocabulary(name).label(code, request_language())


@dataclass(frozen=True)
class Said:
    """A text and the language that it is in; as HTML it carries a `lang` when the page is in another.

    `pieces` are the same text cut up, each with whether it is to be marked.
    """

    text: str
    language: str
    pieces: tuple[tuple[str, bool], ...] = ()

    def __str__(self) -> str:
        return self.text

    def __html__(self) -> str:
        inner = Markup("").join(_piece(text, marked) for text, marked in self.pieces or ((self.text, False),))
        if self.language.split("-")[0] == request_language():
            return str(inner)
        return str(Markup('<span lang="{}">{}</span>').format(html_language(self.language), inner))


def _piece(text: str, marked: bool) -> Markup:
    return Markup("<mark>{}</mark>").format(text) if marked else Markup.escape(text)


def html_language(tag: str) -> str:
    """The `lang` attribute for a language tag: plain Chinese is said to be simplified."""
    return "zh-Hans" if tag == "zh" else tag


def said(texts: Mapping[str, str] | None) -> Said:
    """The text of a map of language → text that suits the reader best, with its language."""
    texts = texts or {}
    text = best_text(texts, request_language())
    return Said(text, next((tag for tag, one in texts.items() if one == text), request_language()))


def as_written(text: str) -> Said:
    """A name or word that a record gives without its language: Chinese when it has Chinese characters."""
    return Said(text, CHINESE if _HAN.search(text) else request_language())


def other_title(texts: Mapping[str, str]) -> Said | None:
    """The title in the other of our two languages, when there is one that differs."""
    shown = said(texts)
    for tag in ("zh", "en"):
        if tag != shown.language and texts.get(tag) and texts[tag] != shown.text:
            return Said(texts[tag], tag)
    return None


def paragraphs(texts: Mapping[str, str]) -> list[Said]:
    """A long text in its paragraphs, which blank lines part."""
    whole = said(texts)
    return [Said(part.strip(), whole.language) for part in re.split(r"\n\s*\n", whole.text) if part.strip()]


FORMATS = {
    "application/pdf": "PDF",
    "text/html": "HTML",
    "text/csv": "CSV",
    "text/plain": "TXT",
    "text/markdown": "Markdown",
    "text/vtt": "WebVTT",
    "application/zip": "ZIP",
    "application/json": "JSON",
    "application/epub+zip": "EPUB",
    "application/msword": "Word",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word",
    "application/vnd.ms-excel": "Excel",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Excel",
    "application/vnd.ms-powerpoint": "PowerPoint",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "PowerPoint",
    "audio/mpeg": "MP3",
    "audio/x-wav": "WAV",
    "image/svg+xml": "SVG",
    "image/jpeg": "JPEG",
}


def format_of(media_type: str) -> str:
    """What people call a media type."""
    return FORMATS.get(media_type) or media_type.partition("/")[2].removeprefix("x-").upper()


def short_date(moment: datetime) -> str:
    """The date of a moment in China, in the reader's language."""
    pattern = "y 年 M 月 d 日" if request_language() == CHINESE else "d MMMM y"
    return babel_date(moment.astimezone(ZONE), format=pattern, locale=LOCALES[request_language()])
