"""Forms that were begun and not registered yet: kept as they are typed, gone when they have been registered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from nodes.models import FormDraft, Resource, now
from shared.errors import DraftOvertaken, DraftSpent, NotFound
from shared.record import MAX_FILES

MAX_TITLE = 300
Values = Mapping[str, Sequence[str]]
"""What a form says: the values of each field by its name."""


def save(
    session: Session, record_id: str, values: Values, *, after: int, title: str, based_on: int | None
) -> FormDraft:
    """Keep what was typed; the same again changes nothing.

    `based_on` is the revision that the browser knew: 0 for none, None to save over any. Raises `DraftOvertaken` when
    another window has saved since, `DraftSpent` when it is registered already.
    """
    resource = session.get(Resource, record_id)
    if (resource.latest_version if resource else 0) != after:
        raise DraftSpent()
    draft = session.get(FormDraft, record_id)
    form = {name: list(found) for name, found in values.items()}
    if draft is None:
        draft = FormDraft(record_id=record_id, after=after, title=title[:MAX_TITLE], form=form, revision=1)
        session.add(draft)
        return draft
    if draft.form == form:
        return draft
    if based_on is not None and draft.revision != based_on:
        raise DraftOvertaken(saved=f"{draft.saved_at.astimezone():%H:%M:%S}", revision=draft.revision)
    draft.form, draft.title, draft.after = form, title[:MAX_TITLE], after
    draft.revision, draft.saved_at = draft.revision + 1, now()
    return draft


def find(session: Session, record_id: str) -> FormDraft | None:
    """The draft for a record, if there is one."""
    return session.get(FormDraft, record_id)


def get(session: Session, record_id: str) -> FormDraft:
    """The draft for a record. Raises `NotFound`."""
    found = find(session, record_id)
    if found is None:
        raise NotFound()
    return found


def newest(session: Session, *, limit: int) -> list[FormDraft]:
    """The drafts, the last saved first."""
    return list(session.scalars(select(FormDraft).order_by(FormDraft.saved_at.desc()).limit(limit)))


def count(session: Session) -> int:
    """How many drafts there are."""
    return session.scalar(select(func.count()).select_from(FormDraft)) or 0


def forget(session: Session, record_id: str) -> None:
    """Let go of the draft for a record, if there is one."""
    session.execute(delete(FormDraft).where(FormDraft.record_id == record_id))


def upload_keys(session: Session) -> set[str]:
    """The keys of the files that drafts want."""
    return {key for form in session.scalars(select(FormDraft.form)) for key in keys_of(form)}


def keys_of(form: Values) -> list[str]:
    """The keys of the files that a form has brought."""
    first = (found[0] for name, found in form.items() if name.startswith("file-") and name.endswith("-key") and found)
    return [value.removeprefix("upload:") for value in first if value.startswith("upload:")][: 2 * MAX_FILES]
