"""The made-up shop: the same every time, loadable, and right in itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dbs.dumps.load import load
from dbs.dumps.reading import read
from dbs.dumps.verify import verify
from dbs.mysql.interface import Connection
from dbs.mysql.query import execute, rows
from playground.shop import DEFAULT_UNTIL, INSERT_BYTES, main, write_dump
from tests.dumps.private_server import private_server

ORDERS = 8000


def test_the_same_seed_makes_the_same_file(tmp_path: Path) -> None:
    for name in ("a.sql", "a.sql.gz", "a.sql.zst"):
        first, second, other = (tmp_path / f"{directory}-{name}" for directory in ("first", "second", "other"))
        assert write_dump(first, 300, seed=7) == write_dump(second, 300, seed=7)
        write_dump(other, 300, seed=8)
        assert first.read_bytes() == second.read_bytes()
        assert b"".join(read(first)) != b"".join(read(other))
    assert len({b"".join(read(path)) for path in tmp_path.glob("first-*")}) == 1


@pytest.mark.parametrize(("suffix", "compression"), [(".sql", "none"), (".sql.gz", "gzip"), (".sql.zst", "zstd")])
def test_it_is_a_whole_dump(tmp_path: Path, suffix: str, compression: str) -> None:
    path = tmp_path / f"shop{suffix}"
    write_dump(path, ORDERS)
    dump = verify(path)
    assert (dump.compression, dump.database, dump.completed_at) == (compression, "shop", DEFAULT_UNTIL)
    assert dump.checksummed == (compression != "none")
    assert list(tmp_path.iterdir()) == [path]


def test_rows_come_one_to_a_line_in_inserts_of_a_megabyte(tmp_path: Path) -> None:
    path = tmp_path / "shop.sql"
    counts = write_dump(path, 20_000)
    text = path.read_text("utf-8")
    inserts = re.findall(r"^INSERT INTO `orders` VALUES\n((?:\([^\n]*[,;]\n)+)", text, re.MULTILINE)
    assert sum(insert.count("\n") for insert in inserts) == counts["orders"]
    assert len(inserts) == 2
    assert INSERT_BYTES <= len(inserts[0]) <= INSERT_BYTES + 1000


def test_nobody_in_it_can_be_reached(tmp_path: Path) -> None:
    path = tmp_path / "shop.sql"
    write_dump(path, ORDERS)
    text = path.read_text("utf-8")
    addresses = re.findall(r"[\w.]+@([\w.]+)", text)
    assert len(addresses) == ORDERS // 4
    assert set(addresses) == {"example.com", "example.org", "example.net"}
    phones = re.findall(r"'\+[-\d ]+'", text)
    free = re.compile(r"'(\+1-\d{3}-555-01\d\d|\+44 7700 900\d{3}|\+49 30 23125 \d{3})'")
    assert len(phones) > ORDERS // 8
    assert [phone for phone in phones if not free.fullmatch(phone)] == []


@pytest.mark.parametrize(
    ("name", "orders", "words"), [("shop.txt", 10, "ends in .sql"), ("shop.sql", 0, "at least one")]
)
def test_refuses_what_makes_no_sense(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, orders: int, words: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([str(tmp_path / name), "--orders", str(orders)])
    assert words in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_command_says_what_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([str(tmp_path / "shop.sql"), "--orders", "40", "--seed", "3"])
    assert re.fullmatch(
        r"\d+ addresses, 10 customers, \d+ order_items, 40 orders, 20 products\n", capsys.readouterr().out
    )


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Connection, dict[str, int]]]:
    """The shop in a real server, and the rows that its writer promised."""
    path = tmp_path_factory.mktemp("shop") / "shop.sql.zst"
    counts = write_dump(path, ORDERS, until=datetime(2026, 11, 19, 5, tzinfo=UTC))
    with private_server() as server, server.connect() as connection:
        execute(connection, "CREATE DATABASE shop")
        load(read(path), connection, "shop")
        yield connection, counts


@pytest.mark.server
def test_counts_are_exact(shop: tuple[Connection, dict[str, int]]) -> None:
    connection, counts = shop
    assert {table: rows(connection, f"SELECT COUNT(*) FROM {table}")[0][0] for table in counts} == counts
    assert (counts["orders"], counts["customers"]) == (ORDERS, ORDERS // 4)
    assert 2.3 < counts["order_items"] / ORDERS < 2.7


@pytest.mark.server
def test_every_foreign_key_holds(shop: tuple[Connection, dict[str, int]]) -> None:
    connection, _ = shop
    keys = rows(
        connection,
        "SELECT table_name, column_name, referenced_table_name FROM information_schema.key_column_usage "
        "WHERE table_schema = 'shop' AND referenced_table_name IS NOT NULL",
    )
    assert len(keys) == 4
    for table, column, parent in keys:
        orphans = f"SELECT COUNT(*) FROM {table} c LEFT JOIN {parent} p ON p.id = c.{column} WHERE p.id IS NULL"
        assert rows(connection, orphans) == [(0,)]


@pytest.mark.server
def test_totals_view_and_trigger_are_right(shop: tuple[Connection, dict[str, int]]) -> None:
    connection, _ = shop
    wrong = (
        "SELECT COUNT(*) FROM orders o JOIN (SELECT order_id, SUM(quantity * unit_price) AS total FROM order_items "
        "GROUP BY order_id) i ON i.order_id = o.id WHERE i.total <> o.total"
    )
    assert rows(connection, wrong) == [(0,)]
    assert rows(connection, "SELECT SUM(orders) FROM customer_sales") == rows(
        connection, "SELECT COUNT(*) FROM orders WHERE status <> 'cancelled'"
    )
    execute(connection, "UPDATE orders SET note = 'touched' WHERE id = 1")
    assert rows(connection, "SELECT updated_at > UTC_TIMESTAMP() - INTERVAL 1 HOUR FROM orders WHERE id = 1") == [(1,)]


@pytest.mark.server
def test_it_looks_like_a_shop(shop: tuple[Connection, dict[str, int]]) -> None:
    connection, _ = shop
    [(first, last, notes)] = rows(connection, "SELECT MIN(placed_at), MAX(placed_at), COUNT(note) FROM orders")
    assert 700 < (last - first).days <= 730
    assert last <= datetime(2026, 11, 19, 5)  # noqa: DTZ001 - the server's DATETIME has no time zone
    assert 0.02 < notes / ORDERS < 0.1
    assert rows(connection, "SELECT COUNT(DISTINCT status) FROM orders") == [(6,)]
    most = "SELECT COUNT(*) AS n FROM orders GROUP BY customer_id ORDER BY n DESC LIMIT 1"
    assert rows(connection, most)[0][0] > 40
    assert rows(connection, "SELECT COUNT(*) > 0 FROM products WHERE name LIKE '%🎁%'") == [(1,)]
