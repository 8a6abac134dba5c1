"""Connections to a real server, to none, and to one that never answers."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dbs.mysql.connect import connect
from dbs.mysql.interface import DatabaseError
from dbs.mysql.query import execute, execute_bytes, rows
from tests.dumps.private_server import PrivateServer, private_server

SECRET = "pässwörd☃'\\"


@pytest.fixture(scope="module")
def server() -> Iterator[PrivateServer]:
    with private_server() as running, running.connect() as connection:
        execute(connection, "CREATE USER app@localhost IDENTIFIED BY %s", [SECRET])
        yield running


@pytest.mark.server
def test_logs_in_with_a_password_and_without(server: PrivateServer) -> None:
    with server.connect() as connection:
        assert rows(connection, "SELECT CURRENT_USER(), @@autocommit") == [("root@localhost", 1)]
    with connect(replace(server, user="app"), password=SECRET) as connection:
        assert rows(connection, "SELECT CURRENT_USER(), @@character_set_client") == [("app@localhost", "utf8mb4")]


@pytest.mark.server
@pytest.mark.parametrize("password", [SECRET + "x", "root", None])
def test_a_refused_log_in_does_not_show_the_password(server: PrivateServer, password: str | None) -> None:
    with pytest.raises(DatabaseError) as caught:
        connect(replace(server, user="app"), password=password)
    sentence = str(caught.value)
    assert sentence.startswith(f"Could not connect to the server at {server.unix_socket} as app: Access denied")
    assert caught.value.code == 1045
    assert SECRET not in sentence
    assert password is None or password not in sentence.replace(server.unix_socket, "")


@pytest.mark.server
def test_an_unknown_database_is_a_sentence(server: PrivateServer) -> None:
    with pytest.raises(DatabaseError, match=r"Unknown database 'nowhere' \(error 1049\)\.$"):
        server.connect("nowhere")


@pytest.mark.server
def test_a_client_never_sends_files(server: PrivateServer, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret\n")
    with server.connect() as connection:
        execute(connection, "CREATE OR REPLACE DATABASE files")
        execute(connection, "CREATE TABLE files.t (line TEXT)")
        with pytest.raises(DatabaseError):
            execute(connection, f"LOAD DATA LOCAL INFILE '{tmp_path / 'secret'}' INTO TABLE files.t")
    with server.connect() as connection:
        assert rows(connection, "SELECT * FROM files.t") == []


@pytest.mark.server
def test_the_log_in_timeout_is_not_the_one_of_statements(server: PrivateServer) -> None:
    with connect(server, connect_timeout_seconds=0.2) as connection:
        assert rows(connection, "SELECT SLEEP(0.5)") == [(0,)]
    with connect(server, read_timeout_seconds=0.2) as connection, pytest.raises(DatabaseError, match="timed out"):
        rows(connection, "SELECT SLEEP(5)")


def test_a_server_that_never_says_hello_is_noticed(tmp_path: Path) -> None:
    silent = PrivateServer(tmp_path)
    began = time.monotonic()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(silent.unix_socket)
        listener.listen()
        with pytest.raises(DatabaseError, match="timed out"):
            connect(silent, connect_timeout_seconds=0.2)
    assert time.monotonic() - began < 4


def test_no_server_and_no_host_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match=r"Could not connect to the server at .*No such file.* \(error 2003\)\.$"):
        connect(PrivateServer(tmp_path))


@pytest.mark.server
def test_bytes_arrive_untouched_and_all_results_are_read(server: PrivateServer) -> None:
    with server.connect() as connection:
        execute(connection, "CREATE OR REPLACE DATABASE bytes")
        execute(connection, "CREATE TABLE bytes.t (b BLOB)")
        execute_bytes(connection, b"INSERT INTO bytes.t VALUES (_binary '\xff\xfe\x80%s')")
        execute_bytes(connection, b"CREATE PROCEDURE bytes.two() BEGIN SELECT b FROM bytes.t; SELECT 2; END")
        execute_bytes(connection, b"CALL bytes.two()")
        assert rows(connection, "SELECT HEX(b) FROM bytes.t WHERE b LIKE '%s'") == [("FFFE802573",)]


@pytest.mark.server
def test_an_answer_in_another_character_set_is_a_sentence(server: PrivateServer) -> None:
    with server.connect() as connection:
        execute_bytes(connection, b"SET NAMES latin1")
        with pytest.raises(DatabaseError, match="not in UTF-8"):
            execute_bytes(connection, b"SELECT '\xe9' AS word")
        connection.connect()


@pytest.mark.server
def test_a_lost_connection_is_a_sentence(server: PrivateServer) -> None:
    with server.connect() as connection, server.connect() as other:
        [(number,)] = rows(connection, "SELECT CONNECTION_ID()")
        execute(other, f"KILL {number}")
        with pytest.raises(DatabaseError, match=r"^Could not run a statement: .*\.$"):
            execute_bytes(connection, b"SELECT 1")
        with pytest.raises(DatabaseError, match="closed"):
            rows(connection, "SELECT 1")
