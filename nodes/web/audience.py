"""Who may call which view: a table of all endpoints. What is not in it is for managers, and a test refuses that."""

from __future__ import annotations

from nodes.accounts import EDITOR, MANAGER, VIEWER

ANYBODY = "anybody"
AUDIENCE: dict[str, str] = {
    "assets.serve": ANYBODY,
    "static": ANYBODY,
    "pages.choose_language": ANYBODY,
    "accounts.door": ANYBODY,
    "accounts.sign_in": ANYBODY,
    "accounts.own": VIEWER,
    "accounts.change_password": VIEWER,
    "accounts.sign_out": VIEWER,
    "accounts.overview": MANAGER,
    "accounts.add": MANAGER,
    "accounts.change": MANAGER,
    "pages.overview": VIEWER,
    "pages.resource": VIEWER,
    "pages.sync": VIEWER,
    "listing.overview": VIEWER,
    "listing.batch": MANAGER,
    "conversation.overview": VIEWER,
    "conversation.answer": EDITOR,
    "conversation.petition": MANAGER,
    "comparing.changes": VIEWER,
    "comparing.reconciliation": VIEWER,
    "comparing.start": MANAGER,
    "pages.blank": EDITOR,
    "pages.create": EDITOR,
    "pages.edit": EDITOR,
    "pages.update": EDITOR,
    "pages.start_sync": EDITOR,
    "pages.withdraw": MANAGER,
    "alive.answer": ANYBODY,
    "sources.overview": VIEWER,
    "sources.one": VIEWER,
    "sources.blank": MANAGER,
    "sources.look": MANAGER,
    "sources.add": MANAGER,
    "sources.run": EDITOR,
    "sources.change": MANAGER,
    "sources.remove": MANAGER,
    "transfers.show": VIEWER,
    "transfers.order_all": EDITOR,
    "transfers.order_file": EDITOR,
    "transfers.order_resource": EDITOR,
    "sending_limits.edit": MANAGER,
    "sending_limits.save": MANAGER,
    "checkup.show": VIEWER,
    "checkup.start": EDITOR,
    "joining.welcome": MANAGER,
    "joining.invitation": MANAGER,
    "joining.join": MANAGER,
    "joining.done": MANAGER,
    "joining.carried": MANAGER,
    "joining.write_request": MANAGER,
    "joining.take_reply": MANAGER,
}
"""By endpoint: anybody who reaches the page, or the least role (`nodes.accounts.ROLES`)."""


def audience_of(endpoint: str) -> str:
    """The least role for an endpoint, or `ANYBODY`."""
    return AUDIENCE.get(endpoint, MANAGER)
