"""Snapshots and instances: the words every provider uses, and the one Protocol it fulfils.

A *snapshot* is an immutable golden server state. An *instance* is a running server that people connect to, a
copy-on-write child of a snapshot. A provider builds aside and swaps: whatever fails, the old state serves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol, runtime_checkable

from dbs.errors import FailedError

Progress = Callable[[str], None]
"""Called with the name of the step that begins, e.g. ``"copy"``."""


class SnapshotError(FailedError):
    """A snapshot could not be made or used; what served before still serves."""


@dataclass(frozen=True)
class Address:
    """Where a server listens: a Unix socket path, or host and port. `user` logs in without a password."""

    user: str
    unix_socket: str | None = None
    host: str | None = None
    port: int | None = None


@dataclass(frozen=True)
class Manifest:
    """What a snapshot is. Times are ISO 8601 UTC; `rows` is table → exact count; sizes are bytes:
    `dump_bytes` of the file, `text_bytes` of the SQL in it, `data_bytes` of the finished data directory.

    `parent` is the snapshot that a seeded one was made from; those are not offered to people.
    `data_state_from` says where `data_state_at` was read: `source`, `option`, `dump` or `file time`.
    `tree_digest` (sha256 over relative paths and sizes of the data directory), `data_bytes` and
    `server_version` are filled in by the provider when it freezes the snapshot.
    """

    id: str
    source: str
    database: str
    data_state_at: str
    data_state_from: str
    created_at: str
    dump_name: str
    dump_sha256: str
    dump_bytes: int
    text_bytes: int
    masked: str
    rows: dict[str, int] = field(default_factory=dict)
    server_version: str = ""
    data_bytes: int = 0
    tree_digest: str = ""
    parent: str = ""

    def to_json(self) -> dict[str, Any]:
        """The manifest as plain JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class Ticket:
    """The right to change an instance: which job, and the epoch that it was given."""

    job_id: str
    epoch: int


@dataclass(frozen=True)
class Restored:
    """A finished restore. `seconds` maps each phase (`copy`, `start`, `verify`, …) and `total` to its duration.

    `undo_until` (ISO 8601 UTC) says how long the state before it is kept; None when it is not.
    """

    instance: str
    snapshot_id: str
    seconds: dict[str, float]
    method: str
    undo_until: str | None = None


@dataclass(frozen=True)
class Session:
    """Somebody connected to an instance. `seconds` counts since their last statement began, or ended (`Sleep`).

    `in_transaction` says that they have changed or locked something and not committed it.
    """

    user: str
    host: str
    command: str
    seconds: int
    in_transaction: bool = False

    @property
    def busy(self) -> bool:
        """Whether a statement runs now; an idle pool's connections sleep."""
        return self.command not in ("Sleep", "Daemon")


@dataclass(frozen=True)
class InstanceStatus:
    """An instance as it is now. `state` is `running`, `stopped`, `failed` or `empty` (never restored).

    `undo_snapshot` is what the state that is kept for an undo was made from. `written` counts the rows written, and the
    tables changed as a whole, since the last restore; None when that is not known (after a crash, after an undo).
    """

    name: str
    state: str
    snapshot_id: str | None
    since: str | None
    address: str
    detail: str = ""
    sessions: tuple[Session, ...] = ()
    undo_until: str | None = None
    undo_snapshot: str | None = None
    written: int | None = None


class Provider(Protocol):
    """Makes snapshots and instances. Every provider passes `tests/contract/test_provider.py`."""

    def create(self, manifest: Manifest, load: Callable[[Address], dict[str, int]]) -> Manifest:
        """Build a snapshot aside: fresh server, `load(address)` fills it and returns the rows per table, freeze.

        Idempotent by `manifest.id`: a whole one of that id, from the same dump, is returned as it is.
        Raises `SnapshotError`, or whatever `load` raises; either way nothing of it is left.
        """

    def snapshots(self) -> list[Manifest]:
        """All whole snapshots, oldest first."""

    def delete(self, snapshot_id: str) -> None:
        """Remove a snapshot. Instances made from it go on. Raises `SnapshotError` when there is none."""

    def restore(self, instance: str, snapshot_id: str, ticket: Ticket, progress: Progress) -> Restored:
        """Put an instance back to a snapshot, in place: same address, same credentials.

        Idempotent by `ticket.job_id`. Raises `SnapshotError`; then the old state still serves.
        """

    def inspect(self, instance: str) -> InstanceStatus:
        """What the instance is and who is connected, right now."""

    def describe(self) -> dict[str, str]:
        """Label → text: copy method, root, free space and the like, for `dbs doctor` and `/dbs status`."""


@runtime_checkable
class Early(Protocol):
    """A provider whose servers can be filled before it is known what the snapshot will say of itself."""

    def create_early(self, draft: Manifest, load: Callable[[Address], Manifest]) -> Manifest:
        """Like `create`; `load` fills the server and returns the manifest, `rows` included.

        What is known beforehand stands in `draft`: its `id` and `source` must stay, `text_bytes` may be a guess.
        """


@runtime_checkable
class Undoable(Protocol):
    """A provider that keeps the state before a restore for a while."""

    def undo(self, instance: str, ticket: Ticket, progress: Progress) -> Restored:
        """Swap back to it, in place. Idempotent by `ticket.job_id`. Raises `SnapshotError` when it is not kept."""


@runtime_checkable
class Attachable(Protocol):
    """A provider that lets dbs itself into its instances, with all rights."""

    def attach(self, instance: str) -> Address:
        """Where dbs, and nobody else, logs in to the server of an instance; it is another one after each restore.

        Raises `SnapshotError` when the instance does not run.
        """


@dataclass(frozen=True)
class NewInstance:
    """An instance that the configuration does not name. `password` is kept out of the repr."""

    name: str
    bind: str
    port: int
    told: str
    user: str
    password: str = field(repr=False)
    buffer_pool: str


@runtime_checkable
class Extensible(Protocol):
    """A provider that takes instances while it runs, and remembers them."""

    def add(self, instance: NewInstance) -> None:
        """Know an instance from now on; it is empty until its first restore. The same one twice is no error."""

    def remove(self, instance: str) -> None:
        """End an instance that was added, and delete its data. One that is gone is no error."""
