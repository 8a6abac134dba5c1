"""A production for benches: a stock server with persons in it, an account that only reads, and a policy."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pymysql

from bench.rig import DATABASE
from dbs import process

READER, PASSWORD = "reader", "read-only"
_ROWS_A_MEGABYTE = 6_900
"""Of orders and users together, at about 145 bytes of SQL a row."""

_TABLES = (
    "CREATE TABLE users (id BIGINT AUTO_INCREMENT PRIMARY KEY, email VARCHAR(190) NOT NULL UNIQUE, name VARCHAR(80), "
    "segment VARCHAR(20), created DATETIME NOT NULL, balance DECIMAL(12,2), KEY (created)) CHARSET utf8mb4",
    "CREATE TABLE orders (id BIGINT AUTO_INCREMENT PRIMARY KEY, user_id BIGINT NOT NULL, total DECIMAL(12,2), "
    "status VARCHAR(20), contact VARCHAR(190), placed DATETIME, ref CHAR(32), KEY (user_id), KEY (placed)) "
    "CHARSET utf8mb4",
)
_USERS = (
    "INSERT INTO users (email, name, segment, created, balance) SELECT CONCAT('person', seq, '@mail', seq % 97, "
    "'.example.com'), CONCAT('Anna', seq % 1000, ' Smith', seq % 777), ELT(1 + seq % 3, 'retail', 'trade', 'staff'), "
    "'2026-01-01' + INTERVAL seq SECOND, seq / 100 FROM seq_1_to_{users}"
)
_ORDERS = (
    "INSERT INTO orders (user_id, total, status, contact, placed, ref) SELECT 1 + seq % {users}, seq / 7, "
    "ELT(1 + seq % 4, 'paid', 'open', 'shipped', 'returned'), CONCAT('person', 1 + seq % {users}, '@mail', "
    "(1 + seq % {users}) % 97, '.example.com'), '2026-02-01' + INTERVAL seq SECOND, MD5(seq) FROM seq_1_to_{orders}"
)
POLICY = """\
source = "shop"
[table.users.columns]
id = "keep"
email = "email"
name = "name"
segment = "keep"
created = "keep"
balance = "keep"
[table.orders.columns]
id = "keep"
user_id = "keep"
total = "keep"
status = "keep"
contact = "email"
placed = "keep"
ref = "keep"
"""
"""Three masked columns of thirteen."""


@dataclass(frozen=True)
class Production:
    """A running server with the database `shop` in it."""

    socket: Path

    def connect(self) -> pymysql.connections.Connection:
        """As its administrator."""
        return pymysql.connect(unix_socket=str(self.socket), user="root", ssl_disabled=True)

    def fill(self, megabytes: int) -> int:
        """Put about so much SQL text into it, and nothing else; the rows."""
        rows = megabytes * _ROWS_A_MEGABYTE
        users, orders = rows * 2 // 7, rows * 5 // 7
        with closing(self.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
            cursor.execute(f"CREATE DATABASE {DATABASE}")
            cursor.execute(f"USE {DATABASE}")
            for statement in (*_TABLES, _USERS.format(users=users), _ORDERS.format(users=users, orders=orders)):
                cursor.execute(statement)
            cursor.execute("ANALYZE TABLE users, orders")
            connection.commit()
        return users + orders

    def source(self, home: Path) -> str:
        """The lines of `[source.shop]`; writes the policy and the secrets that they name into `home`."""
        for name, text in (("policy.toml", POLICY), ("mask.key", "bench " * 8), ("password", PASSWORD)):
            file = home / name
            file.write_text(text)
            file.chmod(0o600)
        url = f"mysql://{READER}@/{DATABASE}?socket={self.socket}"
        return (
            f'url = "{url}"\npassword = "file:{home}/password"\npolicy = "{home}/policy.toml"\n'
            f'mask_key = "file:{home}/mask.key"\ntls = "off"\n'
        )

    @property
    def dump_words(self) -> list[str]:
        """The stock client's dump of the database, as its administrator."""
        dump = process.find_program("mariadb-dump")
        return [dump, "--no-defaults", f"--socket={self.socket}", "--user=root", "--single-transaction", DATABASE]

    def dump_and_import_seconds(self, socket: Path) -> float:
        """`mariadb-dump | mariadb` into another server: what a team does that masks nothing."""
        with closing(pymysql.connect(unix_socket=str(socket), user="root", ssl_disabled=True)) as connection:
            connection.query("DROP DATABASE IF EXISTS imported")
            connection.query("CREATE DATABASE imported")
        began = time.perf_counter()
        load = [process.find_program("mariadb"), "--no-defaults", f"--socket={socket}", "--user=root", "imported"]
        with subprocess.Popen(self.dump_words, stdout=subprocess.PIPE) as reading:
            subprocess.run(load, stdin=reading.stdout, check=True)
        if reading.returncode:
            raise RuntimeError("mariadb-dump failed")
        return time.perf_counter() - began


@contextmanager
def stock_server(directory: Path) -> Iterator[Production]:
    """A MariaDB with the options of its distribution, on a Unix socket; gone afterwards."""
    data, socket = directory / "data", directory / "server.sock"
    directory.mkdir()
    directory.chmod(0o711)
    install = process.find_program("mariadb-install-db")
    options = ["--no-defaults", f"--datadir={data}", "--user=root"]
    subprocess.run([install, *options, "--auth-root-authentication-method=normal"], check=True, capture_output=True)
    words = [process.find_program("mariadbd"), *options, f"--socket={socket}", "--skip-networking"]
    with (directory / "log").open("wb") as log, subprocess.Popen(words, stdout=log, stderr=log) as running:
        try:
            server = Production(socket)
            _wait(server)
            with closing(server.connect()) as connection:
                connection.query(f"CREATE USER {READER}@localhost IDENTIFIED BY '{PASSWORD}'")
                connection.query(f"GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON {DATABASE}.* TO {READER}@localhost")
                connection.query("DELETE FROM mysql.global_priv WHERE User = ''")
                connection.query("FLUSH PRIVILEGES")
            yield server
        finally:
            running.kill()


def _wait(server: Production) -> None:
    for _ in range(600):
        with suppress(pymysql.MySQLError):
            server.connect().close()
            return
        time.sleep(0.05)
    raise RuntimeError("the server of the bench did not start")
