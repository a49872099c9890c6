"""Sending files: straight from disk to the object store, several at once, going on where it stopped."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from nodes import files as local_files
from nodes import line as lines
from nodes import turns
from nodes.hub_client import HubClient, cause_of
from nodes.in_hand import Batch, Job
from nodes.ledger import Ledger, Progress
from nodes.limits import Limiter
from nodes.line import LimitInForce
from nodes.models import LocalFile, OutboxEntry, Version, now
from nodes.patience import Sleep
from nodes.putting import Putter, Stopped
from nodes.texts import _, in_ones_language, language
from nodes.turns import Orders
from nodes.workplace import Workplace
from shared.errors import CommonsError, FileNotDeclared, TooManyUploads
from shared.messages import CompleteReply, UploadsReply
from shared.wording import system_fault

PATIENCE = 3
"""How often a file is offered again in one run although not a byte of it gets through."""
COMPLETE_SECONDS = 5.0
"""How often the hub is told of files that are whole while others are still under way."""


@dataclass
class Transferred:
    """How many files were sent, were there already, and which could not be sent and why; how many are paused."""

    sent: int = 0
    present: int = 0
    bytes_sent: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    paused: int = 0


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
        self.workplace, self.client = workplace, client
        self.result = Transferred()
        limiter = Limiter(LimitInForce(workplace).rate)
        self._putter = Putter(workplace.settings, client.origin, limiter, sleep=sleep)
        self._ledger = Ledger(workplace, progress)
        self._patience = self._putter.patience()
        self._in_vain: Counter[str] = Counter()
        """How often in a row each file was offered in vain."""
        self._idle = 0
        """How often in a row nothing at all came of an offer."""
        self._settled = 0
        self._over: set[str] = set()
        """The files that are not offered again in this run."""
        self._causes: dict[str, str] = {}
        self._lock = threading.Lock()

    def send_all(self) -> Transferred:
        """Send every file that the hub may not have yet and nobody has paused, in the order of their turn.

        Raises `HubAway` when the hub stops answering.
        """
        threads = self.workplace.settings.upload_threads
        with ThreadPoolExecutor(threads, thread_name_prefix="upload") as pool, self._ledger:
            while (batch := self._next_batch()) and self._send_batch(batch, pool):
                pass
        with self.workplace.database.unit_of_work(read_only=True) as session:
            self.result.paused = held_back(session, self.workplace)
        return self.result

    def _next_batch(self) -> list[LocalFile]:
        with self.workplace.database.unit_of_work(read_only=True) as session:
            return turns.next_batch(session, self.workplace.settings, without=self._over)

    def _send_batch(self, files: Sequence[LocalFile], pool: ThreadPoolExecutor) -> bool:
        """Offer some files, send what is wanted, say what is whole; whether anything more can be done in this run."""
        hand = {file.sha256: file for file in files}
        before = self.result.bytes_sent, self._settled
        answers = self._offer(files)
        self._settle([(hand[sha256], one) for sha256, one in answers.items() if _is_settled(one)])
        jobs = [
            Job(hand[sha256], one["upload_id"], deque(one["parts"]), bool(one.get("more")))
            for sha256, one in answers.items()
            if one["outcome"] == "granted"
        ]
        for job in jobs:
            self._ledger.known(job.file.sha256, answers[job.file.sha256].get("bytes_present", 0))
        batch = Batch(jobs, lambda: self._orders(hand), lambda: self._putter.is_away or self._putter.is_held)
        self._work_on(batch, pool)
        moved = before != (self.result.bytes_sent, self._settled)
        return self._judge(hand, answers, batch, moved=moved)

    def _offer(self, batch: Sequence[LocalFile]) -> dict[str, dict[str, Any]]:
        message = {"files": [{"sha256": file.sha256, "size": file.size} for file in batch]}
        answers = self.client.ask("/uploads", message, UploadsReply)["uploads"]
        return {answer["sha256"]: answer for answer in answers}

    def _orders(self, hand: Collection[str]) -> Orders:
        with self.workplace.database.unit_of_work(read_only=True) as session:
            return turns.orders(session, self.workplace.settings, hand=hand, without=self._over)

    def _work_on(self, batch: Batch, pool: ThreadPoolExecutor) -> None:
        """Let all threads send, and tell the hub again and again of what is whole: it can begin to read that."""
        working = {pool.submit(self._work, batch) for _ in range(self.workplace.settings.upload_threads)}
        try:
            while working:
                done, working = wait(working, timeout=COMPLETE_SECONDS)
                for thread in done:
                    thread.result()
                self._complete([job for job in batch.ended() if job.complete])
        except BaseException:
            batch.close()
            self._putter.stop()
            raise

    def _work(self, batch: Batch) -> None:
        while (job := batch.take()) is not None:
            try:
                self._send_part(job)
            finally:
                self._ledger.rest(job.file.sha256)
                batch.give_back(job)

    def _send_part(self, job: Job) -> None:
        """Send the next part of a file, if any is awaited; what hinders it is remembered."""
        sha256 = job.file.sha256
        try:
            path = self._unchanged(job.file)
            if job.parts:
                self._ledger.begin(sha256)
                part = job.parts[0]
                self._putter.put(path, part, partial(self._ledger.passed, sha256))
                job.parts.popleft()
                job.through += part["size"]
                self._ledger.confirmed(sha256, part["size"])
                with self._lock:
                    self.result.bytes_sent += part["size"]
        except Stopped:
            job.broken = True
        except (requests.RequestException, OSError) as error:
            job.broken = True
            cause = cause_of(error) if isinstance(error, requests.RequestException) else system_fault(error)
            self._causes[sha256] = in_ones_language(cause)
        except CommonsError as error:
            job.broken = True
            self._fail(job.file, error.message(language()))

    def _unchanged(self, file: LocalFile) -> Path:
        path, mtime_ns = local_files.check_unchanged(file)
        if mtime_ns != file.mtime_ns:
            # The bytes were read and are right: a large file is not read again for each of its parts.
            file.mtime_ns = mtime_ns
            with self._lock, self.workplace.database.unit_of_work() as session:
                touched = update(LocalFile).where(LocalFile.sha256 == file.sha256)
                session.execute(touched.values(mtime_ns=mtime_ns))
        return path

    def _complete(self, jobs: Sequence[Job]) -> None:
        if not jobs:
            return
        by_upload = {job.upload_id: job.file for job in jobs}
        reply = self.client.ask("/uploads/complete", {"upload_ids": list(by_upload)}, CompleteReply)
        taken = [by_upload[answer["upload_id"]] for answer in reply["uploads"] if answer["outcome"] == "verifying"]
        self._settle([(file, {"outcome": "sent"}) for file in taken])

    def _settle(self, answers: Sequence[tuple[LocalFile, Mapping[str, Any]]]) -> None:
        """Note what the hub has said the last word on."""
        if not answers:
            return
        with self.workplace.database.unit_of_work() as session:
            note_answers(session, answers, self.result)
        self._settled += len(answers)
        for file, answer in answers:
            self._ledger.settled(file.sha256, file.size)
            if answer["outcome"] == "refused":
                self._over.add(file.sha256)

    def _judge(self, hand: Mapping[str, LocalFile], answers: Mapping[str, Any], batch: Batch, *, moved: bool) -> bool:
        """Count what was in vain and give up what was so too often; whether anything more can be done in this run."""
        if self._putter.is_held:
            return False
        for job in batch.jobs:
            sha256 = job.file.sha256
            self._in_vain[sha256] = self._in_vain[sha256] + 1 if job.broken and not job.through else 0
            if self._in_vain[sha256] >= PATIENCE and sha256 not in self._over:
                self._fail(job.file, _unfinished({}, self._causes.get(sha256, "")))
        if moved or batch.interrupted:
            self._idle, self._patience = 0, self._putter.patience()
            self._putter.hope_again()
            return True
        self._idle += 1
        away = self._putter.is_away
        silent = self._putter.hope_again()
        # As many are open as may be, and none of them is in this batch, or nobody answers: only time helps.
        if self._idle < PATIENCE and (not (silent or not batch.jobs) or self._patience.wait(None)):
            return True
        for sha256, file in hand.items():
            if sha256 not in self._over and not _is_settled(answers.get(sha256, {"outcome": "granted"})):
                self._fail(file, _unfinished(answers.get(sha256, {}), self._causes.get(sha256, _unheard(away))))
        self._idle = 0
        return not away

    def _fail(self, file: LocalFile, cause: str) -> None:
        """Note what hinders a file; it is not offered again in this run."""
        with self._lock:
            self._over.add(file.sha256)
            self.result.failed[file.sha256] = _hindrance(file, cause)
        with self.workplace.database.unit_of_work() as session:
            _mark(session, [file.sha256], sent=False, problem=cause)


def send_files(
    workplace: Workplace, client: HubClient, progress: Progress | None = None, *, sleep: Sleep = time.sleep
) -> Transferred:
    """Send every file that the hub may not have yet."""
    return Sender(workplace, client, progress, sleep=sleep).send_all()


def held_back(session: Session, workplace: Workplace) -> int:
    """How many files wait because somebody wants them to."""
    stopped = lines.stopped(lines.line(session), workplace.settings, datetime.now())
    waiting = select(func.count()).select_from(LocalFile).where(~LocalFile.sent)
    return session.scalar(waiting if stopped else waiting.where(LocalFile.paused)) or 0


def _is_settled(answer: Mapping[str, Any]) -> bool:
    return answer["outcome"] != "granted" and not _later(answer)


def _unheard(away: bool) -> str:
    return _("文件存储没有回答") if away else ""


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
    """How many bytes wait to be sent, at most; what is paused does not."""
    waiting = select(func.sum(LocalFile.size)).where(~LocalFile.sent, ~LocalFile.paused)
    return session.scalar(waiting) or 0


def send_again(session: Session, sha256: str, reason: str = "") -> None:
    """The hub has asked for these bytes once more; `reason` is shown until they are sent.

    They may have been changed behind an unchanged size and time, so they are read again before they are sent.
    """
    asked = update(LocalFile).where(LocalFile.sha256 == sha256)
    session.execute(asked.values(sent=False, sent_at=None, arrived=0, problem=reason, mtime_ns=local_files.UNTRUSTED))


def _mark(session: Session, digests: Sequence[str], *, sent: bool, problem: str) -> None:
    if digests:
        statement = update(LocalFile).where(LocalFile.sha256.in_(digests)).values(sent=sent, problem=problem)
        if sent:
            statement = statement.values(arrived=LocalFile.size, beat_at=None, sent_at=now())
        session.execute(statement, execution_options={"synchronize_session": False})


def _named_in_outbox(session: Session, sha256: str) -> bool:
    waiting = (Version.resource_id == OutboxEntry.resource_id) & (Version.number == OutboxEntry.number)
    query = select(OutboxEntry.id).join(Version, waiting).where(Version.record.contains(sha256)).limit(1)
    return session.scalar(query) is not None


def _hindrance(file: LocalFile, cause: str) -> str:
    return f"{Path(file.path).name}：{cause}"
