"""What faces and commands say to each other: a `Request` goes in, a `Result` comes out.

Both are plain JSON-serialisable facts. A `Result` holds no blocks and no markup; each face renders it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Face = Literal["slack", "cli", "http", "schedule"]
Outcome = Literal["done", "queued", "running", "waiting", "refused", "failed", "cancelled", "expired"]
"""`waiting`: a person has to answer first, by one of the result's `actions`."""

TERMINAL: frozenset[str] = frozenset({"done", "refused", "failed", "cancelled", "expired"})


@dataclass(frozen=True)
class Actor:
    """Who asks. `id` is a Slack user id (`U…`), `os:<login>` for the command line, `token:<id>` or `schedule`.

    `grants` are what a program may do (`restore:builds`, `report`): its face has checked its token, or is the
    schedule itself. They count for the faces `http` and `schedule` only, and for those nothing else counts.
    """

    id: str
    name: str
    face: Face
    grants: tuple[str, ...] = ()


@dataclass(frozen=True)
class Request:
    """One thing somebody asked for.

    `id` is the idempotency key: the same id twice is answered twice and done once. `channel` and
    `thread_ts` say where it was typed, if it was typed in Slack. `files` are those that were given with it, each as a
    name and its text.
    """

    id: str
    actor: Actor
    words: tuple[str, ...]
    channel: str | None = None
    thread_ts: str | None = None
    files: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Table:
    """A titled table; every row has as many cells as `columns`."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Result:
    """What came of a request. `sentence` alone must tell a tired person what they need to know.

    `facts` are label → value pairs in the order to show them, and `links` label → address to open; `job_id` is set
    when work goes on; `error_id` is set when a bug was caught and names its traceback in the log. `actions` are the
    buttons of a question: `{"action": "decide", "decision": id, "choice": …, "label": …, "style": "danger" or ""}`, to
    be handed to `commands.decisions.decide`. A `private` result holds a secret in its facts or links: it is shown to
    the one who asked and to nobody else, and kept nowhere.
    """

    kind: str
    outcome: Outcome
    sentence: str
    # Not in the repr: they may hold a password, and a repr may end in a log.
    facts: dict[str, str] = field(default_factory=dict, repr=False)
    tables: tuple[Table, ...] = ()
    actions: tuple[dict[str, str], ...] = ()
    job_id: str | None = None
    error_id: str | None = None
    private: bool = False
    # Not in the repr: an address may open something by itself.
    links: dict[str, str] = field(default_factory=dict, repr=False)

    def to_json(self) -> dict[str, Any]:
        """The result as plain dicts, lists and strings."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Result:
        """The inverse of `to_json`, also after a trip through `json.dumps`."""
        tables = tuple(
            Table(t["title"], tuple(t["columns"]), tuple(tuple(row) for row in t["rows"]))
            for t in data.get("tables", ())
        )
        return cls(**{**data, "tables": tables, "actions": tuple(data.get("actions", ()))})


def nth_try(first: str, number: int) -> str:
    """The id of a try of something: that of the first, then `<first>:2`, `<first>:3` …"""
    return first if number == 1 else f"{first}:{number}"
