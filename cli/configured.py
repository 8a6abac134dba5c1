"""What `dbs doctor` says of the configuration: what happens by itself and when, and which keys do nothing yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from pydantic import BaseModel

from cli.findings import Finding
from commands.services import Services
from commands.texts import moment
from dbs.schedule import Daily
from dbs.settings import Config, Settings

_PRODUCTION = "This version does not read production; give it dumps: dbs refresh SOURCE --from-dump FILE …"

NOT_YET: dict[str, str] = {
    "web.public_url": "No message has links to the page yet.",
    "github.url": "Pull requests are not looked at yet.",
    "slack.privacy": "There are no masking rules to approve yet.",
    "source.skip_data": _PRODUCTION,
    "source.policy": _PRODUCTION,
    "source.mask_key": _PRODUCTION,
    "instance.role": "There are no rehearsals yet, so every instance is treated alike.",
    "project": "Migrations are not rehearsed yet.",
    "schedule.refresh": "No refresh happens by itself yet. Run this from cron: dbs refresh SOURCE --from-dump FILE …",
    "schedule.change_window": "There are no schema changes to hold back yet.",
    "retention.dumps": "No dumps are kept for people to download yet, so none is deleted.",
    "retention.audit": "The audit table is kept for ever, whatever stands there.",
}
"""Keys that are read and checked, and that nothing acts on: key → what that means. Whoever builds it takes it out."""


def unused_keys(services: Services) -> Iterator[Finding]:
    """The keys that somebody set and that do nothing: believing in them would be worse than not having them."""
    for shown, key in configured(services.settings):
        if key in NOT_YET:
            yield Finding(shown, "set, but does nothing in this version", NOT_YET[key])


def schedule(services: Services) -> Iterator[Finding]:
    """When the next report comes. Raises `SettingsError` for a cron line without sense."""
    line = services.settings.schedule.report
    if line is None:
        yield Finding("schedule.report", "not set, so no report comes by itself")
        return
    at = Daily("schedule.report", line).next(datetime.now(UTC))
    advice = "" if at else f'"{line}" never comes; write one such as "0 7 * * mon-fri"'
    yield Finding("schedule.report", f"next on {moment(at.isoformat())}" if at else "never", advice)


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
