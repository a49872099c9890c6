"""The audit log for readers: how far it is, who vouches for it, and how one checks it."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from federation.database import db
from federation.models.institutions import Node
from federation.parts import parts
from federation.transparency import checkpoints
from federation.transparency.keys import log_keys
from federation.web.portal.blueprint import portal
from shared.errors import NotFound


@portal.get("/audit")
def audit() -> ResponseReturnValue:
    """The last checkpoint and its witnesses."""
    session = db.session()
    try:
        checkpoint = checkpoints.latest(session)
    except NotFound:
        checkpoint = None
    found = checkpoints.witnesses(session, log_keys(parts().settings).origin)
    named = select(Node).where(Node.id.in_([one.node_id for one in found])).options(joinedload(Node.institution))
    members = {node.id: node for node in session.scalars(named)}
    return render_template("portal/audit.html", checkpoint=checkpoint, witnesses=found, members=members)
