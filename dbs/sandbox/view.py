"""What a command sees: the options of bwrap, and which directories the launcher stages for them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from dbs.sandbox.interface import CODE, HOST, PORT, SCRATCH, SOCKET, Database, SandboxError, SandboxRequest
from dbs.sandbox.launcher.plan import STAGE, STAGED_HOSTS, STAGED_SCRATCH, STAGED_SOCKET

UID = 65534
"""The user and group inside; outside it is the runner's account."""
_PROGRAMS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_NAMESPACES = ("user", "ipc", "pid", "uts", "cgroup")  # the launcher made those of mounts and network
_SCRATCH_TOO = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108  (the sandbox's own)
# Made anew inside, whatever the root has there.
_OWN = {"proc", "dev", "sys", "tmp", "run", "boot", CODE[1:], SCRATCH[1:], SOCKET.split("/")[1]}
_STAGED_CODE, _STAGED_ROOT, _STAGED_TOOLS = f"{STAGE}/code", f"{STAGE}/root", f"{STAGE}/tools"
_ELSEWHERE = "/toolchain"
_MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
# Of the host's /etc, only what its programs need to be found; no list of users.
_ETC = ("/etc/ld.so.cache", "/etc/alternatives")
_READABLE = 0o005
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class View:
    """Options for bwrap, and directory on the host → where the launcher shows it below the stage."""

    options: list[str]
    binds: dict[str, str]


def view(request: SandboxRequest) -> View:
    """What the request's command sees. Raises `SandboxError` when a directory cannot be shown."""
    if request.code.is_symlink():  # whoever brought the files could make it lead anywhere
        raise SandboxError(f"The directory with the code has to be a directory and no link to one: {request.code}")
    code = _directory(request.code, "The directory with the code")
    binds = {str(code): _STAGED_CODE}
    options = [f"--unshare-{name}" for name in _NAMESPACES]
    options += ["--disable-userns", "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"]
    options += ["--uid", str(UID), "--gid", str(UID), "--hostname", "sandbox"]
    path = _PROGRAMS
    tools = _directory(request.toolchain, "The toolchain") if request.toolchain else None
    if tools is not None and _is_root(tools):
        binds[str(tools)] = _STAGED_ROOT
        options += _entries(tools, _STAGED_ROOT)
    else:
        options += _host()
    options += ["--proc", "/proc", "--dev", "/dev", "--bind", STAGED_SCRATCH, SCRATCH]
    for place in _SCRATCH_TOO:
        options += ["--bind", STAGED_SCRATCH, place]
    if request.toolchain and tools is not None and str(tools) not in binds:
        binds[str(tools)] = _STAGED_TOOLS
        # By both names, when it is reached through a link: either may be built into its programs.
        for inner in sorted({_inner(request.toolchain), _inner(tools)}):
            options += ["--ro-bind", _STAGED_TOOLS, inner]
            path = f"{inner}/bin:{inner}/sbin:{inner}:{path}"
    options += ["--ro-bind", _STAGED_CODE, CODE]
    if request.database is not None:
        options += ["--dir", str(Path(SOCKET).parent), "--bind", STAGED_SOCKET, SOCKET]
    # The root itself and /dev are file systems in memory too, and nothing limits their size.
    options += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", CODE]
    return View([*options, *_variables(request, path)], binds)


def _directory(path: Path, what: str) -> Path:
    """The directory itself, where all links are followed."""
    if not path.is_absolute() or not path.is_dir():
        raise SandboxError(f"{what} has to be a directory, named by an absolute path, and {path} is none.")
    resolved = path.resolve()
    if resolved == Path("/"):
        raise SandboxError(f"{what} cannot be / itself: everything on this machine would be seen inside.")
    if resolved.stat().st_mode & _READABLE != _READABLE:
        raise SandboxError(
            f"{what}, {path}, cannot be read by the account that commands of projects run as: chmod o+rx {path}"
        )
    return resolved


def _is_root(directory: Path) -> bool:
    """Whether it is a whole system, as of an image, and not just a directory with programs."""
    return os.path.lexists(directory / "usr" / "bin") or os.path.lexists(directory / "bin" / "sh")


def _entries(root: Path, shown: str) -> Iterator[str]:
    """Bind what lies in a root one by one, since what we add may have no place in it."""
    for entry in sorted(root.iterdir()):
        if entry.name in _OWN:
            continue
        if entry.is_symlink():
            yield from ("--symlink", os.readlink(entry), f"/{entry.name}")
        elif entry.is_dir():
            yield from ("--ro-bind", f"{shown}/{entry.name}", f"/{entry.name}")


def _host() -> Iterator[str]:
    """The host's own programs."""
    yield from ("--ro-bind", "/usr", "/usr")
    for name in _MERGED:
        entry = Path("/", name)
        if entry.is_symlink():
            yield from ("--symlink", os.readlink(entry), f"/{name}")
        elif entry.is_dir():
            yield from ("--ro-bind", f"/{name}", f"/{name}")
    for place in _ETC:
        yield from ("--ro-bind-try", place, place)
    yield from ("--ro-bind", STAGED_HOSTS, "/etc/hosts")


def _inner(tools: Path) -> str:
    """Where it is inside: at its own path, which is often built into its programs, unless we have that ourselves."""
    reserved = tools.parts[1] in _OWN or str(tools).startswith("/var/tmp/")  # noqa: S108
    return _ELSEWHERE if reserved else str(tools)


def _variables(request: SandboxRequest, path: str) -> Iterator[str]:
    values = {"PATH": path, "HOME": SCRATCH, "TMPDIR": SCRATCH, "LANG": "C.UTF-8", "TZ": "UTC", "CI": "true"}
    values |= _database(request.database) if request.database else {}
    for name, value in {**request.environment, **values}.items():
        if not _VARIABLE.fullmatch(name) or "\0" in value:
            raise SandboxError(f"{name!r} cannot be the name of a variable, or its value has a byte 0 in it.")
        yield from ("--setenv", name, value)


def _database(database: Database) -> dict[str, str]:
    """Under the names that the common tools look for."""
    user, password = (quote(word, safe="") for word in (database.user, database.password))
    return {
        "DATABASE_URL": f"mysql://{user}:{password}@{HOST}:{PORT}/{quote(database.name, safe='')}",
        "DB_CONNECTION": "mysql",
        "DB_HOST": HOST,
        "DB_PORT": str(PORT),
        "DB_DATABASE": database.name,
        "DB_USERNAME": database.user,
        "DB_PASSWORD": database.password,
        "MYSQL_HOST": HOST,
        "MYSQL_TCP_PORT": str(PORT),
        "MYSQL_UNIX_PORT": SOCKET,
        "MYSQL_PWD": database.password,
    }
