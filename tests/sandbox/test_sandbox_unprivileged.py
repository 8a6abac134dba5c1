"""Where dbs is not root, commands run as a subordinate id of its account, or not at all."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from dbs import process
from tests.sources import servers
from tests.support import sandboxed
from tests.support.waiting import until

REPOSITORY = Path(__file__).parents[2]
SUBORDINATE = 417_000
# Its own view of the files, so that the machine's list of subordinate ids stays as it is.
_SCRIPT = """
set -e
mount --make-rprivate /
mount --bind "$1/ids" /etc/subuid
mount --bind "$1/ids" /etc/subgid
shift
exec setpriv --reuid="$1" --regid="$2" --clear-groups "$3" -c "$4" "$5"
"""
_PROGRAM = """
import json, sys
from pathlib import Path
from dbs.sandbox import Limits, SandboxError, SandboxRequest, run
command, code, seconds = json.loads(sys.argv[1])
try:
    ran = run(SandboxRequest(command, Path(code), limits=Limits(seconds=seconds, memory_bytes=96 << 20)))
    print(json.dumps([ran.exit_code, ran.output, ran.stopped_by]))
except SandboxError as error:
    print(json.dumps([str(error)]))
"""


def _account() -> pwd.struct_passwd:
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("dbs") or names["nobody"]


def _interpreter() -> str:
    """A Python that this account can run, and that can read the repository."""
    for python in (sys.executable, "/usr/bin/python3"):
        # Twice: setpriv itself may still reach what its account cannot.
        again = "import dbs.sandbox, subprocess, sys; subprocess.run([sys.executable, '-c', ''], check=True)"
        words = ["setpriv", f"--reuid={_account().pw_uid}", "--clear-groups", python, "-c", again]
        with suppress(OSError):
            if subprocess.run(words, cwd="/", env=_environment(), capture_output=True, check=False).returncode == 0:
                return python
    pytest.skip(f"no Python 3.11 of this machine can be run by the account {_account().pw_name} with this repository")


def _environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY)}


@contextmanager
def _place(ids: str) -> Iterator[Path]:
    with servers.place() as directory:
        (directory / "code").mkdir(mode=0o755)
        (directory / "ids").write_text(ids)
        (directory / "ids").chmod(0o644)
        yield directory


def _words(directory: Path, command: str, seconds: float) -> list[str]:
    asked = json.dumps([command, str(directory / "code"), seconds])
    unshared = ["unshare", "--mount", "sh", "-c", _SCRIPT, "sh", str(directory)]
    return [*unshared, str(_account().pw_uid), str(_account().pw_gid), _interpreter(), _PROGRAM, asked]


def _run(directory: Path, command: str, seconds: float = 60) -> list[str]:
    done = subprocess.run(
        _words(directory, command, seconds), env=_environment(), cwd="/", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    answer: list[str] = json.loads(done.stdout)
    return answer


@pytest.fixture
def granted() -> Iterator[Path]:
    """A directory whose account has one subordinate id."""
    if os.geteuid() != 0:
        pytest.skip("needs root to become another account; where the tests are not root, all of them run this way")
    if sandboxed.lack():
        pytest.skip(sandboxed.lack())
    with suppress(process.ProgramError):
        process.find_program("newuidmap")
        with _place(f"{_account().pw_name}:{SUBORDINATE}:1\n") as directory:
            yield directory
        return
    pytest.skip("newuidmap is not installed (Debian: uidmap)")


@pytest.mark.root
def test_it_runs_as_the_subordinate_id(granted: Path) -> None:
    words = _words(granted, "setsid sleep 43217 & sleep 43217", 3)
    with subprocess.Popen(words, env=_environment(), cwd="/", stdout=subprocess.PIPE) as started:
        uids = until(lambda: _uids("43217"), "the command to run")
        assert started.stdout is not None
        assert json.loads(started.stdout.read()) == [137, "", "time limit"]
    assert uids == {SUBORDINATE}
    assert _uids("43217") == set()


def _uids(mark: str) -> set[int]:
    found = set()
    for pid, words in process.running(mark).items():
        with suppress(OSError):
            if Path(words[0]).name == "sleep":
                found.add(Path(f"/proc/{pid}").stat().st_uid)
    return found


@pytest.mark.root
def test_it_sees_as_little(granted: Path) -> None:
    looked = (
        f"id -u; cat /etc/passwd {granted}/ids; grep -h ^CapEff /proc/self/status; tail -1 /proc/net/dev | cut -d: -f1"
    )
    _, output, _ = _run(granted, looked)
    uid, *_, capabilities, network = output.split()
    assert (uid, capabilities, network) == ("65534", "0" * 16, "lo")
    assert str(SUBORDINATE) not in output
    assert "root:x:" not in output


@pytest.mark.root
def test_memory_is_limited_without_a_control_group(granted: Path) -> None:
    assert _run(granted, "(while :; do :; done) & tail /dev/zero & wait; sleep 1000")[2] == "memory"


@pytest.mark.root
def test_without_subordinate_ids_nothing_runs(granted: Path) -> None:
    (granted / "ids").write_text("somebody:100000:65536\n")
    (sentence,) = _run(granted, "echo ran")
    assert "no subordinate user and group ids" in sentence
    assert "usermod --add-subuids" in sentence
