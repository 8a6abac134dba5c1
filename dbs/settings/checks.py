"""What one table of the configuration says about another: names, references, ports."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from dbs.settings.models import Config, LibvirtProvider, LocalProvider
from dbs.settings.problems import nearest

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,30}")


def cross_checks(config: Config) -> list[str]:
    """One sentence for each thing that fits its own table but not the rest of the file."""
    return [*_names(config), *_references(config), *_personal(config), *_ports(config)]


def _names(config: Config) -> Iterator[str]:
    tables: dict[str, Mapping[str, object]] = {
        "source": config.source,
        "provider": config.provider,
        "instance": config.instance,
        "project": config.project,
    }
    for table, entries in tables.items():
        for name in entries:
            if not _NAME.fullmatch(name):
                yield (
                    f"the name of [{table}.{name}] has to begin with a letter from a to z and go on with at "
                    'most 30 of a to z, 0 to 9, "_" and "-".'
                )


def _references(config: Config) -> Iterator[str]:
    for name, instance in config.instance.items():
        if instance.source not in config.source:
            yield _dangling(f"instance.{name}.source", instance.source, config.source)
        if instance.provider not in config.provider:
            yield _dangling(f"instance.{name}.provider", instance.provider, config.provider)
    for name, project in config.project.items():
        if project.source not in config.source:
            yield _dangling(f"project.{name}.source", project.source, config.source)
        for provider, entry in config.provider.items():
            if isinstance(entry, LocalProvider) and entry.server_user == project.runner_user:
                yield (
                    f'"project.{name}.runner_user" is "{project.runner_user}", which runs the servers of '
                    f"[provider.{provider}] and can read all their files; name an account of its own."
                )


def _personal(config: Config) -> Iterator[str]:
    personal = config.personal
    if personal is None:
        return
    if personal.source not in config.source:
        yield _dangling("personal.source", personal.source, config.source)
    if personal.provider not in config.provider:
        yield _dangling("personal.provider", personal.provider, config.provider)
    for name, instance in config.instance.items():
        if instance.port in personal.port_range:
            yield f'"instance.{name}.port" is {instance.port}, which lies in the range of "personal.ports".'


def _dangling(key: str, value: str, valid: Mapping[str, object]) -> str:
    table = key.rpartition(".")[2]
    return f'"{key}" names "{value}", but there is no [{table}.{value}]; {nearest(value, valid)}'


def _ports(config: Config) -> Iterator[str]:
    taken: dict[tuple[str, int], str] = {}
    for name, instance in config.instance.items():
        place = (_machine(config, instance.provider), instance.port)
        first = taken.setdefault(place, name)
        if first != name:
            yield (
                f'"instance.{name}.port" is {instance.port}, which is the port of [instance.{first}] '
                "on the same host; give each instance its own."
            )


def _machine(config: Config, provider: str) -> str:
    """The machine where a provider's servers listen; empty for this one."""
    entry = config.provider.get(provider)
    return urlsplit(entry.uri).hostname or "" if isinstance(entry, LibvirtProvider) else ""
