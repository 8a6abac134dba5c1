"""Bring the state database to the revision that this program knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, text

from dbs.state.interface import StateError

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0005"
"""The newest revision in `migrations/versions` (a test compares them)."""


def migrate(engine: Engine) -> None:
    """Run what is missing, all of it in one transaction. Raises `StateError` when a newer program was here."""
    with engine.begin() as connection:
        found = revision(connection)
        if found != HEAD:
            _upgrade(connection, found)


def revision(connection: Connection) -> str | None:
    """The revision of the database; None for an empty one."""
    exists = text("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'")
    if connection.execute(exists).scalar() is None:
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def alembic_config() -> Config:
    """Alembic's configuration, made here: there is no alembic.ini."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "dbs.state:migrations")
    config.set_main_option("path_separator", "os")
    return config


def _upgrade(connection: Connection, found: str | None) -> None:
    # Imported here: Alembic costs a third of a second, which every command would pay.
    from alembic import command
    from alembic.script import ScriptDirectory

    config = alembic_config()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise StateError(
            f"The state database was written by a newer dbs (its revision is {found}, this program knows "
            f"{HEAD}); install that version again, or give this one another DBS_HOME."
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
