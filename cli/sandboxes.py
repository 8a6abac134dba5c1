"""What `dbs doctor` says of the sandbox: it runs something in it, as each project with a command would."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from cli.findings import Finding
from commands.services import Services
from dbs.sandbox import Limits, SandboxError, SandboxRequest, SandboxRun, run
from dbs.settings import Project

_LIMITS = Limits(seconds=20, processes=64)


def sandboxes(services: Services) -> Iterator[Finding]:
    """Each project that runs a command of its own."""
    for name, project in services.settings.project.items():
        if project.command is not None or project.test is not None:
            yield _sandbox(f"project {name}: sandbox", project)


def _sandbox(about: str, project: Project) -> Finding:
    with tempfile.TemporaryDirectory(prefix="dbs-doctor-") as directory:
        Path(directory).chmod(0o755)
        request = SandboxRequest(
            "exit 0", Path(directory), toolchain=project.toolchain, limits=_LIMITS, runner_user=project.runner_user
        )
        try:
            ran = run(request)
        except SandboxError as error:
            return Finding(about, "cannot run", str(error))
    return _seen(about, project, ran)


def _seen(about: str, project: Project, ran: SandboxRun) -> Finding:
    if ran.exit_code != 0:
        advice = f"The tool chain has no /bin/sh that runs, which starts every command: {ran.output.strip()[-300:]}"
        return Finding(about, f"ended with {ran.exit_code}", advice)
    whom = f"as {project.runner_user}" if os.geteuid() == 0 else "as a subordinate id of this account"
    return Finding(about, f"runs, {whom}, without network, in {ran.seconds:.2f} s")
