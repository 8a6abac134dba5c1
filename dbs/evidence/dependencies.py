"""What depends on a table, a column or an index, in this database and in those that the account can see."""

from __future__ import annotations

from collections.abc import Iterator

from dbs.evidence import mentions, programs, serving
from dbs.evidence.asking import same
from dbs.evidence.dictionary import ForeignKeyShape, IndexShape, TableShape, read_table
from dbs.evidence.interface import Dependencies, Dependency, NoSuchThingError, Touched
from dbs.mysql.interface import Connection
from dbs.mysql.query import rows
from dbs.mysql.version import MARIADB, ServerVersion

_GENERATED = (
    "SELECT column_name, generation_expression FROM information_schema.columns "
    "WHERE table_schema = %s AND table_name = %s AND generation_expression IS NOT NULL AND generation_expression <> ''"
)
_CHECKS = (
    "SELECT DISTINCT t.constraint_name, c.check_clause FROM information_schema.check_constraints c "
    "JOIN information_schema.table_constraints t "
    "ON t.constraint_schema = c.constraint_schema AND t.constraint_name = c.constraint_name "
    "WHERE t.table_schema = %s AND t.table_name = %s AND t.constraint_type = 'CHECK'"
)
# MariaDB's names are only unique within a table, so that a join by name alone would bring those of other tables.
_CHECKS_MARIADB = (
    "SELECT constraint_name, check_clause FROM information_schema.check_constraints "
    "WHERE constraint_schema = %s AND table_name = %s"
)
_PARTITIONS = (
    "SELECT DISTINCT partition_method, partition_expression, subpartition_expression "
    "FROM information_schema.partitions WHERE table_schema = %s AND table_name = %s AND partition_name IS NOT NULL"
)


def dependencies(connection: Connection, version: ServerVersion, database: str, touched: Touched) -> Dependencies:
    """Everything that depends on what is touched. Raises `NoSuchThingError`, `DatabaseError`.

    The connection is one that `asking.gently` has been called for.
    """
    shape = read_table(connection, version, database, touched.table)
    return of_shape(connection, version, shape, touched)


def of_shape(connection: Connection, version: ServerVersion, shape: TableShape, touched: Touched) -> Dependencies:
    """The same of a table that has been read. `touched` may be spelt with other capitals than the server's."""
    real = _real(shape, touched)
    found = list(_of_table(connection, version, shape, real))
    views, unseen = programs.of_views(connection, shape.database, real)
    found += views
    for of_programs in (programs.of_triggers, programs.of_routines, programs.of_events):
        found += of_programs(connection, shape.database, real)
    unseen += programs.unseen_routines(connection, version, shape.database)
    return Dependencies(tuple(found), (*shape.unseen, *unseen))


def _real(shape: TableShape, touched: Touched) -> Touched:
    """With the names as the server has them."""
    if touched.index is not None:
        return Touched(shape.name, index=shape.index(touched.index).name, how=touched.how)
    if touched.column is None:
        return Touched(shape.name, how=touched.how)
    known = tuple(shape.columns)
    real = next((name for name in known if same(name, touched.column)), None)
    if real is None:
        there = ", ".join(known)
        raise NoSuchThingError(f"There is no column {touched.column!r} in {shape.name}. There are: {there}.", known)
    return Touched(shape.name, column=real, how=touched.how)


def _of_table(
    connection: Connection, version: ServerVersion, shape: TableShape, touched: Touched
) -> Iterator[Dependency]:
    if touched.index is not None:
        yield from of_index(shape, shape.index(touched.index))
    elif touched.column is not None:
        yield from _of_column(connection, version, shape, touched.column)
    else:
        yield from _of_whole_table(shape)


def of_index(shape: TableShape, index: IndexShape) -> Iterator[Dependency]:
    """What depends on an index within the dictionary: foreign keys, other indexes, the counter of the table."""
    yield from serving.of_foreign_keys(shape, index)
    yield from serving.of_auto_increment(shape, index)
    yield from serving.of_other_indexes(shape, index)


def _of_whole_table(shape: TableShape) -> Iterator[Dependency]:
    for key in shape.into:
        if (key.schema, key.table) != (shape.database, shape.name):
            yield Dependency("foreign key", key.name, f"{key}: the server refuses to drop the table.", blocks=True)
    for key in shape.out:
        yield Dependency("foreign key", key.name, f"{key}: it is dropped with the table.")


def _of_column(connection: Connection, version: ServerVersion, shape: TableShape, column: str) -> Iterator[Dependency]:
    yield from (_key_of_column(key) for key in shape.out if _among(column, key.columns))
    yield from (_key_of_column(key) for key in shape.into if _among(column, key.referenced))
    for index in shape.indexes:
        yield from _index_of_column(index, column, version)
    place = (shape.database, shape.name)
    for name, expression in rows(connection, _GENERATED, place):
        if mentions.names(str(expression), column) and not same(str(name), column):
            sentence = f"The column {name} is made from it: the server refuses to drop it."
            yield Dependency("generated column", str(name), sentence, blocks=True)
    checks = _CHECKS_MARIADB if version.flavour == MARIADB else _CHECKS
    for name, clause in rows(connection, checks, place):
        if mentions.names(str(clause), column):
            yield _check_of_column(shape, str(name), str(clause), column)
    for method, *expressions in rows(connection, _PARTITIONS, place):
        if any(expression is not None and mentions.names(str(expression), column) for expression in expressions):
            sentence = f"The table is partitioned by it ({method}): the server refuses to drop it."
            yield Dependency("partition", str(method), sentence, blocks=True)


def _key_of_column(key: ForeignKeyShape) -> Dependency:
    return Dependency("foreign key", key.name, f"{key}: the server refuses to drop a column of it.", blocks=True)


def _check_of_column(shape: TableShape, name: str, clause: str, column: str) -> Dependency:
    """A check of that column alone goes with it (measured on MariaDB 10.11 and MySQL 9.7)."""
    if any(mentions.names(clause, other) for other in shape.columns if not same(other, column)):
        return Dependency("check", name, f"The check {name} reads it: the server refuses to drop it.", blocks=True)
    return Dependency("check", name, f"The check {name} vanishes with it, without a word.")


def _index_of_column(index: IndexShape, column: str, version: ServerVersion) -> Iterator[Dependency]:
    if any(part.expression is not None and mentions.names(part.expression, column) for part in index.parts):
        yield Dependency("index", index.name, f"{index} is made from it: the server refuses to drop it.", blocks=True)
    elif index.holds(column) and len(index.parts) == 1:
        what = " Its promise of uniqueness goes too." if index.unique else ""
        yield Dependency("index", index.name, f"{index} vanishes with it, without a word.{what}", blocks=index.unique)
    elif index.holds(column) and not index.unique:
        rest = ", ".join(str(part) for part in index.parts if part.column is None or not same(part.column, column))
        yield Dependency("index", index.name, f"{index} shrinks to ({rest}), without a word.")
    elif index.holds(column) and version.flavour == MARIADB:
        sentence = f"{index} promises uniqueness: the server refuses to drop a column of it (error 1072)."
        yield Dependency("index", index.name, sentence, blocks=True)
    elif index.holds(column):
        sentence = (
            f"{index} promises uniqueness of fewer columns from then on: rows that are alike then stop it (1062)."
        )
        yield Dependency("index", index.name, sentence, blocks=True)


def _among(column: str, names: tuple[str, ...]) -> bool:
    return any(same(column, name) for name in names)
