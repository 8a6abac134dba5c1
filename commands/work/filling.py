"""Filling the empty server of a new snapshot from a dump, through an account that can touch one database only."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from dbs.dumps.fast_load import Connector, load_masked, local_infile_allowed
from dbs.dumps.following import Growing, load_growing
from dbs.dumps.interface import DumpError, DumpManifest
from dbs.dumps.load import load as load_dump
from dbs.dumps.reading import read
from dbs.mysql.connect import connect
from dbs.mysql.interface import Connection
from dbs.mysql.names import grant_pattern, quote_name
from dbs.mysql.query import execute, table_counts
from dbs.snapshots.interface import Address

_LOADER = "dbs_loader"


@dataclass(frozen=True)
class _Loader:
    """The account that loads: where, and the password that it has for as long as it takes."""

    address: Address
    database: str
    password: str

    def connect(self, local_infile: bool = False) -> Connection:
        return connect(self.address, database=self.database, password=self.password, local_infile=local_infile)


def import_dump(address: Address, path: Path, database: str, sha256: str) -> dict[str, int]:
    """Load anybody's dump, statement by statement; the exact rows per table.

    Raises `DumpError` when the file is not the one of that digest any more: what was checked is what is loaded.
    """
    digest = hashlib.sha256()
    with closing(connect(address)) as admin, _loader(admin, address, database) as loader:
        with closing(loader.connect()) as connection:
            load_dump(read(path, digest.update), connection, database)
        if digest.hexdigest() != sha256:
            raise DumpError(f"{path} was changed while it was read. Try again when it is written to the end.")
        return table_counts(admin, database)


def import_masked(address: Address, path: Path, manifest: DumpManifest) -> dict[str, int]:
    """Load a dump of our own, several tables at once; the rows per table as counted there.

    Raises `DumpError` when anything differs from the manifest.
    """
    with _connector(address, manifest.database) as connector:
        return load_masked(path, manifest, connector, manifest.database)


def import_growing(address: Address, path: Path, growing: Growing, database: str) -> dict[str, int]:
    """The same of one that is still written; it is published when this returns. Raises `DumpError`."""
    with _connector(address, database) as connector:
        return load_growing(path, growing, connector, database)


@contextmanager
def _connector(address: Address, database: str) -> Iterator[Connector]:
    with (
        closing(connect(address)) as admin,
        _loader(admin, address, database) as loader,
        local_infile_allowed(admin),
    ):
        yield lambda: loader.connect(local_infile=True)


@contextmanager
def _loader(admin: Connection, address: Address, database: str) -> Iterator[_Loader]:
    """An account with all rights on one new database and none elsewhere.

    Views, triggers and routines belong to this account, so it stays, locked: nobody can log in as it, and what runs
    with its rights can do no more than the people who use the instance.
    """
    execute(admin, f"CREATE DATABASE {quote_name(database)} CHARACTER SET utf8mb4")
    account, password = f"{quote_name(_LOADER)}@localhost", secrets.token_urlsafe(24)
    execute(admin, f"CREATE USER {account} IDENTIFIED BY %s", (password,))
    execute(admin, f"GRANT ALL PRIVILEGES ON {quote_name(grant_pattern(database))}.* TO {account}")
    try:
        where = Address(user=_LOADER, unix_socket=address.unix_socket, host=address.host, port=address.port)
        yield _Loader(where, database, password)
    finally:
        execute(admin, f"ALTER USER {account} ACCOUNT LOCK")
