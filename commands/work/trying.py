"""One try: restore an instance, look at it, run the migrations with everything noted, look again, judge.

Each try has an account of its own in the server, limited to the one database; the instance is put back after it.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import partial
from typing import Any

from commands.services import Services
from commands.targets import find_project
from commands.work.borrowing import RESTORE, WAIT, Borrowed, borrowed
from commands.work.bringing import Brought, objects_of
from commands.work.running import ACCOUNT, Access, Cancelled, Tried, run_migrations, run_tests
from dbs.errors import DbsError
from dbs.jobs import Facts, Job, JobCancelledError, Report
from dbs.migrations.checks import Case, Finding, Judged, indexes, judge, read_severities
from dbs.migrations.checks.interface import Indexes
from dbs.migrations.encoding import to_json
from dbs.migrations.failures import explain
from dbs.migrations.interface import Difference, Explanation, MigrationError, TableChange
from dbs.migrations.observing import compare, observe
from dbs.mysql.connect import connect
from dbs.mysql.interface import Connection
from dbs.mysql.names import grant_pattern, quote_name
from dbs.mysql.query import execute
from dbs.snapshots.interface import Address

MIGRATE, CHECK, CLEAN = "migrate", "check", "clean"
UNTESTED = "could not be tested"
_SETTINGS = ".dbs.toml"
_MOST_STATEMENTS, _MOST_CHARACTERS = 10_000, 2_000
"""Statements in a report, and of the text of each; the figures count all of them."""


def try_out(services: Services, job: Job, brought: Brought, report: Report) -> Facts:
    """The report of a try, as plain JSON. Raises `JobCancelledError`; what cannot be tested is a report as well."""
    project = find_project(services, job.arguments["project"])
    seconds: dict[str, float] = {}

    def cancelled() -> bool:
        row = services.job_rows.get(job.id)
        return row is not None and row.cancel_requested_by is not None

    def waited() -> None:
        if cancelled():
            report(RESTORE)  # raises: the job is to end, and it can

    limit, began = project.time_limit.total_seconds(), time.monotonic()
    try:
        with borrowed(services, job, job.arguments["project"], limit, waited, report) as one:
            took = one.restored.seconds["total"]
            seconds |= {WAIT: time.monotonic() - began - took, RESTORE: took}
            report(MIGRATE)
            found = _tried(services, job, brought, one, cancelled, report, seconds)
            report(CLEAN)
            began = time.monotonic()
        seconds[CLEAN] = time.monotonic() - began
    except JobCancelledError:
        raise
    except MigrationError as error:
        found = _untested(str(error), Finding("files", "error", str(error), error.path, error.line))
    except DbsError as error:
        found = _untested(str(error))
    common = {"project": job.arguments["project"], "source": project.source, "digest": brought.digest}
    return {**common, **found, "seconds": {phase: round(each, 3) for phase, each in seconds.items()}}


def _untested(why: str, *findings: Finding) -> dict[str, Any]:
    sentence = f"Could not be tested: {why}"
    return {"verdict": UNTESTED, "sentence": sentence, "findings": [to_json(one) for one in findings]}


def _tried(
    services: Services,
    job: Job,
    brought: Brought,
    one: Borrowed,
    cancelled: Cancelled,
    report: Report,
    seconds: dict[str, float],
) -> dict[str, Any]:
    database = one.manifest.database
    with closing(connect(one.admin, database)) as admin:
        access = _account(admin, one, database)
        before, parts_before = observe(admin, database), indexes(admin, database)
        began = time.monotonic()
        far = partial(services.job_rows.tell, job.id, MIGRATE)
        tried = run_migrations(services, job, brought, access, cancelled, far)
        seconds[MIGRATE] = time.monotonic() - began
        report(CHECK)  # raises when somebody wanted the job to end meanwhile
        began = time.monotonic()
        after, parts_after = observe(admin, database), indexes(admin, database)
        difference = compare(before, after)
        explanation = _explained(access, tried)
        severities, problems = _severities(services, job, brought)
        more = [*problems, *tried.findings]
        if tried.run.failed_at is None and tried.run.stopped_by is None:
            more += run_tests(services, job, brought, access, cancelled)
        case = Case(tried.run, before, after, difference, explanation, parts_before, parts_after)
        judged = judge(case, severities, more)
        seconds[CHECK] = time.monotonic() - began
    return _report(one, tried, difference, judged, {"dropped": parts_before, "added": parts_after})


def _account(admin: Connection, one: Borrowed, database: str) -> Access:
    """An account that may do everything in one database, and nothing anywhere else. It goes with the instance."""
    password = secrets.token_urlsafe(24)
    account = f"{quote_name(ACCOUNT)}@'%'"
    # `%%`: PyMySQL fills in the password.
    execute(admin, f"CREATE USER {account.replace('%', '%%')} IDENTIFIED BY %s", (password,))
    execute(admin, f"GRANT ALL PRIVILEGES ON {quote_name(grant_pattern(database))}.* TO {account}")
    target = one.target.settings
    host = "127.0.0.1" if target.bind in ("0.0.0.0", "::") else target.bind  # noqa: S104
    return Access(Address(ACCOUNT, host=host, port=target.port), one.admin, database, password)


def _explained(access: Access, tried: Tried) -> Explanation | None:
    failed = tried.run.failed
    if failed is None or tried.run.stopped_by is not None:
        return None
    with closing(access.as_admin()) as admin:
        return explain(failed, admin)


def _severities(services: Services, job: Job, brought: Brought) -> tuple[Mapping[str, str], list[Finding]]:
    """What the base branch says of checks: never the change itself, whose author would decide how it is judged."""
    if brought.base is None:
        return {}, []
    text = objects_of(services, job.arguments["project"]).settings_file(brought.base, _SETTINGS)
    return read_severities(text) if text is not None else ({}, [])


def _report(
    one: Borrowed, tried: Tried, difference: Difference, judged: Judged, parts: Mapping[str, Indexes]
) -> dict[str, Any]:
    statements = tried.run.statements
    return {
        "verdict": judged.verdict,
        "sentence": judged.sentence,
        "snapshot": {"id": one.manifest.id, "data_state_at": one.manifest.data_state_at},
        "instance": one.target.name,
        "findings": [to_json(finding) for finding in judged.findings],
        "files": list(tried.files),
        "statements": [_short(to_json(each)) for each in statements[:_MOST_STATEMENTS]],
        "statement_count": len(statements),
        "ran_seconds": round(tried.run.seconds, 3),
        "changes": list(_changes(difference, parts)),
        "tables": [_table(each) for each in difference.tables],
        "data_bytes_before": difference.bytes_before,
        "data_bytes_after": difference.bytes_after,
        "diff": difference.text,
        "console": tried.console,
        "notes": list(tried.run.notes),
    }


def _short(statement: dict[str, Any]) -> dict[str, Any]:
    return {**statement, "text": statement["text"][:_MOST_CHARACTERS]}


def _changes(difference: Difference, parts: Mapping[str, Indexes]) -> Iterator[dict[str, Any]]:
    for each in difference.schema:
        found = parts["dropped" if each.what == "dropped" else "added"].get((each.table, each.name))
        index = found if each.kind == "index" else None
        yield {
            "kind": each.kind,
            "how": each.what,
            "table": each.table,
            "name": each.name,
            "before": each.before,
            "after": each.after,
            "columns": list(index.columns) if index else [],
            "unique": index.unique if index else False,
        }


def _table(each: TableChange) -> dict[str, Any]:
    return {
        "table": each.name,
        "rows_changed": each.rows_changed,
        "rebuilt": each.rebuilt,
        "bytes_before": each.before.bytes if each.before else None,
        "bytes_after": each.after.bytes if each.after else None,
    }
