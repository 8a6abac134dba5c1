"""A real supervisor in a process of its own: `python -m tests.support.supervise FILE`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from dbs.snapshots.interface import SnapshotError
from dbs.snapshots.local.client import ask
from dbs.snapshots.local.engines.interface import Account
from dbs.snapshots.local.front import InstanceSpec
from dbs.snapshots.local.host import ProviderSpec
from dbs.snapshots.local.server import Programs
from dbs.snapshots.local.supervisor import Supervisor
from tests.support.waiting import until

REPOSITORY = Path(__file__).parents[2]
PROVIDER, USER, PASSWORD = "local", "dev", "correct horse"


@dataclass(frozen=True)
class Setup:
    """What one supervisor looks after. `instances` maps names to ports."""

    home: str
    root: str
    copy_method: str
    instances: dict[str, int]
    basedir: str | None = None

    @property
    def programs(self) -> Programs:
        """The server programs that it runs."""
        return Programs(Path(self.basedir) if self.basedir else None, "dbs")

    @property
    def socket(self) -> Path:
        """Where it is spoken to."""
        return Path(self.home) / "supervisor.sock"

    def spec(self) -> ProviderSpec:
        """The same in dbs' own words."""
        instances = tuple(
            InstanceSpec(name, "127.0.0.1", port, f"127.0.0.1:{port}", Account(USER, PASSWORD), "32M")
            for name, port in self.instances.items()
        )
        return ProviderSpec(PROVIDER, Path(self.root), self.programs, self.copy_method, instances)


class SupervisorProcess:
    """Starts, kills and stops the supervisor of a set-up."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self._file = Path(setup.home) / "setup.json"
        self._log = Path(setup.home) / "supervisor.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._write()
        words = [sys.executable, "-m", "tests.support.supervise", str(self._file)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(words, cwd=REPOSITORY, stdout=log, stderr=log)
        until(self._answers, "the supervisor answers", 60)

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log()
        try:
            return bool(ask(self.setup.socket, "ping")["pid"] == self._process.pid)
        except SnapshotError:
            return False

    def log(self) -> str:
        """All it ever said."""
        return self._log.read_text(errors="replace")

    def kill(self) -> None:
        """End it as a power cut would; the servers go on."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end; the servers end with it."""
        assert self._end(signal.SIGTERM) == 0, self.log()

    def wait(self) -> None:
        """Wait until it has ended by itself."""
        assert self._process is not None
        assert self._process.wait(120) == 0, self.log()

    def _write(self) -> None:
        self._file.write_text(json.dumps(asdict(self.setup)))

    def fail_to_start(self) -> str:
        """Try to start one that cannot run; what it said when it ended."""
        self._write()
        words = [sys.executable, "-m", "tests.support.supervise", str(self._file)]
        ended = subprocess.run(words, cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False)
        assert ended.returncode != 0
        return ended.stdout + ended.stderr

    def _end(self, number: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.wait(120)


def main() -> None:
    """Run the supervisor of the set-up in the named file."""
    setup = Setup(**json.loads(Path(sys.argv[1]).read_text()))
    os.umask(0o022)
    Supervisor([setup.spec()], Path(setup.home), setup.socket).run()


if __name__ == "__main__":
    main()
