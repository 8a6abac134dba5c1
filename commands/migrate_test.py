"""`migrate-test`: what a migration does to last night's masked production, before production meets it."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from commands.command import Command
from commands.interface import Request, Result
from commands.parsing import flag, nearest, option, rest, word
from commands.rehearsing import of_pull, of_ref, of_sql, start
from commands.services import Services
from commands.targets import find_project
from dbs.errors import RefusedError, UsageError

_PULL = re.compile(r"(?P<where>[^#@\s]+)#(?P<number>[1-9][0-9]{0,8})(?:@(?P<head>[0-9a-f]{7,64}))?")
_REF = re.compile(r"(?P<where>[^#@\s]+)@(?P<ref>\S+)")
_LINK = re.compile(r"https?://[^/\s]+/(?P<where>[\w.-]+/[\w.-]+)/pull/(?P<number>[1-9][0-9]{0,8})\S*")
_FORM = (
    "Write acme/shop#12 for a pull request, acme/shop@COMMIT or shop@BRANCH for anything else; or give a file with SQL "
    "to a message that says: @dbs migrate-test"
)
MOST_BYTES = 5 * 2**20
"""Of one file of SQL; as much as `dbs.git` takes of a migration."""


@dataclass(frozen=True)
class MigrateTestArguments:
    """What is to be tried."""

    what: str = word("acme/shop#12, acme/shop@commit, shop@branch; with --sql a file", default="")
    sql: bool = flag("--sql", "what follows are files with SQL, or a directory of them", faces=("cli",))
    project: str | None = option("--project", "the project, when the repository has several or files are given")
    files: str = rest("more files, with --sql")


def run(services: Services, request: Request, arguments: MigrateTestArguments) -> Result:
    """Queue it; GitHub and git are asked by the job."""
    if arguments.sql:
        given = [*([arguments.what] if arguments.what else []), *shlex.split(arguments.files)]
        project = arguments.project or _only(services)
        find_project(services, project)
        return start(services, request, of_sql(project, [read(path) for path in _paths(given)]))
    if request.files:
        project = arguments.project or arguments.what or _only(services)
        find_project(services, project)
        return start(services, request, of_sql(project, list(request.files)))
    if not arguments.what:
        raise UsageError(f"What is to be tried? {_FORM}")
    if arguments.files:
        raise UsageError(f"{arguments.files[:40]!r} is one word too many. {_FORM}")
    return _of_words(services, request, arguments.what, arguments.project)


def read(path: Path) -> tuple[str, str]:
    """A file of SQL: its name and its text. Raises `RefusedError` when it cannot be read, or is none."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise RefusedError(f"{path} cannot be read: {error.strerror}.") from error
    return str(path), as_sql(str(path), text)


def as_sql(name: str, content: bytes) -> str:
    """The text of a file of SQL. Raises `RefusedError` for what is too large or no text."""
    if len(content) > MOST_BYTES:
        raise RefusedError(f"{name} has more than {MOST_BYTES // 2**20} MB; a migration is smaller.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RefusedError(f"{name} is not in UTF-8, so it cannot be shown to a reviewer as it is.") from None


def _of_words(services: Services, request: Request, what: str, project: str | None) -> Result:
    pull = _LINK.fullmatch(what) or _PULL.fullmatch(what)
    if pull is not None:
        name = _project(services, pull["where"], project)
        if find_project(services, name).repository is None:
            raise RefusedError(f"{name} is not on GitHub, so it has no pull requests here. Write {name}@BRANCH.")
        head = pull.groupdict().get("head")
        return start(services, request, of_pull(services, name, int(pull["number"]), head, word=True))
    ref = _REF.fullmatch(what)
    if ref is None:
        raise UsageError(f"{what[:80]!r} is nothing that can be tried. {_FORM}")
    return start(services, request, of_ref(services, _project(services, ref["where"], project), ref["ref"]))


def _project(services: Services, where: str, wanted: str | None) -> str:
    """The project that is meant: by its name, or by its repository if only one has it."""
    projects = services.settings.project
    if wanted is not None:
        find_project(services, wanted)
        return wanted
    if where in projects:
        return where
    found = [name for name, one in projects.items() if (one.repository or "").lower() == where.lower()]
    if len(found) > 1:
        raise UsageError(f"{where} has several projects. Add --project and one of: {', '.join(found)}.")
    if not found:
        known = [*projects, *(one.repository for one in projects.values() if one.repository)]
        raise UsageError(f"No [project.NAME] of dbs.toml is {where[:80]!r}.{nearest(where, known)}")
    return found[0]


def _only(services: Services) -> str:
    known = list(services.settings.project)
    if len(known) != 1:
        raise UsageError(f"For which project? Add --project and one of: {', '.join(known) or 'none'}.")
    return known[0]


def _paths(given: list[str]) -> list[Path]:
    """The files that are meant: of a directory those with SQL, wherever they lie below it."""
    paths = [Path(name).expanduser() for name in given]
    found = [each for path in paths for each in (sorted(path.rglob("*.sql")) if path.is_dir() else [path])]
    if not found:
        raise UsageError("Which files? Write: dbs migrate-test --sql FILE …, or a directory that holds some.")
    return found


COMMAND = Command(
    name="migrate-test",
    summary="try a migration on last night's masked production",
    arguments=MigrateTestArguments,
    role="operator",
    run=run,
    example="/dbs migrate-test acme/shop#12",
    target="what",
)
