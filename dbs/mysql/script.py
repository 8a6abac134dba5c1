"""A file of SQL taken apart into statements while it streams by, in memory bounded by its longest statement.

It reads the language of the server's lexer plus the one client command that dumps need, DELIMITER. The
other commands of the mysql and mariadb programs (`system`, `source`, `\\!`, `tee`, …) run programs or read
files on the machine of whoever loads the dump; they are never interpreted.

Assumes a character set whose multi-byte characters hold no ASCII bytes (utf8mb4, latin1; not sjis, gbk) and
neither NO_BACKSLASH_ESCAPES nor ANSI_QUOTES: dumps of mysqldump and mariadb-dump are written so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from dbs.errors import FailedError
from dbs.mysql.window import Window

LONGEST_DELIMITER_LINE = 256
"""Bytes in which a DELIMITER command must end; the mysql client takes delimiters of up to 15."""

_BLANK = re.compile(rb"[ \t\r\n\v\f]*+")
_DELIMITER_WORD = re.compile(rb"delimiter(?=[ \t\r\n])", re.IGNORECASE)
_DELIMITER_LINE = re.compile(rb"delimiter[ \t]+([^\s'\"`\\]++)(?=\s|\Z)", re.IGNORECASE)
# 999999 is the version no server reaches: mariadb-dump's sandbox line, which only its client reads.
_EXECUTABLE = re.compile(rb"/\*M?!(?!999999)")
_LONGEST_OPENING = len(b"/*M!999999")
_BODY = {
    ord("'"): re.compile(rb"[^'\\]*+(?:\\.[^'\\]*+)*+", re.DOTALL),
    ord('"'): re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL),
    ord("`"): re.compile(rb"[^`]*+"),
}
_COMMENT_MARKS = re.compile(
    rb"'(?:[^'\\]|\\.)*+'|\"(?:[^\"\\]|\\.)*+\"|`[^`]*+`|#[^\n]*+|--(?=[\x00-\x20\x7f])[^\n]*+"
    rb"|(?P<open>/\*M?!(?!999999))|/\*.*?\*/|(?P<close>\*/)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement as it stands in the file, without its delimiter.

    `line` (from 1) and `offset` (bytes from 0, uncompressed) are those of its first byte. `terminated` is
    False for a last statement that is complete but has no delimiter after it. `delimiter` is the one in force.
    """

    text: bytes
    line: int
    offset: int
    terminated: bool = True
    delimiter: bytes = field(default=b";", compare=False)


class ScriptError(FailedError):
    """The text is not a whole script; `line` and `offset` say where the part that is wrong begins."""

    def __init__(self, sentence: str, line: int, offset: int) -> None:
        super().__init__(sentence)
        self.line = line
        self.offset = offset


def statements(chunks: Iterable[bytes]) -> Iterator[Statement]:
    """The statements of a script that arrives in chunks of any size. Comments between statements are dropped.

    Raises `ScriptError` when the script ends inside a statement, a quoted text or a comment, when a client
    command begins with a backslash, and for a DELIMITER that cannot be one.
    """
    window = Window(chunks)
    delimiter = b";"
    window.ensure(3)
    window.skip_byte_order_mark()
    while _to_next_statement(window):
        if window.matches(_DELIMITER_WORD, len(b"delimiter") + 1):
            delimiter = _read_delimiter(window)
        elif window.startswith(delimiter):
            window.position += len(delimiter)
        else:
            yield _read_statement(window, delimiter)


def _to_next_statement(window: Window) -> bool:
    """Skip blanks and comments; False at the end of the script."""
    while window.ensure(1):
        window.advance(_BLANK)
        window.mark()
        if window.at_end:
            continue
        if not _skip_comment(window, "comment"):
            return True
    return False


def _read_statement(window: Window, delimiter: bytes) -> Statement:
    """The statement that begins at the position; afterwards the position is behind its delimiter."""
    line, offset = window.mark()
    if window.startswith(b"\\"):
        raise ScriptError(
            f"Line {line} begins with a backslash: a command of the mysql program, not SQL; remove it.",
            line,
            offset,
        )
    terminated = _to_delimiter(window, delimiter)
    text = window.marked()
    if terminated:
        window.position += len(delimiter)
    elif _has_open_comment(text):
        raise _ends_inside("statement", line, offset)
    return Statement(text, line, offset, terminated, delimiter)


def _to_delimiter(window: Window, delimiter: bytes) -> bool:
    """Move to the next delimiter outside of quotes and comments; False when the script ends before one."""
    plain = _plain(delimiter)
    while True:
        window.advance(plain)
        if not window.ensure(1):
            return False
        if window.startswith(delimiter):
            return True
        body = _BODY.get(window.byte)
        if body is not None:
            _skip_quoted(window, body)
        elif not _skip_comment(window, "statement"):
            window.position += 1


@lru_cache(maxsize=16)
def _plain(delimiter: bytes) -> re.Pattern[bytes]:
    """Everything up to the next byte that needs a closer look: whole quoted texts are jumped over in one go.

    All quantifiers are possessive: nothing is kept for going back, and a quoted text that does not end in the
    window is looked at once here and once in `_skip_quoted`, however many chunks it spans.
    """
    first = delimiter[:1]
    parts = [rb"'[^'\\]*+(?:\\.[^'\\]*+)*+'", rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', rb"`[^`]*+`"]
    parts += [] if first == b"-" else [rb"-(?=[^-])"]
    parts += [] if first == b"/" else [rb"/(?=[^*])"]
    run = rb"[^'\"`#/\-" + re.escape(first) + rb"]"
    return re.compile(run + rb"*+(?:(?:" + rb"|".join(parts) + rb")" + run + rb"*+)*+", re.DOTALL)


def _skip_quoted(window: Window, body: re.Pattern[bytes]) -> None:
    """Move behind a quoted text. A doubled quote inside it is the end of one and the beginning of another."""
    quote = window.byte
    window.position += 1
    while True:
        window.advance(body)
        if not window.at_end and window.byte == quote:
            window.position += 1
            return
        # Otherwise the window ends here, or in a backslash whose other half has not come yet.
        if not window.more():
            raise _ends_inside("statement", *window.marked_place)


def _skip_comment(window: Window, inside: str) -> bool:
    """Move behind a comment at the position; False when none begins there. Executable ones are SQL."""
    window.ensure(_LONGEST_OPENING)
    if window.byte == ord("#") or _is_dash_comment(window):
        window.find(b"\n")
        return True
    if not window.startswith(b"/*") or window.matches(_EXECUTABLE, _LONGEST_OPENING):
        return False
    window.position += 2
    if not window.find(b"*/"):
        raise _ends_inside(inside, *window.marked_place)
    return True


def _is_dash_comment(window: Window) -> bool:
    """Two dashes begin a comment when a blank, a control character or the end follows; 5--3 is 8."""
    if not window.startswith(b"--"):
        return False
    following = window.peek(2)
    return following is None or following <= 0x20 or following == 0x7F


def _has_open_comment(text: bytes) -> bool:
    """Whether an executable comment is still open where the script ends."""
    open_comments = 0
    for mark in _COMMENT_MARKS.finditer(text):
        open_comments += bool(mark["open"]) - bool(mark["close"])
    return open_comments > 0


def _read_delimiter(window: Window) -> bytes:
    """The argument of the DELIMITER command at the position; afterwards the position is behind it."""
    line, offset = window.mark()
    window.ensure(LONGEST_DELIMITER_LINE)
    found = window.match(_DELIMITER_LINE)
    if found is None or found.end() - found.start() >= LONGEST_DELIMITER_LINE:
        raise ScriptError(f"Line {line} has a DELIMITER command without a usable delimiter.", line, offset)
    window.find(b"\n")
    return bytes(found[1])


def _ends_inside(what: str, line: int, offset: int) -> ScriptError:
    """The error for a script that breaks off."""
    return ScriptError(f"The file ends in the middle of a {what} that begins in line {line}.", line, offset)
