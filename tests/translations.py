"""`python -m tests.translations [--check]`: collect the texts to translate, keep the catalogues up, compile them.

Messages are Chinese in the source; `en` is the only catalogue. With `--check` nothing is written, and it fails when
a text has no English, or when a catalogue was not compiled.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path

import click
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from nodes import cli as node_cli

ROOT = Path(__file__).parents[1]
PACKAGES = [ROOT / name for name in ("federation", "nodes") if (ROOT / name / "translations").is_dir()]
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "later": None,
    "ngettext": (1, 2),
}


def catalogue_file(package: Path) -> Path:
    """Where the English texts of a package are."""
    return package / "translations" / "en" / "LC_MESSAGES" / "messages.po"


def collected(package: Path) -> Catalog:
    """Every text of a package's source."""
    found = Catalog(charset="utf-8")
    for text in helps(node_cli.main) if package.name == "nodes" else ():
        found.add(text)
    for _name, _line, message, comments, _context in extract_from_dir(package, METHODS, keywords=KEYWORDS):
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


def updated(package: Path) -> Catalog:
    """The English catalogue with every text of the source and no other; texts without English are empty.

    Its dates stay, so that the same texts always make the same bytes.
    """
    with catalogue_file(package).open("rb") as file:
        catalogue = read_po(file, locale="en")
    made = catalogue.creation_date
    catalogue.update(collected(package), no_fuzzy_matching=True)
    catalogue.creation_date = made
    catalogue.obsolete.clear()
    return catalogue


def untranslated(catalogue: Catalog) -> list[str]:
    """Texts that have no English yet."""
    return [str(message.id) for message in catalogue if message.id and not _complete(message.string)]


def compiled(catalogue: Catalog) -> bytes:
    """The catalogue as programs read it."""
    buffer = io.BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def faults(package: Path) -> list[str]:
    """What is wrong with a package's catalogue: texts without English, or a compiled form of another day."""
    catalogue = updated(package)
    found = [f"{package.name}: no English for {text}" for text in untranslated(catalogue)]
    file = catalogue_file(package).with_suffix(".mo")
    if not file.exists() or file.read_bytes() != compiled(catalogue):
        found.append(f"{package.name}: the catalogue is not compiled")
    return found


def write(package: Path) -> None:
    """Bring a package's catalogue up to its source, and compile it."""
    catalogue, file = updated(package), catalogue_file(package)
    with file.open("wb") as stream:
        write_po(stream, catalogue, sort_output=True, no_location=True, width=110)
    file.with_suffix(".mo").write_bytes(compiled(catalogue))


def main() -> None:
    """Write the catalogues, or with `--check` only say what is wrong with them."""
    if "--check" not in sys.argv:
        for package in PACKAGES:
            write(package)
    found = [fault for package in PACKAGES for fault in faults(package)]
    if found:
        sys.exit("\n".join(found))


def _complete(string: object) -> bool:
    return all(string) if isinstance(string, list | tuple) else bool(string)


if __name__ == "__main__":
    main()
