"""How to cite a resource: as GB/T 7714—2015 writes an electronic one, and for BibTeX."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from federation.catalogue import Page
from federation.days import ZONE
from federation.interop.places import Places

NAMED = 3
"""Authors that are named; then "et al." stands for the others (GB/T 7714—2015, 8.1.2), after the sign that parts
authors."""
MARKS = {"book": "M", "document": "A", "dataset": "DS", "regulation": "S"}
"""Kinds of document that have a mark of their own (GB/T 7714—2015, annex B); all others are electronic notices."""
_TEX = {
    "\\": r"\textbackslash{}",
    # BibTeX counts a brace after a backslash as a brace: one alone would spoil the rest of the file.
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


def gbt7714(page: Page, *, title: str, language: str, address: str, today: date) -> str:
    """The reference: who, what, when published, when read, where (GB/T 7714—2015, 4.6).

    `today` is the day in China; nobody read it before it was published.
    """
    entry, published = page.entry, page.entry.at.astimezone(ZONE).date()
    people = [one["name"] for one in page.record.get("creators", ())]
    more = (", 等" if language == "zh" else ", et al") if len(people) > NAMED else ""
    authors = ", ".join(people[:NAMED]) + more if people else entry.institution.name(language)
    mark = f"{MARKS.get(entry.type, 'EB')}/OL"
    return f"{authors}. {title}[{mark}]. ({published})[{max(today, published)}]. {address}."


def bibtex(page: Page, places: Places, *, today: date) -> str:
    """An entry `@misc`, with the ARK as its key; titles keep their capitals."""
    record, entry, published = page.record, page.entry, page.entry.at.astimezone(ZONE)
    titles: Sequence[str] = [record["title"][tag] for tag in sorted(record["title"], key=lambda tag: tag != "zh")]
    names = [one["name"] for one in record.get("creators", ())] or [entry.institution.name("zh")]
    said = {
        # Braces keep BibTeX from parting names that it would take for several words.
        "author": " and ".join(f"{{{_tex(name)}}}" for name in names),
        "title": f"{{{_tex(titles[0])}}}",
        "titleaddon": f"{{{_tex(titles[1])}}}" if len(titles) > 1 else "",
        "publisher": f"{{{_tex(entry.institution.name('zh'))}}}",
        "year": f"{published:%Y}",
        "date": f"{published:%Y-%m-%d}",
        "language": ", ".join(record["language"]),
        "url": places.cite,
        "urldate": today.isoformat(),
    }
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in said.items() if value)
    return f"@misc{{{re.sub(r'[^0-9a-z]+', '-', entry.ark)},\n{lines}}}\n"


def _tex(text: str) -> str:
    return " ".join("".join(_TEX.get(sign, sign) for sign in text).split())
