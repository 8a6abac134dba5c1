"""One row of the outbox → what Slack shows: a parent, its end and details, a message of its own, a direct message."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import structlog
from slack_sdk import WebClient

from chatbot.blocks import Rendered, render
from chatbot.pace import Pace
from chatbot.parents import parent
from chatbot.posting import Poster
from chatbot.posts import Posts, UnsureError
from chatbot.refusals import NeverError
from commands.interface import Result
from commands.services import Services
from dbs.jobs import Job
from dbs.outbox import MessageRef, OutboxRow

log = structlog.get_logger()
_NO_PARENT = ("message_not_found", "thread_not_found", "cant_update_message")


class Delivery:
    """Sends rows when the pace allows it; raises `LaterError` or `NeverError` when Slack does not take one."""

    def __init__(self, services: Services, client: WebClient, pace: Pace, worked: Callable[[str], None]) -> None:
        self._services = services
        self._pace = pace
        self._worked = worked
        self._poster = Poster(client)
        self._posts = Posts(services.seen, self._poster)
        self._ids: dict[str, str] = {}
        self._shown: dict[str, Rendered] = {}
        self._looked_back = False

    def place(self, row: OutboxRow) -> str:
        """The id of the channel or person, where it is known: names and ids of one channel share its limit."""
        to = row.destination
        named = str(to.get("user") or to.get("channel") or self._services.settings.slack.channel)
        return self._ids.get(named) or self._from_before(named) or named

    def send(self, row: OutboxRow) -> bool:
        """Send one row. False when its turn has not come."""
        place = self.place(row)
        if not self._pace.may_post(place):
            return False
        result = Result.from_json(row.result)
        if "user" in row.destination:
            self._direct(row, result)
            return True
        if result.private:
            raise NeverError("a private result is for one person")
        job = self._services.job_rows.get(row.job_id)
        message = self._services.outbox.message(row.job_id)
        if job is None:
            return self._about_no_job(row, place, message, result)
        if row.part == "parent":
            if message is None:
                self._post_parent(row, place, job)
            return True
        if row.part == "final" and message is not None:
            return self._end(row, message, job, result)
        # Only the end calls whoever asked: what else stands in the thread they find there.
        shown = _details(result, job if row.part == "final" else None)
        self._post(row, message.channel if message else place, shown, message.ts if message else None)
        return True

    def done(self, row: OutboxRow) -> None:
        """A row that was sent or given up."""
        self._posts.forget(row)
        if row.part == "final":
            self._shown.pop(row.job_id, None)

    def updated(self, message: MessageRef, job: Job) -> bool:
        """Bring a parent up to date. False when it is too early for that."""
        forms = self._parent(job)
        if self._shown.get(job.id) == forms[0]:
            return True
        if not self._pace.may_update(message.ts):
            return False
        self._poster.update(message, forms)
        self._pace.updated(message.channel, message.ts)
        self._worked(message.channel)
        self._shown[job.id] = forms[0]
        return True

    def _direct(self, row: OutboxRow, result: Result) -> None:
        user_id = str(row.destination["user"])
        if not re.fullmatch(r"[UW][A-Z0-9]+", user_id):
            raise NeverError("not_a_user_of_slack")
        if user_id not in self._ids:
            self._ids[user_id] = self._poster.direct(user_id)
        self._post(row, self._ids[user_id], _details(result, None))

    def _post_parent(self, row: OutboxRow, channel: str, job: Job) -> None:
        forms = self._parent(job)
        try:
            message, now = self._post(row, channel, forms)
        except UnsureError as error:
            log.warning("a parent message may be missing", job=job.id, reason=str(error))
            return
        self._services.outbox.remember(job.id, message.channel, message.ts)
        if now:  # one that was found in the channel shows what was true when it was posted
            self._shown[job.id] = forms[0]

    def _about_no_job(self, row: OutboxRow, place: str, message: MessageRef | None, result: Result) -> bool:
        if row.part == "parent":
            if message is None:
                self._post_question(row, place, result)
            return True
        if row.destination.get("replaces") == "parent" and message is not None:
            return self._replaced(row, message, result)
        self._post(row, message.channel if message else place, _details(result, None), message.ts if message else None)
        return True

    def _post_question(self, row: OutboxRow, channel: str, result: Result) -> None:
        """A message that others belong to, in the thread of a job if it names one; the groups it names are called."""
        above = self._services.outbox.message(str(row.destination.get("thread") or ""))
        asked = render(result, ids=row.destination.get("calls") or ())
        forms = [asked, Rendered(asked.text, [])]
        try:
            message, _ = self._post(row, above.channel if above else channel, forms, above.ts if above else None)
        except UnsureError as error:
            log.warning("a question may be missing", about=row.job_id, reason=str(error))
            return
        self._services.outbox.remember(row.job_id, message.channel, message.ts)

    def _replaced(self, row: OutboxRow, message: MessageRef, result: Result) -> bool:
        """What came of a question takes its place, and with it go the buttons; posted anew if somebody removed it."""
        if not self._pace.may_update(message.ts):
            return False
        try:
            self._poster.update(message, _details(result, None))
            self._pace.updated(message.channel, message.ts)
        except NeverError as error:
            if str(error) not in _NO_PARENT:
                raise
            self._post(row, message.channel, _details(result, None))
        return True

    def _end(self, row: OutboxRow, message: MessageRef, job: Job, result: Result) -> bool:
        """The last update of the parent, then the details once in its thread."""
        # The row comes before the job itself is closed, so that the end is taken from the row.
        ended = replace(job, state=cast("Any", result.outcome), sentence=result.sentence)
        try:
            if not self.updated(message, ended):
                return False
            self._post(row, message.channel, _details(result, job), message.ts)
        except NeverError as error:
            if str(error) not in _NO_PARENT:
                raise
            self._post(row, message.channel, _details(result, job))  # somebody removed the parent
        self._pace.forget(message.ts)
        return True

    def _post(
        self, row: OutboxRow, channel: str, forms: list[Rendered], thread_ts: str | None = None
    ) -> tuple[MessageRef, bool]:
        """The message of a row, and whether it was posted just now; see `Posts.post`."""
        message, now = self._posts.post(row, channel, forms, thread_ts)
        self._ids[channel] = message.channel
        if now:
            self._pace.posted(message.channel, message.ts if thread_ts is None else None)
        self._worked(message.channel)
        return message, now

    def _parent(self, job: Job) -> list[Rendered]:
        phases, facts = self._services.job_rows.phases(job.id), job.arguments.get("plan") or {}
        best = parent(job, phases, facts)
        return [best, parent(job, phases, facts, plan=False), Rendered(best.text, [])]

    def _from_before(self, named: str) -> str | None:
        """The id of the configured channel, from the last job with a message: a fresh process has seen none yet."""
        if self._looked_back or named != self._services.settings.slack.channel:
            return None
        self._looked_back = True
        for job in self._services.job_rows.recent(20):
            message = self._services.outbox.message(job.id)
            if message is not None:
                self._ids[named] = message.channel
                return message.channel
        return None


def _details(result: Result, job: Job | None) -> list[Rendered]:
    """The end in full, for whoever asked."""
    best = render(result, job.requester_id if job else None)
    return [best, Rendered(best.text, [])]
