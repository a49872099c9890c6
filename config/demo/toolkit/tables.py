"""Write tables as CSV that a spreadsheet opens without a question."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path


def write_csv(rows: Iterable[Sequence[object]], out: Path) -> None:
    """Write the rows (the first is the header) as CSV after RFC 4180, in UTF-8 with a byte-order mark.

    The mark lets Excel recognise Chinese text without asking for the encoding.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows(rows)
