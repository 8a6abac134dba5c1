"""The one thread that posts: the outbox in order, and the progress of open jobs. Ends are never dropped."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog
from slack_sdk import WebClient

from chatbot.delivery import Delivery
from chatbot.pace import Pace
from chatbot.refusals import LaterError, NeverError
from chatbot.trouble import Trouble
from commands.services import Services
from dbs.outbox import OutboxRow

log = structlog.get_logger()

_POLL_SECONDS = 0.25
_PAUSE_AFTER_A_BUG = 5.0
_TIDY_SECONDS = 60.0
_ROWS = 500
KEPT_SECONDS = 86_400.0
"""How long answers to requests and marks of posts are kept: longer than Slack repeats anything, or is away."""


class Sender:
    """Sends what the worker left in the outbox, and keeps the parent messages of jobs up to date.

    `clock` gives seconds that never run backwards. Only one `Sender` may run for a state database.
    """

    def __init__(self, services: Services, client: WebClient, clock: Callable[[], float] = time.monotonic) -> None:
        self._services = services
        self._clock = clock
        self._pace = Pace(clock)
        self._trouble = Trouble(self._pace)
        self._delivery = Delivery(services, client, self._pace, self._trouble.over)
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
        if row.part == "final":
            self._finished.add(row.job_id)
        place = self._delivery.place(row)
        try:
            if not self._delivery.send(row):
                return False
        except LaterError as error:
            self._trouble.passing(place, error)
            return False
        except NeverError as error:
            self._give_up(row, place, error)
            return True
        self._services.outbox.sent(row.id)
        self._delivery.done(row)
        return True

    def _give_up(self, row: OutboxRow, place: str, error: NeverError) -> None:
        """Let a message go; what it says stays in the job. With it go all that wait for a place that keeps refusing."""
        rows = [row]
        if self._trouble.lasting(place, error):
            rows += [each for each in self._services.outbox.pending(_ROWS) if self._shares(each, row, place, error)]
        for each in rows:
            self._services.outbox.failed(each.id, str(error))
            self._delivery.done(each)
        log.warning("messages given up", outbox=[each.id for each in rows], place=place, reason=str(error))

    def _shares(self, other: OutboxRow, row: OutboxRow, place: str, error: NeverError) -> bool:
        return other.id != row.id and (error.reach == "workspace" or self._delivery.place(other) == place)

    def _show_progress(self) -> None:
        jobs = self._services.job_rows.open()
        self._finished &= {job.id for job in jobs}
        for job in jobs:
            message = None if job.id in self._finished else self._services.outbox.message(job.id)
            if (
                message is None
                or not self._pace.is_free(message.channel)
                or not self._pace.may_show_progress(message.ts)
            ):
                continue
            try:
                self._delivery.updated(message, job)
            except LaterError as error:
                self._trouble.passing(message.channel, error)
            except NeverError as error:
                self._finished.add(job.id)
                self._trouble.lasting(message.channel, error)
                log.warning("progress is not shown", job=job.id, place=message.channel, reason=str(error))
