"""A file of a migration taken apart into the statements that the server gets, with none lost.

Files come in two kinds: those for the mysql program, with DELIMITER, and those that a tool sends as they are, where the
server itself finds the ends. Both are taken: DELIMITER by `dbs.mysql.script`, compound statements by `compound`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dbs.migrations.compound import Compound
from dbs.migrations.interface import MigrationError, MigrationFile, Step
from dbs.mysql.script import ScriptError, Statement, statements

_CLIENT_COMMAND = re.compile(
    rb"(?P<word>system|source|tee|notee|pager|nopager|edit|connect|status|rehash|prompt|exit|quit|charset|warnings"
    rb"|nowarning|ego|go|print|clear|resetconnection|query_attributes|sandbox)(?=[ \t\r\n;]|\Z)",
    re.IGNORECASE,
)
_PACKAGE = re.compile(
    rb"\s*create\s+(?:or\s+replace\s+)?(?:definer\s*=\s*\S+(?:\s*@\s*\S+)?\s+)?package\b", re.IGNORECASE
)
_SET = re.compile(rb"(?:/\*M?!\d*\s*)?set\b", re.IGNORECASE)
_MODES = re.compile(rb"sql_mode\s*:?=(?P<value>.*)", re.IGNORECASE | re.DOTALL)
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_OTHER_LANGUAGE = "it changes what the other statements mean; use the runner `command` for it"


def steps(file: MigrationFile, sql_mode: str | None = None) -> tuple[Step, ...]:
    """The statements of a file, in order; comments between them are left out.

    `sql_mode` is what the session starts with, None for the server's own. Raises `MigrationError`, with the line, for a
    file that ends inside something, for commands of the mysql program, and for modes in which SQL is written otherwise.
    """
    if file.text.startswith(_UTF_16):
        raise MigrationError(f"{file.path} is in UTF-16; save it as UTF-8.", file.path, 1)
    _refuse_mode((sql_mode or "").encode(), file, 0)
    found: list[Step] = []
    for statement in whole(file):
        line = statement.line + file.line_offset
        _refuse(statement, file, line)
        found.append(Step(file.path, line, len(found) + 1, statement.text.rstrip()))
    return tuple(found)


def whole(file: MigrationFile) -> Iterator[Statement]:
    """Whole statements. Raises `MigrationError` for a file that ends inside one."""
    try:
        pieces = statements([file.text])
        ended: list[Statement] = []
        for piece in pieces:
            if piece.delimiter == b";":
                ended.append(piece)
                continue
            yield from _joined(ended, file.text)
            ended = []
            yield from _inner(piece)
        yield from _joined(ended, file.text)
    except ScriptError as error:
        line = error.line + file.line_offset
        sentence = re.sub(r"\b([Ll]ine) \d+", rf"\1 {line}", str(error))
        raise MigrationError(f"{file.path}: {sentence}", file.path, line) from error


def _inner(piece: Statement) -> Iterator[Statement]:
    """What stands before another delimiter: usually one program, but `;` still parts what is not inside of one."""
    for part in _joined(list(statements([piece.text])), piece.text):
        yield Statement(part.text, piece.line + part.line - 1, piece.offset + part.offset)


def _joined(pieces: list[Statement], source: bytes) -> Iterator[Statement]:
    """Pieces that each ended at a `;`, put together where that was inside a compound statement."""
    first: Statement | None = None
    compound = Compound()
    for piece in pieces:
        first = first or piece
        compound.feed(piece.text)
        if compound.ends() or not piece.terminated:
            yield _from(first, piece, source)
            first, compound = None, Compound()
    if first is not None:
        yield _from(first, pieces[-1], source)


def _from(first: Statement, last: Statement, source: bytes) -> Statement:
    if first is last:
        return first
    end = last.offset + len(last.text)
    return Statement(source[first.offset : end], first.line, first.offset, last.terminated)


def _refuse(statement: Statement, file: MigrationFile, line: int) -> None:
    """Raise for what must not be sent, or cannot be understood. The server would only call it a syntax error."""
    command = _CLIENT_COMMAND.match(statement.text)
    if command:
        what = f"`{command['word'].decode().lower()}`, a command of the mysql program, not SQL; remove it"
        raise MigrationError(f"{file.path}, line {line}: the statement begins with {what}.", file.path, line)
    if _PACKAGE.match(statement.text):
        what = f"CREATE PACKAGE needs sql_mode=ORACLE, and {_OTHER_LANGUAGE}"
        raise MigrationError(f"{file.path}, line {line}: {what}.", file.path, line)
    if _SET.match(statement.text):
        mode = _MODES.search(statement.text)
        _refuse_mode(mode["value"] if mode else b"", file, line)


def _refuse_mode(mode: bytes, file: MigrationFile, line: int) -> None:
    modes = mode.upper()
    wrong = b"ORACLE" in modes
    # Within these, a backslash before a quote means nothing; without backslashes there is nothing to mistake.
    wrong |= b"\\" in file.text and any(each in modes for each in (b"NO_BACKSLASH_ESCAPES", b"ANSI"))
    if wrong:
        shown = " ".join(mode.decode("utf-8", "replace").split())[:60]
        place = f"{file.path}, line {line}" if line else file.path
        raise MigrationError(f"{place}: with sql_mode {shown}, {_OTHER_LANGUAGE}.", file.path, line)
