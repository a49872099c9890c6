"""Which mapping a source is read through: the operator's own file, or one of ours for its kind."""

from __future__ import annotations

from pathlib import Path

from nodes.importers import Mapping, load_mapping
from nodes.sources import FEED, PAGE, Options

FOLDER = Path(__file__).with_name("mappings")
QUALIFIED = "oai_dcterms"
"""The format in which our own hub says more than Dublin Core's fifteen elements hold."""


def mapping_of(kind: str, options: Options) -> Mapping:
    """The mapping of a source. Raises `ImportUnreadable` naming every fault of the operator's own."""
    if options.mapping:
        return load_mapping(Path(options.mapping))
    return load_mapping(FOLDER / f"{_own(kind, options)}.toml")


def _own(kind: str, options: Options) -> str:
    if kind in (FEED, PAGE):
        return kind
    return QUALIFIED if options.prefix in (QUALIFIED, "qdc", "dcterms") else "oai_dc"
