"""The supervisor is killed, ended and started again; the servers are what counts."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from dbs import process
from dbs.errors import DbsError
from dbs.mysql.query import rows
from dbs.snapshots.interface import Address, SnapshotError
from dbs.snapshots.local.client import ask
from tests.support.clients import asking, errors_of
from tests.support.waiting import until
from tests.support.workplace import EACH, EACH_ID
from tests.support.world import World, filling

pytestmark = [pytest.mark.server, pytest.mark.parametrize("filesystem", EACH, ids=EACH_ID, indirect=True)]


@pytest.fixture(autouse=True)
def running(world: World) -> Iterator[None]:
    """Whatever a test leaves, the next one finds a supervisor."""
    yield
    with suppress(SnapshotError):
        ask(world.supervisor.setup.socket, "ping")
        return
    world.supervisor.start()


def test_servers_outlive_a_killed_supervisor_and_are_taken_over(world: World) -> None:
    world.restore("shared", world.first)
    server = world.server("shared")
    with asking(4, lambda: world.connect("shared"), "SELECT COUNT(*) FROM item") as clients:
        with closing(world.connect("shared")) as session:
            world.supervisor.kill()
            assert world.items("shared") == 100
            world.supervisor.start()
            assert rows(session, "SELECT COUNT(*) FROM item") == [(100,)]
        assert world.server("shared") == server
        assert world.provider.inspect("shared").state == "running"
        world.restore("shared", world.second)
    assert {answer for client in clients for answer in client.answers} == {(100,), (200,)}
    assert set(errors_of(clients)) <= world.endured, "somebody was refused"


def test_a_server_that_was_taken_over_is_still_watched(world: World) -> None:
    world.restore("shared", world.first)
    world.supervisor.kill()
    world.supervisor.start()
    killed = world.server("shared")
    process.end(killed)
    until(lambda: killed not in process.running(f"--datadir={world.root}/instances/shared/"), "it is gone")
    until(lambda: world.answers("shared"), "it is back")
    assert world.items("shared") == 100


def test_after_an_end_everything_is_as_it_was(world: World) -> None:
    world.restore("shared", world.first)
    world.tell("shared", "INSERT INTO note VALUES ('kept')")
    world.restore("other", world.second)
    world.provider.stop("other")
    world.supervisor.stop()
    assert world.servers() == []
    world.supervisor.start()
    assert world.ask("shared", "SELECT COUNT(*) FROM note") == [(2,)]
    assert world.provider.inspect("other").state == "stopped"
    world.provider.start("other")
    assert world.items("other") == 200


def test_a_supervisor_can_be_replaced_while_the_servers_go_on(world: World) -> None:
    world.restore("shared", world.first)
    server = world.server("shared")
    ask(world.supervisor.setup.socket, "leave", stop_servers=False)
    world.supervisor.wait()
    assert world.items("shared") == 100
    world.supervisor.start()
    assert world.server("shared") == server
    assert world.provider.inspect("shared").state == "running"


def test_a_second_supervisor_is_refused(world: World) -> None:
    said = world.supervisor.fail_to_start()
    assert "A supervisor is running already" in said
    assert world.provider.inspect("shared").name == "shared"


def _filling_until(world: World, reached: threading.Event, go_on: threading.Event) -> threading.Thread:
    """Make a snapshot in a thread, and wait in the middle of it. Whatever comes of it is for the test to look at."""

    def load(address: Address) -> dict[str, int]:
        counts = filling(5)(address)
        reached.set()
        go_on.wait(60)
        return counts

    def create() -> None:
        with suppress(DbsError):
            world.provider.create(world.manifest(), load)

    thread = threading.Thread(target=create)
    thread.start()
    return thread


@pytest.mark.parametrize("way", ["kill", "stop"])
def test_a_snapshot_in_the_making_goes_with_the_supervisor(world: World, way: str) -> None:
    world.restore("shared", world.first)
    before = world.settled()
    reached, go_on = threading.Event(), threading.Event()
    thread = _filling_until(world, reached, go_on)
    try:
        assert reached.wait(60)
        getattr(world.supervisor, way)()
        if way == "stop":
            assert world.servers() == [], "a server was left to nobody"
    finally:
        go_on.set()
        thread.join()
    world.supervisor.start()
    world.until_traces_are(before)


def test_a_supervisor_killed_while_it_makes_a_snapshots_first_files(world: World) -> None:
    world.restore("shared", world.first)
    before = world.settled()
    thread = _filling_until(world, threading.Event(), threading.Event())
    until(lambda: any("building" in data for data in world.servers()), "files are being made")
    world.supervisor.kill()
    thread.join()
    world.supervisor.start()
    world.until_traces_are(before)


@pytest.mark.parametrize("step", ["copy", "start", "verify"])
def test_a_supervisor_killed_in_a_restore_leaves_one_whole_state(world: World, step: str) -> None:
    world.restore("shared", world.first)
    before = world.settled()

    def kill_at(reached: str) -> None:
        if reached == step:
            world.supervisor.kill()

    with asking(2, lambda: world.connect("shared"), "SELECT COUNT(*) FROM item") as clients:
        with pytest.raises(SnapshotError):
            world.provider.restore("shared", world.second.id, world.ticket(), kill_at)
        world.supervisor.start()
    assert {answer for client in clients for answer in client.answers} <= {(100,), (200,)}
    assert set(errors_of(clients)) <= world.endured, "somebody was refused"
    world.restore("shared", world.first)
    after = world.settled()
    assert {what: _without_numbers(found) for what, found in after.items()} == {
        what: _without_numbers(found) for what, found in before.items()
    }


def _without_numbers(names: list[str]) -> list[str]:
    """Names of generations, whose numbers go up with every restore."""
    return sorted(re.sub(r"(/|\.)\d+(?=/|\.|$)", r"\1N", name) for name in names)


def test_one_broken_instance_does_not_keep_the_others_down(world: World) -> None:
    world.restore("shared", world.first)
    world.restore("other", world.first)
    world.supervisor.stop()
    (world.serving("other") / "manifest.json").unlink()
    world.supervisor.start()
    assert world.items("shared") == 100
    status = world.provider.inspect("other")
    assert status.state == "failed"
    assert "manifest.json is missing or damaged" in status.detail
    world.restore("other", world.first)
    assert world.items("other") == 100


@pytest.mark.root
def test_what_cannot_be_deleted_does_not_keep_the_rest(world: World) -> None:
    if os.geteuid() != 0:
        pytest.skip("making a file undeletable needs root")
    world.restore("shared", world.first)
    world.settled()
    stubborn = world.root / "trash" / "stubborn"
    stubborn.mkdir()
    (stubborn / "file").touch()
    subprocess.run(["chattr", "+i", str(stubborn / "file")], check=True)
    try:
        world.supervisor.kill()
        world.supervisor.start()
        world.restore("shared", world.first)
        until(lambda: _trash(world) == ["stubborn"], "everything else is deleted")
    finally:
        subprocess.run(["chattr", "-i", str(stubborn / "file")], check=True)
    world.supervisor.kill()
    world.supervisor.start()
    until(lambda: _trash(world) == [], "the next supervisor tries again")


def _trash(world: World) -> list[str]:
    return sorted(path.name for path in Path(world.root / "trash").iterdir())


@pytest.mark.root
def test_a_swap_that_cannot_be_written_down_is_undone(world: World) -> None:
    """As on a full disk: the new server is whole and running, and its note cannot be written."""
    if os.geteuid() != 0:
        pytest.skip("making a directory unwritable for root needs root")
    world.restore("shared", world.first)
    served, directory = world.server("shared"), str(world.root / "instances" / "shared")

    def lock(step: str) -> None:
        if step == "start":
            subprocess.run(["chattr", "+i", directory], check=True)

    try:
        with pytest.raises(SnapshotError):
            world.provider.restore("shared", world.second.id, world.ticket(), lock)
        assert world.items("shared") == 100
        assert world.server("shared") == served
    finally:
        subprocess.run(["chattr", "-i", directory], check=True)
    world.restore("shared", world.second)
    assert world.items("shared") == 200
