"""The MySQL that `script/test` unpacked for the tests, if it could."""

from __future__ import annotations

import os
from pathlib import Path

from dbs import process

# Where script/lib/mysql.sh puts it, for whoever runs pytest alone.
_PLACES = (Path("/opt/dbs/mysql/usr"), Path.home() / ".local" / "share" / "dbs-mysql" / "usr")


def basedir() -> Path | None:
    """Its basedir; None where there is none."""
    named = os.environ.get("DBS_MYSQL_BASEDIR")
    for place in (Path(named),) if named else _PLACES:
        try:
            process.run([str(place / "sbin" / "mysqld"), "--no-defaults", "--version"], user="dbs")
        except process.ProgramError:
            continue
        return place
    return None


def lack() -> str:
    """Why there is none, as a reason to skip."""
    return os.environ.get("DBS_MYSQL_LACK") or "no MySQL is unpacked for the tests; script/test does that"
