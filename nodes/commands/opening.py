"""Opening the node's folder for a command; a key under a passphrase asks for it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import click

from nodes import key_files
from nodes.settings import NodeSettings
from nodes.texts import _
from nodes.workplace import Workplace, open_workplace
from shared.errors import KeyLocked, NoSuch, NotFound
from shared.wording import Words

RESOURCE = Words("resource", "资源")
LISTED = Words(
    "“commons-node status” lists the resources of this node with their ids",
    "用 commons-node status 列出本节点的资源和它们的编号",
)


def unlocked(settings: NodeSettings) -> NodeSettings:
    """The settings with the passphrase of the key, which a person at the terminal is asked for if it is missing."""
    if settings.key_passphrase or not key_files.is_locked(settings.folder):
        return settings
    if not sys.stdin.isatty():
        raise KeyLocked()
    return replace(settings, key_passphrase=click.prompt(_("私钥口令"), hide_input=True, err=True))


def opened(context: click.Context) -> Workplace:
    """The workplace that the command's options name. Raises `NotInitialised` or `KeyLocked`."""
    return open_workplace(unlocked(context.obj))


@contextmanager
def looking_for(record_id: str) -> Iterator[None]:
    """Say which resource it is that is not here. Raises `NoSuch`."""
    try:
        yield
    except NotFound as error:
        raise NoSuch(what=RESOURCE, name=record_id[:80], remedy=LISTED) from error
