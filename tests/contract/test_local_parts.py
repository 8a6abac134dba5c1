"""Parts of the local provider that need no supervisor."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbs import process
from dbs.snapshots.interface import SnapshotError
from dbs.snapshots.local.client import LocalProvider
from dbs.snapshots.local.layout import Layout
from dbs.snapshots.local.server import Place, Programs, Server
from tests.support.supervise import PROVIDER


def test_without_a_supervisor_the_way_out_is_said(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match=r"does not answer at .*Start it with: dbs supervise"):
        LocalProvider(PROVIDER, tmp_path / "none.sock").snapshots()


def test_a_root_whose_socket_paths_are_too_long_is_named() -> None:
    with pytest.raises(SnapshotError, match=r"is too long for a Unix socket \(107 bytes at most\). Use a shorter root"):
        Layout(Path("/var/lib/" + "x" * 100)).socket("shared.1")
    assert Layout(Path("/var/lib/dbs")).socket("shared.1") == Path("/var/lib/dbs/run/shared.1.sock")


def test_a_server_that_did_not_shut_down_cleanly_makes_no_snapshot(tmp_path: Path) -> None:
    """`sleep` ends by the signal, as a server does that is killed while it shuts down."""
    held = process.start(["sleep", "600"], log=tmp_path / "log")
    with pytest.raises(SnapshotError, match=r"did not shut down cleanly \(-15\)"):
        Server(held, Place(tmp_path, tmp_path / "none.sock"), Programs(None, None)).shut_down()


@pytest.mark.server
def test_a_data_directory_is_made_without_the_machines_place_for_temporary_files(
    workplace: Path, mariadb: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each MariaDB that starts removes there what it takes for left-overs of its own: one of two would fail."""
    monkeypatch.setenv("TMPDIR", str(workplace / "nowhere"))
    data = workplace / "made"
    data.mkdir()
    process.own(data, "dbs")

    Programs(None, "dbs").create_data(data)

    assert (data / "mysql").is_dir()
