"""The shape of `dbs.toml`: one model for each table, one field for each key.

The description of a field completes "here belongs …": error messages are made from it.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from dbs.settings.projects import GithubSettings, Project
from dbs.settings.section import REFERENCE, Section
from dbs.settings.values import (
    Bind,
    Cron,
    DatabaseUrl,
    Duration,
    HttpUrl,
    Keep,
    Limit,
    Port,
    PortRange,
    ProxyUrl,
    Size,
    TimeOfDay,
    split_url,
)


class WebSettings(Section):
    """`[web]`: the page and the HTTP interfaces."""

    public_url: HttpUrl | None = Field(default=None, description='the address in links, "https://dbs.example.com"')
    bind: Bind = Field(default="127.0.0.1:8080", description='host and port to listen on, "127.0.0.1:8080"')
    metrics_bind: Bind | None = Field(default=None, description='host and port to listen on, "127.0.0.1:9187"')


class NetworkSettings(Section):
    """`[network]`: the way out of the company."""

    ca_file: Path | None = Field(default=None, description="the path of a PEM file with certificates to trust")
    proxy: HttpUrl | None = Field(default=None, repr=False, description='the address of a proxy, "http://proxy:3128"')


_PEOPLE = "a list of user-group ids (S…) and user ids (U…, W…)"


class SlackSettings(Section):
    """`[slack]`: the workspace and who may do what in it."""

    mode: Literal["socket", "http"] = Field(default="socket", description='"socket" or "http"')
    channel: str = Field(default="#databases", min_length=1, description='a channel, "#databases" or its id')
    approvers: tuple[str, ...] = Field(default=(), description=_PEOPLE)
    operators: tuple[str, ...] = Field(default=(), description=_PEOPLE + ', or "members"')
    privacy: tuple[str, ...] = Field(default=(), description=_PEOPLE)


class Source(Section):
    """`[source.NAME]`: a production database or replica, reached with a read-only account."""

    url: DatabaseUrl = Field(description='an address, "mysql://reader@replica.internal:3306/shop"')
    password: SecretStr | None = Field(default=None, description=REFERENCE)
    skip_data: tuple[str, ...] = Field(default=(), description='a list of tables or patterns, ["audit_log_*"]')
    policy: Path | None = Field(default=None, description="the path of a masking policy")
    mask_key: SecretStr | None = Field(default=None, description=REFERENCE)
    tls: Literal["verify", "off"] | None = Field(default=None, description='"verify" or "off"')
    ca_file: Path | None = Field(default=None, description="the path of a PEM file with certificates to trust")
    proxy: ProxyUrl | None = Field(default=None, repr=False, description='an address, "socks5://proxy:1080"')
    replicas: tuple[DatabaseUrl, ...] = Field(default=(), description="a list of addresses such as url has")
    max_lag: Duration = Field(default=timedelta(seconds=60), description='a duration, "60s"')
    max_threads_running: Limit = Field(default=100, description="a number; 0 for no limit")
    max_history: Limit = Field(default=2_000_000, description="a number; 0 for no limit")
    rate_limit: Size | None = Field(default=None, description='bytes in a second, a number with K, M or G: "20M"')
    lock: Annotated[bool, Field(strict=True)] = Field(default=False, description="true or false")
    max_age: Duration | None = Field(default=None, description='a duration, "26h"')
    engine_mismatch: Literal["refuse", "allow"] = Field(default="refuse", description='"refuse" or "allow"')

    @model_validator(mode="after")
    def _one_database(self) -> Source:
        if any(split_url(replica).path != split_url(self.url).path for replica in self.replicas):
            raise ValueError("replicas hold the same database as url does, so their addresses end alike")
        return self

    @property
    def user(self) -> str:
        """The account that reads."""
        return split_url(self.url).username or ""

    @property
    def host(self) -> str:
        """The host name or address of the server."""
        return split_url(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The port of the server; 3306 when the url has none."""
        return split_url(self.url).port or 3306

    @property
    def database(self) -> str:
        """The name of the database."""
        return split_url(self.url).path.removeprefix("/")


class LocalProvider(Section):
    """`[provider.NAME]` with `kind = "local"`: server processes on copy-on-write data directories.

    `server_user` is the unprivileged account that runs servers when dbs itself runs as root. `basedir` holds
    `bin/` or `sbin/` with `mariadbd` or `mysqld`; without it one is looked for on PATH and in /usr/sbin, MariaDB first.
    """

    kind: Literal["local"] = Field(description='"local" or "libvirt"')
    root: Path = Field(description="an absolute path of a directory for snapshots and instances")
    server_user: str = Field(default="dbs", min_length=1, description="the name of an account of this machine")
    basedir: Path | None = Field(default=None, description="the directory where MariaDB or MySQL is unpacked")
    copy_method: Literal["auto", "subvolume", "reflink", "plain"] = Field(
        default="auto", description='"auto", "subvolume", "reflink" or "plain"'
    )

    @field_validator("root")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        if not value.is_absolute():
            raise ValueError('the root of a local provider is an absolute path, such as "/var/lib/dbs"')
        return value


class LibvirtProvider(Section):
    """`[provider.NAME]` with `kind = "libvirt"`: virtual machines."""

    kind: Literal["libvirt"] = Field(description='"local" or "libvirt"')
    uri: str = Field(min_length=1, description='an address of libvirt, "qemu:///system"')


PROVIDER_KINDS: dict[str, type[LocalProvider] | type[LibvirtProvider]] = {
    "local": LocalProvider,
    "libvirt": LibvirtProvider,
}


class Instance(Section):
    """`[instance.NAME]`: a running server that people connect to; fixed address and credentials.

    `bind` is the address that dbs listens on, `host` the name that people are told (default: this host's).
    """

    source: str = Field(description="the name of a [source.NAME]")
    provider: str = Field(description="the name of a [provider.NAME]")
    bind: str = Field(default="127.0.0.1", min_length=1, description='an address to listen on, "0.0.0.0"')
    host: str | None = Field(default=None, min_length=1, description="the host name that people are told")
    port: Port = Field(description="a port number from 1 to 65535")
    user: str = Field(default="dev", pattern=r"^[A-Za-z0-9_.-]{1,32}$", description="a name of letters and digits")
    password: SecretStr | None = Field(default=None, description=REFERENCE)
    seed: tuple[Path, ...] = Field(default=(), description='a list of SQL files, ["dev-users.sql"]')
    roll: Literal["nightly", "manual"] = Field(default="nightly", description='"nightly" or "manual"')
    role: Literal["shared", "builds"] = Field(default="shared", description='"shared" or "builds"')
    buffer_pool: Size = Field(default="256M", description='a size, a number with K, M or G: "256M"')


class PersonalSettings(Section):
    """`[personal]`: what people may make for themselves with `new`. Without this table there is no `new`."""

    source: str = Field(description="the name of a [source.NAME]")
    provider: str = Field(description="the name of a [provider.NAME]")
    ports: PortRange = Field(description='the first and the last port, "33100-33199"')
    bind: str = Field(default="127.0.0.1", min_length=1, description='an address to listen on, "0.0.0.0"')
    host: str | None = Field(default=None, min_length=1, description="the host name that people are told")
    per_person: Annotated[int, Field(strict=True, ge=1)] = Field(default=2, description="a number from 1 upwards")
    longest: Duration = Field(default=timedelta(days=7), description='a duration, "7d"')
    buffer_pool: Size = Field(default="128M", description='a size, a number with K, M or G: "128M"')

    @property
    def port_range(self) -> range:
        """All ports that may be used."""
        first, last = map(int, self.ports.split("-"))
        return range(first, last + 1)

    def instance(self, port: int) -> Instance:
        """The settings that a personal instance on that port has."""
        return Instance(
            source=self.source,
            provider=self.provider,
            bind=self.bind,
            host=self.host,
            port=port,
            roll="manual",
            buffer_pool=self.buffer_pool,
        )


class ScheduleSettings(Section):
    """`[schedule]`: cron lines in UTC; a missing one is not run."""

    refresh: Cron | None = Field(default=None, description='a cron line, "0 1 * * *"')
    retry_until: TimeOfDay | None = Field(default=None, description='a time of day in UTC, "06:00"')
    heartbeat_url: SecretStr | None = Field(default=None, description='an address, or a reference to one, "env:NAME"')
    report: Cron | None = Field(default=None, description='a cron line, "0 7 * * mon-fri"')
    change_window: str | None = Field(default=None, description='"thu 09:00-15:00 Europe/Berlin"')


class DumpsSettings(Section):
    """`[dumps]`: the masked dumps that people can download."""

    root: Path | None = Field(default=None, description="an absolute path of a directory of its own")
    link: Duration = Field(default=timedelta(minutes=15), description='a duration up to 1d, "15m"')

    @field_validator("root")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        if not value.is_absolute():
            raise ValueError('the root of the dumps is an absolute path, such as "/var/lib/dbs-dumps"')
        return value

    @field_validator("link")
    @classmethod
    def _short(cls, value: timedelta) -> timedelta:
        if value > timedelta(days=1):
            raise ValueError("a link opens a dump for a day at most; for more, make a token: dbs token create")
        return value


class RetentionSettings(Section):
    """`[retention]`: what is kept for how long."""

    snapshots: Annotated[int, Field(strict=True, ge=1)] = Field(default=3, description="a number from 1 upwards")
    dumps: Duration = Field(default=timedelta(days=7), description='a duration, "7d"')
    audit: Keep = Field(default=None, description='"forever" or a duration, "730d"')


class Config(Section):
    """The whole file. The tables of a kind (`[instance.shared]`) are dictionaries by name."""

    web: WebSettings = WebSettings()
    network: NetworkSettings = NetworkSettings()
    github: GithubSettings = GithubSettings()
    slack: SlackSettings = SlackSettings()
    source: dict[str, Source] = Field(default_factory=dict)
    provider: dict[str, Annotated[LocalProvider | LibvirtProvider, Field(discriminator="kind")]] = Field(
        default_factory=dict
    )
    instance: dict[str, Instance] = Field(default_factory=dict)
    project: dict[str, Project] = Field(default_factory=dict)
    personal: PersonalSettings | None = None
    schedule: ScheduleSettings = ScheduleSettings()
    dumps: DumpsSettings = DumpsSettings()
    retention: RetentionSettings = RetentionSettings()
