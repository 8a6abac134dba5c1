"""Writing and reading the tables of the production that tests play."""

from __future__ import annotations

from dbs.mysql.query import execute, rows
from dbs.sources.interface import Opened
from dbs.sources.tables import TableRead
from tests.sources.servers import Server


def write(server: Server, *statements: str) -> None:
    """Statements of the administrator in the database, which are not copied to the replica."""
    with server.admin("shop") as connection:
        execute(connection, "SET sql_log_bin = 0")
        for statement in statements:
            if statement.startswith("CREATE OR REPLACE TABLE "):  # MySQL knows no such thing
                execute(connection, f"DROP TABLE IF EXISTS {statement.split()[4]}")
            execute(connection, statement.replace("OR REPLACE ", ""))


def plain(*columns: str, table: str) -> str:
    """The SELECT of a whole table."""
    return f"SELECT {', '.join(f't.`{column}`' for column in columns)} FROM `shop`.`{table}` AS t"


def read(opened: Opened, one: TableRead) -> list[tuple[object, ...]]:
    """The rows of a table with the columns `id` and `word`."""
    return rows(opened.connection, one.statement(plain("id", "word", table=one.name)))
