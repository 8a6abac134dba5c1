"""`dbs doctor`: what is wrong with this installation, and what to do about each thing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated

import typer

from cli import output
from cli.configured import references, schedule, unused_keys
from cli.findings import Finding
from cli.processes import answers
from cli.projects import projects
from cli.sandboxes import sandboxes
from cli.sources import sources
from commands.bootstrap import build
from commands.interface import Result, Table
from commands.services import Services
from dbs import process
from dbs.errors import DbsError
from dbs.settings import LocalProvider, load_settings
from dbs.snapshots.local.server import Programs


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor", help="Check this installation; every finding says what to do.")(doctor)


def doctor(as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False) -> None:
    """Look at everything, show it, and exit 1 when something needs doing."""
    services = build(load_settings())
    findings = [finding for check in CHECKS for finding in _looked(check, services)]
    wrong = [finding for finding in findings if finding.advice]
    sentence = f"{len(wrong)} of {len(findings)} need attention." if wrong else "All is well."
    rows = tuple((finding.about, finding.state, finding.advice or "-") for finding in findings)
    table = Table("Findings", ("what", "state", "what to do"), rows)
    output.show(Result("doctor", "failed" if wrong else "done", sentence, tables=(table,)), as_json=as_json)
    if wrong:
        raise typer.Exit(1)


def _looked(check: Callable[[Services], Iterator[Finding]], services: Services) -> list[Finding]:
    """A check that cannot run is a finding, not a pass."""
    try:
        return list(check(services))
    except (DbsError, OSError) as error:
        return [Finding(check.__name__.strip("_").replace("_", " "), "could not be checked", str(error))]


def _configuration(services: Services) -> Iterator[Finding]:
    yield Finding("configuration", str(services.settings.file))
    mode = services.settings.home.stat().st_mode & 0o777
    advice = "" if mode & 0o077 == 0 else f"Close it: chmod 700 {services.settings.home}"
    yield Finding("dbs home", f"{services.settings.home} ({mode:o})", advice)


def _processes(services: Services) -> Iterator[Finding]:
    up = answers(services.settings)
    yield Finding("supervisor", "running" if up else "not running", "" if up else "Start it: dbs up")
    working = services.jobs.worker_is_running()
    yield Finding("worker", "running" if working else "not running", "" if working else "Start it: dbs up")


def _providers(services: Services) -> Iterator[Finding]:
    for name, provider in services.providers.items():
        for label, text in provider.describe().items():
            advice = ""
            if label == "instant copies" and text == "no":
                advice = "A restore copies everything. For instant ones: dbs storage create --size 50G"
            yield Finding(f"{name}: {label}", text, advice)


def _server_programs(services: Services) -> Iterator[Finding]:
    for name, settings in services.settings.provider.items():
        if isinstance(settings, LocalProvider):
            programs = Programs(settings.basedir, settings.server_user)
            yield Finding(f"{name}: server version", str(programs.version()))
            process.become(settings.server_user)


def _instances(services: Services) -> Iterator[Finding]:
    for name, instance in services.settings.instance.items():
        status = services.providers[instance.provider].inspect(name)
        advice = {"running": "", "empty": f"Make a snapshot: dbs refresh {instance.source}"}
        fallback = f"Put it back: dbs restore {name}. {status.detail}"
        yield Finding(f"instance {name}", status.state, advice.get(status.state, fallback))


def _audit(services: Services) -> Iterator[Finding]:
    found = services.audit.verify()
    advice = "" if found.ok else "Somebody changed the record. Keep the file and look: dbs audit verify"
    yield Finding("audit", f"{found.rows} rows", advice)


def _slack(services: Services) -> Iterator[Finding]:
    environment = services.settings.environment
    needed = {"SLACK_BOT_TOKEN": environment.slack_bot_token}
    if services.settings.slack.mode == "socket":
        needed["SLACK_APP_TOKEN"] = environment.slack_app_token
    else:
        needed["SLACK_SIGNING_SECRET"] = environment.slack_signing_secret
    for name, value in needed.items():
        yield Finding(name, "set" if value else "not set", "" if value else f"Without it no bot runs: export {name}=…")


CHECKS: tuple[Callable[[Services], Iterator[Finding]], ...] = (
    _configuration,
    unused_keys,
    schedule,
    references,
    _processes,
    _server_programs,
    _providers,
    _instances,
    sources,
    projects,
    sandboxes,
    _audit,
    _slack,
)
