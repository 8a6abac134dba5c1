"""The supervisor's control socket, whose a root is, and as whom servers run."""

from __future__ import annotations

import json
import multiprocessing
import os
import pwd
import socket
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dbs import process
from dbs.snapshots.interface import Address, SnapshotError
from dbs.snapshots.local import copying
from dbs.snapshots.local.client import LocalProvider, ask
from dbs.snapshots.local.host import Host
from dbs.snapshots.local.protocol import LONGEST_LINE_BYTES
from dbs.snapshots.local.supervisor import Supervisor
from tests.support.supervise import SupervisorProcess
from tests.support.waiting import until
from tests.support.workplace import ONE
from tests.support.world import World, filling

pytestmark = [pytest.mark.server, pytest.mark.parametrize("filesystem", [ONE], ids=[ONE[1]], indirect=True)]

RUBBISH = {
    "nothing": b"",
    "half a line": b'{"verb": ',
    "no json": b"restore shared\n",
    "no object": b"[1, 2]\n",
    "not utf-8": b"\xff\xfe\x00\n",
    "deep": b"[" * 100_000 + b"\n",
    "endless": b"x" * (LONGEST_LINE_BYTES + 10),
    "unknown verb": b'{"verb": "shell", "command": "id"}\n',
    "verb of a wrong type": b'{"verb": ["restore"]}\n',
    "no provider": b'{"verb": "describe"}\n',
    "provider of a wrong type": b'{"verb": "describe", "provider": ["local"]}\n',
    "missing words": b'{"verb": "restore", "provider": "local"}\n',
    "epoch of a wrong type": json.dumps(
        {"verb": "restore", "provider": "local", "instance": "shared", "snapshot": "x", "job_id": 1, "epoch": "soon"}
    ).encode()
    + b"\n",
    "manifest of a wrong shape": b'{"verb": "build", "provider": "local", "manifest": {"id": "x"}}\n',
}


@pytest.mark.parametrize("rubbish", RUBBISH.values(), ids=RUBBISH.keys())
def test_rubbish_is_refused_and_harms_nothing(world: World, rubbish: bytes) -> None:
    before = world.settled()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(30)
        connection.connect(str(world.supervisor.setup.socket))
        connection.sendall(rubbish)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.makefile("rb").readline()
    assert not answer or set(json.loads(answer)) <= {"error", "bug"}
    assert bool(answer) == bool(rubbish)
    assert world.traces() == before


def test_an_unknown_verb_is_answered_with_the_known_ones(world: World) -> None:
    with pytest.raises(SnapshotError, match=r"has no verb 'shell'; it has ping, leave, .*restore"):
        ask(world.supervisor.setup.socket, "shell")
    with pytest.raises(SnapshotError, match="knows no provider 'vms'; it has local"):
        LocalProvider("vms", world.supervisor.setup.socket).snapshots()


def test_only_the_owner_may_speak_to_it(world: World) -> None:
    status = world.supervisor.setup.socket.stat()
    assert stat.S_IMODE(status.st_mode) == 0o600
    assert status.st_uid == os.geteuid()


def test_servers_do_not_run_as_root(world: World) -> None:
    world.restore("shared", world.first)
    status = Path(f"/proc/{world.server('shared')}/status").read_text()
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    user = pwd.getpwnam("dbs").pw_uid if os.geteuid() == 0 else os.geteuid()
    assert fields["Uid"].split() == [str(user)] * 4
    assert user != 0
    if os.geteuid() == 0:
        assert fields["NoNewPrivs"] == "1"
        assert fields["Groups"].strip() == ""
        assert int(fields["CapEff"], 16) == 0


def test_nobody_else_gets_at_the_files(world: World) -> None:
    world.restore("shared", world.first)
    served = next(path for path in (world.root / "instances" / "shared").glob("[0-9]*"))
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (world.root / "snapshots", served / "data")}
    assert modes == {world.root / "snapshots": 0o700, served / "data": 0o700}
    assert stat.S_IMODE((served / "init.sql").stat().st_mode) == 0o400
    for private in (world.root / "run").iterdir():
        assert stat.S_IMODE(private.stat().st_mode) == 0o600


def test_a_second_home_is_refused(world: World, tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match=r"belongs to the dbs in .*two must not share it"):
        Supervisor([world.supervisor.setup.spec()], tmp_path, tmp_path / "s.sock")


def test_a_home_whose_socket_path_is_too_long_starts_nothing(world: World, workplace: Path) -> None:
    home = workplace / ("long-" + "x" * 120)
    home.mkdir(mode=0o700)
    setup = replace(world.supervisor.setup, home=str(home), root=str(world.filesystem.path / "other"))
    said = SupervisorProcess(setup).fail_to_start()
    assert "Use a shorter DBS_HOME" in said
    assert process.running(f"--datadir={setup.root}/") == {}


def test_a_root_that_cannot_be_made_is_named(world: World, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    spec = replace(world.supervisor.setup.spec(), root=tmp_path / "file" / "root")
    with pytest.raises(SnapshotError, match="cannot be made ready for databases"):
        Host(spec, tmp_path)


def test_a_supervisor_that_dies_in_the_middle_is_told_as_that(world: World) -> None:
    def load(address: Address) -> dict[str, int]:
        counts = filling(3)(address)
        world.supervisor.kill()
        return counts

    try:
        with pytest.raises(SnapshotError, match="The supervisor went away before it was done"):
            world.provider.create(world.manifest(), load)
    finally:
        world.supervisor.start()
    until(lambda: not list((world.root / "building").iterdir()), "the half-made one is removed")


def _as_nobody_in_particular(directory: Path, act: Callable[[Path], None]) -> None:
    os.setgid(pwd.getpwnam("dbs").pw_gid)
    os.setuid(pwd.getpwnam("dbs").pw_uid)
    act(directory)


def _copy_freeze_and_delete(directory: Path) -> None:
    method = copying.choose(directory)
    assert method.name == "subvolume"
    method.create(directory / "one")
    (directory / "one" / "file").write_text("text")
    method.freeze(directory / "one")
    method.copy(directory / "one", directory / "two")
    assert (directory / "two" / "file").read_text() == "text"
    copying.delete(directory / "two")
    copying.delete(directory / "one")


@pytest.mark.root
def test_subvolumes_work_without_root(world: World) -> None:
    if os.geteuid() != 0 or world.filesystem.name != "btrfs":
        pytest.skip("needs root to mount btrfs and to become somebody else")
    directory = world.filesystem.path / "theirs"
    directory.mkdir()
    os.chown(directory, pwd.getpwnam("dbs").pw_uid, -1)
    child = multiprocessing.get_context("fork").Process(
        target=_as_nobody_in_particular, args=(directory, _copy_freeze_and_delete)
    )
    child.start()
    child.join(60)
    assert child.exitcode == 0
    assert list(directory.iterdir()) == []
    directory.rmdir()
