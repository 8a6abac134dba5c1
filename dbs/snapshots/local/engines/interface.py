"""What differs between the servers that a local provider can run, as a value: nobody else asks which one it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dbs.snapshots.interface import Manifest

MARKER_DATABASE = "dbs_snapshot"
# Instances and the golden server must agree on this: another size at start costs 40 ms to 1.2 s (measured).
REDO_BYTES = 96 * 2**20


@dataclass(frozen=True)
class Account:
    """Who people log in as. `password` is kept out of the repr."""

    user: str
    password: str

    def __repr__(self) -> str:
        return f"Account({self.user!r})"


@dataclass(frozen=True)
class Opening:
    """What a server is started for: to serve a snapshot to the holder of an account.

    `fresh` says that nobody has written to the copy yet.
    """

    manifest: Manifest
    account: Account
    fresh: bool


@dataclass(frozen=True)
class Installation:
    """Where the programs are and as whom they run. `login` is the one dbs runs as, `user` that of the servers."""

    basedir: Path | None
    user: str | None
    login: str


Statement = tuple[str, tuple[str, ...]]
"""SQL with `%s` places, and what fills them."""


@dataclass(frozen=True)
class Counters:
    """Names of the status variables that tell whether and how much was written since a server began.

    `rows` count rows, `own` of which a server of an instance writes itself when it starts. `statements` count those
    that write rows, `changes` those that change a table as a whole.
    """

    rows: tuple[str, ...]
    own: int
    statements: tuple[str, ...]
    changes: tuple[str, ...]


@dataclass(frozen=True)
class Engine:
    """One kind of server.

    `admin` maps our login to the account dbs has inside the server; it needs no password. `init` gives the text of
    the file a server runs before it answers anybody, `accounts` what is run over the private socket instead.
    `observed_options` come on top for an instance on which rehearsals are watched. `swaps` tells people what a swap
    means for them. `volatile` files of a data directory are not kept in a snapshot, `start_up` are read before the
    first answer.
    """

    name: str
    program: str
    inherits_socket: bool
    swaps: str
    admin: Callable[[str], str]
    create_data: Callable[[Installation, Path], None]
    options: tuple[str, ...]
    instance_options: tuple[str, ...]
    observed_options: tuple[str, ...]
    build_options: Callable[[int], list[str]]
    init: Callable[[str, Opening | None], str]
    accounts: Callable[[Opening], list[Statement]]
    before_freeze: tuple[str, ...]
    volatile: tuple[str, ...]
    start_up: tuple[str, ...]
    counters: Counters


# Both understand these. Instances are thrown away: nothing is warmed for later, nothing logged for replicas.
COMMON_OPTIONS = (
    "--no-defaults",
    "--skip-name-resolve",
    "--skip-log-bin",
    "--local-infile=0",
    "--innodb-buffer-pool-load-at-startup=0",
    "--innodb-buffer-pool-dump-at-shutdown=0",
    "--performance-schema=0",
    "--max-allowed-packet=1G",
)
# What a rehearsal looks at. Texts come from the slow log: a longer one here is memory for each of the 10,000 events.
COMMON_OBSERVED_OPTIONS = (
    "--performance-schema=1",
    "--performance-schema-instrument=stage/%=ON",
    "--performance-schema-consumer-events-statements-current=ON",
    "--performance-schema-consumer-events-statements-history-long=ON",
    "--performance-schema-consumer-events-stages-current=ON",
    "--performance-schema-events-statements-history-long-size=10000",
    # Rows changed are read from InnoDB's own counters, which a recalculation of statistics sets back.
    "--innodb-stats-auto-recalc=OFF",
)
COMMON_INSTANCE_OPTIONS = ("--innodb-flush-log-at-trx-commit=2", "--max-connections=300")
WRITING_STATEMENTS = (
    "com_insert",
    "com_insert_select",
    "com_update",
    "com_update_multi",
    "com_delete",
    "com_delete_multi",
    "com_replace",
    "com_replace_select",
    "com_load",
)
CHANGING_STATEMENTS = (
    "com_drop_table",
    "com_truncate",
    "com_alter_table",
    "com_rename_table",
    "com_create_index",
    "com_drop_index",
    "com_create_view",
    "com_drop_view",
    "com_create_trigger",
    "com_drop_trigger",
)
# Nothing of an import is kept if it fails, so nothing is flushed on the way.
COMMON_BUILD_OPTIONS = (
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-buffer-pool-size=1G",
    # Through the system's cache: all in all a quarter quicker on btrfs with 377 MB of SQL, the same on ext4.
    "--innodb-flush-method=fsync",
    # Pages go to the disk while rows come in, so that the shutdown has few left to write.
    "--innodb-max-dirty-pages-pct=5",
    "--innodb-io-capacity=2000",
    "--innodb-io-capacity-max=20000",
    # Whoever fills it from a dump that is still written waits for rows as long as the source takes.
    "--net-read-timeout=604800",
    "--wait-timeout=604800",
)


def text(value: str) -> str:
    """A string literal; the values are ids, digests and hashes, quotes are doubled all the same."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
