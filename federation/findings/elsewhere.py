"""Interactive pages that load something from other servers, or whose scripts name some: readers may see it fail.

What a page names is found in the background (`federation.derivatives.elsewhere`); until then nothing is said of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy.orm import Session

from federation.derivatives import reading
from federation.derivatives.reading import Look
from federation.findings.finding import DOUBT, NOTE, Finding, Record
from federation.storage.disposition import HTML, base_type

SHOWN = 5


def pages(session: Session, records: Iterable[Record]) -> Mapping[str, Look]:
    """What is known of the web pages of some records, by their digests; one query for all of them."""
    files = (file for record in records for file in record.get("files", ()))
    return reading.looks(session, {file["sha256"] for file in files if base_type(file["media_type"]) == HTML})


def elsewhere(record: Record, known: Mapping[str, Look]) -> Iterator[Finding]:
    """The pages of a record that name other servers."""
    for number, file in enumerate(record.get("files", ())):
        look = known.get(file["sha256"])
        if look is None:
            continue
        name, pointer = file["name"], f"/files/{number}"
        if look.elsewhere.loads:
            zh, en = _listed(look.elsewhere.loads)
            yield Finding(
                "loads_from_elsewhere",
                DOUBT,
                f"“{name}”打开时从别处载入：{zh}。不联网就不全，别处也会知道谁在看；最好请单位把要用的都放进文件里。",
                f"“{name}” loads from elsewhere when it is opened: {en}. Without a network it is not whole, and they "
                "learn who looks; its institution had better put all of it into the file.",
                pointer,
            )
        if look.elsewhere.names:
            zh, en = _listed(look.elsewhere.names)
            yield Finding(
                "names_elsewhere",
                NOTE,
                f"“{name}”的脚本里写有别处的网址：{zh}。可能只是说明，也可能运行时载入，请打开试试。",
                f"The scripts of “{name}” name addresses elsewhere: {en}. They may be remarks, or be loaded when it "
                "runs: open it and try.",
                pointer,
            )


def _listed(hosts: Iterable[str]) -> tuple[str, str]:
    shown = list(hosts)
    more = len(shown) - SHOWN
    chinese, english = "、".join(shown[:SHOWN]), ", ".join(shown[:SHOWN])
    return (f"{chinese}等 {len(shown)} 处", f"{english} and {more} more") if more > 0 else (chinese, english)
