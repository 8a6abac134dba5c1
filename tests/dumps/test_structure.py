"""What a dump says besides rows: what is changed on the way, what it takes to read it, and what cannot be copied."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from dbs.dumps.interface import DumpError
from dbs.dumps.structure import Structure, read_structure, rewrite_table
from dbs.mysql.connect import connect
from dbs.mysql.interface import Connection
from dbs.mysql.query import execute
from dbs.mysql.schema import read_schema
from dbs.snapshots.interface import Address
from tests.dumps.private_server import PrivateServer
from tests.support import hard_source

pytestmark = pytest.mark.server

REWRITTEN = [
    (b"CREATE TABLE `t` (`a` int) ENGINE=InnoDB DATA DIRECTORY='/fast/' COMMENT='x'", "ENGINE=InnoDB COMMENT='x'"),
    (
        b"PARTITION `p` VALUES LESS THAN (1) DATA DIRECTORY = '/a' INDEX DIRECTORY = '/b' ENGINE = MyISAM",
        "(1) ENGINE =",
    ),
    (b"COMMENT=' DATA DIRECTORY=\\'/fast/\\''", r"COMMENT=' DATA DIRECTORY=\'/fast/\''"),
    (b"`a DATA DIRECTORY='x'` int", "`a DATA DIRECTORY='x'` int"),
    (b"ENGINE=InnoDB /*!80016 ENCRYPTION='Y' */ COMMENT='y'", "ENGINE=InnoDB COMMENT='y'"),
    (b") /*!50100 TABLESPACE `fast` */ ENGINE=InnoDB", ") ENGINE=InnoDB"),
    (b"ENGINE=InnoDB `ENCRYPTED`=YES `ENCRYPTION_KEY_ID`=2 COMMENT='z'", "ENGINE=InnoDB COMMENT='z'"),
    (b"`id` int DEFAULT nextval(`shop`.`numbers`)", "DEFAULT nextval(`numbers`)"),
    (b"`k` binary(4) DEFAULT '\xff\\0\\'\\\\'", "DEFAULT 0xff00275c"),
    ("`k` varchar(9) DEFAULT 'ü'".encode(), "DEFAULT 'ü'"),
]


@pytest.mark.parametrize(("created", "wanted"), REWRITTEN)
def test_what_belongs_to_the_source_alone_is_left_out(created: bytes, wanted: str) -> None:
    assert wanted in rewrite_table(created, "shop")


@pytest.fixture(scope="module")
def hard(server: PrivateServer) -> Structure:
    with server.connect() as connection:
        execute(connection, "CREATE OR REPLACE DATABASE structured CHARACTER SET latin1")
        execute(connection, "USE structured")
        hard_source.create(connection, large=False)
    with server.connect() as connection:
        return read(connection)


def read(connection: Connection, database: str = "structured") -> Structure:
    return read_structure(connection, database, read_schema(connection, database))


def place(structure: Structure, beginning: str) -> int:
    return next(number for number, text in enumerate(structure.objects) if beginning in text)


def test_nothing_fires_and_nothing_belongs_to_people_of_the_source(hard: Structure) -> None:
    text = "".join((*hard.tables, *hard.objects))
    assert "DEFINER=`" not in text
    assert "`structured`" not in text
    assert "TRIGGER" not in "".join(hard.tables)
    events = [text for text in hard.objects if "EVENT" in text]
    assert len(events) == 2
    for event in events:
        assert "PRESERVE DISABLE" in event
        assert "-- Turned off by dbs" in event
    assert hard.left_out == ()


def test_each_view_comes_behind_what_it_reads(hard: Structure) -> None:
    names = ("FUNCTION `plus_one`", "VIEW `z_base`", "VIEW `b_middle`", "VIEW `a_top`", "TRIGGER zeroth_shout")
    places = [place(hard, name) for name in names]
    assert places == sorted(places)
    assert place(hard, "VIEW `c_calling`") < place(hard, "VIEW `v ``;`")


def test_triggers_of_one_moment_keep_their_order(hard: Structure) -> None:
    places = [place(hard, f"TRIGGER {name}") for name in ("zeroth_shout", "first_shout", "second_shout")]
    assert places == sorted(places)


def test_each_object_has_the_settings_that_it_was_made_under(hard: Structure) -> None:
    text = "".join(hard.objects)
    before = text.partition("TRIGGER in_ansi")[0]
    assert "PIPES_AS_CONCAT" in before.rpartition("SET sql_mode")[2]
    before = text.partition("FUNCTION `in_latin1`")[0] or text.partition("FUNCTION in_latin1")[0]
    assert "latin1_german1_ci" in before.rpartition("SET collation_connection")[2]


def test_a_view_that_fails_on_the_source_is_left_out_and_named(server: PrivateServer) -> None:
    with server.connect() as connection:
        execute(connection, "CREATE OR REPLACE DATABASE broken")
        execute(connection, "USE broken")
        execute(connection, "CREATE TABLE gone (a INT)")
        execute(connection, "CREATE VIEW dead AS SELECT a FROM gone")
        execute(connection, "DROP TABLE gone")
        execute(connection, "CREATE VIEW alive AS SELECT 1 AS a")
        structure = read(connection, "broken")
    assert len(structure.left_out) == 1
    assert structure.left_out[0].startswith("The view dead is not in the dump")
    assert "VIEW `alive`" in "".join(structure.objects)


def test_windows_to_other_servers_are_refused(server: PrivateServer, hard: Structure) -> None:
    """Made up: the server makes such a table only when it can reach the other one."""
    with server.connect("structured") as connection:
        schema = read_schema(connection, "structured")
        window = replace(schema.tables["ints"], engine="FEDERATED")
        with pytest.raises(DumpError, match="The table ints is a window to another server"):
            read_structure(connection, "structured", replace(schema, tables={"ints": window}))


RIGHTS = ("SELECT ON structured.*", "SHOW VIEW ON structured.*", "TRIGGER ON structured.*", "EVENT ON structured.*")


@pytest.fixture
def reader(server: PrivateServer, hard: Structure) -> Iterator[Address]:
    with server.connect() as connection:
        execute(connection, "CREATE OR REPLACE USER reader@localhost")
        for right in (*RIGHTS, "SELECT ON mysql.proc"):
            execute(connection, f"GRANT {right} TO reader@localhost")
    yield Address("reader", unix_socket=server.unix_socket)


def test_an_account_that_may_only_read_suffices(reader: Address, hard: Structure) -> None:
    with closing(connect(reader)) as connection:
        execute(connection, "SET SESSION TRANSACTION READ ONLY")
        execute(connection, "START TRANSACTION WITH CONSISTENT SNAPSHOT")
        assert read(connection) == hard


@pytest.mark.parametrize(
    ("revoked", "needed"),
    [
        ("SHOW VIEW ON structured.*", "SHOW VIEW ON `structured`.*"),
        ("EVENT ON structured.*", "EVENT ON `structured`.*"),
        ("SELECT ON mysql.proc", "SELECT ON mysql.proc"),
    ],
)
def test_a_missing_right_is_named_with_its_grant(
    server: PrivateServer, reader: Address, revoked: str, needed: str
) -> None:
    with server.connect() as admin:
        execute(admin, f"REVOKE {revoked} FROM reader@localhost")
        execute(admin, "GRANT EXECUTE ON structured.* TO reader@localhost")  # so that it sees that there are routines
    with closing(connect(reader)) as connection, pytest.raises(DumpError) as raised:
        read(connection)
    assert f"GRANT {needed} TO 'reader'@'localhost';" in str(raised.value)


def test_a_table_can_be_altered_while_the_reading_transaction_goes_on(server: PrivateServer, reader: Address) -> None:
    with closing(connect(reader)) as connection, server.connect("structured") as admin:
        execute(connection, "START TRANSACTION WITH CONSISTENT SNAPSHOT")
        read(connection)
        execute(admin, "SET SESSION lock_wait_timeout = 1")
        for what in ("TABLE users COMMENT = 'x'", "TABLE users COMMENT = ''", "SEQUENCE numbering CACHE 10"):
            execute(admin, f"ALTER {what}")
