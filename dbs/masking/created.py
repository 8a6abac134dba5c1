"""A table as its CREATE TABLE in a dump describes it, for whoever has the dump alone and no server to ask.

It reads what `SHOW CREATE TABLE` of MariaDB and MySQL writes, and that is what mariadb-dump and mysqldump copy. A word
that is not known here refuses the table: half understood is not masked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from dbs.masking.column_types import charset_of, column_of
from dbs.masking.interface import MaskingError
from dbs.masking.naming import listed, plain
from dbs.masking.tokens import Tokens, UnknownWordError, tokens_of
from dbs.mysql.schema import Column, ForeignKey, Index, Table

_FLAGS = listed("NULL AUTO_INCREMENT UNSIGNED SIGNED ZEROFILL INVISIBLE VISIBLE COMPRESSED VIRTUAL STORED PERSISTENT")
_WITH_ONE = listed("COMMENT SRID REF_SYSTEM_ID COLUMN_FORMAT STORAGE ENGINE_ATTRIBUTE")
_OTHER_KEYS = frozenset({"KEY", "INDEX", "FULLTEXT", "SPATIAL", "VECTOR"})
_NOT_A_DEFINITION = frozenset({"SELECT", "AS", "LIKE", "IGNORE", "REPLACE", "VALUES"})


def table_of(statement: bytes) -> Table:
    """The table that a CREATE TABLE makes; its estimates are 0. Raises `MaskingError` when it is not understood.

    What a collation is that is not written there, nobody here knows: it is None then.
    """
    tokens = Tokens(tokens_of(statement.decode("utf-8", "surrogateescape")))
    name = _opening(tokens)
    try:
        return _table(name, tokens)
    except (UnknownWordError, LookupError, ValueError) as error:
        word = f" near {plain(str(error))}" if isinstance(error, UnknownWordError) else ""
        raise MaskingError(
            f"The CREATE TABLE of {plain(name)} in the dump is not understood{word}, so none of its rows may be masked "
            "by guessing. Leave the table out of the dump, or mask with dbs refresh, which asks the server."
        ) from None


def _opening(tokens: Tokens) -> str:
    try:
        tokens.take("CREATE")
        tokens.skip("OR", "REPLACE")
        tokens.take("TABLE")
        tokens.skip("IF", "NOT", "EXISTS")
        return tokens.name()
    except UnknownWordError:
        raise MaskingError("A CREATE TABLE in the dump is not understood: it does not begin as one.") from None


@dataclass
class _Parts:
    columns: list[Column] = field(default_factory=list)
    indexes: list[Index] = field(default_factory=list)
    foreign_keys: list[ForeignKey] = field(default_factory=list)


def _table(name: str, tokens: Tokens) -> Table:
    definitions = _split(tokens.group())
    engine, charset, collation = _options(tokens)
    parts = _Parts()
    for definition in definitions:
        one = Tokens(definition)
        if one.next.startswith("`"):
            parts.columns.append(_column(one, charset, collation))
        else:
            _constraint(one, parts)
    if not parts.columns:
        raise UnknownWordError("(")
    # As the data dictionary orders them.
    parts.indexes = sorted((index for index in parts.indexes if index.columns), key=lambda index: index.name)
    parts.foreign_keys.sort(key=lambda key: key.name)
    return Table(name, engine, 0, 0, tuple(parts.columns), tuple(parts.indexes), tuple(parts.foreign_keys))


def _split(tokens: list[str]) -> list[list[str]]:
    """At the commas that are in no brackets."""
    found: list[list[str]] = [[]]
    depth = 0
    for one in tokens:
        depth += {"(": 1, ")": -1}.get(one, 0)
        if one == "," and not depth:
            found.append([])
        else:
            found[-1].append(one)
    return found


def _options(tokens: Tokens) -> tuple[str, str | None, str | None]:
    """Engine, character set and collation of the table; partitions come last and are of no interest."""
    engine, charset, collation = "", None, None
    while tokens and tokens.next != "PARTITION":
        word = tokens.take().upper()
        if word in _NOT_A_DEFINITION:
            raise UnknownWordError(word)
        if tokens.skip("="):
            value = tokens.group()[0] if tokens.next == "(" else tokens.take()
            engine = value if word == "ENGINE" else engine
            charset = value if word == "CHARSET" else charset
            collation = value if word == "COLLATE" else collation
    return engine, charset_of(charset, collation), collation


def _column(tokens: Tokens, charset: str | None, collation: str | None) -> Column:
    name, type_name = tokens.name(), tokens.take().lower()
    arguments = tokens.group() if tokens.next == "(" else []
    facts = _Facts()
    while tokens:
        _attribute(tokens, facts)
    own = facts.charset or facts.collation
    column = column_of(
        name,
        type_name,
        arguments,
        facts.words,
        charset_of(facts.charset, facts.collation) if own else charset,
        facts.collation if own else collation,
    )
    return replace(column, nullable=not facts.not_null, has_default=facts.has_default, generated=facts.generated)


@dataclass
class _Facts:
    """What the attributes of a column say; `words` are those that belong to its type."""

    words: list[str] = field(default_factory=list)
    charset: str | None = None
    collation: str | None = None
    not_null: bool = False
    has_default: bool = False
    generated: str = ""


def _attribute(tokens: Tokens, facts: _Facts) -> None:
    word = tokens.take().upper()
    if word in _ATTRIBUTES:
        _ATTRIBUTES[word](tokens, facts)
    elif word in _WITH_ONE:
        tokens.skip("=")
        tokens.take()
    elif word not in _FLAGS:
        raise UnknownWordError(word)
    elif word in ("UNSIGNED", "ZEROFILL"):
        facts.words.append(word.lower())
    elif word in ("STORED", "PERSISTENT"):
        facts.generated = "STORED"


def _not_null(tokens: Tokens, facts: _Facts) -> None:
    tokens.take("NULL")
    facts.not_null = True


def _charset(tokens: Tokens, facts: _Facts) -> None:
    tokens.take("SET")
    facts.charset = tokens.take()


def _collate(tokens: Tokens, facts: _Facts) -> None:
    facts.collation = tokens.take()


def _default(tokens: Tokens, facts: _Facts) -> None:
    facts.has_default = True
    _expression(tokens)


def _on_update(tokens: Tokens, facts: _Facts) -> None:
    tokens.take("UPDATE")
    _expression(tokens)


def _expression(tokens: Tokens) -> None:
    """Past a literal, `b'101'`, `_utf8mb4'x'`, `current_timestamp(3)`, `nextval(…)`, or anything in brackets."""
    if tokens.next == "(":
        tokens.group()
        return
    word = tokens.take()
    if word[0] not in "'`\"" and tokens.next.startswith("'"):
        tokens.take()
    elif tokens.next == "(":
        tokens.group()


def _generated(tokens: Tokens, facts: _Facts) -> None:
    tokens.take("ALWAYS")
    tokens.take("AS")
    _as(tokens, facts)


def _as(tokens: Tokens, facts: _Facts) -> None:
    facts.generated = "VIRTUAL"
    if tokens.skip("ROW"):  # the times of a versioned row, which the data dictionary calls stored
        tokens.take("START", "END")
        facts.generated, facts.not_null = "STORED", True
    else:
        tokens.group()


def _check(tokens: Tokens, facts: _Facts) -> None:
    tokens.group()


def _without(tokens: Tokens, facts: _Facts) -> None:
    tokens.take("SYSTEM")
    tokens.take("VERSIONING")


_ATTRIBUTES: dict[str, Callable[[Tokens, _Facts], None]] = {
    "NOT": _not_null,
    "CHARACTER": _charset,
    "COLLATE": _collate,
    "DEFAULT": _default,
    "ON": _on_update,
    "GENERATED": _generated,
    "AS": _as,
    "CHECK": _check,
    "WITHOUT": _without,
    "WITH": _without,
}


def _constraint(tokens: Tokens, parts: _Parts) -> None:
    """A key, or something that says nothing about keys."""
    name = tokens.name() if tokens.skip("CONSTRAINT") and tokens.next.startswith("`") else ""
    word = tokens.take().upper()
    if word == "PRIMARY":
        tokens.take("KEY")
        parts.indexes.append(Index("PRIMARY", True, _names(tokens)))
    elif word == "UNIQUE":
        tokens.skip("KEY")
        parts.indexes.append(Index(tokens.name(), True, _names(tokens)))
    elif word in _OTHER_KEYS:
        tokens.skip("KEY")
        parts.indexes.append(Index(tokens.name(), False, _names(tokens)))
    elif word == "FOREIGN":
        tokens.take("KEY")
        columns = _names(tokens)
        tokens.take("REFERENCES")
        other = tokens.name()
        if tokens.next == "(":  # one in another database stands with a point between its names, and ties nothing here
            parts.foreign_keys.append(ForeignKey(name, columns, other, _names(tokens)))
    elif word not in ("CHECK", "PERIOD"):
        raise UnknownWordError(word)


def _names(tokens: Tokens) -> tuple[str, ...]:
    """The columns of a key. A part that is computed is left out, as in the data dictionary."""
    while tokens.next != "(":
        tokens.take()
    parts = [part for part in _split(tokens.group()) if part and part[0][0] == "`"]
    return tuple(part[0][1:-1].replace("``", "`") for part in parts)
