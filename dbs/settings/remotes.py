"""Addresses of git repositories, as they may stand in `dbs.toml`. None of them holds a password."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator

from dbs.settings.network import THIS_MACHINE

_WHO = r"(?:(?P<user>[A-Za-z0-9_][A-Za-z0-9._+-]*)@)?"
_HOST = r"(?P<host>[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:]+\])"
_PORT = r"(?::(?P<port>[0-9]{1,5}))?"
_FORMS: tuple[tuple[Literal["http", "ssh", "local"], re.Pattern[str]], ...] = (
    ("http", re.compile(rf"(?P<scheme>https?)://{_WHO}{_HOST}{_PORT}/[^\s?#@]+")),
    ("ssh", re.compile(rf"ssh://{_WHO}{_HOST}{_PORT}/[^\s?#]+")),
    # What git itself calls the scp-like syntax. "::" would name a program that git runs, a remote helper.
    ("ssh", re.compile(rf"{_WHO}{_HOST}:(?!:|-|//)[^\s?#]+")),
    ("local", re.compile(r"/[^\0\n]+")),
)


@dataclass(frozen=True)
class RemoteAddress:
    """The parts of an address; `host` is empty for a directory of this machine. `port` None is the usual one."""

    kind: Literal["http", "ssh", "local"]
    host: str = ""
    port: int | None = None
    user: str | None = None
    scheme: str = ""


def split_remote(url: str) -> RemoteAddress:
    """The parts of the address of a repository. Raises `ValueError` with a sentence when it is none that is taken."""
    for kind, form in _FORMS:
        found = form.fullmatch(url)
        if found and url.isprintable():
            parts = found.groupdict()
            port = int(parts["port"]) if parts.get("port") else None
            address = RemoteAddress(
                kind, (parts.get("host") or "").strip("[]"), port, parts.get("user"), parts.get("scheme") or ""
            )
            break
    else:
        raise ValueError(
            'the address of a repository looks like "https://git.example.com/acme/shop.git", '
            '"ssh://git@git.example.com/acme/shop.git" or "/srv/git/shop.git", and has no password in it'
        )
    if address.scheme == "http" and address.host not in THIS_MACHINE:
        raise ValueError("http:// would show the token, and the files, to everybody on the way; use https://")
    return address


def without_access(url: str | None, token: bool, key: bool, host_keys: bool) -> str:
    """What is wrong with the proofs that are there to reach an address (None is GitHub), as the end of a sentence."""
    kind = "github" if url is None else split_remote(url).kind
    if token and kind != "http":
        return "a token is for a remote at https://"
    if (key or host_keys) and kind != "ssh":
        return "a key and host_keys are for a remote at ssh://"
    if kind == "ssh" and not key:
        return "a remote at ssh:// needs a key, a private one that may read it (a deploy key)"
    if kind == "ssh" and not host_keys:
        return 'a remote at ssh:// needs host_keys, such as ["ssh-ed25519 AAAA…"]; ssh-keyscan prints those of a server'
    return ""


def _git_url(value: str) -> str:
    split_remote(value)
    return value


GitUrl = Annotated[str, AfterValidator(_git_url)]
"""The address of a git repository: HTTPS, SSH, or a directory of this machine."""
