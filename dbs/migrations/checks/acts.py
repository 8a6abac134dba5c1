"""What a statement's text says that it does. Whether it did is seen in the dictionary; this finds the line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from dbs.migrations.checks.clauses import Act, alterations, index_of
from dbs.migrations.checks.words import TEXT, Cursor, Word, outside, parts, words
from dbs.migrations.interface import TEXT_CHARACTERS

_EXISTS = ("IF", "NOT", "EXISTS")
_CHOOSING = frozenset({"LIMIT", "ON", "USING", "NATURAL"})
_CONSTANTS = frozenset({TEXT, "TRUE", "NOT", "(", ")", "=", "<", ">", "!", "AND", "OR", "LIKE", "IS", "NULL", "FALSE"})
_STATEMENT_ENDS = (";", "THEN", "ELSE", "BEGIN", "DO", "LOOP", "REPEAT")
_ENOUGH_OF_DATA = 200
"""Characters of an INSERT that are looked at: what is asked of it stands at its beginning."""


def acts(text: str) -> tuple[Act, ...]:
    """What the text of one statement does, in its order."""
    if text[:7].upper() in ("INSERT ", "REPLACE"):
        text = text[:_ENOUGH_OF_DATA]
    cut = len(text) >= TEXT_CHARACTERS
    found = tuple(_acts(words(text)))
    # The WHERE may stand behind the cut.
    return tuple(act for act in found if not (cut and act.what in ("update all", "delete all")))


def _acts(statement: Sequence[Word]) -> Iterator[Act]:
    here = Cursor(statement)
    here.skip("(")
    read = _STARTS.get(here.key)
    if read is not None:
        here.at += 1
        yield from read(here)


def _alter(here: Cursor) -> Iterator[Act]:
    here.skip("ONLINE", "OFFLINE", "IGNORE")
    if here.take("TABLE"):
        here.skip(*_EXISTS)
        table = here.name()
        if here.take("WAIT"):
            here.at += 1
        here.skip("NOWAIT")
        yield from alterations(table, here.rest)


def _drop(here: Cursor) -> Iterator[Act]:
    if here.take("TABLE") or here.take("TABLES"):
        here.skip(*_EXISTS)
        yield from (Act("drop table", Cursor(part).name()) for part in parts(here.rest, ","))
    elif here.take("INDEX"):
        here.skip(*_EXISTS)
        name = here.name()
        here.take("ON")
        yield Act("drop index", here.name(), name)


def _create(here: Cursor) -> Iterator[Act]:
    replaces = here.take("OR", "REPLACE")
    here.skip("UNIQUE", "FULLTEXT", "SPATIAL", "ONLINE", "OFFLINE")
    if here.take("TABLE"):
        if not here.take(*_EXISTS):  # with these, a table that exists stays
            table = here.name()
            yield from (Act("drop table", table) for _ in range(replaces))
            yield Act("create table", table)
    elif here.take("INDEX"):
        before_on = next((n for n, word in enumerate(here.rest) if word.key == "ON"), len(here.rest))
        table = Cursor(here.rest[before_on + 1 :]).name()
        found = index_of(table, Cursor([*here.rest[:before_on], *_columns(here.rest[before_on:])]))
        yield from (Act("drop index", table, found.name) for _ in range(replaces))
        yield found
    elif any(word.key in ("PROCEDURE", "FUNCTION", "TRIGGER", "EVENT") for word in here.rest[:12]):
        yield from _program(here)


def _columns(behind_on: Sequence[Word]) -> Sequence[Word]:
    """From the parenthesis on."""
    return behind_on[next((n for n, word in enumerate(behind_on) if word.key == "("), len(behind_on)) :]


def _rename(here: Cursor) -> Iterator[Act]:
    if here.take("TABLE") or here.take("TABLES"):
        here.skip("IF", "EXISTS")
        for part in parts(here.rest, ","):
            one = Cursor(part)
            old = one.name()
            one.skip("WAIT", "NOWAIT", *(word.key for word in one.rest[:1] if word.key.isdigit()))
            one.take("TO")
            yield Act("rename table", old, to=one.name())


def _truncate(here: Cursor) -> Iterator[Act]:
    here.take("TABLE")
    yield Act("truncate table", here.name())


def _delete(here: Cursor) -> Iterator[Act]:
    here.skip("LOW_PRIORITY", "QUICK", "IGNORE")
    if here.take("FROM") and _takes_all(here.rest):
        yield Act("delete all", here.name())


def _update(here: Cursor) -> Iterator[Act]:
    here.skip("LOW_PRIORITY", "IGNORE")
    if _takes_all(here.rest):
        yield Act("update all", here.name())


def _takes_all(statement: Sequence[Word]) -> bool:
    """Whether nothing chooses among the rows: no condition, or one that names no column."""
    if not _CHOOSING.isdisjoint(outside(statement)):
        return False
    _, *condition = parts(statement, "WHERE")
    return all(word.key in _CONSTANTS or word.key.isdigit() for part in condition for word in part)


def _with(here: Cursor) -> Iterator[Act]:
    """Behind the expressions, all in parentheses, comes the statement itself."""
    depth = 0
    for at, word in enumerate(here.words):
        depth += {"(": 1, ")": -1}.get(word.key, 0)
        if depth == 0 and word.key in ("UPDATE", "DELETE"):
            yield from _acts(here.words[at:])
            return


def _set(here: Cursor) -> Iterator[Act]:
    """SET STATEMENT … FOR …, or a text that is prepared later."""
    if here.take("STATEMENT"):
        keys = [word.key for word in here.words]
        yield from _acts(here.words[keys.index("FOR") + 1 :] if "FOR" in keys else ())
    else:
        yield from _quoted(here)


def _quoted(here: Cursor) -> Iterator[Act]:
    """What texts say: they may be run by PREPARE and EXECUTE."""
    for word in here.rest:
        if word.key == TEXT:
            yield from (replace(act, certain=False) for act in _acts(words(word.text)))


def _program(here: Cursor) -> Iterator[Act]:
    """What stands in a program: it may have run, by CALL or at once."""
    for part in parts(here.rest, *_STATEMENT_ENDS):
        yield from (replace(act, certain=False) for act in _acts(part))


_STARTS: dict[str, Callable[[Cursor], Iterator[Act]]] = {
    "ALTER": _alter,
    "DROP": _drop,
    "CREATE": _create,
    "RENAME": _rename,
    "TRUNCATE": _truncate,
    "DELETE": _delete,
    "UPDATE": _update,
    "WITH": _with,
    "SET": _set,
    "SELECT": _quoted,
    "PREPARE": _quoted,
    "EXECUTE": _quoted,
    **dict.fromkeys(("IF", "BEGIN", "CASE", "LOOP", "WHILE", "REPEAT", "FOR"), _program),
}
