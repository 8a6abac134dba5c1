"""Where a repository lies, and what proves that dbs may read it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from pydantic import SecretStr

from dbs.errors import SettingsError
from dbs.git.shown import shown
from dbs.settings.projects import Project
from dbs.settings.remotes import RemoteAddress, split_remote, without_access

# Type and key as in ~/.ssh/known_hosts without the name before them, sshd(8).
_HOST_KEY = re.compile(r"[a-z0-9@.-]+ [A-Za-z0-9+/]+={0,2}")


@dataclass(frozen=True)
class Remote:
    """A repository. `url` never holds a secret: HTTPS, SSH (also `git@host:path`), or a directory of this machine.

    `token` is for HTTPS: a personal, project or installation token. It is sent with the user name in the url; without
    one with "x-access-token", which is GitHub's and which GitLab, Gitea and Forgejo take as well. `key` is the text of
    a private key for SSH, and `host_keys` are the keys by which the server is known, such as "ssh-ed25519 AAAA…";
    `ssh-keyscan HOST` prints them. Raises `SettingsError` when these do not fit together.
    """

    url: str
    token: SecretStr | None = field(default=None, repr=False)
    key: SecretStr | None = field(default=None, repr=False)
    host_keys: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        try:
            problem = _problem(self)
        except ValueError as error:
            raise SettingsError(f"This is no address of a git repository that dbs can use: {error}.") from None
        if problem:
            raise SettingsError(f"The git repository {self.name} cannot be reached like this: {problem}.")

    @property
    def address(self) -> RemoteAddress:
        """The parts of the url."""
        return split_remote(self.url)

    @property
    def name(self) -> str:
        """What a sentence calls it: the url."""
        return shown(self.url)

    @property
    def folder(self) -> str:
        """A name for its directory: what people recognise, and enough of a digest that no two share one."""
        end = re.sub(r"[^a-z0-9]+", "-", self.url.removesuffix(".git").lower())[-40:].strip("-")
        return f"{end}-{hashlib.sha256(self.url.encode()).hexdigest()[:16]}"


def configured(project: Project, secret: Callable[[SecretStr], SecretStr]) -> Remote:
    """The remote of a project that has one; `secret` reads what a reference names (`Settings.secret`).

    Raises `SettingsError`. A project on GitHub has none: its url and token come from there.
    """
    if project.remote is None:
        raise ValueError("this project has no remote of its own")
    return Remote(
        project.remote,
        token=secret(project.token) if project.token else None,
        key=secret(project.key) if project.key else None,
        host_keys=project.host_keys,
    )


def _problem(remote: Remote) -> str:
    problem = without_access(remote.url, remote.token is not None, remote.key is not None, bool(remote.host_keys))
    if not problem and not all(map(_HOST_KEY.fullmatch, remote.host_keys)):
        return 'each of the host_keys is a type and a key, such as "ssh-ed25519 AAAA…", without the name before them'
    return problem
