"""What a launcher is told on its input, as one line of JSON; the secrets in it are in no argument of any process."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

STAGE = "/sys"
"""Where the launcher puts together what bwrap then binds: hidden from everybody else by a mount of its own, and gone
with its last process. Nothing below the real one is ever bound."""
STAGED_SOCKET, STAGED_SCRATCH, STAGED_HOSTS = f"{STAGE}/s.sock", f"{STAGE}/scratch", f"{STAGE}/hosts"


@dataclass(frozen=True)
class Plan:
    """Everything that a launcher needs to know."""

    bwrap: str
    """Path of the program."""
    arguments: list[str] = field(repr=False)
    """Its options; given to it through a file in memory."""
    command: list[str]
    uid: int
    """The user that bwrap is started as. With `subordinate`, the number on the host of user 1 of a new namespace."""
    gid: int
    subordinate: bool
    binds: dict[str, str]
    """Directory on the host → where it is shown below `STAGE`."""
    database: str | list[str | int] | None
    """The Unix socket, or host and port."""
    port: int
    """Where the database is found inside, on 127.0.0.1."""
    memory_bytes: int
    cpu_seconds: int
    processes: int
    file_bytes: int
    scratch_bytes: int

    def line(self) -> bytes:
        """As it is sent."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def of(cls, line: bytes) -> Plan:
        """As it was sent."""
        return cls(**json.loads(line))
