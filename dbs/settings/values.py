"""The kinds of value that `dbs.toml` knows beyond texts and numbers."""

from __future__ import annotations

import re
from datetime import time, timedelta
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


LAST_PORT = 65535


def _port_range(value: str) -> str:
    match = re.fullmatch(r"([1-9][0-9]{0,4})-([1-9][0-9]{0,4})", value)
    if match is None or not 1 <= int(match[1]) <= int(match[2]) <= LAST_PORT:
        raise ValueError('a range of ports is two numbers with the smaller one first, such as "33100-33199"')
    return value


def _duration(value: object) -> timedelta:
    match = re.fullmatch(r"([1-9][0-9]{0,5})([smhdw])", value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('a duration is a number and one of s, m, h, d, w, such as "26h"')
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _forever_or_duration(value: object) -> timedelta | None:
    return None if value == "forever" else _duration(value)


def _host_and_port(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > LAST_PORT:
        raise ValueError('an address to listen on is host and port, such as "127.0.0.1:8080"')
    return value


def _time_of_day(value: object) -> time:
    found = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", value) if isinstance(value, str) else None
    if found is None:
        raise ValueError('a time of day (UTC) is written like "06:00"')
    return time(int(found[1]), int(found[2]))


def _cron(value: str) -> str:
    if len(value.split()) != 5:
        raise ValueError('a cron line has five fields (UTC), such as "0 1 * * *"')
    return value


def _database_url(value: str) -> str:
    url = split_url(value)
    socket = re.fullmatch(r"socket=/[^&]+", url.query) is not None and not url.netloc.rpartition("@")[2]
    if url.scheme not in ("mysql", "mariadb") or not (socket or (url.hostname and url.username and not url.query)):
        raise ValueError(
            'the address of a source looks like "mysql://reader@replica.internal:3306/shop", on this machine also like '
            '"mysql://reader@/shop?socket=/run/mysqld/mysqld.sock"'
        )
    if url.password is not None:
        raise ValueError('a password does not belong into the url; set password = "env:NAME" beside it')
    if not re.fullmatch(r"/[^/]+", url.path):
        raise ValueError('the url has no database name; it ends with one: "mysql://reader@host:3306/shop"')
    return value


def split_url(value: str) -> SplitResult:
    """The parts of a URL. Raises `ValueError` with a sentence when its port is no number."""
    url = urlsplit(value)
    try:
        _ = url.port
    except ValueError:
        raise ValueError("the port in the url is not a number up to 65535") from None
    return url


Port = Annotated[int, Field(strict=True, ge=1, le=LAST_PORT)]
PortRange = Annotated[str, AfterValidator(_port_range)]
Duration = Annotated[timedelta, BeforeValidator(_duration)]
Keep = Annotated[timedelta | None, BeforeValidator(_forever_or_duration)]
"""How long to keep something; None is forever."""
Bind = Annotated[str, AfterValidator(_host_and_port)]
TimeOfDay = Annotated[time, BeforeValidator(_time_of_day)]
Cron = Annotated[str, AfterValidator(_cron)]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
ProxyUrl = Annotated[str, Field(pattern=r"^(http|socks5)://[^/\s]+/?$")]
Limit = Annotated[int, Field(strict=True, ge=0)]
"""The most that is allowed; 0 means that everything is."""
Size = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,6}[KMG]$")]
HttpUrl = Annotated[str, Field(pattern=r"^https?://[^/\s]+\S*$")]


def _person(value: str) -> str:
    if not re.fullmatch(r"[UW][A-Z0-9]{2,30}", value):
        raise ValueError('a person is a user id of Slack, such as "U0ADA"; it stands in their profile')
    return value


Person = Annotated[str, AfterValidator(_person)]
"""The id of somebody in Slack."""
