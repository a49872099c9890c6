"""Importers: many resources at once from workbooks, CSV, a folder, JSON Lines or Crossref XML.

`read` gives the rows of a source, each with its own faults; `load_mapping` reads the file that says which field
is which; `source_name` makes importing again an update. Mappings are described in `nodes.importers.mapping`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nodes.importers.mapping import Mapping, load_mapping
    from nodes.importers.reading import read, source_name
    from nodes.importers.rows import ImportRow

__all__ = ["ImportRow", "Mapping", "load_mapping", "read", "source_name"]
_PLACES = {"ImportRow": "rows", "Mapping": "mapping", "load_mapping": "mapping", "read": "reading"}


def __getattr__(name: str) -> Any:
    """What is asked for, loaded then (PEP 562): the page uses a small part of this package, and stays small."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES.get(name, 'reading')}"), name)
