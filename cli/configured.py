"""What `dbs doctor` says of the configuration: what happens by itself and when, and which keys do nothing yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from pydantic import BaseModel, SecretStr

from cli.findings import Finding
from commands import nightly
from commands.services import Services
from commands.texts import moment
from dbs.errors import SettingsError
from dbs.schedule import Daily
from dbs.settings import Config, Settings
from dbs.settings.secrets import is_reference

NOT_YET: dict[str, str] = {
    "schedule.change_window": "There are no schema changes to hold back yet.",
    "retention.audit": "The audit table is kept for ever, whatever stands there.",
}
"""Keys that are read and checked, and that nothing acts on: key → what that means. Whoever builds it takes it out."""


def unused_keys(services: Services) -> Iterator[Finding]:
    """The keys that somebody set and that do nothing: believing in them would be worse than not having them."""
    for shown, key in configured(services.settings):
        if key in NOT_YET:
            yield Finding(shown, "set, but does nothing in this version", NOT_YET[key])


def schedule(services: Services) -> Iterator[Finding]:
    """When what happens by itself comes next. Raises `SettingsError` for a cron line without sense."""
    lines = services.settings.schedule
    yield _next("schedule.report", lines.report, "no report comes by itself")
    refresh = _next(nightly.KEY, lines.refresh, "nothing is refreshed by itself")
    if lines.refresh and not nightly.scheduled(services):
        refresh = Finding(
            nightly.KEY, refresh.state, "No source has a policy, so none is refreshed: set [source.…] policy"
        )
    yield refresh


def _next(key: str, line: str | None, without: str) -> Finding:
    if line is None:
        return Finding(key, f"not set, so {without}")
    at = Daily(key, line).next(datetime.now(UTC))
    advice = "" if at else f'"{line}" never comes; write one such as "0 7 * * mon-fri"'
    return Finding(key, f"next on {moment(at.isoformat())}" if at else "never", advice)


def references(services: Services) -> Iterator[Finding]:
    """Whether each secret that the file refers to can be had, before the night in which it is needed."""
    for shown, value in _secrets(services.settings):
        if is_reference(value):
            try:
                services.settings.secret(value)
            except SettingsError as error:
                yield Finding(shown, "cannot be had", str(error))
            else:
                yield Finding(shown, "can be had")


def _secrets(settings: Settings) -> Iterator[tuple[str, SecretStr]]:
    """(name as in the file, value) of every secret that is set."""
    for shown, _ in configured(settings):
        found: object = settings
        for part in shown.split("."):
            found = found.get(part) if isinstance(found, dict) else getattr(found, part, None)
        if isinstance(found, SecretStr):
            yield shown, found


def configured(settings: Settings) -> Iterator[tuple[str, str]]:
    """(name as in the file, key) of everything that the file sets: `instance.shared.port` is `instance.port`."""
    for table in Config.model_fields:
        value = getattr(settings, table)
        if isinstance(value, dict):
            for name, entry in value.items():
                yield f"{table}.{name}", table
                yield from ((f"{table}.{name}.{key}", f"{table}.{key}") for key in _set(entry))
        elif value is not None:
            yield from ((f"{table}.{key}", f"{table}.{key}") for key in _set(value))


def _set(section: BaseModel) -> list[str]:
    """Its keys that the file names, in the order in which they are explained."""
    return [key for key in type(section).model_fields if key in section.model_fields_set]
