"""Who may call which routes: every blueprint names its audience, and the guard stands before all its views."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint

PUBLIC, NODE, PERSON, MEMBER = "public", "node", "person", "member"
MANAGER, REVIEWER, LEAD, ADMIN, CURATOR = "manager", "reviewer", "lead", "admin", "curator"
AUDIENCES = (PUBLIC, NODE, PERSON, MEMBER, MANAGER, REVIEWER, LEAD, ADMIN, CURATOR)
"""Everybody; nodes by their key; whoever is signed in; and of those the ones whose role may do it: see what their own
institution contributed, manage its people, read the desk, lead the review, administer (auditors read that too),
curate (readers of the desk read that too)."""
_named: dict[str, str] = {}


def guard(blueprint: Blueprint, audience: str, check: Callable[[], None] | None = None) -> Blueprint:
    """Say that `blueprint` is for `audience`; `check` raises a named error for anybody else.

    Raises `ValueError` for an unknown audience, or for one that is not public and has no check.
    """
    if audience not in AUDIENCES or (audience != PUBLIC and check is None):
        raise ValueError(f"blueprint {blueprint.name}: audience {audience} without a check")
    if check is not None:
        blueprint.before_request(check)
    _named[blueprint.name] = audience
    return blueprint


def audience_of(blueprint_name: str) -> str | None:
    """The audience that a blueprint named, or None when it named none (a test refuses that)."""
    return _named.get(blueprint_name)
