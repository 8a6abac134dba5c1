"""Control groups: where they may be made in both versions, and what is left of a killed launcher."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from dbs.sandbox.launcher import groups

LIMITS = {"pids": 40, "memory": 1 << 28}


def _own(directory: Path, text: str) -> Path:
    file = directory / "own"
    file.write_text(text)
    return file


def test_version_1_has_a_tree_for_each_controller(tmp_path: Path) -> None:
    for place in ("pids/all", "memory/box/inner"):
        (tmp_path / place).mkdir(parents=True)
    made = groups.make(LIMITS, tmp_path, _own(tmp_path, "4:memory:/box/inner\n8:pids:/all\n0::/\n"))
    name = f"dbs-sandbox-{os.getpid()}"
    assert made.at == {"pids": tmp_path / "pids/all" / name, "memory": tmp_path / "memory/box/inner" / name}
    assert (made.at["pids"] / "pids.max").read_text() == "40"
    assert (made.at["memory"] / "memory.limit_in_bytes").read_text() == str(1 << 28)


def test_version_2_has_one_tree_and_the_group_stands_beside_ours(tmp_path: Path) -> None:
    (tmp_path / "system.slice" / "dbs.service").mkdir(parents=True)
    (tmp_path / "system.slice" / "cgroup.subtree_control").write_text("cpu memory pids\n")
    (tmp_path / "system.slice" / "dbs.service" / "cgroup.subtree_control").write_text("\n")
    made = groups.make(LIMITS, tmp_path, _own(tmp_path, "0::/system.slice/dbs.service\n"))
    group = tmp_path / "system.slice" / f"dbs-sandbox-{os.getpid()}"
    assert made.at == {"pids": group, "memory": group}
    assert (group / "memory.max").read_text() == str(1 << 28)
    assert (group / "memory.swap.max").read_text() == "0"


def test_where_none_can_be_made_there_is_none(tmp_path: Path) -> None:
    made = groups.make(LIMITS, tmp_path, _own(tmp_path, "8:pids:/nowhere\n0::/\n"))
    assert made.at == {}
    assert made.doors() == []
    made.remove()
    assert (made.peak_bytes(), made.ran_out_of_memory()) == (0, False)


def test_kills_for_memory_are_noticed_in_both_versions(tmp_path: Path) -> None:
    made = groups.Groups({"memory": tmp_path})
    (tmp_path / "memory.events").write_text("low 0\noom 0\noom_kill 0\noom_group_kill 5\n")
    (tmp_path / "memory.peak").write_text("12345\n")
    assert (made.ran_out_of_memory(), made.peak_bytes()) == (False, 12345)
    (tmp_path / "memory.events").write_text("low 0\noom 1\noom_kill 1\noom_group_kill 0\n")
    assert made.ran_out_of_memory()
    (tmp_path / "memory.events").unlink()
    (tmp_path / "memory.oom_control").write_text("oom_kill_disable 1\nunder_oom 0\noom_kill 0\n")
    assert not made.ran_out_of_memory()
    (tmp_path / "memory.oom_control").write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 2\n")
    assert made.ran_out_of_memory()


def test_what_a_killed_launcher_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    with subprocess.Popen(["true"]) as gone:
        pass
    parent = tmp_path / "pids"
    parent.mkdir()
    left, alive, other = (parent / name for name in (f"dbs-sandbox-{gone.pid}", "dbs-sandbox-1", "other"))
    for directory in (left, alive, other):
        directory.mkdir()
    groups.make(LIMITS, tmp_path, _own(tmp_path, "8:pids:/\n"))
    assert (left.exists(), alive.exists(), other.exists()) == (False, True, True)
