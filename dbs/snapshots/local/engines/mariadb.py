"""MariaDB: takes listening sockets that are handed to it, and can end itself in its init file.

A failing statement in an init file does not stop MariaDB (tried with 10.11), so everything stands in one compound
statement that shuts the server down on any error and whenever the marker is not the expected one. The account that
people use is made at the end of it; a snapshot holds no such account. So a server that could not be verified has
nobody who could log in, even if it got as far as accepting connections.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from dbs import process
from dbs.mysql.names import grant_pattern, quote_name
from dbs.mysql.query import IS_TABLE
from dbs.mysql.version import MARIADB
from dbs.snapshots.local.engines.interface import (
    CHANGING_STATEMENTS,
    COMMON_BUILD_OPTIONS,
    COMMON_INSTANCE_OPTIONS,
    COMMON_OBSERVED_OPTIONS,
    COMMON_OPTIONS,
    MARKER_DATABASE,
    REDO_BYTES,
    WRITING_STATEMENTS,
    Account,
    Counters,
    Engine,
    Installation,
    Opening,
    Statement,
    text,
)


def _same(login: str) -> str:
    return login


def _create_data(where: Installation, data: Path) -> None:
    words = [process.find_program("mariadb-install-db", where.basedir), "--no-defaults", f"--datadir={data}"]
    words += ["--skip-test-db", "--auth-root-authentication-method=socket", f"--auth-root-socket-user={where.login}"]
    # Not in /tmp: each MariaDB that starts removes there what it takes for the left-overs of a crash, also of others.
    words.append("--tmpdir=.")
    if where.basedir is not None:
        words.append(f"--basedir={where.basedir}")
    process.run(words, user=where.user, cwd=data)


def _build_options(_: int) -> list[str]:
    # A larger redo log saves less than its resizing before the freeze takes (1 s).
    return [f"--innodb-log-file-size={REDO_BYTES}", *COMMON_BUILD_OPTIONS]


def _init(login: str, opening: Opening | None) -> str:
    """A server that comes back after a crash is checked by its marker only: people may have dropped tables."""
    if opening is None:
        return ""
    manifest = opening.manifest
    tests = [
        f"(SELECT COUNT(*) FROM {MARKER_DATABASE}.marker"  # noqa: S608 - quoted by `text`
        f" WHERE id={text(manifest.id)} AND dump_sha256={text(manifest.dump_sha256)})=1"
    ]
    if opening.fresh:
        tests.append(
            "(SELECT COUNT(*) FROM information_schema.tables"  # noqa: S608 - quoted by `text`
            f" WHERE table_schema={text(manifest.database)} AND {IS_TABLE})={len(manifest.rows)}"
        )
    accounts = _admin(login) + _person(manifest.database, opening.account)
    return (
        "BEGIN NOT ATOMIC DECLARE EXIT HANDLER FOR SQLEXCEPTION SHUTDOWN; "
        f"IF {' AND '.join(tests)} THEN {accounts}ELSE SHUTDOWN; END IF; END;\n"
    )


def _admin(login: str) -> str:
    """Only where it is missing (the snapshot was made under another login): each change of an account costs 5 ms."""
    account = f"{quote_name(login)}@localhost"
    return (
        f"IF NOT EXISTS (SELECT 1 FROM mysql.global_priv WHERE user={text(login)} AND host='localhost') THEN "  # noqa: S608
        f"CREATE USER {account} IDENTIFIED VIA unix_socket; "
        f"GRANT ALL PRIVILEGES ON *.* TO {account} WITH GRANT OPTION; END IF; "
    )


def _person(database: str, account: Account) -> str:
    """One statement makes the account, or gives it its password back."""
    return (
        f"GRANT ALL PRIVILEGES ON {quote_name(grant_pattern(database))}.* TO {quote_name(account.user)}@'%' "
        f"IDENTIFIED BY PASSWORD {text(native_hash(account.password))}; "
    )


def _made_by_init(_: Opening) -> list[Statement]:
    return []


def native_hash(password: str) -> str:
    """The mysql_native_password hash: `*` and the hex of SHA1(SHA1(password)); so the file holds no password."""
    inner = hashlib.sha1(password.encode(), usedforsecurity=False).digest()
    return "*" + hashlib.sha1(inner, usedforsecurity=False).hexdigest().upper()


ENGINE = Engine(
    name=MARIADB,
    program="mariadbd",
    inherits_socket=True,
    swaps="clients wait for a moment; nobody is refused",
    admin=_same,
    create_data=_create_data,
    # A snapshot is only frozen after a clean shutdown: torn pages need no second copy.
    options=(*COMMON_OPTIONS, "--innodb-doublewrite=0"),
    instance_options=(f"--innodb-log-file-size={REDO_BYTES}", *COMMON_INSTANCE_OPTIONS),
    observed_options=(*COMMON_OBSERVED_OPTIONS, "--plugin-load-add=metadata_lock_info", "--userstat=1"),
    build_options=_build_options,
    init=_init,
    accounts=_made_by_init,
    before_freeze=("SET GLOBAL innodb_fast_shutdown = 0",),
    volatile=("ib_buffer_pool", "ibtmp1", "multi-master.info"),
    start_up=("ibdata1", "ib_logfile0", "undo*", "aria_log*", "mysql/*", "dbs_snapshot/*"),
    # Of every storage engine, temporary tables of the server's own apart; people's account is two rows (10.11).
    counters=Counters(
        rows=("handler_write", "handler_update", "handler_delete"),
        own=2,
        statements=WRITING_STATEMENTS,
        changes=("com_create_table", *CHANGING_STATEMENTS),
    ),
)
