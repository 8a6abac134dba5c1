"""What a team would do otherwise: start an empty server (the floor), copy and start, import the dump again."""

from __future__ import annotations

import shutil
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pymysql

from bench.rig import DATABASE, PASSWORD, USER, Rig
from dbs import process
from dbs.snapshots.local import server
from dbs.snapshots.local.server import Place, Programs, Server

_PROGRAMS = Programs(None, "dbs")


def _start(place: Place, options: list[str]) -> tuple[Server, int]:
    """A server with instance options behind a listening socket of its own."""
    listener = server.listen_public("127.0.0.1", 0)
    port = int(listener.getsockname()[1])
    with listener, server.listen_private(place.private) as private:
        return server.start(_PROGRAMS, place, [listener, private], [*_PROGRAMS.engine.instance_options, *options]), port


def empty_data(root: Path) -> Place:
    """An empty server's data directory, shut down cleanly once with the instances' options."""
    place = Place(root / "empty", root / "empty.sock")
    place.directory.mkdir()
    place.directory.chmod(0o711)
    place.data.mkdir()
    process.own(place.data, _PROGRAMS.user)
    _PROGRAMS.create_data(place.data)
    started, _ = _start(place, ["--innodb-buffer-pool-size=256M"])
    started.wait()
    with started.admin() as connection:
        connection.query(f"CREATE DATABASE {DATABASE}")
        connection.query(f"CREATE USER {USER}@'%' IDENTIFIED BY '{PASSWORD}'")
        connection.query(f"GRANT ALL ON {DATABASE}.* TO {USER}@'%'")
        connection.query("SET GLOBAL innodb_fast_shutdown = 0")
    started.shut_down()
    return place


def start_seconds(place: Place, question: str = "SELECT 1") -> float:
    """From starting a server on `place` to the answer of `question` over TCP; the server is killed afterwards."""
    began = time.perf_counter()
    started, port = _start(place, ["--innodb-buffer-pool-size=256M"])
    try:
        with (
            closing(pymysql.connect(host="127.0.0.1", port=port, user=USER, password=PASSWORD, database=DATABASE)) as c,
            c.cursor() as cursor,
        ):
            cursor.execute(question)
            cursor.fetchall()
        return time.perf_counter() - began
    finally:
        started.kill()


def copy_and_start_seconds(golden: Path, root: Path) -> float:
    """`cp -a` of a snapshot's data directory without any copy-on-write, and a server started on it."""
    place = Place(root / "copied", root / "copied.sock")
    place.directory.mkdir()
    place.directory.chmod(0o711)
    began = time.perf_counter()
    try:
        subprocess.run(["cp", "-a", "--reflink=never", str(golden), str(place.data)], check=True)
        started, _ = _start(place, ["--innodb-buffer-pool-size=256M"])
        try:
            with started.admin() as connection:
                connection.query(f"SELECT COUNT(*) FROM {DATABASE}.probe")
            return time.perf_counter() - began
        finally:
            started.kill()
    finally:
        shutil.rmtree(place.directory)


def import_seconds(rig: Rig, instance: str, empty: Place, work: Path) -> float:
    """The dump of the instance's data, read by the stock client into an empty server."""
    dump, settings = work / "dump.sql", rig.services.settings.instance[instance]
    options = work / "client.cnf"
    options.write_text(f"[client]\nuser={USER}\npassword={PASSWORD}\nhost=127.0.0.1\n")
    words = [f"--defaults-file={options}", f"--port={settings.port}", DATABASE]
    with dump.open("wb") as file:
        subprocess.run(["mariadb-dump", *words[:2], "--no-tablespaces", DATABASE], check=True, stdout=file)
    copy = Place(work / "importing", work / "importing.sock")
    subprocess.run(["cp", "-a", str(empty.directory), str(copy.directory)], check=True)
    started, port = _start(copy, ["--innodb-buffer-pool-size=256M"])
    try:
        started.wait()
        began = time.perf_counter()
        with dump.open("rb") as file:
            words = [f"--defaults-file={options}", f"--port={port}", DATABASE]
            subprocess.run(["mariadb", *words], check=True, stdin=file)
        return time.perf_counter() - began
    finally:
        started.kill()
        shutil.rmtree(copy.directory)
        dump.unlink()
