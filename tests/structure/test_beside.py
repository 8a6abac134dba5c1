"""Tests in several processes do not get into each other's way."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support import beside, workplace
from tests.support.ports import BLOCK, free_port, free_ports

ROOT = Path(__file__).parents[2]
_CLAIM = """
import sys
from tests.support import workplace
workplace.PREFIX = "dbs-probe-"
with workplace.workplace() as directory:
    print(directory, flush=True)
    sys.stdin.read()
"""
_PORT = "import sys; from tests.support.ports import free_port; print(free_port(), flush=True); sys.stdin.read()"


@contextmanager
def _other(code: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """What another process says, and that process; it lives until the end of the block."""
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip(), process
        finally:
            process.kill()


def test_processes_have_ports_of_their_own() -> None:
    own = free_port()
    with _other(_PORT) as (first, _), _other(_PORT) as (second, _):
        blocks = {port // BLOCK for port in (own, int(first), int(second))}
    assert len(blocks) == 3


def test_ports_in_a_row_are_given_out_once() -> None:
    first = free_ports(20)
    assert free_port() not in range(first, first + 20)


def test_only_directories_of_the_dead_are_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workplace, "PREFIX", "dbs-probe-")
    with _other(_CLAIM) as (name, process):
        with workplace.workplace():
            assert Path(name, "lock").exists()
        process.kill()
        process.wait()
        assert Path(name, "lock").exists()
        with workplace.workplace():
            assert not Path(name).exists()


@pytest.mark.parametrize(
    ("test", "group"),
    [
        ("tests/contract/test_provider_rights.py::test_one[mysql-SET GLOBAL x = '/var/tmp/log.php']", "contract mysql"),
        ("tests/contract/test_crashes.py::test_two[spoilt_pages-subvolume]", "contract subvolume"),
        ("tests/contract/test_mysql_there.py::test_three", "tests/contract/test_mysql_there.py"),
        ("tests/sources/test_sources_lock.py::test_four[mysql]", "sources"),
        ("tests/web/test_web_app.py::test_five[a::b]", "tests/web/test_web_app.py"),
    ],
)
def test_who_stays_together(test: str, group: str) -> None:
    assert beside.group(test) == group


def test_what_begins_first_is_there() -> None:
    files = [name for name in beside.FIRST if name.endswith(".py")]
    folders = [name.split(" ")[0] for name in beside.FIRST if name not in files]
    assert [name for name in files if not (ROOT / name).is_file()] == []
    assert [name for name in folders if not (ROOT / "tests" / name).is_dir()] == []


def test_what_several_processes_leave_out_is_counted_once() -> None:
    words = ["-n2", "-k", "never_says_hello", "tests/mysql/test_mysql_connect.py"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = re.search(r"1 passed, (\d+) deselected", done.stdout)
    everything = Path(ROOT, words[-1]).read_text().count("\ndef test_")
    assert found and everything - 1 <= int(found[1]) < 2 * everything
