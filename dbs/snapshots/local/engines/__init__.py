"""The servers that provider `local` can run, and which of them an installation has. Start with `interface.py`."""

from __future__ import annotations

from pathlib import Path

from dbs import process
from dbs.snapshots.local.engines import mariadb, mysql
from dbs.snapshots.local.engines.interface import Engine

# In the order in which they are looked for; MariaDB's packages bring a link called mysqld too.
ENGINES = (mariadb.ENGINE, mysql.ENGINE)


def find(basedir: Path | None) -> Engine:
    """The engine whose program is in `basedir`, else on the PATH; the first one where there is none to be found.

    A server that is missing is told when it is to be started, not when dbs is.
    """
    for place in (basedir, None) if basedir is not None else (None,):
        for engine in ENGINES:
            if _has(engine, place):
                return engine
    return ENGINES[0]


def _has(engine: Engine, basedir: Path | None) -> bool:
    try:
        found = Path(process.find_program(engine.program, basedir))
    except process.ProgramError:
        return False
    return basedir is None or found.is_relative_to(basedir)
