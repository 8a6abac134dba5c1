"""The App Home: what waits for me, what runs, how old each instance's data is, what was done last."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from typing import Any

from slack_sdk import WebClient

from chatbot.blocks import Block, Rendered, buttons, mrkdwn
from chatbot.texts import clip, escape, one_line, referred
from commands import approving, history, reviewing, status
from commands.asking import question
from commands.interface import Actor, Request, Result, Table
from commands.services import Services
from dbs.access import Role
from dbs.decisions import Decision
from dbs.errors import RefusedError

_MOST_INSTANCES, _MOST_ACTIONS, _MOST_QUESTIONS = 30, 5, 5
_LINE = 600
_SECTION = 2_000
_BUSY, _INSTANCES = "Running and waiting", "Instances"
NO_QUESTIONS = (
    "Nothing waits for your answer. A restore that would hurt somebody else asks first: `/dbs restore shared`"
)
NO_JOBS = "Nothing is running. Put an instance back with `/dbs restore <instance>`"
NO_INSTANCES = "There are no instances yet. `/dbs help` shows what can be typed"
NO_ACTIONS = "Nothing was done yet. `/dbs history` shows who did what"


class Home:
    """Makes and publishes the page of one person. `clock` gives seconds since 1970."""

    def __init__(self, services: Services, ids: Collection[str], clock: Callable[[], float] = time.time) -> None:
        self._services = services
        self._ids = ids
        self._clock = clock

    def publish(self, client: WebClient, user_id: str, news: Rendered | None = None) -> None:
        """Show the page as it is now; `news` is what came of a click on it."""
        client.views_publish(user_id=user_id, view={"type": "home", "blocks": self.blocks(user_id, news)})

    def blocks(self, user_id: str, news: Rendered | None = None) -> list[Block]:
        """The page. Who is no full member gets the reason, and nothing else."""
        try:
            self._services.access.require("anyone", user_id, "slack")
        except RefusedError as error:
            return [mrkdwn(referred(escape(str(error)), self._ids))]
        asked = Request("home", Actor(user_id, user_id, "slack"), ())
        now = status.run(self._services, asked, status.StatusArguments())
        return [
            *(news.blocks if news else []),
            *_titled("Waiting for you", self._questions(user_id), NO_QUESTIONS),
            *_titled(
                "Running",
                _lines([table for table in now.tables if table.title == _BUSY], _MOST_ACTIONS, self._ids),
                NO_JOBS,
            ),
            *_titled("Instances", _lines(_others(now), _MOST_INSTANCES, self._ids), NO_INSTANCES),
            *_titled("Done last", _lines(self._done(asked), _MOST_ACTIONS, self._ids, first=1), NO_ACTIONS),
            _updated(int(self._clock())),
        ]

    def _questions(self, user_id: str) -> list[Block]:
        found: list[Block] = []
        mine = [question(self._services, decision) for decision in self._open(user_id)]
        for asked in [*self._to_approve(user_id), *mine][:_MOST_QUESTIONS]:
            found += [mrkdwn(clip(escape(one_line(asked.sentence)), _LINE)), *buttons(asked.actions)]
        return found

    def _to_approve(self, user_id: str) -> list[Result]:
        """The policies and the schema changes that wait for somebody like this person."""
        policies = self._of_role("privacy", approving.KIND, user_id)
        changes = self._of_role("approver", reviewing.KIND, user_id)
        return [*map(approving.question, policies), *map(reviewing.question, changes)]

    def _of_role(self, role: Role, kind: str, user_id: str) -> list[Decision]:
        found = self._services.decisions.waiting(kind)
        try:
            if found:
                self._services.access.require(role, user_id, "slack")
        except RefusedError:
            return []
        return [decision for decision in found if decision.asked_id != user_id]

    def _open(self, user_id: str) -> list[Decision]:
        """The questions that this person can answer: those of their own requests that have not ended."""
        mine = [event.request_id for event in self._services.audit.open_requests() if event.actor_id == user_id]
        asked = [self._services.decisions.of_request(request_id) for request_id in mine]
        return [decision for decision in asked if decision is not None and decision.choice is None]

    def _done(self, asked: Request) -> Sequence[Table]:
        return history.run(self._services, asked, history.HistoryArguments("")).tables


def _others(now: Result) -> list[Table]:
    return [table for table in now.tables if table.title == _INSTANCES]


def _titled(title: str, blocks: list[Block], empty: str) -> list[Block]:
    heading = {"type": "header", "text": {"type": "plain_text", "text": title}}
    return [heading, *(blocks or [mrkdwn(escape(empty))])]


def _lines(tables: Sequence[Table], most: int, ids: Collection[str], first: int = 0) -> list[Block]:
    """Rows as one section, since the App Home has no tables: the first cell in bold, then what the others say.

    `first` is the column to begin with. What is left out is counted.
    """
    lines = [_line(table.columns[first:], row[first:], ids) for table in tables for row in table.rows]
    kept: list[str] = []
    for line in lines[:most]:
        if sum(map(len, kept)) + len(line) > _SECTION:
            break
        kept.append(line)
    missing = [f"and {len(lines) - len(kept)} more"] if len(kept) < len(lines) else []
    return [mrkdwn("\n".join([*kept, *missing]))] if lines else []


def _line(columns: Sequence[str], row: Sequence[str], ids: Collection[str]) -> str:
    named = [f"{column}: {cell}" for column, cell in zip(columns[1:], row[1:], strict=True) if cell.strip("- ")]
    whole = [f"*{escape(one_line(row[0]))}*", *(escape(one_line(each)) for each in named)]
    return referred(clip(" · ".join(whole), _LINE), ids)


def _updated(seconds: int) -> dict[str, Any]:
    """Slack shows the time in the zone of whoever looks; the part after the bar is for clients that cannot."""
    at = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))
    text = f"<!date^{seconds}^Updated {{date_short_pretty}} {{time}}|Updated {at}>"
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text}]}
