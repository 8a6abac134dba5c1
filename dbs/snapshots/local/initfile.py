"""The statements a server runs before it answers anybody (`--init-file`).

A failing statement in an init file does not stop MariaDB (tried with 10.11), so everything stands in one compound
statement that shuts the server down on any error and whenever the marker is not the expected one. The account that
people use is made at the end of it; a snapshot holds no such account. So a server that could not be verified has
nobody who could log in, even if it got as far as accepting connections.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from dbs.mysql.names import grant_pattern, quote_name
from dbs.snapshots.interface import Manifest

MARKER_DATABASE = "dbs_snapshot"
NEW_MARKER = (
    f"CREATE DATABASE IF NOT EXISTS {MARKER_DATABASE}",
    f"CREATE TABLE IF NOT EXISTS {MARKER_DATABASE}.marker"
    " (id VARCHAR(80) PRIMARY KEY, dump_sha256 CHAR(64) NOT NULL) ENGINE=InnoDB",
    f"DELETE FROM {MARKER_DATABASE}.marker",  # noqa: S608 - a constant; a child's parent has left its own mark
)


@dataclass(frozen=True)
class Account:
    """Who people log in as. `password` is kept out of the repr."""

    user: str
    password: str

    def __repr__(self) -> str:
        return f"Account({self.user!r})"


def statements(manifest: Manifest, admin: str, account: Account | None, *, fresh: bool) -> str:
    """The init file for a server on a copy of `manifest`.

    `fresh` says that nobody has written to the copy yet: then its tables are counted as well. A server that comes
    back after a crash is checked by its marker only, because people may have created and dropped tables.
    """
    tests = [
        f"(SELECT COUNT(*) FROM {MARKER_DATABASE}.marker"  # noqa: S608 - quoted by `text`
        f" WHERE id={text(manifest.id)} AND dump_sha256={text(manifest.dump_sha256)})=1"
    ]
    if fresh:
        tests.append(
            "(SELECT COUNT(*) FROM information_schema.tables"  # noqa: S608 - quoted by `text`
            f" WHERE table_schema={text(manifest.database)} AND table_type='BASE TABLE')={len(manifest.rows)}"
        )
    accounts = _admin(admin) + (_person(manifest.database, account) if account is not None else "")
    return (
        "BEGIN NOT ATOMIC DECLARE EXIT HANDLER FOR SQLEXCEPTION SHUTDOWN; "
        f"IF {' AND '.join(tests)} THEN {accounts}ELSE SHUTDOWN; END IF; END;\n"
    )


def _admin(admin: str) -> str:
    """Only where it is missing (the snapshot was made under another login): each change of an account costs 5 ms."""
    account = f"{quote_name(admin)}@localhost"
    return (
        f"IF NOT EXISTS (SELECT 1 FROM mysql.global_priv WHERE user={text(admin)} AND host='localhost') THEN "  # noqa: S608
        f"CREATE USER {account} IDENTIFIED VIA unix_socket; "
        f"GRANT ALL PRIVILEGES ON *.* TO {account} WITH GRANT OPTION; END IF; "
    )


def _person(database: str, account: Account) -> str:
    """One statement makes the account, or gives it its password back."""
    return (
        f"GRANT ALL PRIVILEGES ON {quote_name(grant_pattern(database))}.* TO {quote_name(account.user)}@'%' "
        f"IDENTIFIED BY PASSWORD {text(native_hash(account.password))}; "
    )


def write(path: Path, statements_: str) -> None:
    """Write an init file anew; it holds a password's hash, so nobody else may read it at any moment."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(descriptor, "w") as file:
        file.write(statements_)


def text(value: str) -> str:
    """A string literal; the values are ids, digests and hashes, quotes are doubled all the same."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def native_hash(password: str) -> str:
    """The mysql_native_password hash: `*` and the hex of SHA1(SHA1(password)); so the file holds no password."""
    inner = hashlib.sha1(password.encode(), usedforsecurity=False).digest()
    return "*" + hashlib.sha1(inner, usedforsecurity=False).hexdigest().upper()
