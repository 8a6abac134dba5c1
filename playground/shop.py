"""A shop's database, as production would dump it: what the demo and the tests anonymise, restore and break.

    python -m playground.shop FILE --orders 200000 --seed 1

The file reads like one of mariadb-dump: header, tables by name with their rows in INSERTs of about a megabyte, a
trigger, a view, trailer. Nobody in it exists: e-mail addresses end in example.com, .org or .net (RFC 2606), phone
numbers are from ranges kept free for fiction by NANPA (555-0100 to 555-0199), Ofcom and the Bundesnetzagentur.
"""

from __future__ import annotations

import argparse
import gzip
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import BinaryIO, Protocol

from playground.shop_tables import FOOTER, HEADER, TABLES, TRIGGER

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

DEFAULT_ORDERS = 200_000
DEFAULT_SEED = 1
DEFAULT_UNTIL = datetime(2026, 11, 19, 1, 2, 3, tzinfo=UTC)
HISTORY = timedelta(days=730)
INSERT_BYTES = 1_000_000
"""mariadb-dump begins a new INSERT when the old one would outgrow its net buffer, a little over a megabyte."""

FIRST_NAMES = (
    "Ada", "Ben", "Chloé", "Dmitri", "Émile", "Fatima", "Grace", "Hiroshi", "Ines", "Jürgen", "Kofi", "Łukasz",
    "Maria", "Noor", "Olga", "Priya", "Quentin", "Rosa", "Søren", "Tomás", "Uma", "Victor", "Wei", "Xenia", "Yusuf",
    "Zoë", "Aoife", "Bjørn", "Çelik", "Đorđe", "美咲", "Анна",
)  # fmt: skip
LAST_NAMES = (
    "Smith", "O'Brien", "Müller", "García", "Novák", "Kowalski", "Nguyễn", "Okafor", "Andersson", "D'Angelo",
    "Papadopoulos", "Öztürk", "Silva", "Dubois", "Rossi", "Jansen", "Horvat", "Ivanova", "Kim", "Patel", "Cohen",
    "Haddad", "Þórsson", "Mac\\Leod", "田中", "Ōtani",
)  # fmt: skip
CITIES = (
    ("Berlin", "DE"), ("Köln", "DE"), ("Zürich", "CH"), ("London", "GB"), ("Leeds", "GB"), ("Lyon", "FR"),
    ("Kraków", "PL"), ("Málaga", "ES"), ("Boston", "US"), ("Coeur d'Alene", "US"), ("São Paulo", "BR"), ("東京", "JP"),
)  # fmt: skip
STREETS = ("Hauptstraße", "High Street", "Rue de l'Église", "Calle Mayor", "Main Street", "ul. Długa", "Ringvägen")
ADJECTIVES = ("Blue", "Compact", "Vintage", "Folding", "Crème", "Heavy-duty", "Tiny", '12" Round', "Organic", "Silent")
THINGS = ("Kettle", "Lamp", "Desk", "Café Chair ☕", "Backpack", "Clock", "Bicycle Bell", "Gift Box 🎁", "Knife", "Rug")
NOTES = ("Please ring twice", "It's a gift 🎁", 'Say "hello"', "Leave at the door;\nbehind the plant", "50% off?")
STATUSES = ("delivered", "shipped", "paid", "placed", "cancelled", "returned")
OPEN_STATUSES = ("placed", "paid", "shipped")
ITEMS_PER_ORDER = (1, 2, 3, 4, 5, 8)
ITEM_WEIGHTS = list(accumulate((34, 26, 18, 11, 7, 4)))  # 2.5 on average


class Output(Protocol):
    """Something to write to, packed or not."""

    def write(self, data: bytes, /) -> int: ...


def write_dump(
    path: Path, orders: int = DEFAULT_ORDERS, seed: int = DEFAULT_SEED, until: datetime = DEFAULT_UNTIL
) -> dict[str, int]:
    """Write the dump and return the rows of each table. The same arguments make the same file.

    The name's end chooses the compression: `.sql`, `.sql.gz` or `.sql.zst`. `until` is the time of the dump and ends
    the two years of orders. Raises `ValueError` for fewer than one order or another name.
    """
    if orders < 1:
        raise ValueError("a shop has at least one order")
    shop = _Shop(orders, seed, until)
    rows = {
        "addresses": shop.addresses(),
        "customers": shop.customers(),
        "order_items": shop.order_items(),
        "orders": shop.orders(),
        "products": shop.products(),
    }
    partial = path.with_name(f"{path.name}.part")
    with _packed(partial, path.suffix) as file:
        file.write(HEADER.encode())
        counts = {table: _write_table(file, table, lines) for table, lines in rows.items()}
        file.write(FOOTER.encode())
        # Like mariadb-dump: in the local time of this machine, the hour without a leading zero.
        written = until.astimezone()
        file.write(f"\n-- Dump completed on {written:%Y-%m-%d} {written.hour:2d}:{written:%M:%S}\n".encode())
    partial.replace(path)
    return counts


@contextmanager
def _packed(path: Path, suffix: str) -> Iterator[Output]:
    if suffix not in (".sql", ".gz", ".zst"):
        raise ValueError("the name of a dump ends in .sql, .sql.gz or .sql.zst")
    with ExitStack() as files:
        raw: BinaryIO = files.enter_context(path.open("wb"))
        file: Output = raw
        if suffix == ".gz":
            # Without name and time of packing, which would make every file different.
            file = files.enter_context(gzip.GzipFile("", "wb", compresslevel=3, fileobj=raw, mtime=0))
        elif suffix == ".zst":
            options = {int(zstd.CompressionParameter.checksum_flag): 1}
            file = files.enter_context(zstd.ZstdFile(raw, "wb", options=options))
        yield file


def _write_table(file: Output, table: str, lines: Iterable[str]) -> int:
    """Structure and rows of a table; returns how many rows."""
    head = f"\n--\n-- Table structure for table `{table}`\n--\n\nDROP TABLE IF EXISTS `{table}`;\n"
    engine = "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci"
    file.write(f"{head}CREATE TABLE `{table}` ({TABLES[table]}\n) {engine};\n".encode())
    file.write(f"\n--\n-- Dumping data for table `{table}`\n--\n\nLOCK TABLES `{table}` WRITE;\n".encode())
    count = 0
    for rows in _batches(lines):
        count += len(rows)
        file.write(f"INSERT INTO `{table}` VALUES\n".encode())
        file.write(",\n".join(rows).encode())
        file.write(b";\n")
    file.write(b"UNLOCK TABLES;\n")
    if table == "orders":
        file.write(TRIGGER.encode())
    return count


def _batches(lines: Iterable[str]) -> Iterator[list[str]]:
    """Rows in lots of about a megabyte."""
    rows: list[str] = []
    size = 0
    for line in lines:
        rows.append(line)
        size += len(line) + 2
        if size >= INSERT_BYTES:
            yield rows
            rows, size = [], 0
    if rows:
        yield rows


def _text(value: str) -> str:
    """A string literal as mariadb-dump writes it."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace('"', '\\"').replace("\n", "\\n")
    return f"'{escaped}'"


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


class _Shop:
    """The rows of each table, as text. Each table has its own random numbers, so each can be made at any time."""

    def __init__(self, orders: int, seed: int, until: datetime) -> None:
        self._orders = orders
        self._customers = max(1, orders // 4)
        self._seed = seed
        self._until = until.astimezone(UTC).replace(tzinfo=None, microsecond=0)
        random = self._random("prices")
        # Most things are cheap and a few are not; every price ends in 9.
        count = max(20, min(5000, orders // 100))
        self._prices = [int(random.lognormvariate(7.5, 1.0)) // 10 * 10 + 99 for _ in range(count)]

    def _random(self, what: str) -> Random:
        return Random(f"{self._seed}/{what}")  # noqa: S311 - nothing here is a secret

    def customers(self) -> Iterator[str]:
        """A quarter as many as orders; the younger the account, the higher its number."""
        random = self._random("customers")
        begin = self._until - HISTORY - timedelta(days=365)
        for number in range(1, self._customers + 1):
            first, last = random.choice(FIRST_NAMES), random.choice(LAST_NAMES)
            email = f"customer{number}@example.{random.choice(('com', 'org', 'net'))}"
            birthday = f"'{1940 + random.randrange(67)}-{random.randrange(1, 13):02d}-{random.randrange(1, 29):02d}'"
            made = begin + (HISTORY + timedelta(days=365)) * (number / (self._customers + 1))
            yield (
                f"({number},'{email}',{_text(first)},{_text(last)},{_phone(random)},"
                f"{birthday if random.random() < 0.6 else 'NULL'},{int(random.random() < 0.3)},"
                f"'{made.isoformat(' ', 'seconds')}')"
            )

    def addresses(self) -> Iterator[str]:
        """One to bill everybody, and another to ship to for three in ten."""
        random = self._random("addresses")
        number = 0
        for customer in range(1, self._customers + 1):
            for kind in ("billing", "shipping")[: 1 + (random.random() < 0.3)]:
                number += 1
                city, country = random.choice(CITIES)
                street = f"{random.choice(STREETS)} {random.randrange(1, 200)}"
                postcode = f"{random.randrange(10_000, 99_999)}"
                yield f"({number},{customer},'{kind}',{_text(street)},'{postcode}',{_text(city)},'{country}')"

    def products(self) -> Iterator[str]:
        """One for a hundred orders; a few have a picture, as bytes."""
        random = self._random("products")
        for number, price in enumerate(self._prices, 1):
            name = f"{random.choice(ADJECTIVES)} {random.choice(THINGS)} {number}"
            photo = f"0x{random.randbytes(24).hex().upper()}" if random.random() < 0.2 else "NULL"
            yield f"({number},'SKU-{number:06d}',{_text(name)},{_money(price)},{random.randrange(500)},{photo})"

    def orders(self) -> Iterator[str]:
        """By time, more and more of them; a few customers have many, and most have few."""
        random = self._random("orders")
        for number, items in enumerate(self._items_of_orders(), 1):
            total = sum(quantity * self._prices[product] for product, quantity in items)
            customer = int(self._customers * random.random() ** 1.8) + 1
            age = HISTORY * (1 - (number / (self._orders + 1)) ** 0.8)
            placed = self._until - age
            touched = min(self._until, placed + timedelta(seconds=random.randrange(600_000)))
            note = _text(random.choice(NOTES)) if random.random() < 0.05 else "NULL"
            yield (
                f"({number},{customer},'{_status(random, age)}',{_money(total)},{note},"
                f"'{placed.isoformat(' ', 'seconds')}','{touched.isoformat(' ', 'seconds')}')"
            )

    def order_items(self) -> Iterator[str]:
        """Two and a half for an order."""
        number = 0
        for order, items in enumerate(self._items_of_orders(), 1):
            for product, quantity in items:
                number += 1
                yield f"({number},{order},{product + 1},{quantity},{_money(self._prices[product])})"

    def _items_of_orders(self) -> Iterator[Sequence[tuple[int, int]]]:
        """For each order its (index of the product, quantity); the first products sell best."""
        random = self._random("items")
        counts = random.choices(ITEMS_PER_ORDER, cum_weights=ITEM_WEIGHTS, k=self._orders)
        products = len(self._prices)
        for count in counts:
            yield [(int(products * random.random() ** 2), 1 + int(3 * random.random() ** 4)) for _ in range(count)]


def _phone(random: Random) -> str:
    """A number nobody has, or none."""
    kind = random.randrange(4)
    last = random.randrange(100)
    if kind == 0:
        return f"'+1-{random.choice((212, 312, 415))}-555-01{last:02d}'"
    if kind == 1:
        return f"'+44 7700 900{random.randrange(10)}{last:02d}'"
    return f"'+49 30 23125 {random.randrange(10)}{last:02d}'" if kind == 2 else "NULL"


def _status(random: Random, age: timedelta) -> str:
    """Orders of the last days are under way; older ones are nearly all delivered."""
    if age < timedelta(days=10):
        return random.choice(OPEN_STATUSES)
    return random.choices(STATUSES, cum_weights=(90, 91, 92, 92, 97, 100))[0]


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m playground.shop", description="Write a dump of a made-up shop.")
    parser.add_argument("file", type=Path, help="ends in .sql, .sql.gz or .sql.zst")
    parser.add_argument("--orders", type=int, default=DEFAULT_ORDERS)
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    options = parser.parse_args(arguments)
    try:
        counts = write_dump(options.file, options.orders, options.seed)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    sys.stdout.write(", ".join(f"{count:,} {table}" for table, count in counts.items()) + "\n")


if __name__ == "__main__":
    main()
