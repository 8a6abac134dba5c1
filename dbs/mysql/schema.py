"""What a database consists of, read from its data dictionary: tables, columns, indexes, foreign keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dbs.mysql.interface import Connection
from dbs.mysql.query import IS_TABLE, rows

_GEOMETRIES = {"geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon"}
_BLOBS = {"tinyblob", "blob", "mediumblob", "longblob"}
BINARY_TYPES = frozenset({"binary", "varbinary", "bit", "geometrycollection", "geomcollection", *_BLOBS, *_GEOMETRIES})
_TEXTS = {"tinytext", "text", "mediumtext", "longtext"}
TEXT_TYPES = frozenset({"char", "varchar", "enum", "set", "json", *_TEXTS})
NUMBER_TYPES = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "float", "double", "year"})
DATE_TYPES = frozenset({"date", "datetime", "timestamp"})


@dataclass(frozen=True)
class Column:
    """A column. `data_type` is the bare type (`varchar`), `column_type` the whole one (`varchar(20)`).

    `charset` and `collation` are None for what is no text. `characters` and `octets` are the longest value of a text or
    binary column, `digits` and `scale` those of a number. `generated` is `VIRTUAL`, `STORED` or empty.
    """

    name: str
    data_type: str
    column_type: str
    nullable: bool
    has_default: bool
    charset: str | None
    collation: str | None
    characters: int | None
    octets: int | None
    digits: int | None
    scale: int | None
    generated: str

    @property
    def binary(self) -> bool:
        """Whether its values are bytes and no text."""
        return self.data_type in BINARY_TYPES

    @property
    def text(self) -> bool:
        """Whether its values are text in a character set; JSON, ENUM and SET count."""
        return self.data_type in TEXT_TYPES

    @property
    def number(self) -> bool:
        """Whether its values are numbers, YEAR included."""
        return self.data_type in NUMBER_TYPES

    @property
    def date(self) -> bool:
        """Whether its values are days, with or without a time."""
        return self.data_type in DATE_TYPES

    @property
    def unsigned(self) -> bool:
        """Whether a number has no sign."""
        return "unsigned" in self.column_type.lower()


@dataclass(frozen=True)
class Index:
    """An index; `columns` in its order. A functional part is left out."""

    name: str
    unique: bool
    columns: tuple[str, ...]


@dataclass(frozen=True)
class ForeignKey:
    """Columns of a table that point to as many columns of `table` (in the same database)."""

    name: str
    columns: tuple[str, ...]
    table: str
    referenced: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A base table. `rows_estimate` and `bytes_estimate` (data and indexes) are the server's guesses."""

    name: str
    engine: str
    rows_estimate: int
    bytes_estimate: int
    columns: tuple[Column, ...]
    indexes: tuple[Index, ...]
    foreign_keys: tuple[ForeignKey, ...]

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        """Its columns by name."""
        return {column.name: column for column in self.columns}

    @property
    def stored(self) -> tuple[Column, ...]:
        """The columns that hold data of their own; generated ones are made anew wherever the table is loaded."""
        return tuple(column for column in self.columns if not column.generated)

    @property
    def primary_key(self) -> tuple[str, ...]:
        """The columns of the primary key; empty without one."""
        return next((index.columns for index in self.indexes if index.name == "PRIMARY"), ())

    def is_unique(self, column: str) -> bool:
        """Whether the column is part of a unique index: a stand-in must then not collide with another."""
        return any(index.unique and column in index.columns for index in self.indexes)


@dataclass(frozen=True)
class Schema:
    """The base tables of a database, by name."""

    database: str
    tables: Mapping[str, Table]


def read_schema(connection: Connection, database: str) -> Schema:
    """Read the data dictionary; sequences, views and temporary tables are left out. Raises `DatabaseError`."""
    columns: dict[str, list[Column]] = {}
    for name, *facts in rows(connection, _COLUMNS, (database,)):
        columns.setdefault(str(name), []).append(_column(facts))
    indexes = _indexes(connection, database)
    foreign = _foreign_keys(connection, database)
    tables = {
        str(name): Table(
            name=str(name),
            engine=str(engine or ""),
            rows_estimate=int(estimate or 0),
            bytes_estimate=int(size or 0),
            columns=tuple(columns.get(str(name), ())),
            indexes=tuple(indexes.get(str(name), ())),
            foreign_keys=tuple(foreign.get(str(name), ())),
        )
        for name, engine, estimate, size in rows(connection, _TABLES, (database,))
    }
    return Schema(database, tables)


_TABLES = (
    "SELECT table_name, engine, table_rows, data_length + index_length "  # noqa: S608 - constants
    "FROM information_schema.tables "
    f"WHERE table_schema = %s AND {IS_TABLE} ORDER BY table_name"
)
# The same columns in MariaDB and MySQL. `extra` says whether a column is generated in both.
_COLUMNS = (
    "SELECT table_name, column_name, data_type, column_type, is_nullable, column_default, character_set_name, "
    "collation_name, character_maximum_length, character_octet_length, numeric_precision, numeric_scale, extra "
    "FROM information_schema.columns WHERE table_schema = %s ORDER BY table_name, ordinal_position"
)
_INDEXES = (
    "SELECT table_name, index_name, non_unique, column_name FROM information_schema.statistics "
    "WHERE table_schema = %s AND column_name IS NOT NULL ORDER BY table_name, index_name, seq_in_index"
)
_FOREIGN = (
    "SELECT table_name, constraint_name, column_name, referenced_table_name, referenced_column_name "
    "FROM information_schema.key_column_usage WHERE table_schema = %s AND referenced_table_schema = table_schema "
    "ORDER BY table_name, constraint_name, ordinal_position"
)


def _column(facts: list[Any]) -> Column:
    name, data_type, column_type, nullable, default, charset, collation, characters, octets, digits, scale, extra = (
        facts
    )
    generated = str(extra).upper()
    return Column(
        name=str(name),
        data_type=str(data_type).lower(),
        column_type=str(column_type),
        nullable=nullable == "YES",
        has_default=default is not None,
        charset=None if charset is None else str(charset),
        collation=None if collation is None else str(collation),
        characters=characters,
        octets=octets,
        digits=digits,
        scale=scale,
        generated=next((kind for kind in ("VIRTUAL", "STORED", "PERSISTENT") if f"{kind} GENERATED" in generated), ""),
    )


def _number(value: object) -> int | None:
    return None if value is None else int(str(value))


def _indexes(connection: Connection, database: str) -> dict[str, list[Index]]:
    found: dict[tuple[str, str], tuple[bool, list[str]]] = {}
    for table, name, non_unique, column in rows(connection, _INDEXES, (database,)):
        found.setdefault((str(table), str(name)), (not int(non_unique), []))[1].append(str(column))
    tables: dict[str, list[Index]] = {}
    for (table, name), (unique, columns) in found.items():
        tables.setdefault(table, []).append(Index(name, unique, tuple(columns)))
    return tables


def _foreign_keys(connection: Connection, database: str) -> dict[str, list[ForeignKey]]:
    found: dict[tuple[str, str], tuple[str, list[str], list[str]]] = {}
    for table, name, column, other, referenced in rows(connection, _FOREIGN, (database,)):
        entry = found.setdefault((str(table), str(name)), (str(other), [], []))
        entry[1].append(str(column))
        entry[2].append(str(referenced))
    tables: dict[str, list[ForeignKey]] = {}
    for (table, name), (other, columns, points_to) in found.items():
        tables.setdefault(table, []).append(ForeignKey(name, tuple(columns), other, tuple(points_to)))
    return tables
