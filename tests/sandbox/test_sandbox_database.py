"""The one database, through the socket and through 127.0.0.1:3306, on a real server."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from dbs.mysql.query import rows
from dbs.sandbox import Database, run
from tests.sources import servers
from tests.sources.servers import Server
from tests.support import sandboxed
from tests.support.sandboxed import Sandbox
from tests.support.waiting import until

PASSWORD = "limited 'to' one/☃"
CLIENT = "mariadb --no-defaults --skip-ssl --batch --skip-column-names"
BY_SOCKET = f"{CLIENT} --socket=/db/s.sock"
BY_TCP = f"{CLIENT} --protocol=tcp --host=127.0.0.1 --port=3306"


@pytest.fixture(scope="module")
def server(mariadb: None) -> Iterator[Server]:
    """A server whose socket only its own account and root can open, with an account limited to one database.

    Its administrator needs no password on the socket, if the system says that it is root, or whoever runs the tests.
    """
    with servers.place() as directory:
        servers.install(directory / "data")
        with servers.running(directory, []) as running:
            own = os.environ.get("USER") or "root"
            quoted = PASSWORD.replace("'", "''")
            running.run(
                "CREATE DATABASE shop",
                "CREATE DATABASE other",
                "CREATE TABLE shop.t (id INT PRIMARY KEY AUTO_INCREMENT, word LONGTEXT)",
                f"CREATE USER runner@'%' IDENTIFIED BY '{quoted}'",
                "GRANT ALL ON shop.* TO runner@'%'",
                "DROP USER IF EXISTS ''@localhost",
                f"CREATE OR REPLACE USER {own}@localhost IDENTIFIED VIA unix_socket",
                f"GRANT ALL ON *.* TO {own}@localhost WITH GRANT OPTION",
            )
            Path(running.unix_socket).chmod(0o600)
            yield running


@pytest.fixture(params=["its socket", "its address"])
def beside(request: pytest.FixtureRequest, tmp_path: Path, server: Server) -> Sandbox:
    """A sandbox beside that server, which is reached by its private socket or by its address."""
    at = Path(server.unix_socket) if request.param == "its socket" else ("127.0.0.1", server.tcp_port)
    return replace(sandboxed.sandbox(tmp_path), database=Database(at, "shop", "runner", PASSWORD))


@pytest.mark.parametrize("client", [BY_SOCKET, BY_TCP], ids=["socket inside", "TCP inside"])
def test_the_database_is_reached(beside: Sandbox, server: Server, client: str) -> None:
    server.run("TRUNCATE shop.t")
    ran = beside.run(f"{client} --user=runner shop -e \"INSERT INTO t (word) VALUES ('x'); SELECT CURRENT_USER()\"")
    assert (ran.exit_code, ran.output) == (0, "runner@%\n")
    with server.admin("shop") as connection:
        assert rows(connection, "SELECT word FROM t") == [("x",)]


def test_the_variables_are_enough_for_a_client(beside: Sandbox) -> None:
    ran = beside.run(f'{CLIENT} --user="$DB_USERNAME" "$DB_DATABASE" -e "SELECT DATABASE()"; echo "$DATABASE_URL"')
    url = "mysql://runner:limited%20%27to%27%20one%2F%E2%98%83@127.0.0.1:3306/shop"
    assert ran.output.splitlines() == ["shop", url]


def test_megabytes_go_both_ways_whole(beside: Sandbox, server: Server) -> None:
    server.run("TRUNCATE shop.t")
    statement = "(printf \"INSERT INTO t (word) VALUES ('\"; head -c 12000000 /dev/zero | tr '\\0' x; echo \"')\")"
    count = "SELECT word FROM t"
    ran = beside.run(f"{statement} | {BY_TCP} --user=runner shop && {BY_SOCKET} -u runner shop -e '{count}' | wc -c")
    assert ran.output == "12000001\n"


def test_many_connections_at_once(beside: Sandbox) -> None:
    one = f"{BY_SOCKET} --user=runner shop -e 'SELECT SLEEP(0.2), 1'"
    ran = beside.run(f"for i in $(seq 20); do {one} & done; wait", processes=200)
    assert ran.output.count("1\n") == 20


def test_other_databases_are_out_of_reach(beside: Sandbox) -> None:
    ran = beside.run(
        f"{BY_TCP} --user=runner other -e 'SELECT 1'; {BY_TCP} --user=runner -e 'SELECT * FROM mysql.user'"
    )
    assert "1044" in ran.output
    assert "1142" in ran.output


def test_nobody_becomes_the_administrator_by_the_account_of_dbs(beside: Sandbox, server: Server) -> None:
    """The administrator is known by its account; whoever comes through the relay must not be taken for it."""
    own = os.environ.get("USER") or "root"
    with server.admin() as connection:  # which works outside, without a password
        assert rows(connection, "SELECT CURRENT_USER()") == [(f"{own}@localhost",)]
    for client in (BY_SOCKET, BY_TCP):
        ran = beside.run(f"unset MYSQL_PWD; {client} --user={own} -e 'SELECT CURRENT_USER()'")
        assert ran.exit_code != 0
        assert f"{own}@" not in ran.output or "denied" in ran.output


def test_no_connection_is_left_behind(beside: Sandbox, server: Server) -> None:
    ran = beside.run(f"echo begun; sleep 1000 | {BY_SOCKET} --user=runner shop", seconds=2)
    assert ran.stopped_by == "time limit"

    def none_is_left() -> bool:
        with server.admin() as connection:
            return not rows(connection, "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'runner'")

    until(none_is_left, "the server to notice that the connection is gone")


def test_the_password_is_seen_by_nobody_outside(beside: Sandbox) -> None:
    seen: list[str] = []

    def looked() -> bool:
        for entry in Path("/proc").iterdir():
            with suppress(OSError):
                seen.append((entry / "cmdline").read_bytes().decode(errors="replace"))
        return False

    run(beside.request("sleep 1"), cancelled=looked)
    assert any("bwrap" in line for line in seen)
    assert not any(PASSWORD in line for line in seen)
    assert PASSWORD not in repr(beside.request("true"))


def test_a_database_that_is_gone_is_an_error_inside(tmp_path: Path, mariadb: None) -> None:
    gone = Database(tmp_path / "no.sock", "shop", "runner", PASSWORD)
    ran = replace(sandboxed.sandbox(tmp_path), database=gone).run(f"{BY_TCP} --user=runner -e 'SELECT 1'")
    assert ran.exit_code == 1
    assert "2013" in ran.output or "Lost connection" in ran.output


def test_nothing_else_listens_for_the_sandbox(beside: Sandbox, server: Server) -> None:
    with socket.socket() as host:
        host.bind(("127.0.0.1", 0))
        host.listen()
        port = host.getsockname()[1]
        ports = f"{server.tcp_port} {port}"
        ran = beside.run(
            f'for p in {ports}; do bash -c "exec 3<>/dev/tcp/127.0.0.1/$p" 2>/dev/null && echo in; done; true'
        )
    assert ran.output == ""
