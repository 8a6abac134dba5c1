"""Seeds: SQL of the operator's own, such as developers' accounts, applied once per snapshot and frozen as a child."""

from __future__ import annotations

import hashlib
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from commands.services import Services
from commands.targets import Target
from dbs.dumps.reading import read
from dbs.errors import FailedError
from dbs.mysql.connect import connect
from dbs.mysql.interface import DatabaseError
from dbs.mysql.names import quote_name
from dbs.mysql.query import execute, execute_bytes, table_counts
from dbs.mysql.script import statements
from dbs.snapshots.interface import Address, Manifest


def seeded(services: Services, target: Target, base: Manifest) -> Manifest:
    """The child of `base` with the instance's seeds, made now if there is none; `base` itself without seeds.

    Raises `FailedError` naming file and line of a seed that fails; nothing is left then.
    """
    files = [services.settings.beside(path) for path in target.settings.seed]
    if not files:
        return base
    digest = _digest(files)
    child = f"{base.id}.{digest[:8]}"
    for manifest in target.provider.snapshots():
        if manifest.id == child:
            return manifest
    wanted = replace(
        base,
        id=child,
        parent=base.id,
        created_at=datetime.now(UTC).isoformat(timespec="microseconds"),
        dump_sha256=hashlib.sha256(f"{base.dump_sha256}{digest}".encode()).hexdigest(),
        text_bytes=0,
    )
    return target.provider.create(wanted, lambda address: _apply(address, files, base.database))


def _digest(files: list[Path]) -> str:
    total = hashlib.sha256()
    for file in files:
        try:
            total.update(file.read_bytes())
        except OSError as error:
            raise FailedError(f"The seed {file} cannot be read: {error.strerror}.") from error
    return total.hexdigest()


def _apply(address: Address, files: list[Path], database: str) -> dict[str, int]:
    with closing(connect(address)) as admin:
        execute(admin, f"USE {quote_name(database)}")
        for file in files:
            for statement in statements(read(file)):
                try:
                    execute_bytes(admin, statement.text)
                except DatabaseError as error:
                    # Not the statement: a seed may hold passwords.
                    raise FailedError(
                        f"The seed {file.name} fails at line {statement.line}: {error.reason}."
                    ) from error
        return table_counts(admin, database)
