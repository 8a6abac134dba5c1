"""What one git process needs to reach one remote: settings and variables for it alone, gone when it ends.

Secrets are in the environment of that process, or in a file of mode 0600 below a directory of ours; never in an
argument and never in an address.
"""

from __future__ import annotations

import base64
import os
import shlex
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from dbs import process
from dbs.git.remote import Remote
from dbs.settings.network import Network

_USER = "x-access-token"
_PROXY_VARIABLES = ("http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY")
_SSH_SECONDS = 20
KEYS = "keys-"
"""How directories with a key begin; one that a killed process left behind is removed by the next fetch."""


@dataclass(frozen=True)
class Access:
    """Settings of git and variables of the environment for one process; `secrets` are cut out of what it says."""

    settings: Mapping[str, str] = field(default_factory=dict, repr=False)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


LOCAL = Access({"protocol.allow": "never"}, {"GIT_ALLOW_PROTOCOL": ""})
"""For everything that has no business with the network."""


@contextmanager
def access(remote: Remote, network: Network, directory: Path) -> Iterator[Access]:
    """The way to a remote. `directory` (0700) is where a key lies while it is needed.

    Raises `SettingsError` when `[network] ca_file` cannot be used, `ProgramError` without an ssh program.
    """
    if remote.address.kind == "ssh":
        with _ssh(remote, directory) as found:
            yield found
    elif remote.address.kind == "http":
        with network.bundle() as trusted:
            yield _http(remote, network, trusted)
    else:
        yield Access(environment={"GIT_ALLOW_PROTOCOL": "file"})


def _http(remote: Remote, network: Network, trusted: str | bool) -> Access:
    address = remote.address
    # A token that follows a redirection is a token that somebody else gets.
    settings = {"http.followRedirects": "false", "http.lowSpeedLimit": "1000", "http.lowSpeedTime": "30"}
    if isinstance(trusted, str):
        settings["http.sslCAInfo"] = trusted
    proxies = network.proxies(remote.url)
    if proxies is not None:
        settings["http.proxy"] = proxies.get("https", "") or ""
    secrets = [unquote(part) for part in (urlsplit(network.proxy).password or "",) if part] if network.proxy else []
    if remote.token is not None:
        token = remote.token.get_secret_value()
        basic = base64.b64encode(f"{address.user or _USER}:{token}".encode()).decode()
        settings[f"http.{_origin(remote)}.extraHeader"] = f"Authorization: Basic {basic}"
        secrets += [token, basic]
    environment = {"GIT_ALLOW_PROTOCOL": address.scheme}
    if proxies is None:
        environment |= {name: os.environ[name] for name in _PROXY_VARIABLES if os.environ.get(name)}
    return Access(settings, environment, tuple(secrets))


def _origin(remote: Remote) -> str:
    parts = urlsplit(remote.url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/"


@contextmanager
def _ssh(remote: Remote, directory: Path) -> Iterator[Access]:
    address = remote.address
    program = process.find_program("ssh")
    place = Path(tempfile.mkdtemp(prefix=KEYS, dir=directory))  # 0700, says tempfile
    try:
        name = address.host if address.port in (None, 22) else f"[{address.host}]:{address.port}"
        _write(place / "known_hosts", "".join(f"{name} {key}\n" for key in remote.host_keys))
        _write(place / "key", _whole_lines(remote.key))
        words = [program, "-F", "none", "-i", str(place / "key")]
        options = {**_SSH_OPTIONS, "UserKnownHostsFile": str(place / "known_hosts")}
        words += [word for option, value in options.items() for word in ("-o", f"{option}={value}")]
        # GIT_SSH_COMMAND is the one thing here that a shell reads; nothing in it comes from a repository.
        yield Access(
            environment={"GIT_ALLOW_PROTOCOL": "ssh", "GIT_SSH_COMMAND": shlex.join(words), "GIT_SSH_VARIANT": "ssh"}
        )
    finally:
        shutil.rmtree(place)


_SSH_OPTIONS = {
    "BatchMode": "yes",
    "IdentitiesOnly": "yes",
    "IdentityAgent": "none",
    "PreferredAuthentications": "publickey",
    "StrictHostKeyChecking": "yes",
    "CheckHostIP": "no",
    "GlobalKnownHostsFile": "/dev/null",
    "UpdateHostKeys": "no",
    "ClearAllForwardings": "yes",
    "PermitLocalCommand": "no",
    "ControlPath": "none",
    "ConnectTimeout": str(_SSH_SECONDS),
    "ServerAliveInterval": str(_SSH_SECONDS),
    "ServerAliveCountMax": "2",
    "LogLevel": "ERROR",
}
"""ssh_config(5): our key and nobody else's, the server's pinned key and no other, and no question asked."""


def _whole_lines(key: SecretStr | None) -> str:
    """OpenSSH takes no key whose last line has no end, and secret stores like to take that away."""
    return key.get_secret_value().replace("\r\n", "\n").strip("\n") + "\n" if key else ""


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
