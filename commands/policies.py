"""The masking policy of a source, read and held against the source as it is now."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from commands.gaps import gaps
from commands.services import Services
from dbs.errors import FailedError, RefusedError, SettingsError
from dbs.masking.coverage import Problem, check, emptied, looked_at, skipped
from dbs.masking.interface import Policy, PolicyError
from dbs.masking.policy import load
from dbs.masking.sampling import check_limits, sample
from dbs.mysql.schema import Schema, read_schema
from dbs.settings import Source
from dbs.sources.interface import Opened, source_errors
from dbs.sources.opening import open_source

LEAST_KEY_BYTES = 16
_SHOWN = 5


class NotCoveredError(RefusedError):
    """A policy does not cover its source. `problems` has each with table and column, `gaps` those to be classified."""

    def __init__(self, sentence: str, problems: list[Problem], gaps: Mapping[str, Any] | None = None) -> None:
        super().__init__(sentence)
        self.problems = problems
        self.about = {"gaps": gaps} if gaps else {}


@dataclass(frozen=True)
class Checked:
    """A policy that covers a schema. `skipped` are tables without rows; `notes` are sentences about what is emptied."""

    policy: Policy
    schema: Schema
    skipped: frozenset[str]
    notes: tuple[str, ...]


def read_policy(services: Services, name: str, source: Source) -> Policy:
    """The policy in the file of the configuration. Raises `PolicyError`, `RefusedError` when there is none."""
    if source.policy is None:
        raise RefusedError(
            f"{name} has no masking policy, so nothing of it may be read. Write one with: dbs policy suggest {name} "
            f'--write policy/{name}.toml, and name it in dbs.toml: policy = "policy/{name}.toml"'
        )
    policy = load(policy_file(services, name))
    if policy.source != name:
        raise PolicyError(f"The policy {source.policy} is for the source {policy.source!r}, and not for {name!r}.")
    return policy


def policy_file(services: Services, name: str) -> Path:
    """Where the policy of a source stands. Raises `RefusedError` when it has none."""
    given = services.settings.source[name].policy
    if given is None:
        raise RefusedError(f"{name} has no masking policy.")
    return services.settings.beside(given)


@contextmanager
def one_writer(file: Path) -> Iterator[None]:
    """Hold off everybody else who would write beside `file`: two people may approve at the same moment."""
    descriptor = os.open(file.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def replace_file(file: Path, text: str) -> bool:
    """Write a policy in the place of another, all of it or nothing, with the mode that it has; the old one is kept.

    False when this account may not write there. Raises `FailedError` when it may, and the disk refuses.
    """
    if not (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)):
        return False
    aside = file.with_name(f".{file.name}.new")
    try:
        shutil.copy2(file, file.with_name(f"{file.name}.before-{datetime.now(UTC):%Y%m%dT%H%M%S}"))
        with aside.open("w") as out:
            there = file.stat()
            os.fchown(out.fileno(), there.st_uid, there.st_gid)
            os.fchmod(out.fileno(), there.st_mode & 0o777)
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        os.replace(aside, file)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise FailedError(f"{file} cannot be written: {error.strerror}. It is as it was.") from error
    return True


def mask_key(services: Services, name: str, source: Source) -> bytes:
    """The masking key. Raises `SettingsError` when it is missing or can be guessed."""
    if source.mask_key is None:
        raise SettingsError(
            f'"source.{name}.mask_key" is missing. Make a key with: umask 077; openssl rand -hex 32 > mask.key '
            '(and write: mask_key = "file:mask.key")'
        )
    key = services.settings.secret(source.mask_key).get_secret_value().strip().encode()
    if len(key) < LEAST_KEY_BYTES:
        raise SettingsError(f'"source.{name}.mask_key" has fewer than {LEAST_KEY_BYTES} characters; take a random one.')
    return key


def open_for(services: Services, source: Source) -> Opened:
    """A connection to the source or its replica. Raises `SourceError`, `SettingsError`."""
    password = services.settings.secret(source.password).get_secret_value() if source.password else None
    settings = services.settings
    return open_source(source, password, settings.way_out, settings.file.parent)


def checked(opened: Opened, policy: Policy, source: Source) -> Checked:
    """Hold the policy against the source, its columns' names, types and a few values of each that it keeps.

    Raises `NotCoveredError`, which names what is missing.
    """
    with source_errors():
        schema = read_schema(opened.connection, opened.database)
        samples = sample(opened.connection, schema, looked_at(policy, schema, source.skip_data))
        limits = check_limits(opened.connection, policy, schema)
    problems = [Problem(table, "", "limit", why) for table, why in limits.items()]
    problems += check(policy, schema, samples, source.skip_data)
    if problems:
        with source_errors():
            found = gaps(opened.connection, policy, schema, problems, source.skip_data)
        raise NotCoveredError(_sentence(policy.source, problems), problems, found)
    left_out = frozenset(table for table in schema.tables if skipped(table, policy, source.skip_data))
    return Checked(policy, schema, left_out, tuple(one.sentence for one in emptied(policy, schema, source.skip_data)))


def _sentence(source: str, problems: list[Problem]) -> str:
    shown = " ".join(problem.sentence for problem in problems[:_SHOWN])
    more = (
        f" And {len(problems) - _SHOWN} more; see all with: dbs policy check {source}" if len(problems) > _SHOWN else ""
    )
    return f"Nothing of {source} was read, because its masking policy does not cover it. {shown}{more}"
