"""Servers that crash, stop and start; and what people see of it."""

from __future__ import annotations

import os
import signal
from contextlib import closing
from functools import partial

import pytest

from dbs import process
from dbs.mysql.query import rows
from dbs.snapshots.interface import SnapshotError
from tests.support.clients import asking, errors_of
from tests.support.waiting import until
from tests.support.workplace import EACH, EACH_ID
from tests.support.world import World

pytestmark = [pytest.mark.server, pytest.mark.parametrize("filesystem", EACH, ids=EACH_ID, indirect=True)]
CRASHES_ENDURED = 5


def _others(prefix: str, known: set[int]) -> set[int]:
    return set(process.running(prefix)) - known


def crash(world: World, name: str) -> None:
    """Kill an instance's server and wait until another one answers."""
    killed = world.server(name)
    os.kill(killed, signal.SIGKILL)
    until(lambda: killed not in process.running(f"--datadir={world.root}/instances/{name}/"), "it is gone")
    until(lambda: world.answers(name), "it is back", 60)


def test_a_crashed_server_comes_back_with_its_data(world: World) -> None:
    world.restore("shared", world.first)
    world.tell("shared", "INSERT INTO note VALUES ('committed')")
    with asking(4, lambda: world.connect("shared"), "SELECT COUNT(*) FROM note") as clients:
        crash(world, "shared")
    assert {answer for client in clients for answer in client.answers} == {(2,)}
    assert set(errors_of(clients)) <= world.endured, "somebody was refused"
    assert world.provider.inspect("shared").snapshot_id == world.first.id


def test_a_server_that_is_killed_while_it_starts_again_comes_back(world: World) -> None:
    """Whatever kills servers (memory, most of all) does not wait until they are ready."""
    world.restore("shared", world.first)
    with asking(2, lambda: world.connect("shared"), "SELECT COUNT(*) FROM item") as clients:
        prefix = f"--datadir={world.root}/instances/shared/"
        killed = {world.server("shared")}
        os.kill(next(iter(killed)), signal.SIGKILL)
        for _ in range(2):
            starting = until(partial(_others, prefix, killed), "another one is being started")
            killed |= starting
            for pid in starting:
                os.kill(pid, signal.SIGKILL)
        until(lambda: world.answers("shared"), "it is back", 60)
    assert set(errors_of(clients)) <= world.endured, "somebody was refused"
    assert world.items("shared") == 100


def test_a_server_that_crashes_all_the_time_is_given_up_and_a_restore_mends_it(world: World) -> None:
    world.restore("other", world.first)
    for _ in range(CRASHES_ENDURED):
        crash(world, "other")
    os.kill(world.server("other"), signal.SIGKILL)
    until(lambda: "crashed 6 times within a minute" in world.provider.inspect("other").detail, "it is given up")
    status = world.provider.inspect("other")
    assert (status.state, status.snapshot_id) == ("failed", world.first.id)
    with pytest.raises(Exception, match="2003"):  # at once, not after a while behind a dead socket
        world.connect("other")
    world.restore("other", world.second)
    assert world.items("other") == 200
    assert world.provider.inspect("other").state == "running"
    crash(world, "other")  # what was before the restore does not count any more
    assert world.items("other") == 200


def test_a_crash_in_the_middle_of_a_restore_harms_nothing(world: World) -> None:
    world.restore("shared", world.first)
    old = world.server("shared")

    def crash_the_old_one(step: str) -> None:
        if step == "start":
            os.kill(old, signal.SIGKILL)

    world.provider.restore("shared", world.second.id, world.ticket(), crash_the_old_one)
    assert world.items("shared") == 200
    assert world.provider.inspect("shared").state == "running"


def test_a_new_server_that_is_killed_leaves_the_old_one_serving(world: World) -> None:
    world.restore("shared", world.first)
    old = world.server("shared")
    prefix = f"--datadir={world.root}/instances/shared/"

    def crash_the_new_one(step: str) -> None:
        if step == "start":
            for pid in until(lambda: set(process.running(prefix)) - {old}, "the new one is started"):
                os.kill(pid, signal.SIGKILL)

    with closing(world.connect("shared")) as session:
        with pytest.raises(SnapshotError):
            world.provider.restore("shared", world.second.id, world.ticket(), crash_the_new_one)
        assert rows(session, "SELECT COUNT(*) FROM item") == [(100,)]
    assert world.server("shared") == old


def test_stop_and_start(world: World) -> None:
    world.restore("shared", world.first)
    world.tell("shared", "INSERT INTO note VALUES ('kept')")
    world.provider.stop("shared")
    stopped = world.provider.inspect("shared")
    assert (stopped.state, stopped.detail) == ("stopped", "")
    with pytest.raises(Exception, match="2003"):
        world.connect("shared")
    world.provider.stop("shared")  # twice is once
    world.provider.start("shared")
    assert world.ask("shared", "SELECT COUNT(*) FROM note") == [(2,)]
    served = world.server("shared")
    world.provider.start("shared")
    assert world.server("shared") == served


def test_a_stopped_instance_can_be_restored(world: World) -> None:
    world.restore("shared", world.first)
    world.provider.stop("shared")
    world.restore("shared", world.second)
    assert world.items("shared") == 200


def test_what_was_never_restored_cannot_be_started(world: World) -> None:
    with pytest.raises(SnapshotError, match=r"empty was never restored\. Type: dbs restore empty"):
        world.provider.start("empty")
    assert world.provider.inspect("empty").state == "empty"
