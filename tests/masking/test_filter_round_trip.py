"""A real dump of everything that is hard, through the filter, into a real server, and compared."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dbs.masking.created import table_of
from dbs.masking.filter import schema_of
from dbs.masking.interface import MaskingError, Rule
from dbs.masking.selecting import readings
from dbs.mysql.query import execute, rows
from dbs.mysql.schema import Column, Table, read_schema
from dbs.mysql.script import statements
from tests.dumps.private_mysql import private_mysql
from tests.dumps.private_server import PrivateServer, private_server
from tests.support import hard_source, mysql
from tests.support.filtered import KEY, keeping, run_into, through
from tests.support.hard_source import CANARIES

pytestmark = pytest.mark.server

# mariadb-dump locks tables without the sequence that a default of one of them takes its numbers from.
OPTIONS = ("--routines", "--events", "--triggers", "--skip-add-locks")
STYLES = {
    "as it comes": (),
    "complete": ("--complete-insert", "--hex-blob"),
    "row by row": ("--skip-extended-insert",),
    # A text of bytes is no address to INET6 and UUID: such a dump of them cannot be loaded, masked or not.
    "bytes": ("--default-character-set=binary", "--ignore-table=hard.networks"),
}
MASKS = {
    ("users", "email"): Rule("email"),
    ("users", "name"): Rule("name"),
    ("users", "phone"): Rule("phone"),
    ("users", "born"): Rule("date", {"by": "id"}),
    ("users", "ip"): Rule("ip"),
    ("users", "api_token"): Rule("hash"),
    ("addresses", "street"): Rule("address"),
    ("addresses", "city"): Rule("address"),
    ("addresses", "iban"): Rule("token"),
    ("orders", "email"): Rule("email"),
    ("orders", "total"): Rule("number"),
    ("orders", "card"): Rule("token"),
    ("messages", "body"): Rule("text"),
    ("messages", "meta"): Rule("json", {"paths": {"$.to": "email"}, "other": "text"}),
    ("messages", "raw"): Rule("null"),
    ("raw_bytes", "f"): Rule("hash"),
    ("texts_wide", "b"): Rule("text"),
    ("binary_key", "k"): Rule("hash", {"unique": True}),
    ("od``d".replace("``", "`") + """ na;me %s (é) '\"""", "%s"): Rule("text"),
}


def mysqldump(server: PrivateServer, database: str, *options: str) -> bytes:
    basedir = mysql.basedir() or Path()
    words = [str(basedir / "bin" / "mysqldump"), "--no-defaults", f"--socket={server.unix_socket}", "--user=root"]
    return subprocess.run(
        [*words, "--set-gtid-purged=OFF", *options, database], check=True, stdout=subprocess.PIPE
    ).stdout


class Hard:
    """The hard source on a server, and its dumps."""

    def __init__(self, server: PrivateServer, flavour: str) -> None:
        self.server = server
        self.flavour = flavour
        with server.connect() as connection:
            execute(connection, "CREATE DATABASE hard")
            execute(connection, "USE hard")
            hard_source.create(connection, large=False)

    def dump(self, *options: str) -> bytes:
        make = self.server.dump if self.flavour == "mariadb" else lambda *words: mysqldump(self.server, *words)
        return make("hard", *OPTIONS, *options)

    def load(self, dump: bytes, database: str) -> hard_source.Fingerprint:
        with self.server.connect() as connection:
            execute(connection, f"DROP DATABASE IF EXISTS `{database}`")
            execute(connection, f"CREATE DATABASE `{database}`")
        # A numbered default names its sequence with the database.
        text = dump.replace(b"nextval(`hard`.", f"nextval(`{database}`.".encode())
        subprocess.run([*self.server.client(), "--binary-mode", database], input=text, check=True)
        with self.server.connect() as connection:
            return hard_source.fingerprint(connection, database)


FLAVOURS = ("mariadb", "mysql")


@pytest.fixture(scope="module", params=FLAVOURS)
def hard(request: pytest.FixtureRequest) -> Iterator[Hard]:
    with private_server() if request.param == "mariadb" else private_mysql() as server:
        yield Hard(server, request.param)


# MySQL takes no JSON that comes as bytes, masked or not.
KEPT = [(flavour, style) for flavour in FLAVOURS for style in STYLES if (flavour, style) != ("mysql", "bytes")]


@pytest.mark.parametrize(("hard", "style"), KEPT, indirect=["hard"])
def test_what_is_kept_is_the_same_to_the_bit(hard: Hard, style: str) -> None:
    dump = hard.dump(*STYLES[style])
    out = through(dump, keeping(dump), size=1000)
    assert hard.load(out, "kept") == hard.load(dump, "plain")


def test_only_generated_columns_are_written_otherwise(hard: Hard) -> None:
    dump = hard.dump("--skip-extended-insert")
    before, after = dump.splitlines(), through(dump, keeping(dump)).splitlines()
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    if hard.flavour == "mysql":
        assert changed == []  # mysqldump leaves them out by itself
    else:
        assert changed
        assert all(b"DEFAULT" in line for line in changed)


@pytest.mark.parametrize("style", [style for style in STYLES if style != "bytes"])
def test_nothing_masked_comes_through_and_what_is_kept_stays(hard: Hard, style: str) -> None:
    dump = hard.dump(*STYLES[style])
    out = through(dump, keeping(dump, MASKS))
    text = out.lower()
    for original in (*CANARIES, "mail.example.org", "Müller", "Straße 7, ", "'192.0.2."):
        assert original.lower().encode() not in text
        assert original.encode().hex().encode() not in text
    masked, plain = hard.load(out, "masked"), hard.load(dump, "plain")
    gone = {
        (table, column) for table in plain for column in plain[table] if plain[table][column] != masked[table][column]
    }
    assert gone - set(MASKS) <= {("users", "email_hash"), ("binary_key", "v"), ("raw_bytes", "n")}
    assert set(MASKS) - gone <= {("texts_wide", "b")}
    with hard.server.connect("masked") as connection:
        assert rows(connection, "SELECT COUNT(*) FROM users u JOIN orders o ON o.email = u.email")[0][0] == 40
        assert rows(connection, "SELECT COUNT(*) FROM users WHERE email_hash <> LOWER(email)")[0][0] == 0


def test_the_stand_ins_are_those_of_a_refresh(hard: Hard) -> None:
    dump = hard.dump()
    policy = keeping(dump, MASKS)
    with hard.server.connect() as connection:
        live = readings(policy, read_schema(connection, "hard"))
    by_name = {one.plan.name: one.plan for one in live}
    theirs = readings(policy, replace(schema_of([dump]), database="hard"))
    for one in theirs:
        expected = by_name[one.plan.name]
        for column, other in zip(one.plan.columns, expected.columns, strict=True):
            assert (column.name, column.kind, column.by) == (other.name, other.kind, other.by)
            if column.mask != "keep":
                assert column.place == other.place


def test_what_create_table_says_is_what_the_data_dictionary_says(hard: Hard) -> None:
    with hard.server.connect() as connection:
        live = read_schema(connection, "hard").tables
    found = [table_of(one.text) for one in statements([hard.dump()]) if one.text.startswith(b"CREATE TABLE")]
    assert {table.name for table in found} == set(live)
    for table in found:
        there = live[table.name]
        assert [_comparable(table, one) for one in table.columns] == [_comparable(there, one) for one in there.columns]
        assert table.indexes == tuple(sorted(there.indexes, key=lambda index: index.name))
        assert table.foreign_keys == there.foreign_keys
        assert table.engine.lower() == there.engine.lower()


def _comparable(table: Table, column: Column) -> Column:
    """Without what CREATE TABLE does not say: a collation that is the usual one, whether there is a default at all.

    Of an unsigned MEDIUMINT MariaDB counts eight digits, MySQL seven; nobody asks.
    """
    special = (column.collation or "").endswith(("_bin", "_cs"))
    column_type = column.column_type.partition(" /*")[0]
    return replace(
        column,
        collation=column.collation if special else None,
        has_default=False,
        column_type=column_type,
        digits=7 if column.data_type == "mediumint" else column.digits,
    )


def test_a_dump_that_breaks_off_anywhere_is_never_loaded_without_an_error(hard: Hard) -> None:
    dump = hard.dump()
    policy = keeping(dump, MASKS)
    for part in (0.05, 0.3, 0.5, 0.7, 0.97):
        written: list[bytes] = []
        with pytest.raises(MaskingError):
            run_into(written, dump[: int(part * len(dump))], policy)
        text = b"".join(written)
        assert b"Dump completed" not in text
        with hard.server.connect() as connection:
            execute(connection, "DROP DATABASE IF EXISTS half")
            execute(connection, "CREATE DATABASE half")
        done = subprocess.run(
            [*hard.server.client(), "--binary-mode", "half"], input=text, check=False, capture_output=True
        )
        assert done.returncode != 0


def test_the_whole_dump_again_gives_the_same(hard: Hard) -> None:
    dump = hard.dump()
    policy = keeping(dump, MASKS)
    assert KEY
    assert through(dump, policy) == through(dump, policy, size=333)
