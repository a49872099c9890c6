"""A node as a library, for programs that an institution writes itself: docs/node-library.md shows how.

Every method is a transaction of its own, and raises the named errors of `shared.errors`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from nodes import drafts, entering, faults, invitations, listing, queries, questions, registration, rounds
from nodes import files as local_files
from nodes import membership as memberships
from nodes.drafts import Draft
from nodes.listing import Wanted
from nodes.models import Membership, Question
from nodes.queries import Overview
from nodes.registration import Registered, Source, Standing
from nodes.routine import Done
from nodes.settings import NodeSettings, load_settings
from nodes.workplace import initialise
from shared.errors import FieldError, InvalidRequest, NotFound

Files = str | Path | Sequence[str | Path | Mapping[str, Any]]
"""A path, or several, or mappings with `path` and, if wanted, `name`, `role` and `alt` (texts by language)."""


class Node:
    """The node in a data folder, which is made when it is not there; a context manager that lets go of it."""

    def __init__(self, folder: str | Path, *, settings: NodeSettings | None = None) -> None:
        """Open the node; without `settings` those of COMMONS_NODE_* count.

        Raises `InvalidSettings`, `KeyLocked`, `KeyExposed`, `NotWritable` or `SystemFault`.
        """
        chosen = replace(settings or load_settings(), data=str(folder))
        with _named(chosen.folder):
            self._work = initialise(chosen)

    def __enter__(self) -> Self:
        """The node itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the folder."""
        self.close()

    def close(self) -> None:
        """Let go of the folder's files."""
        self._work.database.close()

    @contextmanager
    def _transaction(self, *, read_only: bool = False) -> Iterator[Session]:
        with _named(self._work.folder), self._work.database.unit_of_work(read_only=read_only) as session:
            yield session

    @property
    def membership(self) -> Membership | None:
        """The hub that this node has joined, or None."""
        with self._transaction(read_only=True) as session:
            return memberships.find(session)

    def join(self, invitation: str, *, name: str = "") -> Membership:
        """Join by an invitation: a text with the hub's address and the token in it. `name` is this node's.

        Raises `InvitationUnreadable`, `HubNotFound`, `NotAHub`, `AlreadyJoined`, or the hub's refusal.
        """
        found = invitations.read(invitation)
        return entering.enter(self._work, hub=found.hub, token=found.token, node_name=name)

    def register(
        self, fields: Mapping[str, Any], files: Files = (), *, source: tuple[str, str] | None = None
    ) -> Registered:
        """Register a resource: `fields` of a record (`shared.record`) without id, version and files.

        With a `source` (its name, and the identifier there) the same call again updates that resource, and changes
        nothing when all is as it was. Raises `InvalidRecord` with every fault, `FileUnreadable`, `AlreadyWithdrawn`,
        or `InvalidRequest` for a source without a name or an identifier, which would double the resource.
        """
        if source is not None and not _names_one(source):
            raise InvalidRequest(errors=[FieldError("/source", "required")])
        draft = _draft(fields, files)
        prepared = local_files.prepare(draft.files)
        found = Source(*source) if source is not None else None
        with self._transaction() as session:
            return registration.register(session, draft.fields, prepared, key=self._work.key, source=found)

    def update(self, record_id: str, fields: Mapping[str, Any], files: Files | None = None) -> Registered:
        """Register a new version with these `fields`; without `files` those of the standing version stay.

        Raises `NotFound`, `InvalidRecord`, `FileUnreadable` or `AlreadyWithdrawn`.
        """
        draft = _draft(fields, files or ())
        prepared = local_files.prepare(draft.files)
        with self._transaction() as session:
            latest = queries.versions(session, record_id)[0]
            content = registration.content_of(draft.fields, prepared)
            if files is None and "files" in latest.content:
                content["files"] = latest.content["files"]
            done = registration.put(session, Standing(latest.resource, latest), content, key=self._work.key)
            local_files.remember(session, prepared, again=not done.unchanged)
            return done

    def record(self, record_id: str) -> dict[str, Any]:
        """The latest version as a record. Raises `NotFound`."""
        with self._transaction(read_only=True) as session:
            return queries.versions(session, record_id)[0].content

    def withdraw(self, record_id: str, reason: str) -> Registered:
        """Withdraw a resource for good; the public sees the reason. Raises `NotFound` or `ReasonMissing`."""
        with self._transaction() as session:
            return registration.withdraw(session, record_id, reason, key=self._work.key)

    def status(self, record_id: str) -> Overview:
        """What became of a resource: its state, the hub's reason, its ARK. Raises `NotFound`."""
        with self._transaction(read_only=True) as session:
            found = listing.opened(session, [record_id], language="zh")
        if not found:
            raise NotFound()
        return found[0]

    def resources(self, *, text: str = "", state: str = "", source: str = "") -> Iterator[Overview]:
        """All resources (with these words in a title, in a state, from a source), the first registered last."""
        wanted, number = Wanted(text, state, source=source, sort="newest"), 1
        while True:
            with self._transaction(read_only=True) as session:
                page = listing.page(session, wanted, number=number)
            yield from page.rows
            if number >= page.last:
                return
            number += 1

    def questions(self) -> list[Question]:
        """Questions of reviewers and of the public that wait for an answer, the oldest first."""
        with self._transaction(read_only=True) as session:
            return questions.waiting(session)

    def answer(self, question_id: str, text: str, *, private: bool = False) -> Question:
        """Answer a question; `private` keeps the answer to the public's from the public.

        Raises `NotFound`, `AnswerMissing`, `InvalidRequest` for a long one, or `AlreadyDone`.
        """
        with self._transaction() as session:
            return questions.answer(session, question_id, text, private=private)

    def sync(self, *, wait: float = 0.0) -> Done:
        """Send what waits and hear what became of it; with `wait`, look again for so many seconds.

        Raises `NotJoined`, `HubAway`, `HubBusy`, `RoundUnderWay`, or the hub's refusal.
        """
        return rounds.synchronise(self._work, wait=wait)


def _draft(fields: Mapping[str, Any], files: Files) -> Draft:
    """Fields and files as a description has them. Raises `InvalidRecord` for a wrong list of files."""
    several = [files] if isinstance(files, str | Path) else files
    return drafts.make_draft({**fields, "files": [_entry(one) for one in several]}, Path.cwd())


def _names_one(source: Sequence[str]) -> bool:
    """Whether it is a name and an identifier: a program without types gives whatever it has."""
    return [type(part) for part in source] == [str, str] and all(part.strip() for part in source)


@contextmanager
def _named(folder: Path) -> Iterator[None]:
    """Whatever the system or SQLite refuses is an error with a name, as everywhere."""
    try:
        yield
    except (OSError, DBAPIError) as error:
        raise faults.named(error, folder) from error


def _entry(one: str | Path | Mapping[str, Any]) -> dict[str, Any]:
    given = {"path": one} if isinstance(one, str | Path) else dict(one)
    return {name: str(value) if name == "path" else value for name, value in given.items()}
