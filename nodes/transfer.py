"""Sending files: straight from disk to the object store, several at once, going on where it stopped."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import requests
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from nodes import files
from nodes.hub_client import HubClient, cause_of, new_session
from nodes.models import LocalFile, OutboxEntry, Version
from nodes.patience import BUSY, Hold, Patience, Sleep, retry_after, until
from nodes.texts import _, in_ones_language, language
from nodes.workplace import Workplace
from shared.errors import CommonsError, FileNotDeclared, StoreBusy, TooManyUploads
from shared.messages import MAX_UPLOADS_ASKED, CompleteReply, UploadsReply
from shared.wording import system_fault

Progress = Callable[[int], None]
PATIENCE = 3
"""How often files are offered again in one run although not a byte of them gets through."""
UNHEARD = 8
"""After how many attempts in a row without any answer the store counts as away: each may have waited for minutes."""


@dataclass
class Transferred:
    """How many files were sent, were there already, and which could not be sent and why."""

    sent: int = 0
    present: int = 0
    bytes_sent: int = 0
    failed: dict[str, str] = field(default_factory=dict)


class Slice:
    """`size` bytes of a file from `offset`, read as they are sent; requests takes the length from `len`."""

    def __init__(self, file: BinaryIO, offset: int, size: int, progress: Progress | None) -> None:
        self._file, self._left, self._size, self._progress = file, size, size, progress
        file.seek(offset)

    def __len__(self) -> int:
        return self._size

    def read(self, amount: int = -1) -> bytes:
        """The next bytes, at most `amount`."""
        wanted = self._left if amount < 0 else min(amount, self._left)
        data = self._file.read(wanted)
        self._left -= len(data)
        if self._progress is not None and data:
            self._progress(len(data))
        return data


class Sender:
    """Sends the files of one node; one connection pool for each thread."""

    def __init__(
        self,
        workplace: Workplace,
        client: HubClient,
        progress: Progress | None = None,
        *,
        sleep: Sleep = time.sleep,
    ) -> None:
        self.workplace, self.client, self.progress = workplace, client, progress
        self.result = Transferred()
        self._hold = Hold(sleep=sleep)
        self._unheard = 0
        self._causes: dict[str, str] = {}
        self._lock = threading.Lock()
        self._local = threading.local()

    def send_all(self) -> Transferred:
        """Send every file that the hub may not have yet. Raises `HubAway` when the hub stops answering."""
        with ThreadPoolExecutor(self.workplace.settings.upload_threads, thread_name_prefix="upload") as pool:
            for batch in _unsent(self.workplace):
                self._send_batch(batch, pool)
                if self._hold.left() or self._is_away():
                    # The store wants to be left alone for longer than we wait, or is away: the rest comes next time.
                    break
        return self.result

    def _send_batch(self, batch: Sequence[LocalFile], pool: ThreadPoolExecutor) -> None:
        """Offer some files, send what is wanted, say what is complete; what failed on the way is offered again."""
        waiting = {file.sha256: file for file in batch}
        idle, patience = 0, self._patience()
        answers: dict[str, dict[str, Any]] = {}
        while waiting and idle < PATIENCE:
            before, self._unheard = (self.result.bytes_sent, len(waiting)), 0
            answers = self._offer(list(waiting.values()))
            others = [sha256 for sha256, one in answers.items() if one["outcome"] != "granted" and not _later(one)]
            self._note([(waiting.pop(sha256), answers[sha256]) for sha256 in others])
            granted = [(waiting[sha256], one) for sha256, one in answers.items() if one["outcome"] == "granted"]
            done = list(pool.map(lambda pair: self._send_one(*pair), granted))
            self._complete([pair for pair, good in zip(granted, done, strict=True) if good], waiting)
            idle = idle + 1 if before == (self.result.bytes_sent, len(waiting)) else 0
            # As many are open as may be, and none of them is in this batch: time has to make room.
            if waiting and not granted and not patience.wait(None):
                break
        for sha256, file in waiting.items():
            self._fail(file, _unfinished(answers.get(sha256, {}), self._causes.get(sha256, "")))

    def _offer(self, batch: Sequence[LocalFile]) -> dict[str, dict[str, Any]]:
        message = {"files": [{"sha256": file.sha256, "size": file.size} for file in batch]}
        answers = self.client.ask("/uploads", message, UploadsReply)["uploads"]
        return {answer["sha256"]: answer for answer in answers}

    def _send_one(self, file: LocalFile, answer: dict[str, Any]) -> bool:
        """Send the granted parts of one file; whether all of it is there now."""
        if self._is_away():
            self._causes.setdefault(file.sha256, _("文件存储没有回答"))
            return False
        try:
            path, mtime_ns = files.check_unchanged(file)
            if mtime_ns != file.mtime_ns:
                self._trust(file, mtime_ns)
            for part in answer["parts"]:
                self._put(path, part)
        except (requests.RequestException, OSError) as error:
            self._note_cause(file, error)
            return False
        except CommonsError as error:
            self._fail(file, error.message(language()))
            return False
        return not answer.get("more", False)

    def _put(self, path: Path, part: dict[str, Any]) -> None:
        patience = self._patience()
        answer = self._put_once(path, part)
        while answer.status_code in BUSY:
            asked = retry_after(answer.headers)
            if not patience.wait(asked):
                if asked is not None:
                    self._hold.ask(asked)
                    raise self._too_long(f"HTTP {answer.status_code}")
                break
            answer = self._put_once(path, part)
        self._unheard = 0
        answer.raise_for_status()
        with self._lock:
            self.result.bytes_sent += part["size"]

    def _put_once(self, path: Path, part: dict[str, Any]) -> requests.Response:
        """Send a part, once the store may be asked at all. Raises `StoreBusy` when that would take too long."""
        if self._hold.left() > self.workplace.settings.patience:
            raise self._too_long("Retry-After")
        self._hold.keep()
        with path.open("rb") as opened:
            body: Any = Slice(opened, part["offset"], part["size"], self.progress) if part["size"] else b""
            return self._store().put(part["url"], data=body, timeout=self.workplace.settings.timeouts)

    def _is_away(self) -> bool:
        return self._unheard >= UNHEARD

    def _note_cause(self, file: LocalFile, error: requests.RequestException | OSError) -> None:
        """Remember why a file did not get through, to be said if it never does."""
        silent = False
        if isinstance(error, requests.RequestException):
            cause, silent = cause_of(error), error.response is None
        else:
            cause = system_fault(error)
        with self._lock:
            self._unheard += silent
            self._causes[file.sha256] = in_ones_language(cause)

    def _too_long(self, cause: str) -> StoreBusy:
        return StoreBusy(until=until(self._hold.left()), cause=cause)

    def _patience(self) -> Patience:
        settings = self.workplace.settings
        return Patience(seconds=settings.patience, attempts=settings.attempts, sleep=self._hold.pause)

    def _complete(self, sent: Sequence[tuple[LocalFile, dict[str, Any]]], waiting: dict[str, LocalFile]) -> None:
        for sha256 in [sha256 for sha256 in waiting if sha256 in self.result.failed]:
            del waiting[sha256]
        if not sent:
            return
        by_upload = {answer["upload_id"]: file for file, answer in sent}
        reply = self.client.ask("/uploads/complete", {"upload_ids": list(by_upload)}, CompleteReply)
        taken = [by_upload[answer["upload_id"]] for answer in reply["uploads"] if answer["outcome"] == "verifying"]
        self._note([(waiting.pop(file.sha256), {"outcome": "sent"}) for file in taken])

    def _note(self, answers: Sequence[tuple[LocalFile, dict[str, Any]]]) -> None:
        if answers:
            with self.workplace.database.unit_of_work() as session:
                note_answers(session, answers, self.result)

    def _fail(self, file: LocalFile, cause: str) -> None:
        """Note what hinders a file."""
        with self._lock:
            self.result.failed[file.sha256] = _hindrance(file, cause)
        with self.workplace.database.unit_of_work() as session:
            _mark(session, [file.sha256], sent=False, problem=cause)

    def _trust(self, file: LocalFile, mtime_ns: int) -> None:
        """The bytes were read and are right: a large file is not read again for each of its parts."""
        file.mtime_ns = mtime_ns
        with self._lock, self.workplace.database.unit_of_work() as session:
            session.execute(update(LocalFile).where(LocalFile.sha256 == file.sha256).values(mtime_ns=mtime_ns))

    def _store(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = new_session(self.client.origin)
        session: requests.Session = self._local.session
        return session


def send_files(
    workplace: Workplace, client: HubClient, progress: Progress | None = None, *, sleep: Sleep = time.sleep
) -> Transferred:
    """Send every file that the hub may not have yet."""
    return Sender(workplace, client, progress, sleep=sleep).send_all()


def _later(answer: Mapping[str, Any]) -> bool:
    """Whether the hub will take the file once others are done."""
    return answer.get("code") == TooManyUploads.code


def _unfinished(answer: Mapping[str, Any], cause: str) -> str:
    if _later(answer):
        return str(answer.get("detail", ""))
    if cause:
        return _("多次尝试后仍未传完（%(cause)s），下次同步时继续") % {"cause": cause}
    return _("多次尝试后仍未传完，下次同步时继续")


def note_answers(
    session: Session, answers: Sequence[tuple[LocalFile, Mapping[str, Any]]], result: Transferred
) -> None:
    """Note what the hub said of files, in the caller's transaction: one for each small file would slow them all.

    A file that no version awaits is done with, unless a version that names it is still on its way.
    """
    done = []
    for file, answer in answers:
        if answer["outcome"] != "refused":
            result.present += answer["outcome"] == "present"
            result.sent += answer["outcome"] in ("sent", "stored")
            done.append(file.sha256)
        elif answer.get("code") != FileNotDeclared.code:
            cause = str(answer.get("detail", ""))
            result.failed[file.sha256] = _hindrance(file, cause)
            _mark(session, [file.sha256], sent=False, problem=cause)
        elif not _named_in_outbox(session, file.sha256):
            done.append(file.sha256)
    _mark(session, done, sent=True, problem="")


def unsent_bytes(session: Session) -> int:
    """How many bytes wait to be sent, at most."""
    return sum(session.scalars(select(LocalFile.size).where(~LocalFile.sent)))


def send_again(session: Session, sha256: str, reason: str = "") -> None:
    """The hub has asked for these bytes once more; `reason` is shown until they are sent.

    They may have been changed behind an unchanged size and time, so they are read again before they are sent.
    """
    asked = update(LocalFile).where(LocalFile.sha256 == sha256)
    session.execute(asked.values(sent=False, problem=reason, mtime_ns=files.UNTRUSTED))


def _unsent(workplace: Workplace) -> Iterator[list[LocalFile]]:
    last = ""
    while True:
        with workplace.database.unit_of_work(read_only=True) as session:
            batch = list(
                session.scalars(
                    select(LocalFile)
                    .where(~LocalFile.sent, LocalFile.sha256 > last)
                    .order_by(LocalFile.sha256)
                    .limit(MAX_UPLOADS_ASKED)
                )
            )
        if not batch:
            return
        last = batch[-1].sha256
        yield batch


def _mark(session: Session, digests: Sequence[str], *, sent: bool, problem: str) -> None:
    if digests:
        statement = update(LocalFile).where(LocalFile.sha256.in_(digests)).values(sent=sent, problem=problem)
        session.execute(statement, execution_options={"synchronize_session": False})


def _named_in_outbox(session: Session, sha256: str) -> bool:
    waiting = (Version.resource_id == OutboxEntry.resource_id) & (Version.number == OutboxEntry.number)
    query = select(OutboxEntry.id).join(Version, waiting).where(Version.record.contains(sha256)).limit(1)
    return session.scalar(query) is not None


def _hindrance(file: LocalFile, cause: str) -> str:
    return f"{Path(file.path).name}：{cause}"
