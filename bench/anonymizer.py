"""pynonymizer beside us: fetched into an environment of its own, which goes away with the bench."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from dbs import process

_FETCH_SECONDS = 120
_STRATEGY = """\
tables:
  people:
    columns:
      email: unique_email
      phone: phone_number
"""


class AnonymizerError(Exception):
    """It did not do it; why, as it says."""


class Anonymizer:
    """One installation. `socket` is that of a server on which it may make a database."""

    def __init__(self, work: Path, socket: Path) -> None:
        self._work = work
        self._socket = socket
        self._environment = work / "pynonymizer"

    def install(self) -> str | None:
        """Fetch it; why it could not be had, if it could not."""
        try:
            subprocess.run([sys.executable, "-m", "venv", str(self._environment)], check=True, capture_output=True)
            words = [str(self._environment / "bin" / "pip"), "install", "--quiet", "pynonymizer==2.5.0"]
            subprocess.run(words, check=True, capture_output=True, timeout=_FETCH_SECONDS)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            return "it could not be fetched"
        return None

    def seconds(self, database: str) -> float:
        """From a dump of the database to the anonymised one; it loads, updates and dumps by itself."""
        before, after, strategy = (self._work / name for name in ("before.sql", "after.sql", "strategy.yml"))
        strategy.write_text(_STRATEGY)
        with before.open("wb") as file:
            dump = [process.find_program("mariadb-dump"), "--no-defaults", f"--socket={self._socket}", "--user=root"]
            subprocess.run([*dump, database], stdout=file, check=True)
        words = [str(self._environment / "bin" / "pynonymizer"), "--input", str(before), "--output", str(after)]
        words += ["--strategy", str(strategy), "--db-type", "mysql", "--db-host", "localhost", "--db-user", "root"]
        words += ["--db-name", "pynonymized", f"--mysql-cmd-opts=--socket={self._socket}"]
        words += [f"--mysql-dump-opts=--socket={self._socket}", "--db-password", ""]
        began = time.perf_counter()
        done = subprocess.run(words, check=False, capture_output=True, text=True)
        took = time.perf_counter() - began
        if done.returncode or not after.exists():
            raise AnonymizerError(f"it failed after {took:.0f} s: {done.stderr.strip()[-300:]}")
        return took
