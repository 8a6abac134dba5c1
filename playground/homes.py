"""Whose state database is it? The playground stands beside its own only: a bot that is joined to it would otherwise
write made-up requests into a real audit table, and restore real instances for made-up people.
"""

import os
from collections.abc import Mapping
from pathlib import Path

MARK_FILE = "playground"
STATE_FILE = "state.db"
_SQLITE = "sqlite:///"


class ForeignHomeError(RuntimeError):
    """There is a state database that no playground made; the playground refuses to work beside it."""


def mark_home(home: Path) -> None:
    """Marks a fresh home directory (made if need be) as the playground's own; ForeignHomeError when one is in use."""
    _refuse(home / STATE_FILE)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    (home / MARK_FILE).write_text("This directory belongs to a playground: nothing in it is real.\n")


def refuse_foreign_home(environment: Mapping[str, str] = os.environ) -> None:
    """ForeignHomeError when `DBS_HOME` or `DBS_STATE_URL` name a state database that no playground made."""
    if home := environment.get("DBS_HOME"):
        _refuse(Path(home).expanduser() / STATE_FILE)
    url = environment.get("DBS_STATE_URL", "")
    if url.startswith(_SQLITE):
        _refuse(Path(url.removeprefix(_SQLITE)))
    elif url:
        raise ForeignHomeError(
            "DBS_STATE_URL names a database server, and the playground only works beside a state of its own: unset it."
        )


def _refuse(state: Path) -> None:
    if state.exists() and not (state.parent / MARK_FILE).exists():
        raise ForeignHomeError(
            f"{state} was not made by a playground: point DBS_HOME at a new directory before you start one."
        )
