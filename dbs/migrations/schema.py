"""What a database consists of, as lines that change whenever a thing does: from the dictionary of either flavour."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from dbs.migrations.interface import SchemaObject
from dbs.mysql.interface import Connection
from dbs.mysql.query import IS_TABLE, rows

_TABLES = f"""SELECT table_name, engine, table_collation, row_format, create_options, table_comment
    FROM information_schema.tables WHERE table_schema = %s AND {IS_TABLE} ORDER BY table_name"""  # noqa: S608 - constant
_COLUMNS = """SELECT table_name, column_name, column_type, character_set_name, collation_name, is_nullable,
    column_default, extra, generation_expression, column_comment
    FROM information_schema.columns WHERE table_schema = %s ORDER BY table_name, ordinal_position"""
_KEYS = """SELECT k.table_name, k.constraint_name, k.column_name, k.referenced_table_name, k.referenced_column_name,
    r.update_rule, r.delete_rule
    FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r
    ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name
    AND r.table_name = k.table_name
    WHERE k.table_schema = %s AND k.referenced_table_name IS NOT NULL
    ORDER BY k.table_name, k.constraint_name, k.ordinal_position"""
_CHECKS = """SELECT t.table_name, c.constraint_name, c.check_clause
    FROM information_schema.check_constraints c JOIN information_schema.table_constraints t
    ON t.constraint_schema = c.constraint_schema AND t.constraint_name = c.constraint_name
    WHERE c.constraint_schema = %s AND t.constraint_type = 'CHECK' ORDER BY 1, 2"""
_PARTITIONS = """SELECT table_name, partition_name, partition_method, partition_expression, partition_description
    FROM information_schema.partitions WHERE table_schema = %s AND partition_name IS NOT NULL
    ORDER BY table_name, partition_ordinal_position"""
_PROGRAMS = {
    "trigger": "SELECT event_object_table, trigger_name, CONCAT_WS(' ', action_timing, event_manipulation,"
    " action_order, action_statement) FROM information_schema.triggers WHERE trigger_schema = %s",
    "view": "SELECT '', table_name, view_definition FROM information_schema.views WHERE table_schema = %s",
    "routine": "SELECT '', routine_name, CONCAT_WS(' ', routine_type, (SELECT CONCAT('(', GROUP_CONCAT(CONCAT_WS(' ',"
    " parameter_mode, parameter_name, dtd_identifier) ORDER BY ordinal_position), ')') FROM"
    " information_schema.parameters p WHERE p.specific_schema = r.routine_schema AND p.specific_name = r.specific_name"
    " AND p.routine_type = r.routine_type), security_type, sql_data_access, is_deterministic, routine_definition)"
    " FROM information_schema.routines r WHERE routine_schema = %s",
    "event": "SELECT '', event_name, CONCAT_WS(' ', event_type, execute_at, interval_value, interval_field, status,"
    " event_definition) FROM information_schema.events WHERE event_schema = %s",
}
_LITERAL = re.compile(r"-?\d+(?:\.\d+)?|NULL|CURRENT_TIMESTAMP(?:\(\d*\))?|b'[01]*'|0x[0-9a-fA-F]+", re.IGNORECASE)


def schema_objects(connection: Connection, database: str) -> tuple[SchemaObject, ...]:
    """Everything in a database: tables with their parts in order, then what stands alone. Raises `DatabaseError`."""
    of_table: dict[str, list[SchemaObject]] = defaultdict(list)
    for part in (
        *_columns(connection, database),
        *_indexes(connection, database),
        *_foreign_keys(connection, database),
    ):
        of_table[part.table].append(part)
    for table, name, clause in rows(connection, _CHECKS, (database,)):
        of_table[table].append(SchemaObject("check", table, name, _line(clause)))
    for part in _partitions(connection, database):
        of_table[part.table].append(part)
    programs = [
        SchemaObject(kind, table, name, _line(text or ""))
        for kind, sql in _PROGRAMS.items()
        for table, name, text in sorted(rows(connection, sql, (database,)), key=lambda row: (row[0], row[1]))
    ]
    for part in programs:
        of_table[part.table].append(part)
    found: list[SchemaObject] = []
    for name, engine, collation, row_format, options, comment in rows(connection, _TABLES, (database,)):
        words = [f"ENGINE={engine}", f"COLLATE={collation}", f"ROW_FORMAT={row_format}", options or ""]
        words += [f"COMMENT={_quoted(comment)}"] if comment else []
        found += [SchemaObject("table", "", name, _line(" ".join(words))), *of_table.pop(name, [])]
    return (*found, *(part for table in sorted(of_table) for part in of_table[table] if part.kind in _PROGRAMS))


def _columns(connection: Connection, database: str) -> Iterator[SchemaObject]:
    """The type comes first; then as SQL writes it."""
    for row in rows(connection, _COLUMNS, (database,)):
        table, name, type_, charset, collation, nullable, default, extra, expression, comment = row
        words = [_text(type_)]
        words += [f"CHARACTER SET {charset} COLLATE {collation}"] if charset else []
        if expression:
            words.append(f"GENERATED ALWAYS AS ({_text(expression)})")
        words += ["NOT NULL"] if nullable == "NO" else []
        if default not in (None, "NULL") and not expression:  # MariaDB writes NULL where nothing else is said
            words.append(_default(_text(default), extra))
        words += [extra.replace("DEFAULT_GENERATED", "").strip()] if extra else []
        words += [f"COMMENT {_quoted(comment)}"] if comment else []
        yield SchemaObject("column", table, name, _line(" ".join(words)))


def _default(value: str, extra: str) -> str:
    """MariaDB writes a default as SQL, MySQL its bare value."""
    if "DEFAULT_GENERATED" in extra and not _LITERAL.fullmatch(value):
        return f"DEFAULT ({value})"
    if _LITERAL.fullmatch(value) or value.startswith("'") or "(" in value:
        return f"DEFAULT {value}"
    return f"DEFAULT {_quoted(value)}"


def _indexes(connection: Connection, database: str) -> Iterator[SchemaObject]:
    parts: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    with connection.cursor() as cursor:  # every column: the flavours have different ones beyond the common ones
        cursor.execute("SELECT * FROM information_schema.statistics WHERE table_schema = %s", (database,))
        names = [str(each[0]).lower() for each in cursor.description or ()]
        for row in cursor.fetchall():
            part = dict(zip(names, row, strict=True))
            parts[part["table_name"], part["index_name"]].append(part)
    for table, index in sorted(parts):
        members = sorted(parts[table, index], key=lambda part: int(part["seq_in_index"]))
        first = members[0]
        unique = "" if int(first["non_unique"]) else "UNIQUE "
        hidden = " IGNORED" if first.get("ignored") == "YES" or first.get("is_visible") == "NO" else ""
        columns = ", ".join(_member(part) for part in members)
        comment = f" COMMENT {_quoted(first['index_comment'])}" if first.get("index_comment") else ""
        yield SchemaObject("index", table, index, f"{unique}({columns}) {first['index_type']}{hidden}{comment}")


def _member(part: dict[str, Any]) -> str:
    name = f"({part['expression']})" if part["column_name"] is None else str(part["column_name"])
    length = f"({part['sub_part']})" if part["sub_part"] else ""
    return f"{name}{length}{' DESC' if part['collation'] == 'D' else ''}"


def _foreign_keys(connection: Connection, database: str) -> Iterator[SchemaObject]:
    found: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in rows(connection, _KEYS, (database,)):
        found[row[0], row[1]].append(row)
    for (table, name), members in found.items():
        columns, others = ", ".join(row[2] for row in members), ", ".join(row[4] for row in members)
        _, _, _, parent, _, update, delete = members[0]
        rules = f"ON UPDATE {update} ON DELETE {delete}"
        yield SchemaObject("foreign key", table, name, f"({columns}) REFERENCES {parent} ({others}) {rules}")


def _partitions(connection: Connection, database: str) -> Iterator[SchemaObject]:
    for table, name, method, expression, limit in rows(connection, _PARTITIONS, (database,)):
        yield SchemaObject("partition", table, name, _line(f"{method} ({expression or ''}) {limit or ''}"))


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _quoted(text: str) -> str:
    return "'" + _text(text).replace("'", "''") + "'"


def _line(text: object) -> str:
    return " ".join(_text(text).split())
