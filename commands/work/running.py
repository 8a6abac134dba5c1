"""Running a change's migrations: its SQL files by dbs itself, or the project's own command in the sandbox."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from commands.services import Services
from commands.targets import find_project
from commands.work.bringing import Brought, contents, objects_of
from commands.work.choosing import of_change, of_given, style_of
from commands.work.code import code_of, remove_code
from dbs import sandbox
from dbs.git import write_out
from dbs.jobs import Job
from dbs.migrations.capture import Capture, capture
from dbs.migrations.checks import Finding
from dbs.migrations.interface import (
    Captured,
    Limits,
    OnProgress,
    Progress,
    Ran,
    Run,
)
from dbs.migrations.naming import arrange
from dbs.migrations.running import run
from dbs.mysql.connect import connect
from dbs.mysql.interface import Connection
from dbs.settings import Project
from dbs.snapshots.interface import Address

ACCOUNT = "dbs_rehearsal"
_LOOK_AHEAD = 50
_UNITS = {"K": 2**10, "M": 2**20, "G": 2**30}
Cancelled = Callable[[], bool]
Far = Callable[[str], None]
"""Called with how far it is, in a few words."""


@dataclass(frozen=True)
class Access:
    """How a try comes to its database: with the account limited to it, or as dbs itself."""

    public: Address
    admin: Address
    database: str
    password: str

    def as_runner(self) -> Connection:
        """A connection of the limited account, in the database."""
        return connect(self.public, self.database, password=self.password)

    def as_admin(self) -> Connection:
        """A connection of dbs itself, in the database."""
        return connect(self.admin, self.database)


@dataclass(frozen=True)
class Tried:
    """What was run. `files` are for the report; `findings` come from running itself; `console` is what it wrote."""

    run: Run
    files: tuple[dict[str, Any], ...] = ()
    findings: tuple[Finding, ...] = ()
    console: str = ""


def run_migrations(
    services: Services, job: Job, brought: Brought, access: Access, cancelled: Cancelled, far: Far
) -> Tried:
    """Run what is to be run, with everything that reaches the server noted.

    Raises `MigrationError` when there is nothing to run or the files make no sense, `SandboxError`, `DatabaseError`.
    """
    project = find_project(services, job.arguments["project"])
    with capture(access.as_admin, ACCOUNT) as captured:
        if project.command is not None and job.arguments.get("sql") is None:
            done = _by_command(services, job, brought, project, access, cancelled)
        else:
            done = _by_sql(services, job, brought, project, access, cancelled, far)
    return _with_captured(done, captured)


def run_tests(services: Services, job: Job, brought: Brought, access: Access, cancelled: Cancelled) -> list[Finding]:
    """The project's own tests on the migrated copy, if it has any; a failure is a finding."""
    project = find_project(services, job.arguments["project"])
    if project.test is None or job.arguments.get("sql") is not None:
        return []
    with _code(services, job, brought) as code:
        ran = sandbox.run(_request(project, project.test, code, access), cancelled=cancelled)
    if ran.exit_code == 0:
        return []
    why = f"stopped by its {ran.stopped_by}" if ran.stopped_by else f"exit code {ran.exit_code}"
    sentence = f"The project's own tests fail on the migrated copy ({why})."
    return [Finding("tests-fail", "error", sentence, evidence=ran.output[-2_000:], advice="Read what they wrote.")]


# -- files of SQL ------------------------------------------------------------------------------------------------------


def _by_sql(
    services: Services, job: Job, brought: Brought, project: Project, access: Access, cancelled: Cancelled, far: Far
) -> Tried:
    given = job.arguments.get("sql")
    findings: list[Finding] = []
    if given is not None:
        with closing(access.as_runner()) as connection:
            chosen = of_given({name: text.encode() for name, text in given}, connection)
    else:
        style = style_of(project)
        with contents(services, job.arguments["project"], brought.head) as files:
            migrations = arrange(dict(files), style)
        with closing(access.as_runner()) as connection:
            chosen, findings = of_change(migrations, brought, connection)
    limits = Limits(project.time_limit.total_seconds(), project.sql_mode)
    done = run(access.as_runner, chosen, limits, _told(far), cancelled=cancelled)
    return Tried(done, tuple(_files([each.up.path for each in chosen], done)), tuple(findings))


def _told(far: Far) -> OnProgress:
    """Says which statement comes next, at most once a second."""
    last = 0.0

    def told(at: Progress) -> None:
        nonlocal last
        if time.monotonic() - last >= 1:
            last = time.monotonic()
            far(f"statement {at.done + 1:,} of {at.total:,}, {PurePosixPath(at.step.path).name}")

    return told


def _files(paths: Sequence[str], done: Run) -> Iterator[dict[str, Any]]:
    failed = done.failed.file if done.failed is not None else None
    for path in dict.fromkeys(paths):
        mine = [each for each in done.statements if each.file == path]
        ended = "failed" if path == failed else "ran" if mine or (failed is None and not done.stopped_by) else "not run"
        yield {
            "path": path,
            "statements": len(mine),
            "seconds": round(sum(each.seconds for each in mine), 3),
            "ended": ended,
        }


# -- the project's own command -----------------------------------------------------------------------------------------


def _by_command(
    services: Services, job: Job, brought: Brought, project: Project, access: Access, cancelled: Cancelled
) -> Tried:
    with _code(services, job, brought) as code:
        ran = sandbox.run(_request(project, str(project.command), code, access), cancelled=cancelled)
    findings = []
    if ran.exit_code != 0 and ran.stopped_by is None:
        sentence = f"Its command ended with exit code {ran.exit_code}."
        findings.append(Finding("command-fails", "error", sentence, evidence=ran.output[-2_000:]))
    elif ran.stopped_by in ("memory", "processor time"):
        findings.append(Finding("command-fails", "error", f"Its command was stopped by its limit of {ran.stopped_by}."))
    stopped = ran.stopped_by if ran.stopped_by in ("time limit", "cancelled") else None
    return Tried(Run((), None, ran.seconds, stopped), (), tuple(findings), ran.output)


def _request(project: Project, command: str, code: Path, access: Access) -> sandbox.SandboxRequest:
    public = (str(access.public.host), int(access.public.port or 0))
    limits = sandbox.Limits(seconds=project.time_limit.total_seconds(), memory_bytes=_bytes(project.memory))
    database = sandbox.Database(public, access.database, ACCOUNT, access.password)
    return sandbox.SandboxRequest(command, code, database, project.toolchain, limits, runner_user=project.runner_user)


def _bytes(size: str) -> int:
    return int(size[:-1]) * _UNITS[size[-1]]


@contextmanager
def _code(services: Services, job: Job, brought: Brought) -> Iterator[Path]:
    """All files of the commit, as a directory that the runner's account may read and nobody may write."""
    objects = objects_of(services, job.arguments["project"])
    entries, _ = objects.whole(brought.head)
    outer = code_of(services, job.number)
    remove_code(outer)  # of the same job before a crash
    outer.mkdir(mode=0o711)
    outer.chmod(0o711)
    try:
        write_out(objects.read(entries), outer / "code", programs=True)
        yield outer / "code"
    finally:
        remove_code(outer)


# -- what really ran ---------------------------------------------------------------------------------------------------


def _with_captured(done: Tried, capture: Capture) -> Tried:
    """What the server noted: rows examined for statements that dbs ran, everything for those of a command.

    Of a command that leaves connections open nobody knows everything: that is no pass.
    """
    outer = [each for each in capture.statements if not each.inside]
    if not capture.complete:
        sentence = "Not everything that it ran was seen: a connection of its account was still open at the end."
        done = replace(done, findings=(*done.findings, Finding("capture", "error", sentence)))
    if done.run.statements:
        return replace(done, run=replace(done.run, statements=tuple(_examined(done.run.statements, outer))))
    ran = tuple(_as_ran(each, number) for number, each in enumerate(outer, 1))
    # A tool may go on after an error on purpose (does this table exist?): only its exit code says that it failed.
    failed = len(ran) - 1 if done.findings and ran and ran[-1].error_code is not None else None
    return replace(done, run=replace(done.run, statements=ran, failed_at=failed))


def _examined(statements: Sequence[Ran], captured: Sequence[Captured]) -> Iterator[Ran]:
    """By order; between them stands what dbs and the client's library ask on their own."""
    at = 0
    for each in statements:
        wanted = _begins(each.text)
        ahead = range(at, min(at + _LOOK_AHEAD, len(captured)))
        found = next((index for index in ahead if _begins(captured[index].text) == wanted), None)
        if found is None:
            yield each
            continue
        at = found + 1
        yield replace(each, rows_examined=captured[found].rows_examined)


def _begins(text: str) -> str:
    return "".join(text.split())[:60].rstrip(";")


def _as_ran(each: Captured, number: int) -> Ran:
    return Ran(
        file="",
        line=0,
        number=number,
        text=each.text,
        started_at=each.started_at,
        seconds=each.seconds,
        rows_affected=each.rows_affected or 0,
        rows_examined=each.rows_examined,
        error_code=each.error_code,
        error=each.error,
    )
