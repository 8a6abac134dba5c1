"""Who people log in to an instance as, and where."""

from __future__ import annotations

import secrets
import socket

from dbs.settings import Settings
from dbs.snapshots.local.initfile import Account
from dbs.snapshots.local.layout import write_atomically

_ANY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104


def account(settings: Settings, name: str) -> Account:
    """Who people log in to an instance as; a password that the configuration lacks is made once and kept."""
    instance = settings.instance[name]
    if instance.password is not None:
        return Account(instance.user, settings.secret(instance.password).get_secret_value())
    kept = settings.home / "passwords" / name
    if not kept.exists():
        kept.parent.mkdir(mode=0o700, exist_ok=True)
        write_atomically(kept, secrets.token_urlsafe(18))
    return Account(instance.user, kept.read_text())


def host(settings: Settings, name: str) -> str:
    """The host name that people are told; this host's when the configuration tells none and dbs listens everywhere."""
    instance = settings.instance[name]
    return instance.host or (socket.getfqdn() if instance.bind in _ANY_ADDRESS else instance.bind)
