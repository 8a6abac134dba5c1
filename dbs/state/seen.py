"""Requests that were taken in before, with the answer they got: Slack repeats what it thinks was lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, select
from sqlalchemy.dialects.sqlite import insert

from dbs.state.engine import reading, writing
from dbs.state.interface import now, stamp
from dbs.state.tables import seen


class Seen:
    """Answers by request key. `clock` gives the time as `dbs.state.now` does."""

    def __init__(self, engine: Engine, clock: Callable[[], str] = now) -> None:
        self._engine = engine
        self._clock = clock

    def answer(self, key: str) -> str | None:
        """What was answered to this key, or None when it was never seen."""
        with reading(self._engine) as connection:
            return connection.execute(select(seen.c.answer).where(seen.c.key == key)).scalar()

    def once(self, key: str) -> bool:
        """Take a key in with an empty answer: True for the first caller, False for every other."""
        return self.remember(key, "")

    def remember(self, key: str, answer: str) -> bool:
        """Keep the answer to a key. The first answer stays: False when there was one already.

        A key that `once` took in has no answer yet, so that the first `remember` after it still counts.
        """
        statement = insert(seen).values(key=key, at=self._clock(), answer=answer)
        first = statement.on_conflict_do_update(
            index_elements=["key"], set_={"answer": answer}, where=(seen.c.answer == "") & (answer != "")
        )
        with writing(self._engine) as connection:
            return connection.execute(first).rowcount == 1

    def forget_older_than(self, seconds: float) -> int:
        """Drop the keys that came in more than so many seconds ago; returns how many."""
        limit = stamp(datetime.fromisoformat(self._clock()) - timedelta(seconds=seconds))
        with writing(self._engine) as connection:
            return connection.execute(delete(seen).where(seen.c.at < limit)).rowcount
