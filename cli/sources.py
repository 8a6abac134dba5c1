"""What `dbs doctor` says of each source: the way there, who it is, what the account may do, how far it is behind."""

from __future__ import annotations

from collections.abc import Iterator

from cli.findings import Finding
from commands.services import Services
from dbs.errors import DbsError
from dbs.settings import Settings, Source
from dbs.sources.interface import Opened, source_errors
from dbs.sources.opening import open_source
from dbs.sources.places import place
from dbs.sources.rights import read_rights, too_much


def sources(services: Services) -> Iterator[Finding]:
    """Each source that is read; one that only gets dumps needs no connection."""
    for name, source in services.settings.source.items():
        about = f"source {name}"
        if source.policy is None and source.password is None:
            yield Finding(about, "gets dumps only: it has neither policy nor password")
            continue
        try:
            yield from _source(about, services.settings, source)
        except DbsError as error:
            yield Finding(about, "cannot be read", str(error))


def _source(about: str, settings: Settings, source: Source) -> Iterator[Finding]:
    password = settings.secret(source.password).get_secret_value() if source.password else None
    with open_source(source, password, settings.way_out, settings.file.parent, any_account=True) as opened:
        yield Finding(about, f"{opened.version}, {opened.where}")
        for sentence in opened.passed_over:
            yield Finding(f"{about}: replica", "passed over", sentence)
        yield transport(about, source, opened)
        yield Finding(f"{about}: lag", _lag(opened))
        yield from _rights(about, source, opened)


def transport(about: str, source: Source, opened: Opened) -> Finding:
    """How the connection is protected, and what to do when others can read along."""
    here = all(place(url).is_here for url in (source.url, *source.replicas))
    if opened.tls != "off" or (here and source.proxy is None):
        return Finding(f"{about}: TLS", opened.tls if opened.tls != "off" else "off, and on this machine")
    advice = 'Whoever is on the way reads everything. Take out tls = "off"; a private authority goes into ca_file'
    return Finding(f"{about}: TLS", "OFF", advice)


def _lag(opened: Opened) -> str:
    if not opened.is_replica:
        return "no replica, as far as the account may know"
    return "not known" if opened.lag_seconds is None else f"{opened.lag_seconds:g} s"


def _rights(about: str, source: Source, opened: Opened) -> Iterator[Finding]:
    with source_errors():
        found = read_rights(opened.connection, opened.version, opened.database, lock=source.lock)
    if found.writes:
        advice = " ".join(found.revokes) or "Make an account for dbs alone."
        yield Finding(f"{about}: rights", f"too many: {too_much(found)}", advice)
    if found.missing:
        names = ", ".join(right for right, _, _ in found.missing)
        yield Finding(f"{about}: rights", f"missing: {names}", " ".join(found.grants))
    if not (found.writes or found.missing):
        yield Finding(f"{about}: rights", "reads everything, and nothing else")
    for purpose, statement in found.wishes.items():
        yield Finding(f"{about}: optional", f"{purpose}: {statement}")
