"""The one thread that posts: the outbox in order, and the progress of open jobs. Ends are never dropped."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import structlog
from slack_sdk import WebClient

from chatbot.blocks import Rendered, render
from chatbot.pace import Pace
from chatbot.parents import parent
from chatbot.posting import LaterError, NeverError, Poster
from chatbot.replays import KEPT_SECONDS
from commands.interface import Result
from commands.services import Services
from dbs.jobs import Job
from dbs.outbox import MessageRef, OutboxRow

log = structlog.get_logger()

_POLL_SECONDS = 0.25
_PAUSE_AFTER_A_BUG = 5.0
_TIDY_SECONDS = 60.0
_ROWS = 500


class Sender:
    """Sends what the worker left in the outbox, and keeps the parent messages of jobs up to date.

    `clock` gives seconds that never run backwards. Only one `Sender` may run for a state database.
    """

    def __init__(self, services: Services, client: WebClient, clock: Callable[[], float] = time.monotonic) -> None:
        self._services = services
        self._poster = Poster(client)
        self._clock = clock
        self._pace = Pace(clock)
        self._ids: dict[str, str] = {}
        self._shown: dict[str, Rendered] = {}
        self._finished: set[str] = set()
        self._tidy_at = clock()

    def run(self, stop: threading.Event) -> None:
        """Send until `stop` is set. What is not sent by then stays in the outbox for the next start."""
        while not stop.wait(_POLL_SECONDS):
            try:
                self.once()
            except Exception:
                log.exception("bug in the sender")
                stop.wait(_PAUSE_AFTER_A_BUG)

    def once(self) -> None:
        """One round: every message that may go out now."""
        self._send_rows()
        self._show_progress()
        if self._clock() >= self._tidy_at:
            self._services.seen.forget_older_than(KEPT_SECONDS)
            self._tidy_at = self._clock() + _TIDY_SECONDS

    def _send_rows(self) -> None:
        waiting: set[str] = set()  # a job's messages keep their order
        for row in self._services.outbox.pending(_ROWS):
            if row.job_id not in waiting and not self._sent(row):
                waiting.add(row.job_id)

    def _sent(self, row: OutboxRow) -> bool:
        """Whether the row is done with: sent, or given up."""
        channel = self._channel(row)
        try:
            if not self._send(row, channel):
                return False
        except LaterError as error:
            seconds = self._pace.hold(channel, error.seconds)
            log.warning("message waits", outbox=row.id, channel=channel, reason=str(error), seconds=seconds)
            return False
        except NeverError as error:
            self._services.outbox.failed(row.id, str(error))
            log.error("message given up", outbox=row.id, channel=channel, reason=str(error))
            return True
        self._services.outbox.sent(row.id)
        return True

    def _send(self, row: OutboxRow, channel: str) -> bool:
        """Send one row. False when its turn has not come."""
        if not self._pace.may_post(channel):
            return False
        job, result = self._services.job_rows.get(row.job_id), Result.from_json(row.result)
        message = self._services.outbox.message(row.job_id)
        if row.part == "parent" and job is not None:
            if message is None:
                self._post_parent(row, channel, job)
            return True
        if row.part == "final" and job is not None and message is not None:
            return self._end(row, message, job, result)
        self._post(row, channel, _details(result, job))
        return True

    def _post_parent(self, row: OutboxRow, channel: str, job: Job) -> None:
        forms = self._parent(job)
        message = self._post(row, channel, forms)
        self._services.outbox.remember(job.id, message.channel, message.ts)
        self._shown[job.id] = forms[0]

    def _end(self, row: OutboxRow, message: MessageRef, job: Job, result: Result) -> bool:
        """The last update of the parent, then the details once in its thread."""
        # The row comes before the job itself is closed, so that the end is taken from the row.
        ended = replace(job, state=cast("Any", result.outcome), sentence=result.sentence)
        self._finished.add(job.id)
        try:
            if not self._updated(message, ended):
                return False
            self._post(row, message.channel, _details(result, job), message.ts)
        except NeverError as error:
            if str(error) not in ("message_not_found", "thread_not_found", "cant_update_message"):
                raise
            self._post(row, message.channel, _details(result, job))  # somebody removed the parent
        self._shown.pop(job.id, None)
        self._pace.forget(message.ts)
        return True

    def _post(self, row: OutboxRow, channel: str, forms: list[Rendered], thread_ts: str | None = None) -> MessageRef:
        message = self._poster.post(channel, forms, row.id, thread_ts)
        self._ids[channel] = message.channel
        self._pace.posted(message.channel, message.ts if thread_ts is None else None)
        return message

    def _updated(self, message: MessageRef, job: Job) -> bool:
        """Bring a parent up to date. False when it is too early for that."""
        forms = self._parent(job)
        if self._shown.get(job.id) == forms[0]:
            return True
        if not self._pace.may_update(message.ts):
            return False
        self._poster.update(message, forms)
        self._pace.updated(message.channel, message.ts)
        self._shown[job.id] = forms[0]
        return True

    def _show_progress(self) -> None:
        jobs = self._services.job_rows.open()
        self._finished &= {job.id for job in jobs}
        for job in jobs:
            message = None if job.id in self._finished else self._services.outbox.message(job.id)
            if message and self._pace.is_free(message.channel) and self._pace.may_show_progress(message.ts):
                self._progress(message, job)

    def _progress(self, message: MessageRef, job: Job) -> None:
        try:
            self._updated(message, job)
        except LaterError as error:
            self._pace.hold(message.channel, error.seconds)
        except NeverError as error:
            self._finished.add(job.id)
            log.warning("progress is not shown", job=job.id, channel=message.channel, reason=str(error))

    def _parent(self, job: Job) -> list[Rendered]:
        phases, facts = self._services.job_rows.phases(job.id), job.arguments.get("plan") or {}
        best = parent(job, phases, facts)
        return [best, parent(job, phases, facts, plan=False), Rendered(best.text, [])]

    def _channel(self, row: OutboxRow) -> str:
        """The channel's id where it is known: names and ids of one channel share its limit."""
        named = str(row.destination.get("channel") or self._services.settings.slack.channel)
        return self._ids.get(named, named)


def _details(result: Result, job: Job | None) -> list[Rendered]:
    """The end in full, for whoever asked."""
    best = render(result, job.requester_id if job else None)
    return [best, Rendered(best.text, [])]
