"""Runs commands in the sandbox for tests, or says why this machine cannot."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest

from dbs import process
from dbs.sandbox import Database, Limits, SandboxError, SandboxRequest, SandboxRun, run
from dbs.sandbox.launcher import groups

LIMITS = Limits(
    seconds=60,
    memory_bytes=256 << 20,
    cpu_seconds=60,
    processes=40,
    file_bytes=64 << 20,
    scratch_bytes=32 << 20,
    output_bytes=64 << 10,
)


@cache
def lack() -> str:
    """What this machine lacks for a sandbox; nothing when one runs. Tried, not guessed."""
    try:
        run(SandboxRequest("true", Path("/usr/bin"), limits=LIMITS))
    except SandboxError as error:
        return str(error)
    return ""


@dataclass(frozen=True)
class Sandbox:
    """A directory with code, and how to run something in it."""

    code: Path
    database: Database | None = None

    def run(self, command: str, **keys: object) -> SandboxRun:
        """Run a line of shell; `keys` are limits, or other values of the request."""
        request = self.request(command)
        for name, value in keys.items():
            if hasattr(LIMITS, name):
                request = replace(request, limits=replace(request.limits, **{name: value}))  # type: ignore[arg-type]
            else:
                request = replace(request, **{name: value})  # type: ignore[arg-type]
        return run(request)

    def request(self, command: str) -> SandboxRequest:
        """A request with the limits of tests."""
        return SandboxRequest(command, self.code, self.database, limits=LIMITS)


def sandbox(directory: Path) -> Sandbox:
    """A sandbox with an empty directory of code. Skips, with the reason, where none can run."""
    if lack():
        pytest.skip(lack())
    code = directory / "code"
    code.mkdir(mode=0o755)
    return Sandbox(code)


def left(mark: str) -> list[int]:
    """Processes with that argument that are still running anywhere."""
    return [pid for pid in process.running(mark) if pid != os.getpid()]


def left_groups() -> list[Path]:
    """Control groups of sandboxes of launchers that are gone."""
    found = groups.ROOT.glob("**/dbs-sandbox-*")
    return [path for path in found if not Path("/proc", path.name.removeprefix("dbs-sandbox-")).exists()]
