"""Where a source is: the parts of its address."""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import parse_qs, unquote

from dbs.settings.values import split_url

DEFAULT_PORT = 3306


@dataclass(frozen=True)
class Place:
    """A server, an account and a database; what `dbs.mysql` calls a server address."""

    user: str
    host: str | None
    port: int | None
    unix_socket: str | None
    database: str

    @property
    def is_here(self) -> bool:
        """Whether nothing that is sent there leaves this machine."""
        if self.unix_socket is not None or self.host == "localhost":
            return True
        try:
            return ip_address(self.host or "").is_loopback
        except ValueError:  # a name
            return False

    def __str__(self) -> str:
        if self.unix_socket is not None:
            return f"the server at {self.unix_socket}"
        host = f"[{self.host}]" if ":" in (self.host or "") else self.host
        return f"the server at {host}:{self.port}"


def place(url: str) -> Place:
    """The parts of an address that the settings took; without an account the one that dbs runs as."""
    parts = split_url(url)
    sockets = parse_qs(parts.query).get("socket")
    return Place(
        user=unquote(parts.username) if parts.username else getpass.getuser(),
        host=None if sockets else parts.hostname,
        port=None if sockets else parts.port or DEFAULT_PORT,
        unix_socket=sockets[0] if sockets else None,
        database=unquote(parts.path.removeprefix("/")),
    )
