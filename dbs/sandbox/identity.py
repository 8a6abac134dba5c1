"""Whom a command runs as: an account of its own, never root's or dbs' own. Without one, nothing is run."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from dbs import process
from dbs.sandbox.interface import SandboxError

_FILES = (Path("/etc/subuid"), Path("/etc/subgid"))


@dataclass(frozen=True)
class Identity:
    """A user and a group of the host. `subordinate`: ids that dbs' own account was given by /etc/subuid."""

    uid: int
    gid: int
    subordinate: bool


def identity(runner_user: str) -> Identity:
    """Whom to run as. Raises `SandboxError` when there is nobody: then nothing may be run."""
    if os.geteuid() == 0:
        return _account(runner_user)
    return subordinate(*_FILES)


def _account(name: str) -> Identity:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise SandboxError(
            f"There is no account {name!r} on this machine, and commands of projects run as an account of their own "
            f"or not at all. Create it with: useradd --system --no-create-home --shell /usr/sbin/nologin {name}"
        ) from None
    if entry.pw_uid == 0 or entry.pw_gid == 0:
        raise SandboxError(
            f"The account {name!r} is root or of its group, and commands of projects never run as root. "
            "Name another one as runner_user."
        )
    return Identity(entry.pw_uid, entry.pw_gid, subordinate=False)


def subordinate(users: Path, groups: Path) -> Identity:
    """The first ids that these files (subuid(5), subgid(5)) give the account of dbs. Raises `SandboxError`."""
    own = pwd.getpwuid(os.geteuid()).pw_name
    uid, gid = (_first(file, own) for file in (users, groups))
    if not uid or not gid:
        raise SandboxError(
            f"dbs runs as {own!r}, which has no subordinate user and group ids, so commands of projects cannot run as "
            f"anybody but {own!r} itself, and that is refused. Give it some, as root: usermod --add-subuids "
            f"300000-300000 --add-subgids 300000-300000 {own}"
        )
    for program in ("newuidmap", "newgidmap"):
        try:
            process.find_program(program)
        except process.ProgramError as error:
            raise SandboxError(f"{error} It makes the sandbox's own user; on Debian: apt install uidmap") from None
    return Identity(uid, gid, subordinate=True)


def _first(file: Path, account: str) -> int:
    """The first subordinate id of an account, by name or number (subuid(5)); 0 when it has none."""
    names = (account, str(os.geteuid()))
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return 0
    for line in lines:
        words = line.split(":")
        if len(words) == 3 and words[0] in names and words[1].isdecimal() and words[2].isdecimal() and int(words[2]):
            return int(words[1])
    return 0
