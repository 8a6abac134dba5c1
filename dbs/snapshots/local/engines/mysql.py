"""MySQL 8.0.30 and newer: opens its sockets itself, and an init file cannot stop it (tried with 9.7).

So it is verified over its private socket while it has no other, and people's account is made there too. Our own
account is `root@localhost`, let in by `auth_socket`: without a password, to our login only.
"""

from __future__ import annotations

from pathlib import Path

from dbs import process
from dbs.mysql.names import grant_pattern, quote_name
from dbs.mysql.version import MYSQL
from dbs.snapshots.local.engines.interface import (
    CHANGING_STATEMENTS,
    COMMON_BUILD_OPTIONS,
    COMMON_INSTANCE_OPTIONS,
    COMMON_OBSERVED_OPTIONS,
    COMMON_OPTIONS,
    REDO_BYTES,
    WRITING_STATEMENTS,
    Counters,
    Engine,
    Installation,
    Opening,
    Statement,
    text,
)

_INITIALIZE_SECONDS = 300.0
_LARGEST_REDO_BYTES = 2**30


def _root(_: str) -> str:
    return "root"


def _create_data(where: Installation, data: Path) -> None:
    """`root@localhost` has no password until the first start: `_init` closes that before anybody is let in."""
    words = [process.find_program("mysqld", where.basedir), "--no-defaults", "--initialize-insecure"]
    words += [f"--datadir={data}", "--log-error-verbosity=1", f"--innodb-redo-log-capacity={REDO_BYTES}"]
    if where.basedir is not None:
        words.append(f"--basedir={where.basedir}")
    process.run(words, user=where.user, cwd=data, timeout_seconds=_INITIALIZE_SECONDS)


def _build_options(text_bytes: int) -> list[str]:
    redo = min(max(text_bytes, REDO_BYTES), _LARGEST_REDO_BYTES) // 2**20
    return [f"--innodb-redo-log-capacity={redo}M", "--innodb-doublewrite=OFF", *COMMON_BUILD_OPTIONS]


def _init(login: str, _: Opening | None) -> str:
    """At each start, because the snapshot may have been made under another login."""
    return f"ALTER USER root@localhost IDENTIFIED WITH auth_socket AS {text(login)};\n"


def _accounts(opening: Opening) -> list[Statement]:
    account = f"{quote_name(opening.account.user)}@'%'"
    formatted = account.replace("%", "%%")
    password = (opening.account.password,)
    return [
        (f"CREATE USER IF NOT EXISTS {formatted} IDENTIFIED BY %s", password),
        (f"ALTER USER {formatted} IDENTIFIED BY %s", password),
        (f"GRANT ALL PRIVILEGES ON {quote_name(grant_pattern(opening.manifest.database))}.* TO {account}", ()),
    ]


ENGINE = Engine(
    name=MYSQL,
    program="mysqld",
    inherits_socket=False,
    swaps="nobody can connect for a moment, because MySQL cannot take over a socket",
    admin=_root,
    create_data=_create_data,
    options=(
        *COMMON_OPTIONS,
        "--mysqlx=OFF",
        "--plugin-load-add=auth_socket.so",
        # Without the plugin the server does not start, rather than let root in unasked.
        "--auth-socket=FORCE_PLUS_PERMANENT",
    ),
    # The second copy of pages stays on: the state before a restore is killed, and started again if the new one fails.
    instance_options=(f"--innodb-redo-log-capacity={REDO_BYTES}", "--back-log=4096", *COMMON_INSTANCE_OPTIONS),
    observed_options=COMMON_OBSERVED_OPTIONS,
    build_options=_build_options,
    init=_init,
    accounts=_accounts,
    before_freeze=("SET GLOBAL innodb_fast_shutdown = 0", f"SET GLOBAL innodb_redo_log_capacity = {REDO_BYTES}"),
    # auto.cnf holds the server's uuid: each instance makes its own.
    volatile=("ib_buffer_pool", "ibtmp1", "auto.cnf"),
    start_up=("ibdata1", "mysql.ibd", "undo_*", "#innodb_redo/*", "dbs_snapshot/*"),
    # MySQL's handler counters hold its own temporary tables, and those of InnoDB hold the rows of a process list that
    # somebody selects: only beside a statement that writes do they mean anything. Each start creates tables (35 in
    # 9.7), so that people's new tables do not count before something is written to them.
    counters=Counters(
        rows=("innodb_rows_inserted", "innodb_rows_updated", "innodb_rows_deleted"),
        own=0,
        statements=WRITING_STATEMENTS,
        changes=CHANGING_STATEMENTS,
    ),
)
