"""What is run in the sandbox, with which limits, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from dbs.errors import FailedError

CODE = "/code"
"""Where the code lies inside; the command starts there."""
SCRATCH = "/scratch"
"""The only directory inside that can be written (also as /tmp); it is memory, and gone afterwards."""
SOCKET = "/db/s.sock"
"""The database's Unix socket inside."""
HOST, PORT = "127.0.0.1", 3306
"""The database's TCP address inside."""
RUNNER = "dbs-runner"
"""The account that commands run as when no other is named; script/lib/setup.sh makes it."""

StoppedBy = Literal["time limit", "cancelled", "memory", "processor time"]


class SandboxError(FailedError):
    """The sandbox could not be set up on this machine: nothing was run. The sentence says what is missing."""


@dataclass(frozen=True)
class Database:
    """The one database that is reached from inside, and the account limited to it.

    `at` is the path of the server's Unix socket, or its host and port. Inside it is at `SOCKET` and at `HOST`:`PORT`,
    whichever it was. To the server's `unix_socket` authentication whoever comes from inside is the runner's account,
    never dbs or root.
    """

    at: Path | tuple[str, int]
    name: str
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Limits:
    """What a command may use at most. Whoever crosses a limit of the first three is stopped and the run says so."""

    seconds: float = 900
    memory_bytes: int = 2 << 30
    """Of all its processes together, with what they wrote to `SCRATCH`."""
    cpu_seconds: int | None = None
    """Of all its processes together; without one, twice `seconds`."""
    processes: int = 256
    """At once, with threads."""
    file_bytes: int = 1 << 30
    """Of one file."""
    scratch_bytes: int = 512 << 20
    """Of all files together."""
    output_bytes: int = 1 << 20
    """How much of the output is kept: the first and the last half."""


@dataclass(frozen=True)
class SandboxRequest:
    """One command, what it sees and what it may use."""

    command: str | tuple[str, ...]
    """A line for /bin/sh, or a program and its arguments. It is seen by `ps` on the host: no secrets in it."""
    code: Path
    """A directory that the runner's account can read; read-only inside, at `CODE`."""
    database: Database | None = None
    toolchain: Path | None = None
    """A directory with programs (`bin/php`), added to the host's /usr; or a whole root (`usr/bin`) in its place."""
    limits: Limits = Limits()
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """More variables. Nothing of dbs' own environment is seen inside."""
    runner_user: str = RUNNER


@dataclass(frozen=True)
class SandboxRun:
    """What came of it. The command's own failure is data, not an error."""

    exit_code: int
    """As a shell says it: 128 and the number of the signal when one ended it; 137 when it was stopped."""
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    """Most memory of all its processes together: exact with a memory cgroup, else sampled."""
    output: str
    """What it wrote, cleaned of control characters; untrusted all the same. At most `output_bytes`, see `Limits`."""
    output_bytes: int
    """How much it wrote, kept or not."""
    stopped_by: StoppedBy | None = None
