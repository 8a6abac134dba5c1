"""The provider `local` as the rest of dbs sees it: every verb is asked of the supervisor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from dbs.errors import DbsError
from dbs.snapshots.interface import (
    Address,
    InstanceStatus,
    Manifest,
    NewInstance,
    Progress,
    Restored,
    Session,
    SnapshotError,
    Ticket,
)
from dbs.snapshots.local.protocol import GONE, Line, dial


class LocalProvider:
    """Speaks to the supervisor at `socket_path` for the provider called `name`. Safe to use from several threads."""

    def __init__(self, name: str, socket_path: Path) -> None:
        self.name = name
        self._path = socket_path

    def create(self, manifest: Manifest, load: Callable[[Address], dict[str, int]]) -> Manifest:
        """See `Provider.create`: the supervisor removes the half-made snapshot when this connection ends."""
        return self.create_early(manifest, lambda address: replace(manifest, rows=load(address)))

    def create_early(self, draft: Manifest, load: Callable[[Address], Manifest]) -> Manifest:
        """See `Early.create_early`."""
        with dial(self._path) as line:
            _send(line, {"verb": "build", "provider": self.name, "manifest": draft.to_json()})
            begun = _message(line, ("server", "done"))
            if "done" in begun:  # it was whole already
                return Manifest(**begun["done"])
            try:
                manifest = load(Address(**begun["server"]))
            except DbsError as error:
                raise _better_reason(line, error) from error
            _send(line, {"manifest": manifest.to_json()})
            return Manifest(**_answer(line, "done"))

    def snapshots(self) -> list[Manifest]:
        """All whole snapshots, oldest first."""
        return [Manifest(**data) for data in self._ask("snapshots")["snapshots"]]

    def delete(self, snapshot_id: str) -> None:
        """Remove a snapshot."""
        self._ask("delete", snapshot=snapshot_id)

    def restore(self, instance: str, snapshot_id: str, ticket: Ticket, progress: Progress) -> Restored:
        """Put an instance back in place; see `Provider.restore`."""
        words = {
            "instance": instance,
            "snapshot": snapshot_id,
            "job_id": ticket.job_id,
            "epoch": ticket.epoch,
        }
        with dial(self._path) as line:
            _send(line, {"verb": "restore", "provider": self.name, **words})
            return Restored(**_answer(line, "done", progress))

    def undo(self, instance: str, ticket: Ticket, progress: Progress) -> Restored:
        """Swap back to the state before the last restore; see `Undoable.undo`."""
        with dial(self._path) as line:
            words = {"instance": instance, "job_id": ticket.job_id, "epoch": ticket.epoch}
            line.send({"verb": "undo", "provider": self.name, **words})
            return Restored(**_answer(line, "done", progress))

    def inspect(self, instance: str) -> InstanceStatus:
        """What the instance is and who is connected."""
        data = self._ask("inspect", instance=instance)
        return InstanceStatus(**{**data, "sessions": tuple(Session(**one) for one in data["sessions"])})

    def describe(self) -> dict[str, str]:
        """Copy method, root, free space."""
        return {str(label): str(text) for label, text in self._ask("describe").items()}

    def add(self, instance: NewInstance) -> None:
        """Know an instance that the configuration does not name; see `Extensible.add`."""
        self._ask("add", new=asdict(instance))

    def remove(self, instance: str) -> None:
        """End an instance that was added, and delete its data."""
        self._ask("remove", instance=instance)

    def attach(self, instance: str) -> Address:
        """The private address of the server of an instance; see `Attachable`."""
        return Address(**self._ask("attach", instance=instance))

    def start(self, instance: str) -> None:
        """Start a stopped instance."""
        self._ask("start", instance=instance)

    def stop(self, instance: str) -> None:
        """Shut an instance down and keep it down."""
        self._ask("stop", instance=instance)

    def _ask(self, verb: str, **words: Any) -> dict[str, Any]:
        return ask(self._path, verb, provider=self.name, **words)


def _better_reason(line: Line, error: DbsError) -> DbsError:
    """What the supervisor knows of a failed import (a full disk, a crash) when all the client saw was a lost server."""
    try:
        _send(line, {"failed": str(error)})
        _answer(line, "done")
    except SupervisorGoneError:
        return error
    except SnapshotError as reason:
        return error if str(reason).startswith(GONE) else reason
    return error


def ask(path: Path, verb: str, **words: Any) -> dict[str, Any]:
    """One verb, one answer. Raises `SnapshotError`."""
    with dial(path) as line:
        _send(line, {"verb": verb, **words})
        return _answer(line, "done")


class SupervisorGoneError(SnapshotError):
    """The supervisor ended, or was killed, in the middle of a conversation."""

    def __init__(self) -> None:
        super().__init__("The supervisor went away before it was done. It comes back by itself; try again.")


def _send(line: Line, message: dict[str, Any]) -> None:
    try:
        line.send(message)
    except OSError as error:
        raise SupervisorGoneError from error


def _answer(line: Line, key: str, progress: Progress | None = None) -> dict[str, Any]:
    return dict(_message(line, (key,), progress)[key])


def _message(line: Line, keys: tuple[str, ...], progress: Progress | None = None) -> dict[str, Any]:
    """The first message with one of these keys; progress on the way is passed on. Raises `SnapshotError`."""
    while True:
        try:
            message = line.receive()
        except OSError as error:
            raise SupervisorGoneError from error
        if message is None:
            raise SupervisorGoneError
        if "error" in message:
            raise SnapshotError(message["error"])
        if "bug" in message:
            raise SnapshotError(f"The supervisor met a bug; its log has the details under id {message['bug']}.")
        if any(key in message for key in keys):
            return message
        if "progress" in message and progress is not None:
            progress(message["progress"])
