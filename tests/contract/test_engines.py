"""What differs between engines: the gap of a swap, the private socket, and SQL that only one of them knows."""

from __future__ import annotations

import os
import stat
import threading
from contextlib import closing
from dataclasses import replace

import pytest

from dbs.dumps.compatibility import FEATURES
from dbs.mysql.interface import DatabaseError
from dbs.mysql.query import execute
from dbs.mysql.version import ServerVersion
from dbs.process import Process
from dbs.snapshots.interface import SnapshotError
from dbs.snapshots.local import fitting
from tests.support.features import USES
from tests.support.waiting import until
from tests.support.workplace import EACH, EACH_ID
from tests.support.world import World

pytestmark = [pytest.mark.server, pytest.mark.parametrize("filesystem", EACH, ids=EACH_ID, indirect=True)]


def test_a_gap_is_measured_where_there_is_one(world: World) -> None:
    world.restore("shared", world.first)
    seconds = world.restore("shared", world.first).seconds
    assert ("gap" in seconds) == (not world.inherits_socket)
    assert sum(seconds.values()) == pytest.approx(2 * seconds["total"])
    ticket = world.ticket()
    again = world.restore("shared", world.second, ticket)
    assert world.restore("shared", world.second, ticket) == again


def test_a_first_restore_cuts_nobody_off(world: World) -> None:
    world.provider.stop("other")
    assert "gap" not in world.restore("other", world.first).seconds


def test_the_provider_says_what_a_swap_means(world: World) -> None:
    facts = world.provider.describe()
    assert facts["engine"] == str(world.programs.version())
    assert ("cannot take over a socket" in facts["while a restore swaps"]) == (not world.inherits_socket)


def test_nobody_else_reaches_the_private_socket(world: World) -> None:
    world.restore("shared", world.first)
    directory = world.serving("shared")
    place = world.programs.place(directory, world.root / "run" / f"shared.{directory.name}.sock")
    guarded = place.private if world.inherits_socket else place.private.parent
    assert stat.S_IMODE(guarded.stat().st_mode) in (0o600, 0o700)
    assert stat.S_IMODE(place.init.stat().st_mode) == 0o400


def test_a_new_server_that_ends_when_it_is_to_take_over_takes_nothing_with_it(world: World) -> None:
    """It is killed at the moment the old one has ended, when nobody is left to go on."""
    world.restore("shared", world.first)
    world.tell("shared", "INSERT INTO note VALUES ('committed')")
    old, prefix = world.server("shared"), f"--datadir={world.root}/instances/shared/"
    watched = Process.of(old)

    def kill_the_new_one() -> None:
        watched.ended(60)
        for pid in set(world.processes(prefix)) - {old}:
            os.kill(pid, 9)

    killer = threading.Thread(target=kill_the_new_one)
    killer.start()
    try:
        world.restore("shared", world.second)
    except SnapshotError as error:
        assert not world.inherits_socket
        assert "The state before it was started again" in str(error)
        assert world.provider.inspect("shared").snapshot_id == world.first.id
        assert world.ask("shared", "SELECT COUNT(*) FROM note") == [(2,)]
    else:  # it was committed before the old one ended, and comes back as after any crash
        assert world.inherits_socket
        until(lambda: world.answers("shared"), "it is back")
        assert world.items("shared") == 200
    finally:
        killer.join()


def test_a_snapshot_of_another_server_is_refused(world: World) -> None:
    mine = world.programs.version()
    fitting.check(world.first, mine)
    fitting.check(world.first, replace(mine, minor=mine.minor + 1))
    other = ServerVersion({"MariaDB": "MySQL", "MySQL": "MariaDB"}[mine.flavour], mine.major, mine.minor)
    for server in (other, replace(mine, major=mine.major - 1)):
        with pytest.raises(SnapshotError, match=f"was made by {mine}.*the server here is {server}"):
            fitting.check(world.first, server)


def test_the_server_refuses_what_the_table_says(world: World) -> None:
    """And takes all else: the table is what a refused refresh names."""
    world.restore("other", world.first)
    with closing(world.admin("other")) as connection:
        for feature in FEATURES:
            execute(connection, "DROP DATABASE IF EXISTS tried")
            execute(connection, "CREATE DATABASE tried")
            execute(connection, "USE tried")
            refused = ""
            try:
                execute(connection, USES[feature.name])
            except DatabaseError as error:
                refused = str(error)
            expected = feature.is_lacking_in(world.programs.version()) and not feature.quiet
            assert bool(refused) == expected, (feature.name, refused)
