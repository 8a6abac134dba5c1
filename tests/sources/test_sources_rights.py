"""An account that reads everything and does nothing else; the statements that we name make it one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from dbs.mysql.connect import connect
from dbs.mysql.interface import DatabaseError
from dbs.mysql.query import execute
from dbs.sources.grants import Grant, parse_grants
from dbs.sources.interface import SourceError
from dbs.sources.opening import open_source, server_version
from dbs.sources.rights import Rights, read_rights, too_much
from tests.sources.servers import NETWORK, READING, Server

NEEDED = ("SELECT", "SHOW VIEW", "TRIGGER", "EVENT")


@pytest.fixture(params=["primary", "mysql_server"], ids=["mariadb", "mysql"])
def server(request: pytest.FixtureRequest) -> Server:
    found: Server = request.getfixturevalue(request.param)
    return found


def make(server: Server, *statements: str) -> None:
    """An account `who` with these rights."""
    server.run(
        "DROP USER IF EXISTS who@'%'", "DROP ROLE IF EXISTS reading, writing", "CREATE USER who@'%'", *statements
    )


def rights(server: Server, *, lock: bool = False) -> Rights:
    where = type(server)(server.directory, server.tcp_port, user="who")
    with connect(where) as connection:
        return read_rights(connection, server_version(connection), "shop", lock=lock)


def missing(found: Rights) -> list[str]:
    return [name for name, _, _ in found.missing]


def refusal(server: Server) -> str:
    with pytest.raises(SourceError) as caught:
        open_source(server.local("who"), None, NETWORK)
    assert not caught.value.transient
    return str(caught.value)


@pytest.mark.parametrize(
    "grants",
    [
        [f"GRANT {READING} ON shop.* TO who@'%'"],
        [f"GRANT {READING} ON *.* TO who@'%'"],
        [f"GRANT {READING} ON `sh%`.* TO who@'%'"],
        [
            "GRANT SELECT, PROCESS ON *.* TO who@'%'",
            "GRANT SHOW VIEW, TRIGGER, EVENT, LOCK TABLES ON shop.* TO who@'%'",
        ],
    ],
)
def test_a_reader_is_enough(server: Server, grants: Sequence[str]) -> None:
    make(server, *grants)
    found = rights(server)
    assert (found.missing, found.excess, found.roles, found.revokes) == ((), (), (), ())
    open_source(server.local("who"), None, NETWORK).connection.close()


@pytest.mark.parametrize(
    ("grants", "lacks"),
    [
        (["GRANT SELECT ON shop.* TO who@'%'"], ["SHOW VIEW", "TRIGGER", "EVENT"]),
        (["GRANT SELECT ON shop.first TO who@'%'"], list(NEEDED)),
        (["GRANT SELECT (id), TRIGGER ON shop.first TO who@'%'"], list(NEEDED)),
        (
            [f"GRANT {READING} ON shop2.* TO who@'%'", "GRANT SHOW VIEW ON shop.* TO who@'%'"],
            ["SELECT", "TRIGGER", "EVENT"],
        ),
    ],
)
def test_what_is_missing_is_named_and_what_we_say_gives_it(
    server: Server, grants: Sequence[str], lacks: list[str]
) -> None:
    make(server, *grants)
    found = rights(server)
    assert missing(found) == lacks
    assert f"cannot read everything of shop: {', '.join(lacks)} is missing" in refusal(server)
    assert found.grants == (f"GRANT {', '.join(lacks)} ON `shop`.* TO 'who'@'%';",)
    server.run(*found.grants)
    assert missing(rights(server)) == []


def test_an_account_without_any_right_is_told_what_it_needs(server: Server) -> None:
    make(server)
    said = refusal(server)
    assert said.startswith("'who'@'%' has no right on the database shop, or there is none of that name.")
    server.run(said.rpartition("As an administrator there: ")[2])
    assert missing(rights(server)) == []


@pytest.mark.parametrize(
    ("grants", "more"),
    [
        (["GRANT INSERT, UPDATE ON shop.* TO who@'%'"], {"INSERT", "UPDATE"}),
        (["GRANT FILE, RELOAD ON *.* TO who@'%'"], {"FILE", "RELOAD"}),
        (["GRANT UPDATE (word) ON shop.first TO who@'%'"], {"UPDATE (`word`)"}),
        (["GRANT SELECT ON shop.* TO who@'%' WITH GRANT OPTION"], {"GRANT OPTION"}),
        (["GRANT ALL ON scratch.* TO who@'%'"], {"ALL PRIVILEGES"}),
    ],
)
def test_what_is_too_much_is_refused_and_what_we_say_takes_it_away(
    server: Server, grants: Sequence[str], more: set[str]
) -> None:
    make(server, f"GRANT {READING} ON shop.* TO who@'%'", *grants)
    found = rights(server)
    assert {right for grant in found.excess for right in grant.rights} == more
    assert "may do more than read" in refusal(server) and found.revokes[0] in refusal(server)
    server.run(*found.revokes)
    assert (rights(server).excess, missing(rights(server))) == ((), [])


def test_who_may_do_everything_is_made_a_reader(server: Server) -> None:
    make(server, "GRANT ALL ON *.* TO who@'%' WITH GRANT OPTION")
    found = rights(server)
    assert found.excess and found.revokes == (
        "REVOKE ALL PRIVILEGES, GRANT OPTION FROM 'who'@'%';",
        "GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON `shop`.* TO 'who'@'%';",
    )
    server.run(*found.revokes)
    assert (rights(server).excess, missing(rights(server))) == ((), [])


def test_a_role_that_writes_is_found_also_when_it_is_not_on(server: Server) -> None:
    reader = f"GRANT {READING} ON shop.* TO who@'%'"
    make(server, reader, "CREATE ROLE writing", "GRANT DELETE ON shop.* TO writing", "GRANT writing TO who@'%'")
    found = rights(server)
    assert len(found.roles) == 1 and "writing" in found.roles[0] and not found.excess
    assert "writing" in too_much(found) and "REVOKE `writing`" in refusal(server)
    server.run(*found.revokes)
    assert rights(server).roles == ()


def test_a_role_that_reads_counts_when_it_is_on(server: Server) -> None:
    make(server, "CREATE ROLE reading", f"GRANT {READING} ON shop.* TO reading", "GRANT reading TO who@'%'")
    assert missing(rights(server)) == list(NEEDED)
    server.run("SET DEFAULT ROLE reading " + ("FOR" if "maria" in str(version(server)).lower() else "TO") + " who@'%'")
    found = rights(server)
    assert (missing(found), found.roles) == ([], ())
    with open_source(server.local("who"), None, NETWORK) as opened, opened.connection.cursor() as cursor:
        assert cursor.execute("SELECT * FROM first") == 3  # the role is on again after we looked


def version(server: Server) -> object:
    with server.admin() as connection:
        return server_version(connection)


def test_what_everybody_may_do_counts(primary: Server) -> None:
    make(primary, f"GRANT {READING} ON shop.* TO who@'%'", "GRANT SELECT, INSERT ON shop.* TO PUBLIC")
    try:
        found = rights(primary)
        assert (too_much(found), found.revokes) == ("INSERT", ("REVOKE INSERT ON `shop`.* FROM PUBLIC;",))
        assert "FROM PUBLIC" in refusal(primary)
        primary.run(*found.revokes)
        assert not rights(primary).writes
    finally:
        primary.run("REVOKE ALL PRIVILEGES ON shop.* FROM PUBLIC")


def test_the_lock_needs_one_more_right(server: Server) -> None:
    make(server, f"GRANT {READING} ON shop.* TO who@'%'")
    assert rights(server, lock=True).grants == ("GRANT RELOAD ON *.* TO 'who'@'%';",)
    server.run("GRANT RELOAD ON *.* TO who@'%'")
    found = rights(server, lock=True)
    assert (found.missing, found.excess) == ((), ())
    assert rights(server).revokes == ("REVOKE RELOAD ON *.* FROM 'who'@'%';",)


def test_wishes_are_statements_that_the_server_takes(server: Server) -> None:
    make(server, f"GRANT {READING} ON shop.* TO who@'%'")
    assert len(rights(server).wanted) >= 2
    server.run(*rights(server).wishes.values())
    found = rights(server)
    assert (found.wanted, found.excess) == ((), ())


def test_no_right_is_asked_of_a_database_with_wildcards_in_its_name(server: Server) -> None:
    make(server)
    where = type(server)(server.directory, server.tcp_port, user="who")
    with connect(where) as connection:
        found = read_rights(connection, server_version(connection), "my_shop")
    assert found.grants == (r"GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON `my\_shop`.* TO 'who'@'%';",)
    server.run(*found.grants)
    with connect(where) as connection:
        assert read_rights(connection, server_version(connection), "my_shop").missing == ()


def test_a_reader_cannot_write(server: Server) -> None:
    make(server, f"GRANT {READING} ON shop.* TO who@'%'")
    with open_source(server.local("who"), None, NETWORK) as opened, pytest.raises(DatabaseError, match="denied"):
        execute(opened.connection, "DELETE FROM first")


def test_what_no_server_here_says() -> None:
    grants, roles = parse_grants(
        [
            "GRANT USAGE ON *.* TO `a`@`%` IDENTIFIED BY PASSWORD '*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19'",
            "GRANT PROXY ON ''@'' TO 'root'@'localhost' WITH GRANT OPTION",
            "GRANT `r1`@`%`,`r2`@`10.%` TO `a`@`%`",
            "SET DEFAULT ROLE `r1` FOR `a`@`%`",
            "GRANT EXECUTE ON PROCEDURE `a ON b TO c`.`p``q` TO `a`@`%`",
            "REVOKE SELECT ON `shop`.* FROM `a`@`%`",
            "GRANT something new",
        ]
    )
    assert roles == ["`r1`@`%`", "`r2`@`10.%`"]
    assert grants == [
        Grant(frozenset(), "*.*", "*", whole=True),
        Grant(frozenset({"PROXY"}), "", "", whole=False),
        Grant(frozenset({"EXECUTE"}), "PROCEDURE `a ON b TO c`.`p``q`", "a ON b TO c", whole=False),
        Grant(frozenset({"SELECT"}), "`shop`.*", "shop", whole=True, revoked=True),
        Grant(frozenset({"a right that dbs does not know"}), "", "", whole=False),
    ]
