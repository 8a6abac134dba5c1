"""Who people log in to an instance as, and where."""

from __future__ import annotations

import secrets
import socket
from pathlib import Path

from dbs.settings import Instance, Settings
from dbs.snapshots.local.engines.interface import Account
from dbs.snapshots.local.layout import write_atomically

_ANY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104


def account(settings: Settings, name: str, instance: Instance | None = None) -> Account:
    """Who people log in to an instance as; a password that the configuration lacks is made once and kept.

    `instance` is given for one that the configuration does not name.
    """
    instance = instance or settings.instance[name]
    if instance.password is not None:
        return Account(instance.user, settings.secret(instance.password).get_secret_value())
    kept = _kept(settings, name)
    if not kept.exists():
        kept.parent.mkdir(mode=0o700, exist_ok=True)
        write_atomically(kept, secrets.token_urlsafe(18))
    return Account(instance.user, kept.read_text())


def forget(settings: Settings, name: str) -> None:
    """Throw a kept password away: the instance is gone, and the next one of that name is somebody else's."""
    _kept(settings, name).unlink(missing_ok=True)


def _kept(settings: Settings, name: str) -> Path:
    return settings.home / "passwords" / name


def host(instance: Instance) -> str:
    """The host name that people are told; this host's when the configuration tells none and dbs listens everywhere."""
    return instance.host or (socket.getfqdn() if instance.bind in _ANY_ADDRESS else instance.bind)
