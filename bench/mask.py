"""How fast production is masked on its way, beside the dump alone, which is the limit. Run it with `script/bench mask`.

Measured on one machine in one run, in turn, so that noise meets all alike: `mariadb-dump` alone, `mariadb-dump | dbs
mask`, what a refresh does (read from the wire, mask in two processes, write the compressed dump), all with their output
thrown away; and pynonymizer, file to file, its own import and dump included, where it can be fetched.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bench.anonymizer import Anonymizer, AnonymizerError
from bench.machine import Spread, describe, markdown, replace_block
from bench.production import Production, stock_server
from bench.rig import DATABASE
from dbs.dumps.writing import DumpWriter
from dbs.masking.policy import from_text
from dbs.masking.pool import MaskingPool
from dbs.masking.selecting import readings
from dbs.mysql.connect import connect
from dbs.mysql.rows import stream
from dbs.mysql.schema import read_schema

_ROWS_A_MEGABYTE = 5_400
_KEY = "bench " * 8
_PROCESSES = 2
_TABLE = (
    "CREATE TABLE people (id BIGINT PRIMARY KEY, email VARCHAR(120) NOT NULL UNIQUE, phone VARCHAR(30), "
    "name VARCHAR(80), city VARCHAR(40), note VARCHAR(120), born DATE, ip VARCHAR(45), balance DECIMAL(10,2), "
    "status VARCHAR(10), created DATETIME) CHARSET utf8mb4"
)
_ROWS = (
    "INSERT INTO people SELECT seq, CONCAT('person', seq, '@mail', seq % 97, '.example.com'), CONCAT('+49151', "
    "LPAD(seq, 7, '0')), CONCAT('Anna', seq % 1000, ' Smith', seq % 777), "
    "ELT(1 + seq % 3, 'Berlin', 'Bremen', 'Bonn'), CONCAT('a note about ', MD5(seq)), "
    "'1980-01-01' + INTERVAL seq % 9000 DAY, CONCAT('10.', seq % 200, '.', seq % 250, '.', seq % 240), seq / 7, "
    "ELT(1 + seq % 2, 'new', 'old'), '2026-01-01' + INTERVAL seq SECOND FROM seq_1_to_{rows}"
)
_COLUMNS = ("id", "email", "phone", "name", "city", "note", "born", "ip", "balance", "status", "created")
_TWO = {"email": '"email"', "phone": '"phone"'}
_EIGHT = {
    **_TWO,
    "name": '"name"',
    "city": '"address"',
    "note": '"text"',
    "born": '{ mask = "date", by = "id" }',
    "ip": '"ip"',
    "balance": '"number"',
}
_RULES = {"two columns": _TWO, "eight columns": _EIGHT}


@dataclass(frozen=True)
class Source:
    """What is read: a running server, its rows, and the size of their SQL text."""

    server: Production
    rows: int
    megabytes: float


@dataclass(frozen=True)
class Found:
    """Seconds of one way with one policy."""

    way: str
    rules: str
    seconds: Spread


def main() -> None:
    """Run everything and write the table to standard output, the numbers to `--json`."""
    options = _options()
    with contextlib.ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dbs-bench-mask-", dir="/var/tmp")))
        work.chmod(0o711)
        server = stack.enter_context(stock_server(work / "production"))
        source = _fill(server, options.megabytes)
        found = _measure(source, work, options.runs)
        other = Anonymizer(work, server.socket)
        lack = "left out with --without-pynonymizer" if options.without_pynonymizer else other.install()
        if lack is None:
            try:
                found.append(Found("pynonymizer", "two columns", Spread((other.seconds(DATABASE),))))
            except AnonymizerError as error:
                lack = str(error)
    text = f"{describe()}; {source.megabytes:,.0f} MB of SQL text, {source.rows:,} rows; min/median/max in seconds.\n\n"
    text += _table(source, found) + (f"\n\npynonymizer was not measured: {lack}." if lack else "")
    sys.stdout.write(text + "\n")
    if options.json:
        numbers = [{"way": one.way, "rules": one.rules, **one.seconds.to_json()} for one in found]
        facts = {"machine": describe(), "megabytes": source.megabytes, "rows": source.rows, "found": numbers}
        options.json.write_text(json.dumps(facts, indent=1))
    if options.readme:
        replace_block(options.readme, "mask", text)


def _fill(server: Production, megabytes: int) -> Source:
    rows = megabytes * _ROWS_A_MEGABYTE
    with closing(server.connect()) as connection, connection.cursor() as cursor:
        for statement in (f"CREATE DATABASE {DATABASE}", f"USE {DATABASE}", _TABLE, _ROWS.format(rows=rows)):
            cursor.execute(statement)
        connection.commit()
    with _dumping(server) as dump:
        size = 0
        while dump.stdout and (chunk := dump.stdout.read(2**20)):
            size += len(chunk)
    return Source(server, rows, size / 1e6)


def _measure(source: Source, work: Path, runs: int) -> list[Found]:
    """Every way once, then every way again."""
    ways: dict[tuple[str, str], Callable[[], None]] = {("mariadb-dump alone", "none"): lambda: _dump(source)}
    for name, rules in _RULES.items():
        policy = work / f"{name.split()[0]}.toml"
        policy.write_text(_policy(rules))
        ways[("mariadb-dump \\| dbs mask", name)] = lambda policy=policy: _filter(source, policy)  # type: ignore[misc]
        ways[("read and mask of a refresh", name)] = lambda policy=policy: _refresh(source, policy)  # type: ignore[misc]
    seconds: dict[tuple[str, str], list[float]] = {way: [] for way in ways}
    for _ in range(runs):
        for way, run in ways.items():
            began = time.perf_counter()
            run()
            seconds[way].append(time.perf_counter() - began)
    return [Found(*way, Spread(tuple(measured))) for way, measured in seconds.items()]


def _policy(rules: dict[str, str]) -> str:
    lines = (f"{name} = {rules[name]}" if name in rules else _kept(name) for name in _COLUMNS)
    return 'source = "shop"\n[table.people.columns]\n' + "\n".join(lines) + "\n"


def _kept(name: str) -> str:
    return f'{name} = {{ mask = "keep", reason = "a bench" }}'


def _dumping(server: Production) -> subprocess.Popen[bytes]:
    return subprocess.Popen(server.dump_words, stdout=subprocess.PIPE)


def _dump(source: Source) -> None:
    subprocess.run(source.server.dump_words, stdout=subprocess.DEVNULL, check=True)


def _filter(source: Source, policy: Path) -> None:
    words = [sys.executable, "-m", "cli.main", "mask", "--policy", str(policy), "--key", "env:BENCH_KEY"]
    environ = {**os.environ, "BENCH_KEY": _KEY}
    with _dumping(source.server) as dump:
        subprocess.run(words, stdin=dump.stdout, stdout=subprocess.DEVNULL, env=environ, check=True)
    if dump.returncode:
        raise RuntimeError("mariadb-dump failed")


@dataclass(frozen=True)
class _Address:
    """The server of the bench, for a connection of ours."""

    unix_socket: str
    user: str = "root"
    host: str | None = None
    port: int | None = None


def _refresh(source: Source, policy: Path) -> None:
    """The part of a refresh that reads, masks and writes; as `commands/work/taking.py` puts it together."""
    with closing(connect(_Address(str(source.server.socket)), DATABASE)) as connection:
        plan = readings(from_text(policy.read_text()), read_schema(connection, DATABASE))
        plans = [one.plan for one in plan]
        pool = MaskingPool(plans, _KEY.encode(), (), source.rows * len(_COLUMNS), _PROCESSES)
        with pool, open(os.devnull, "wb") as nothing:
            writer = DumpWriter(nothing, "nothing")
            for one in plan:
                blocks = (block.packets for block in stream(connection, str(one.select)))
                pieces = ((piece.wide, piece.text) for piece in pool.mask(one.plan.name, blocks))
                for _ in writer.rows(one.plan.name, pieces):
                    pass
            if pool.rows("people") != source.rows:
                raise RuntimeError("not all rows were masked")


def _table(source: Source, found: list[Found]) -> str:
    limit = found[0].seconds.median
    header = ["way", "masked", "seconds", "MB/s", "rows/s", "times the dump alone"]
    lines = [
        [
            one.way,
            one.rules,
            str(one.seconds),
            f"{source.megabytes / one.seconds.median:.1f}",
            f"{source.rows / one.seconds.median:,.0f}",
            f"{one.seconds.median / limit:.1f}",
        ]
        for one in found
    ]
    return markdown(header, lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/bench mask", description=__doc__)
    parser.add_argument("--megabytes", type=int, default=120, help="of SQL text, about")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--without-pynonymizer", action="store_true", help="fetch nothing")
    parser.add_argument("--json", type=Path, help="a file for the numbers")
    parser.add_argument("--readme", type=Path, help="a document whose table to replace")
    return parser.parse_args()


if __name__ == "__main__":
    main()
