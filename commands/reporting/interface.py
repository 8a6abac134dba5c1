"""What a topic of the report is: facts in, lines out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from commands.services import Services

Weight = Literal["plain", "news", "trouble"]
"""`plain` alone is no reason for more than one line; `news` is; `trouble` needs somebody to do something."""


@dataclass(frozen=True)
class Period:
    """What a report is about: after `since`, up to and with `until`; as `dbs.state.stamp` writes them."""

    since: str
    until: str


@dataclass(frozen=True)
class Line:
    """One line; a line of trouble says what to type."""

    text: str
    weight: Weight = "plain"


@dataclass(frozen=True)
class Topic:
    """A title and how its lines are found. It only looks; a `DbsError` becomes a line that says so."""

    title: str
    lines: Callable[[Services, Period], list[Line]]
