"""What a restored copy has run already: the history tables of the known tools, read as they stand."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from dbs.migrations.interface import Migration, MigrationError, Pending, Style
from dbs.migrations.naming import Key, version_key
from dbs.mysql.interface import Connection
from dbs.mysql.names import quote_name
from dbs.mysql.query import Row, rows


@dataclass(frozen=True)
class _History:
    """What a history table says. `up_to` (golang-migrate, Flyway's baseline): everything up to there counts as run.

    `checksums` are those of Flyway's repeatable scripts, by file name.
    """

    applied: frozenset[str]
    unfinished: tuple[str, ...] = ()
    up_to: str | None = None
    checksums: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Table:
    """A table that tools keep their history in; `columns` must all be there, and `read` takes its rows."""

    name: str
    columns: tuple[str, ...]
    styles: tuple[Style, ...]
    read: Callable[[list[Row]], _History]


def _listed(found: list[Row]) -> _History:
    return _History(frozenset(_text(version) for (version,) in found))


def _newest_only(found: list[Row]) -> _History:
    """golang-migrate keeps one row: the version it is at, and whether it broke off there."""
    if not found:
        return _History(frozenset())
    version, dirty = _text(found[0][0]), bool(found[0][1])
    return _History(frozenset({version}), (version,) if dirty else (), version)


def _flyway(found: list[Row]) -> _History:
    """Rows in the order of `installed_rank`; a baseline stands for all before it, an undo takes its version back."""
    applied: set[str] = set()
    unfinished: list[str] = []
    up_to: str | None = None
    checksums: dict[str, int] = {}
    for _, version, kind, script, checksum, success in found:
        name = _text(version) if version is not None else ""
        if not _truth(success):
            unfinished.append(name or _text(script))
        elif not name:
            checksums[_text(script).rpartition("/")[2]] = int(checksum or 0)
        elif _text(kind).startswith("UNDO"):
            applied.discard(name)
        elif _text(kind) == "BASELINE":
            up_to = name
        else:
            applied.add(name)
    return _History(frozenset(applied), tuple(unfinished), up_to, checksums)


def _goose(found: list[Row]) -> _History:
    """The last row of a version decides; version 0 marks the beginning."""
    last = {_text(version): _truth(applied) for _, version, applied in found}
    return _History(frozenset(version for version, applied in last.items() if applied and version != "0"))


def _sqlx(found: list[Row]) -> _History:
    versions = {_text(version): _truth(success) for version, success in found}
    return _History(frozenset(versions), tuple(version for version, success in versions.items() if not success))


def _prisma(found: list[Row]) -> _History:
    """Named by folder; one that was rolled back counts for nothing, one that never finished blocks the next."""
    there = [(_text(name).partition("_")[0], finished) for name, finished, back in found if back is None]
    return _History(frozenset(name for name, _ in there), tuple(name for name, finished in there if finished is None))


_ANY: tuple[Style, ...] = ("dbmate", "sqlx", "plain", "golang-migrate")
_FLYWAY_COLUMNS = ("installed_rank", "version", "type", "script", "checksum", "success")
TABLES = (
    _Table("schema_migrations", ("version", "dirty"), ("golang-migrate",), _newest_only),
    _Table("schema_migrations", ("version",), _ANY, _listed),  # dbmate, Rails
    _Table("schema_migration", ("version",), ("golang-migrate",), _listed),  # pop, which Ory uses
    _Table(
        "db_migrations", ("version", "name"), ("golang-migrate",), lambda found: _listed([row[:1] for row in found])
    ),
    _Table("flyway_schema_history", _FLYWAY_COLUMNS, ("flyway",), _flyway),
    _Table("schema_version", _FLYWAY_COLUMNS, ("flyway",), _flyway),  # Flyway before version 5
    _Table("goose_db_version", ("id", "version_id", "is_applied"), ("goose",), _goose),
    _Table("gorp_migrations", ("id",), ("sql-migrate",), _listed),
    _Table("__diesel_schema_migrations", ("version",), ("diesel",), _listed),
    _Table("_prisma_migrations", ("migration_name", "finished_at", "rolled_back_at"), ("diesel",), _prisma),
    _Table("_sqlx_migrations", ("version", "success"), ("sqlx", "golang-migrate"), _sqlx),
)


def pending(migrations: Iterable[Migration], connection: Connection) -> Pending:
    """What the connection's database has still to run, by the history table of the tool that the style belongs to.

    Without such a table everything is pending. Raises `DatabaseError`, and `MigrationError` when two tables fit
    equally well.
    """
    wanted = tuple(migrations)
    if not wanted:
        return Pending((), None, (), (), (), "There are no migrations.")
    found = _histories(connection, wanted[0].style)
    if not found:
        sentence = f"The copy has no history table of {wanted[0].style}: all {len(wanted)} migrations count as new."
        return Pending(wanted, None, (), (), (), sentence)
    table, history = _best(found, wanted)
    return _compared(wanted, table, history)


def _histories(connection: Connection, style: Style) -> list[tuple[str, _History]]:
    """The history tables that are there, of tools that use this style; of one name only the form that fits first."""
    known = {
        (_text(table).lower(), _text(column).lower()): _text(table)
        for table, column in rows(
            connection, "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = DATABASE()"
        )
    }
    found: dict[str, _History] = {}
    for table in TABLES:
        there = all((table.name, column) in known for column in table.columns)
        if there and style in table.styles and table.name not in found:
            columns = ", ".join(map(quote_name, table.columns))
            name = quote_name(known[table.name, table.columns[0]])
            read = rows(connection, f"SELECT {columns} FROM {name} ORDER BY 1")  # noqa: S608 - quoted
            found[table.name] = table.read(read)
    return list(found.items())


def _best(found: list[tuple[str, _History]], migrations: tuple[Migration, ...]) -> tuple[str, _History]:
    """The history that knows most of these migrations."""
    keys = {version_key(each.version) for each in migrations}
    scored = sorted(
        ((len(keys & _keys(history.applied)), name, history) for name, history in found), key=lambda each: -each[0]
    )
    if len(scored) > 1 and scored[0][0] == scored[1][0]:
        names = f"{scored[0][1]} and {scored[1][1]}"
        raise MigrationError(f"Both {names} may be the history of these migrations; dbs cannot tell which one is.")
    return scored[0][1], scored[0][2]


def _compared(migrations: tuple[Migration, ...], table: str, history: _History) -> Pending:
    applied = _keys(history.applied)
    limit = version_key(history.up_to) if history.up_to is not None else None
    waiting = tuple(each for each in migrations if not _has_run(each, applied, limit, history))
    files = {version_key(each.version) for each in migrations}
    unknown = tuple(sorted((each for each in history.applied if version_key(each) not in files), key=version_key))
    newest = max(applied, default=None)
    late = tuple(
        each.version for each in waiting if not each.repeatable and newest and version_key(each.version) < newest
    )
    sentence = f"Of {len(migrations)} migrations, {len(waiting)} have not run on the copy yet, says its table {table}."
    if unknown:
        sentence += f" It has run {len(unknown)} that the files do not hold."
    if history.unfinished:
        sentence += f" Version {history.unfinished[0]} is marked as broken off: production has to be mended first."
    return Pending(waiting, table, unknown, history.unfinished, late, sentence)


def _has_run(migration: Migration, applied: frozenset[Key], limit: Key | None, history: _History) -> bool:
    if migration.repeatable:
        return history.checksums.get(migration.up.path.rpartition("/")[2]) == flyway_checksum(migration.up.text)
    key = version_key(migration.version)
    return key in applied or (limit is not None and key <= limit)


def flyway_checksum(text: bytes) -> int:
    """Flyway's: CRC-32 over the lines without their ends, as a signed number."""
    sum_ = 0
    for line in text.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").splitlines():
        sum_ = zlib.crc32(line.encode(), sum_)
    return sum_ - (1 << 32) if sum_ >= 1 << 31 else sum_


def _keys(versions: Iterable[str]) -> frozenset[Key]:
    return frozenset(version_key(each) for each in versions)


def _text(value: object) -> str:
    """A value of a history table as text, whatever type the tool gave the column."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _truth(value: object) -> bool:
    """BIT columns come as bytes."""
    return any(value) if isinstance(value, bytes) else bool(value)
