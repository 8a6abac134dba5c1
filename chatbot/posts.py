"""Each row of the outbox is posted once, also when an answer of Slack's was lost or a sender died in between.

Slack has no idempotency key (slackapi/slack-api-specs#10). What stands in for it: a mark before each post, and after a
post whose fate is not known a look into the channel or thread for a message with the row's number. That look needs an
optional scope (`channels:history`, `groups:history` for private channels). Without it nobody can tell, so

- the parent of a job is not repeated: a second one would wait beside the first for ever. If it did not arrive, the end
  of the job is a message of its own;
- everything else is repeated once Slack answers again: a result that stands there twice is better than none. While
  Slack is away it is not posted again, so one lost answer makes at most one double.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chatbot.blocks import Rendered
from chatbot.posting import Poster
from chatbot.refusals import LaterError, NeverError
from dbs.outbox import MessageRef, OutboxRow
from dbs.state.seen import Seen

_SKEW_SECONDS = 300
"""How far our clock and Slack's may be apart."""


class UnsureError(Exception):
    """Nobody can tell whether a parent arrived, and it is not to be repeated."""


class Posts:
    """Posts rows. `seen` keeps the marks, so that they outlive this process; see `Sender` for how long."""

    def __init__(self, seen: Seen, poster: Poster) -> None:
        self._seen = seen
        self._poster = poster
        self._not_there: set[int] = set()

    def post(
        self, row: OutboxRow, channel: str, forms: Sequence[Rendered], thread_ts: str | None = None
    ) -> tuple[MessageRef, bool]:
        """The message of a row, and whether it was posted just now: False when it stood there already.

        Raises `LaterError`, `NeverError`, or `UnsureError`.
        """
        first = self._seen.once(f"post:{row.id}")
        if not first and row.id not in self._not_there:
            found = self._look(row, channel, thread_ts)
            if found is not None:
                return found, False
        try:
            message = self._poster.post(channel, forms, row.id, thread_ts)
        except LaterError as error:
            (self._not_there.discard if error.doubtful else self._not_there.add)(row.id)
            raise
        except NeverError:
            self._not_there.add(row.id)
            raise
        self._not_there.discard(row.id)
        return message, True

    def forget(self, row: OutboxRow) -> None:
        """A row that is done with."""
        self._not_there.discard(row.id)

    def _look(self, row: OutboxRow, channel: str, thread_ts: str | None) -> MessageRef | None:
        since = datetime.fromisoformat(row.created_at).timestamp() - _SKEW_SECONDS
        try:
            return self._poster.find(channel, row.id, since, thread_ts)
        except NeverError as error:
            self._poster.probe()  # raises while Slack is away: then nothing is decided yet
            if row.part == "parent":
                raise UnsureError(str(error)) from error
            return None
