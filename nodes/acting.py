"""Who acts: the name of the account that is signed in to the page, noted with what it registers and answers.

Without accounts, and for commands, it is empty: whoever may use this machine's account has done it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_NAME: ContextVar[str] = ContextVar("acting", default="")


def name() -> str:
    """Who acts at this moment."""
    return _NAME.get()


@contextmanager
def as_(person: str) -> Iterator[None]:
    """Let `person` be who acts meanwhile."""
    token = _NAME.set(person)
    try:
        yield
    finally:
        _NAME.reset(token)
