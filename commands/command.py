"""What every verb's file defines: one `COMMAND`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from commands.interface import Request, Result
from commands.services import Services
from dbs.access import Role


@dataclass(frozen=True)
class Command:
    """A verb: its name as typed, one line of help, the class of its arguments, who may, and what it does.

    `run(services, request, arguments)` returns a `Result` at once; long work is queued as a job. `target` names the
    argument that the audit table shows as what the command was about. A `slow` one asks servers elsewhere before it
    returns, for longer than Slack waits for an acknowledgement (3 s); it only reads, so that nothing is lost with it.
    """

    name: str
    summary: str
    arguments: type[Any]
    role: Role
    run: Callable[[Services, Request, Any], Result]
    example: str
    target: str = ""
    slow: bool = False
