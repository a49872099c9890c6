"""`python -m tests.translations [--check]`: collect the texts to translate, keep the catalogues up, compile them.

Messages are Chinese in the source; `en` is their only catalogue. The words of Click are English in its source and
have a Chinese catalogue in `shared`. With `--check` nothing is written, and it fails when a text has no translation,
or when a catalogue was not compiled.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from inspect import cleandoc
from pathlib import Path

import click
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from nodes import cli as node_cli
from shared.commands import DOMAIN

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Texts:
    """The texts of one package's source and the file of their translations."""

    source: Path
    folder: Path
    language: str = "en"
    domain: str = "messages"

    @property
    def file(self) -> Path:
        """The catalogue that people edit."""
        return self.folder / "translations" / self.language / "LC_MESSAGES" / f"{self.domain}.po"


ALL = [
    *(Texts(ROOT / name, ROOT / name) for name in ("federation", "nodes")),
    Texts(Path(click.__file__).parent, ROOT / "shared", "zh", DOMAIN),
]
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2"), ("templates/**.txt", "jinja2")]
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "later": None,
    "ngettext": (1, 2),
}


def collected(texts: Texts) -> Catalog:
    """Every text of a source."""
    found = Catalog(charset="utf-8")
    for text in helps(node_cli.main) if texts.source.name == "nodes" else ():
        found.add(text)
    for _name, _line, message, comments, _context in extract_from_dir(texts.source, METHODS, keywords=KEYWORDS):
        if message != "d":  # Click asks for plurals of single letters nowhere but in a comment
            found.add(message, auto_comments=comments)
    return found


def helps(command: click.Command) -> Iterator[str]:
    """What a command, its options and those within it say of themselves: it stands in no call that marks a text."""
    context = click.Context(command)
    said = (command.help, *(getattr(option, "help", None) for option in command.params))
    yield from (cleandoc(text) for text in said if text)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            yield from helps(node_cli.main.original(name) if command is node_cli.main else command.commands[name])


def updated(texts: Texts) -> Catalog:
    """The catalogue with every text of the source and no other; texts without translation are empty.

    Its dates stay, so that the same texts always make the same bytes.
    """
    with texts.file.open("rb") as file:
        catalogue = read_po(file, locale=texts.language)
    made = catalogue.creation_date
    catalogue.update(collected(texts), no_fuzzy_matching=True)
    catalogue.creation_date = made
    catalogue.obsolete.clear()
    return catalogue


def untranslated(catalogue: Catalog) -> list[str]:
    """Texts that have no translation yet."""
    return [str(message.id) for message in catalogue if message.id and not _complete(message.string)]


def compiled(catalogue: Catalog) -> bytes:
    """The catalogue as programs read it."""
    buffer = io.BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def faults(texts: Texts) -> list[str]:
    """What is wrong with a catalogue: texts without translation, or a compiled form of another day."""
    catalogue = updated(texts)
    found = [f"{texts.file}: nothing for {text}" for text in untranslated(catalogue)]
    file = texts.file.with_suffix(".mo")
    if not file.exists() or file.read_bytes() != compiled(catalogue):
        found.append(f"{texts.file}: the catalogue is not compiled")
    return found


def write(texts: Texts) -> None:
    """Bring a catalogue up to its source, and compile it."""
    catalogue, file = updated(texts), texts.file
    with file.open("wb") as stream:
        write_po(stream, catalogue, sort_output=True, no_location=True, width=110)
    file.with_suffix(".mo").write_bytes(compiled(catalogue))


def main() -> None:
    """Write the catalogues, or with `--check` only say what is wrong with them."""
    if "--check" not in sys.argv:
        for texts in ALL:
            write(texts)
    found = [fault for texts in ALL for fault in faults(texts)]
    if found:
        sys.exit("\n".join(found))


def _complete(string: object) -> bool:
    return all(string) if isinstance(string, list | tuple) else bool(string)


if __name__ == "__main__":
    main()
