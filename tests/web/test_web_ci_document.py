"""The Makefile in docs/ci.md, run by make with curl against a running server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from commands.services import Services
from commands.working import working
from dbs.snapshots.interface import SnapshotError

pytestmark = pytest.mark.timeout(120)
DOCUMENT = Path(__file__).parents[2] / "docs" / "ci.md"


def make(directory: Path, http: httpx.Client, secret: str) -> subprocess.CompletedProcess[str]:
    """Run the target of the document as it stands there."""
    for program in ("make", "curl"):
        if shutil.which(program) is None:
            pytest.skip(f"there is no {program} on this machine")
    found = re.search(r"```make\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert found
    (directory / "Makefile").write_text(found[1])
    (directory / "token").write_text(f"{secret}\n")
    words = [
        "make",
        "--no-print-directory",
        f"DBS={str(http.base_url).rstrip('/')}",
        f"DBS_TOKEN={directory / 'token'}",
    ]
    plain = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    return subprocess.run(words, cwd=directory, capture_output=True, text=True, env=plain, check=False, timeout=60)


def test_it_succeeds_when_the_instance_is_back(
    services: Services, http: httpx.Client, secret: str, tmp_path: Path
) -> None:
    with working(services):
        done = make(tmp_path, http, secret)

    assert done.returncode == 0, done.stderr
    assert "builds is back to the data of" in done.stdout
    assert secret not in done.stdout + done.stderr


def test_it_fails_when_the_instance_is_not_back(
    services: Services, http: httpx.Client, secret: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise SnapshotError("The disk is full.")

    wrong = make(tmp_path, http, "dbs_wrong")
    monkeypatch.setattr(services.providers["local"], "restore", full)
    with working(services):
        failed = make(tmp_path, http, secret)
    services.switches.pause("Ada", "")
    paused = make(tmp_path, http, secret)

    assert [run.returncode == 0 for run in (wrong, failed, paused)] == [False] * 3
    assert "valid token" in wrong.stdout
    assert "The disk is full." in failed.stdout
    assert "Ada paused dbs" in paused.stdout
