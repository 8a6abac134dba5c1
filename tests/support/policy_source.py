"""A small source of every trouble that a masking policy has to see."""

from __future__ import annotations

from collections.abc import Mapping

from dbs.mysql.interface import Connection
from dbs.mysql.query import execute, rows
from dbs.mysql.schema import Column, ForeignKey, Index, Schema, Table

_NAMES = ("Anna Schmidt", "José García", "Mehmet Demir", "Julia Meyer-Lang", "Pierre Dubois")

_STATEMENTS = """
CREATE TABLE users (
  id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, email VARCHAR(120) NOT NULL UNIQUE, display VARCHAR(80),
  born DATE, phone VARCHAR(30), last_ip INET6, password VARCHAR(100) NOT NULL, remember_token VARCHAR(100),
  ref2 VARCHAR(200), status ENUM('new','it''s ok','Old\\\\one') NOT NULL, profile JSON, email_count INT,
  email_lower VARCHAR(120) AS (LOWER(email)) STORED, created_at DATETIME NOT NULL, latitude DOUBLE)
CREATE TABLE orders (
  id BIGINT PRIMARY KEY, user_id INT UNSIGNED NOT NULL, total DECIMAL(10,2), note TEXT,
  shipping_city VARCHAR(40) CHARACTER SET latin1, sku VARCHAR(20), iban VARCHAR(34), paid TINYINT(1),
  label VARCHAR(60) COLLATE utf8mb4_bin, place POINT NOT NULL,
  FOREIGN KEY (user_id) REFERENCES users (id))
CREATE TABLE newsletter (
  email VARCHAR(120) NOT NULL, list_id INT NOT NULL, opted SET('a','b(c)'), PRIMARY KEY (email, list_id),
  FOREIGN KEY (email) REFERENCES users (email))
CREATE TABLE sessions (id VARCHAR(100) PRIMARY KEY, payload LONGTEXT, last_activity INT)
CREATE TABLE migrations (id INT PRIMARY KEY, migration VARCHAR(255), batch INT)
CREATE TABLE audit_log (id BIGINT PRIMARY KEY, at DATETIME, line TEXT)
CREATE TABLE `strange ``name` (`a b.c` VARCHAR(20), `drop`` table` BLOB)
"""


def create(connection: Connection) -> None:
    """The tables, with some hundred rows of made-up persons, in the connection's database."""
    for statement in _STATEMENTS.strip().split("\nCREATE "):
        execute(connection, statement if statement.startswith("CREATE") else f"CREATE {statement}")
    for number in range(1, 401):
        name = _NAMES[number % len(_NAMES)]
        execute(
            connection,
            "INSERT INTO users (email, display, born, phone, last_ip, password, remember_token, ref2, status, profile, "
            "email_count, created_at, latitude) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 'new', %s, 3, NOW(), 52.5)",
            (
                f"person{number}@mail.example",
                f"{name} {number}" if number % 7 == 0 else name,
                f"19{number % 80 + 10}-0{number % 9 + 1}-11",
                f"+49 151 {2345000 + number}",
                f"2001:db8::{number:x}",
                "$2y$10$" + "x" * 53,
                None if number % 3 else "tok" + "y" * 50,
                f"see person{number}@mail.example" if number % 50 == 0 else "nothing",
                f'{{"email": "p{number}@mail.example", "phones": [{{"number": "+49 151 {number:07}"}}], "tall": 3}}',
            ),
        )
    execute(
        connection,
        "INSERT INTO orders SELECT id, id, id * 1.5, 'Köln', CONCAT('please ring ', id), CONCAT('SKU-', id), "
        "'DE89 3704 0044 0532 0130 00', 1, 'gift', POINT(1, 2) FROM users",
    )
    execute(connection, "INSERT INTO newsletter SELECT email, 1, 'a' FROM users WHERE id < 50")
    execute(connection, "INSERT INTO audit_log SELECT id, NOW(), 'signed in' FROM users")


def count_rows_read(connection: Connection) -> int:
    """How many rows the server has read for this connection."""
    return sum(int(row[1]) for row in rows(connection, "SHOW SESSION STATUS LIKE 'Handler_read%'"))


def column(name: str, column_type: str = "varchar(100)", **facts: object) -> Column:
    """A column as the data dictionary has it."""
    data_type = column_type.split("(")[0].split(" ")[0]
    text = data_type in ("varchar", "text", "longtext", "char", "enum", "set")
    given: dict[str, object] = {
        "name": name,
        "data_type": data_type,
        "column_type": column_type,
        "nullable": True,
        "has_default": False,
        "charset": "utf8mb4" if text else None,
        "collation": "utf8mb4_general_ci" if text else None,
        "characters": 100 if text else None,
        "octets": 400 if text else 16 if data_type == "binary" else 65535 if data_type == "blob" else None,
        "digits": 10 if data_type in ("int", "bigint", "decimal") else None,
        "scale": 0 if data_type in ("int", "bigint", "decimal") else None,
        "generated": "",
    }
    return Column(**{**given, **facts})  # type: ignore[arg-type]


def table(
    name: str,
    *columns: Column,
    unique: Mapping[str, tuple[str, ...]] | None = None,
    foreign: tuple[ForeignKey, ...] = (),
) -> Table:
    """A table; `unique` are its unique indexes, the primary key among them."""
    indexes = tuple(Index(index, True, names) for index, names in (unique or {}).items())
    return Table(name, "InnoDB", 0, 0, columns, indexes, foreign)


def schema(*tables: Table) -> Schema:
    """A database."""
    return Schema("shop", {one.name: one for one in tables})
