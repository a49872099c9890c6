"""Importers: many resources at once from a folder, JSON Lines, CSV or Crossref XML.

`read` gives the rows of a source, each with its own faults; `load_mapping` reads the file that says which field
is which; `source_name` makes importing again an update. Mappings are described in `nodes.importers.mapping`.
"""

from nodes.importers.mapping import Mapping, load_mapping
from nodes.importers.reading import read, source_name
from nodes.importers.rows import ImportRow

__all__ = ["ImportRow", "Mapping", "load_mapping", "read", "source_name"]
