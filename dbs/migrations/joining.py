"""The slow log and the performance schema put together, by order within each connection.

Measured on MariaDB 10.11 and MySQL 9.7: events and log rows of a connection come in the order in which statements
ended. MariaDB's event of a statement out of several in one packet holds the rest of the packet too; its log writes what
EXECUTE runs once or twice with the same start; what fails inside a program is an event only; a prepared statement of
the binary protocol has no text but in the log. MySQL's events know their texts, up to a length, and its log stops
within a packet after EXECUTE: there the log only completes texts that were cut off.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from dbs.migrations.interface import Captured
from dbs.migrations.running import OWN
from dbs.migrations.wording import without_values

_LOOK_AHEAD = 200
"""So many log rows are looked through for the text of an event, when something in between is in one source only."""
_LOOK_AHEAD_INSIDE = 5
_VARIABLE = re.compile(r" NAME_CONST\('([^']*)',(?:[^()']|'(?:[^'\\]|\\.|'')*'|\([^()]*\))*\)")
"""A program's variable as the log shows it: with its value."""
_NO_STATEMENTS = "statement/com/"
_STATEMENTS = frozenset({"statement/com/Execute", "statement/com/Prepare"})
_EXECUTES = frozenset({"statement/com/Execute", "statement/sql/execute_sql", "statement/sql/execute_immediate"})
_CUT_OFF = 1_000
"""An event's text of at least so many bytes may have been cut off; 1,024 is the shortest limit in use."""


@dataclass(frozen=True)
class Event:
    """A row of `events_statements_history_long`. `end` orders them by their ends; `level` 0 is what was sent."""

    thread: int
    id: int
    end: int
    name: str
    text: str | None
    started_at: datetime
    seconds: float
    rows_affected: int
    rows_examined: int
    code: int
    message: str
    level: int
    database: str

    @property
    def told(self) -> bool:
        """Whether it is a statement at all, and not a ping, an end, or a jump within a program."""
        if self.name.startswith(_NO_STATEMENTS):
            return self.name == "statement/com/Execute" or (self.name == "statement/com/Prepare" and self.code != 0)
        return self.level == 0 or self.text is not None


@dataclass(frozen=True)
class LogRow:
    """A row of the slow log. `rows_affected` is None on MySQL, which does not keep it there."""

    connection: int
    started_at: datetime
    seconds: float
    rows_affected: int | None
    rows_examined: int
    database: str
    text: str


def joined(events: Iterable[Event], log: Iterable[LogRow], connections: Mapping[int, int]) -> tuple[Captured, ...]:
    """Everything that ran, by connection and in the order of the ends. `connections`: threads whose number is known."""
    by_thread: dict[int, list[Event]] = defaultdict(list)
    for event in sorted((each for each in events if each.told), key=lambda each: (each.thread, each.end, -each.id)):
        by_thread[event.thread].append(event)
    by_connection: dict[int, list[LogRow]] = defaultdict(list)
    for row in log:
        by_connection[row.connection].append(row)
    threads = _numbered(by_thread, by_connection, connections)
    found: list[Captured] = []
    for connection in sorted({*by_connection, *threads}):
        told = by_thread.get(threads.get(connection, -1), [])
        found += _of_connection(connection, told, by_connection.get(connection, []))
    return tuple(found)


def _numbered(
    by_thread: Mapping[int, list[Event]], by_connection: Mapping[int, list[LogRow]], connections: Mapping[int, int]
) -> dict[int, int]:
    """Connection → thread. Both are counted upward, so those seen too shortly to be known are paired in order."""
    found = {connections[thread]: thread for thread in by_thread if thread in connections}
    unknown = sorted(thread for thread in by_thread if thread not in connections)
    left = sorted(number for number in by_connection if number not in found)
    for thread in unknown:
        fitting = next((number for number in left if _fits(by_thread[thread], by_connection[number])), None)
        if fitting is not None:
            left.remove(fitting)
        found[-thread if fitting is None else fitting] = thread
    return found


def _fits(events: list[Event], log: list[LogRow]) -> bool:
    """Whether both can be one connection: the first text of one is that of the other."""
    first = next((event for event in events if event.text and event.name not in _EXECUTES), None)
    return first is None or any(_same(first, row) for row in log[:20])


def _of_connection(connection: int, events: list[Event], log: list[LogRow]) -> list[Captured]:
    mysql = any(row.rows_affected is None for row in log)
    made = _from_events(events, log) if mysql else _merged(events, log)
    kept = [each for each in made if not each.text.rstrip("; \r\n").endswith(OWN) and (each.text or each.error_code)]
    return [replace(each, connection=connection, order=order) for order, each in enumerate(kept, 1)]


def _from_events(events: list[Event], log: list[LogRow]) -> list[Captured]:
    """MySQL: events, with texts that were cut off taken from the log."""
    made: list[Captured] = []
    at = 0
    for event in events:
        text = event.text or ""
        if len(text.encode()) >= _CUT_OFF:
            fitting = next(
                (index for index in range(at, len(log)) if log[index].text.startswith(text[:_CUT_OFF])), None
            )
            if fitting is not None:
                text, at = log[fitting].text, fitting + 1
        made.append(_captured(event, text))
    return made


def _merged(events: list[Event], log: list[LogRow]) -> list[Captured]:
    """MariaDB: each event with its log row; rows that have no event, and events that have no row, stay."""
    made: list[Captured] = []
    at, nested = 0, False
    for index, event in enumerate(events):
        nested |= event.level > 0
        found = _row_of(event, log, at)
        if found is None:
            made.append(_captured(event, _own_text(event, events[index + 1 : index + 2])))
        else:
            made += [_of_row(row, nested or _is_echo(row, log[found])) for row in log[at:found]]
            at = _behind(log, found)
            made.append(_both(event, log[at - 1]))
        nested &= event.level > 0
    return made + [_of_row(row, False) for row in log[at:]]


def _row_of(event: Event, log: list[LogRow], at: int) -> int | None:
    """The index of an event's row. What failed inside a program, and was handled there, is not logged."""
    if event.name in _EXECUTES:
        return _executed(event, log, at)
    if event.level > 0 and event.code:
        return None
    end = at + (_LOOK_AHEAD_INSIDE if event.level > 0 else _LOOK_AHEAD)
    return next((index for index in range(at, min(end, len(log))) if _same(event, log[index])), None)


def _executed(event: Event, log: list[LogRow], at: int) -> int | None:
    """What ran by another name is the next row, whatever its text; nothing is logged when there was nothing to run."""
    if at >= len(log) or event.code == 1243:
        return None
    if event.name == "statement/sql/execute_immediate":
        return next((index for index in (at, at + 1) if index < len(log) and _same(event, log[index])), at)
    return at


def _behind(log: list[LogRow], found: int) -> int:
    """Behind a row, and behind the same once more: what EXECUTE runs is logged by itself, and as EXECUTE."""
    after = found + 1
    if after < len(log) and _is_echo(log[found], log[after]):
        return after + 1
    return after


def _is_echo(row: LogRow, other: LogRow) -> bool:
    return row.text == other.text and row.started_at == other.started_at


def _same(event: Event, row: LogRow) -> bool:
    """Whether a row's text is an event's own: its text, or the beginning of what it was sent together with."""
    text, logged = event.text or "", row.text
    if event.level > 0 and "NAME_CONST" in logged:
        logged = _VARIABLE.sub(r"\1", logged)
    if len(text.encode()) >= _CUT_OFF and len(logged) >= len(text):
        return logged.startswith(text[: len(text) - 3])  # a character may have been cut in two
    rest = text[len(logged) :].lstrip()
    return text.startswith(logged) and (not rest or rest.startswith(";"))


def _own_text(event: Event, following: list[Event]) -> str:
    """An event's text without what came behind it in the same packet."""
    text = event.text or ""
    rest = following[0].text if following else None
    if rest and len(rest) < len(text) and text.endswith(rest):
        return text.removesuffix(rest).rstrip().removesuffix(";")
    return text


def _captured(event: Event, text: str) -> Captured:
    return Captured(
        connection=0,
        order=0,
        text=text,
        started_at=event.started_at,
        seconds=event.seconds,
        database=event.database,
        rows_affected=event.rows_affected,
        rows_examined=event.rows_examined,
        error_code=event.code or None,
        error=without_values(event.code, event.message) if event.code else "",
        prepared=event.name in _STATEMENTS,
        inside=event.level > 0,
    )


def _both(event: Event, row: LogRow) -> Captured:
    """Text, time and rows of the log; error, kind and place of the event."""
    known = _captured(event, row.text)
    return replace(
        known,
        started_at=row.started_at,
        seconds=row.seconds,
        database=row.database,
        rows_affected=row.rows_affected,
        rows_examined=row.rows_examined,
    )


def _of_row(row: LogRow, inside: bool) -> Captured:
    return Captured(
        connection=0,
        order=0,
        text=row.text,
        started_at=row.started_at,
        seconds=row.seconds,
        database=row.database,
        rows_affected=row.rows_affected,
        rows_examined=row.rows_examined,
        inside=inside,
    )
