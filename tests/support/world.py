"""One file system with a supervisor, snapshots and instances on it: what the contract suite is run against."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from dbs import process
from dbs.mysql.connect import connect
from dbs.mysql.interface import Connection
from dbs.mysql.query import execute, rows
from dbs.snapshots.interface import Address, Manifest, Restored, Ticket
from dbs.snapshots.local import copying
from dbs.snapshots.local.client import LocalProvider
from tests.support.clients import CUT, REFUSED
from tests.support.ports import free_port
from tests.support.supervise import PASSWORD, PROVIDER, USER, Setup, SupervisorProcess
from tests.support.waiting import until
from tests.support.workplace import FileSystem

DATABASE = "shop_db"  # with an underscore, which is a wildcard in a GRANT
INSTANCES = ("shared", "other", "fresh", "empty")
Traces = dict[str, list[str]]
Load = Callable[[Address], dict[str, int]]


class World:
    """Everything of one file system. `close` asserts that nothing of it is left."""

    def __init__(self, filesystem: FileSystem, home: Path) -> None:
        home.mkdir(mode=0o700)
        self.filesystem = filesystem
        self.root = filesystem.path / "root"
        ports = {name: free_port() for name in INSTANCES}
        setup = Setup(str(home), str(self.root), filesystem.copy_method, ports, filesystem.basedir)
        self.supervisor = SupervisorProcess(setup)
        self.programs = setup.programs
        self.inherits_socket = self.programs.engine.inherits_socket
        # What clients may meet while servers are swapped or crash: without a held socket there is a gap.
        self.endured = CUT if self.inherits_socket else CUT | {REFUSED}
        self.supervisor.start()
        self.provider = LocalProvider(PROVIDER, self.supervisor.setup.socket)
        self._numbers = itertools.count(1)
        self.first = self.create(100)
        self.second = self.create(200)

    # -- snapshots -------------------------------------------------------------------------------------------------

    def manifest(self) -> Manifest:
        """What is known of a snapshot before it is made; a new one every time."""
        number = next(self._numbers)
        at = datetime(2026, 11, 20, tzinfo=UTC) + timedelta(seconds=number)
        digest = sha256(str(number).encode()).hexdigest()
        return Manifest(
            id=f"shop-{at:%Y%m%dT%H%M%SZ}-{digest[:4]}",
            source="shop",
            database=DATABASE,
            data_state_at=at.isoformat(),
            data_state_from="dump",
            created_at=at.isoformat(),
            dump_name="shop.sql",
            dump_sha256=digest,
            dump_bytes=1000,
            text_bytes=10_000,
            masked="made up",
        )

    def create(self, items: int) -> Manifest:
        """A snapshot with so many items."""
        return self.provider.create(self.manifest(), filling(items))

    # -- instances -------------------------------------------------------------------------------------------------

    def ticket(self) -> Ticket:
        """The right to do the next thing."""
        number = next(self._numbers)
        return Ticket(f"job-{number}", number)

    def restore(self, name: str, manifest: Manifest, ticket: Ticket | None = None) -> Restored:
        """Put an instance back."""
        return self.provider.restore(name, manifest.id, ticket or self.ticket(), lambda _: None)

    def address(self, name: str) -> Address:
        """Where people reach an instance."""
        return Address(USER, host="127.0.0.1", port=self.supervisor.setup.instances[name])

    def connect(self, name: str) -> Connection:
        """A session of the people's account, in the database."""
        return connect(self.address(name), DATABASE, password=PASSWORD, read_timeout_seconds=60)

    def admin(self, name: str) -> Connection:
        """A session of dbs itself, on the private socket."""
        directory = self.serving(name)
        place = self.programs.place(directory, self.root / "run" / f"{name}.{directory.name}.sock")
        return connect(Address(self.programs.admin(), unix_socket=str(place.private)))

    def ask(self, name: str, sql: str) -> list[tuple[Any, ...]]:
        """One query in a session of its own."""
        with closing(self.connect(name)) as session:
            return rows(session, sql)

    def tell(self, name: str, sql: str) -> None:
        """One statement in a session of its own."""
        with closing(self.connect(name)) as session:
            execute(session, sql)

    def items(self, name: str) -> int:
        """How many items an instance has: tells the two snapshots from each other."""
        return int(self.ask(name, "SELECT COUNT(*) FROM item")[0][0])

    def server(self, name: str) -> int:
        """Process id of the one server of an instance."""
        found = process.running(f"--datadir={self.root}/instances/{name}/")
        assert len(found) == 1, found
        return next(iter(found))

    def processes(self, prefix: str) -> list[int]:
        """Process ids of all servers that have an argument with that prefix."""
        return list(process.running(prefix))

    def serving(self, name: str) -> Path:
        """Directory of the generation that an instance serves."""
        directory = self.root / "instances" / name
        return directory / str(json.loads((directory / "current.json").read_text())["generation"])

    def golden(self, manifest: Manifest) -> Path:
        """Directory of a snapshot, made writable, to be damaged."""
        directory = self.root / "snapshots" / manifest.id
        if self.filesystem.method == "subvolume":
            process.run(["btrfs", "property", "set", "-ts", str(directory / "data"), "ro", "false"])
        return directory

    def answers(self, name: str) -> bool:
        """Whether dbs itself finds the instance running and gets an answer from it."""
        status = self.provider.inspect(name)
        return (status.state, status.detail) == ("running", "")

    # -- what there is ---------------------------------------------------------------------------------------------

    def servers(self) -> list[str]:
        """Data directories of all servers (and of programs that make them) that run below this root."""
        prefix = f"--datadir={self.root}/"
        found = process.running(prefix).values()
        return sorted(word.removeprefix(prefix) for words in found for word in words if word.startswith(prefix))

    def traces(self) -> Traces:
        """Everything that a failure could leave behind, to be compared before and after."""
        return {
            "servers": self.servers(),
            "building": self._names("building"),
            "snapshots": self._names("snapshots"),
            # A copy made ahead for the next restore is no left-over: it comes and goes in the background.
            "instances": [name for name in self._names("instances/*") if not name.endswith("/spare")],
            "run": self._names("run"),
            "trash": self._names("trash"),
            "current": [f"{name} {self.provider.inspect(name).snapshot_id}" for name in INSTANCES],
        }

    def until_traces_are(self, wanted: Traces) -> None:
        """Wait for background work to end with exactly this."""
        try:
            until(lambda: self.traces() == wanted, "nothing is left over")
        except AssertionError:
            assert self.traces() == wanted
            raise

    def settled(self) -> Traces:
        """The traces once the trash is empty."""
        until(lambda: not self._names("trash"), "the trash is emptied")
        return self.traces()

    def _names(self, below: str) -> list[str]:
        return sorted(str(path.relative_to(self.root)) for path in self.root.glob(f"{below}/*"))

    def close(self) -> None:
        """Stop everything; what is left then is a defect."""
        until(lambda: not self._names("trash"), "the trash is emptied")
        assert self._names("building") == []
        self.supervisor.stop()
        assert self.servers() == []
        assert self._names("run") == []
        copying.delete(self.root)
        shutil.rmtree(self.supervisor.setup.home)


def filling(items: int) -> Load:
    """Fills a new server: three tables with a foreign key between them, and a view."""

    def load(address: Address) -> dict[str, int]:
        with closing(connect(address)) as admin:
            for statement in _statements(items):
                execute(admin, statement)
        return {"customer": 10, "item": items, "note": 1}

    return load


def _statements(items: int) -> list[str]:
    customers = ", ".join(f"({number}, 'Customer {number}')" for number in range(1, 11))
    rows_ = ", ".join(f"({number}, {1 + number % 10}, {number / 100})" for number in range(1, items + 1))
    return [
        f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4",
        f"USE {DATABASE}",
        "CREATE TABLE customer (id INT PRIMARY KEY, name VARCHAR(50) NOT NULL)",
        f"INSERT INTO customer VALUES {customers}",
        "CREATE TABLE item (id INT PRIMARY KEY AUTO_INCREMENT, customer_id INT NOT NULL, price DECIMAL(8,2) NOT NULL, "
        "KEY (price), FOREIGN KEY (customer_id) REFERENCES customer (id))",
        f"INSERT INTO item VALUES {rows_}",
        "CREATE TABLE note (text VARCHAR(50) NOT NULL)",
        "INSERT INTO note VALUES ('snapshot')",
        # Like a dump's: its owner is no administrator, or MySQL would let only administrators drop it.
        "CREATE USER loader@localhost ACCOUNT LOCK",
        "CREATE DEFINER = loader@localhost SQL SECURITY INVOKER VIEW dear AS SELECT * FROM item WHERE price > 0.5",
    ]
