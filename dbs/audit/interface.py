"""What the audit table says: who asked for what, where, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass

GENESIS = "0" * 64
"""The `prev_hash` of the first row, and the head of an empty table."""

RECEIVED = "received"
TERMINAL = frozenset({"done", "refused", "failed", "expired", "cancelled"})
"""The outcomes that end a request; exactly one of them is recorded for each."""


@dataclass(frozen=True)
class AuditEvent:
    """One row. `at` is as `dbs.state.stamp` writes it; `arguments` is canonical JSON (sorted keys, no spaces)."""

    id: int
    at: str
    request_id: str
    actor_id: str
    actor_name: str
    face: str
    command: str
    target: str
    arguments: str
    outcome: str
    detail: str
    job_id: str | None
    channel: str | None
    thread_ts: str | None
    prev_hash: str
    hash: str


@dataclass(frozen=True)
class Verification:
    """What a walk along the chain found.

    `rows` is the number of rows in the table and `head` the hash of the last good one. `first_bad` is the id of
    the first row that is not as it was written, or is missing; None when all is well. `reason` is a sentence.
    """

    rows: int
    head: str
    first_bad: int | None
    reason: str

    @property
    def ok(self) -> bool:
        """True when no row was altered, removed, added or moved."""
        return self.first_bad is None
