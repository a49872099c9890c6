"""Lists in pages: which page a reader asked for, and the numbers that lead to the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request
from marshmallow import EXCLUDE

from federation.api.openapi import QueryParser
from federation.api.queries import MAX_PAGE, Number
from shared.validation import Strict

SIZE = 24
PARSER = QueryParser()


class PageQuery(Strict):
    """The number of a page."""

    page = Number(1, MAX_PAGE, load_default=1)


@dataclass(frozen=True)
class Paging:
    """Page `page` (from 1) of a list of `total` things, `size` a page."""

    page: int
    total: int
    size: int = SIZE

    @property
    def pages(self) -> int:
        """How many pages there are to see."""
        return min(MAX_PAGE, -(-self.total // self.size))

    @property
    def offset(self) -> int:
        """How many things stand before this page."""
        return (self.page - 1) * self.size

    def numbers(self) -> Sequence[int]:
        """The page numbers worth showing: first, last, those around this one; 0 is a gap."""
        return page_numbers(self.page, self.pages)


def page_numbers(page: int, pages: int) -> list[int]:
    """The numbers worth showing of `pages` pages: first, last, and those around `page`; 0 is a gap."""
    near = {1, pages, *range(page - 2, page + 3)}
    shown: list[int] = []
    for number in sorted(one for one in near if 1 <= one <= pages):
        if shown and number - shown[-1] > 1:
            shown.append(0)
        shown.append(number)
    return shown


def asked(total: int) -> Paging:
    """The page that the request asks for. Raises `InvalidRequest` for what is no number of a page."""
    query = PARSER.parse(PageQuery, request, location="query", unknown=EXCLUDE)
    return Paging(query["page"], total)
