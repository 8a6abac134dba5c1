"""The statements of a dump that goes by: which kind each is, and everything between them as it stands.

Only what is known to hold no rows may pass. What could hold rows in a form that is not masked here is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from dbs.masking.interface import MaskingError
from dbs.mysql.script import ScriptError, statements

Kind = Literal["rows", "table", "stand-in", "setting", "other"]
"""INSERT; CREATE TABLE; the table that stands for a view until its CREATE VIEW comes; SET; what passes as it is."""

_NAME = rb"(?:`(?:[^`]|``)++`|'(?:[^'\\]|\\.)*+'|\"(?:[^\"\\]|\\.)*+\"|[\w$.%-]++)"
# Blanks and the marks of executable comments, in which mysqldump wraps whole statements and parts of them.
_GAP = rb"(?:\s|/\*M?!\d*|\*/)*+"
_VERB = re.compile(_GAP + rb"([A-Za-z]++)")
_CREATED = re.compile(
    _GAP + rb"CREATE(?:\s|/\*M?!\d*|\*/|OR\s+REPLACE\b|ALGORITHM\s*=\s*\w+|SQL\s+SECURITY\s+\w+|AGGREGATE\b"
    rb"|DEFINER\s*=\s*" + _NAME + rb"(?:\s*@\s*" + _NAME + rb"|\s*\(\s*\))?)*+([A-Za-z]++)",
    re.IGNORECASE,
)  # fmt: skip
_NO_ROWS = frozenset(
    b"DROP LOCK UNLOCK USE START BEGIN COMMIT ROLLBACK DO FLUSH CHANGE STOP RESET".split(),
)
_MADE_WITHOUT_ROWS = frozenset(
    b"VIEW TRIGGER PROCEDURE FUNCTION EVENT SEQUENCE DATABASE SCHEMA PACKAGE".split(),
)
_OTHERWISE = re.compile(
    _GAP + rb"(?:ALTER\s+(?:DATABASE|SCHEMA)\b"
    rb"|ALTER\s+TABLE\s+" + _NAME + rb"\s+(?:DISABLE|ENABLE)\s+KEYS" + _GAP + rb"\Z"
    rb"|SELECT\s+SETVAL\b"
    rb"|ANALYZE\s+(?:NO_WRITE_TO_BINLOG\s+|LOCAL\s+)?TABLE\b(?!.*\bUSING\s+DATA\b))",
    re.IGNORECASE | re.DOTALL,
)  # fmt: skip


def pieces(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """(what stands before a statement, the statement); the last pair has what stands behind all, and no statement.

    Put together they are the whole input. Raises `MaskingError` for one that breaks off within a statement.
    """
    kept, base = bytearray(), 0

    def remembered() -> Iterator[bytes]:
        for chunk in chunks:
            kept.extend(chunk)
            yield chunk

    try:
        for statement in statements(remembered()):
            if not statement.terminated:
                raise _cut_off(statement.line)
            begin = statement.offset - base
            before = bytes(kept[:begin])
            del kept[: begin + len(statement.text)]
            base = statement.offset + len(statement.text)
            yield before, statement.text
    except ScriptError as error:
        raise _cut_off(error.line) from None
    yield bytes(kept), b""


def _cut_off(line: int) -> MaskingError:
    return MaskingError(
        f"The dump breaks off in the middle of a statement that begins in line {line}; what was written is of no use. "
        "See what the program that dumps said, and start again."
    )


def kind_of(statement: bytes) -> Kind:
    """What a statement is. Raises `MaskingError` for one that could hold rows and cannot be masked."""
    found = _VERB.match(statement)
    verb = found[1].upper() if found else b""
    if verb == b"INSERT":
        return "rows"
    if verb == b"SET":
        return "setting"
    if verb == b"CREATE":
        return _created(statement)
    if verb in _NO_ROWS or _OTHERWISE.match(statement):
        return "other"
    word = verb[:20].decode() or "something that is no word"
    raise MaskingError(
        f"A statement of the dump begins with {word}, and it is not known whether it holds rows; so nothing of it is "
        "written. Make the dump with mariadb-dump or mysqldump, without --replace, --tab and --system."
    )


def _created(statement: bytes) -> Kind:
    found = _CREATED.match(statement)
    what = found[1].upper() if found else b""
    if what == b"TABLE":
        return "stand-in" if statement.startswith(b"/*") else "table"
    if what in _MADE_WITHOUT_ROWS:
        return "other"
    raise MaskingError(
        "A CREATE statement of the dump makes something that is not known here (a user, perhaps, with a password); "
        "make the dump without it."
    )


_SETTING = re.compile(
    rb"(?P<names>NAMES)\s+(?P<charset>'?\w+'?)"
    rb"|(?P<name>@?@?[\w$.]+)\s*:?=\s*(?P<value>'(?:[^'\\]|\\.|'')*+'|\"(?:[^\"\\]|\\.)*+\"|[@\w$.+-]+)?",
    re.IGNORECASE | re.DOTALL,
)
_SAFE = frozenset({"utf8", "utf8mb3", "utf8mb4", "binary"})
# In these a backslash or a quote may be the second byte of a character: where texts end would be guessed.
_UNSAFE = frozenset({"big5", "gbk", "sjis", "cp932", "gb18030"})


@dataclass
class Session:
    """What the settings of a dump make of the texts behind them. `charset` is empty as long as none is named."""

    charset: str = ""
    named: str = ""
    modes: str = ""

    def set(self, statement: bytes) -> None:
        """Take in a SET. Raises `MaskingError` for settings under which texts cannot be read, and for values."""
        for found in _SETTING.finditer(statement):
            if found["names"]:
                self.named = self.charset = _plain(found["charset"])
                continue
            name, value = found["name"].decode().lower().rpartition(".")[2], found["value"] or b""
            if name.startswith("@") and not name.startswith("@@") and not value.startswith(b"@"):
                raise MaskingError("A SET of the dump puts a value into a variable; that could be part of a row.")
            if name.lstrip("@") == "character_set_client":
                self.charset = self.named if value.startswith(b"@") else _plain(value)
            elif name.lstrip("@") == "sql_mode":
                self.modes = "" if value.startswith(b"@") else _plain(value).upper()
        if self.charset in _UNSAFE or "NO_BACKSLASH_ESCAPES" in self.modes:
            raise MaskingError(
                f"The dump has texts in {'NO_BACKSLASH_ESCAPES' if self.charset not in _UNSAFE else self.charset}, in "
                "which it cannot be said where one ends. Make it with --default-character-set=utf8mb4."
            )

    def check_object(self, statement: bytes) -> None:
        """Raises `MaskingError` where it is not sure that a statement ends where it seems to."""
        if "ANSI" in self.modes and b'\\"' in statement:
            raise MaskingError("A trigger or routine of the dump has a backslash before a double quote, under a mode "
                               "in which that has two meanings; leave it out of the dump.")  # fmt: skip

    def check_rows(self) -> None:
        """Raises `MaskingError` where the texts of rows are not UTF-8 or bytes."""
        if self.charset not in _SAFE:
            said = f"is in {self.charset}" if self.charset else "does not say its character set (SET NAMES)"
            raise MaskingError(
                f"The dump {said}. Make it with --default-character-set=utf8mb4 and without --compact or "
                "--skip-set-charset."
            )
        if "ANSI" in self.modes:
            raise MaskingError("The dump has rows under ANSI_QUOTES, which are not read here; dump it without.")


def _plain(value: bytes) -> str:
    return value.strip(b"'\"").decode("ascii", "replace").lower()
