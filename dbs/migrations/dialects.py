"""Files that are there once for each database system: which ones are for ours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

FOREIGN = frozenset(
    {
        *("postgres", "postgresql", "pgsql", "pg", "sqlite", "sqlite3", "sqlserver", "mssql", "oracle", "h2", "hsqldb"),
        *("cockroach", "cockroachdb", "crdb", "db2", "derby", "clickhouse", "redshift", "spanner", "snowflake", "ydb"),
    }
)
FLAGS = frozenset({"autocommit", "notransaction", "notx"})
"""Parts of a name that say how a tool runs the file: without a transaction around it, as we do anyway."""
_OURS = ("mysql", "mariadb")
_ENDING = re.compile(r"(?P<stem>.+?)(?P<ending>(?:\.(?:up|down))?\.sql)", re.IGNORECASE)


def without_dialect(name: str) -> str:
    """`1_x.mysql.autocommit.up.sql` as `1_x.up.sql`."""
    stem, _, ending = _taken_apart(name)
    return stem + ending


def ours(blobs: Mapping[str, bytes], flavour: str) -> dict[str, bytes]:
    """Without the files of other systems, and of variants of one file only the one that fits best."""
    best: dict[tuple[str, ...], tuple[int, str]] = {}
    for path in sorted(blobs):
        words = list(_words(path))
        if FOREIGN.intersection(words):
            continue
        rank = _rank(words, flavour.lower())
        generic = _generic(path)
        best[generic] = min(best.get(generic, (rank, path)), (rank, path))
    return {path: blobs[path] for _, path in sorted(best.values(), key=lambda each: each[1])}


def _rank(words: list[str], flavour: str) -> int:
    """The smaller the better: ours by name, then its cousin, then any."""
    if flavour in words:
        return 0
    return 1 if any(each in words for each in _OURS) else 2


def _words(path: str) -> Iterator[str]:
    """The words of a path that can name a database system."""
    *folders, name = PurePosixPath(path).parts
    yield from (folder.lower() for folder in folders)
    yield from _taken_apart(name)[1]


def _generic(path: str) -> tuple[str, ...]:
    """What variants of one file have in common."""
    *folders, name = PurePosixPath(path).parts
    return (*(folder for folder in folders if folder.lower() not in _OURS), without_dialect(name))


def _taken_apart(name: str) -> tuple[str, list[str], str]:
    """Stem, words for systems and flags, ending. What else stands between dots (`_v6.0`) belongs to the stem."""
    parts = _ENDING.fullmatch(name)
    if parts is None:
        return name, [], ""
    stem, words = parts["stem"], []
    while "." in stem and stem.rpartition(".")[2].lower() in FOREIGN | FLAGS | {*_OURS}:
        stem, _, word = stem.rpartition(".")
        words.append(word.lower())
    return stem, words, parts["ending"]
