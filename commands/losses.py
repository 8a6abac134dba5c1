"""What a restore would take from somebody else, right now: a foreign lease, a running statement, an open transaction.

An idle pool's connections lose nothing: they connect again. Who of the team is behind a session cannot be told, since
all share one account, so every busy session counts as somebody else's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from commands.services import Services
from commands.targets import Target
from commands.texts import moment
from dbs.leases import Lease
from dbs.snapshots.interface import Session

_UNKNOWN = "sessions:unknown"


@dataclass(frozen=True)
class Losses:
    """What would be lost, and whose. `unknown` says why nobody could look, and is empty when somebody could."""

    lease: Lease | None = None
    statements: tuple[str, ...] = ()
    transactions: tuple[str, ...] = ()
    unknown: str = ""

    def __bool__(self) -> bool:
        """Whether there is anything to ask about."""
        return bool(self.lease or self.statements or self.transactions or self.unknown)

    @property
    def keys(self) -> list[str]:
        """What can be compared later: whose lease, and who loses what. Not how many: a busy pool would ask forever."""
        found = {f"lease:{self.lease.holder_id}"} if self.lease else set()
        found |= {f"statement:{who}" for who in self.statements} | {f"transaction:{who}" for who in self.transactions}
        return sorted(found | ({_UNKNOWN} if self.unknown else set()))

    @property
    def sentences(self) -> list[str]:
        """Each loss in words that finish a list."""
        found = []
        if self.lease:
            why = f" ({self.lease.reason})" if self.lease.reason else ""
            found.append(f"{self.lease.holder_name} holds it until {moment(self.lease.until)}{why}")
        if self.statements:
            found.append(f"{_counted('running statement', self.statements)} would be cut off")
        if self.transactions:
            found.append(f"{_counted('open transaction', self.transactions)} would be lost")
        if self.unknown:
            found.append(f"who is working in it cannot be looked up ({self.unknown.rstrip('.')}), so anybody may be")
        return found

    def worse_than(self, shown: Iterable[str]) -> bool:
        """Whether something would be lost that was not shown. Who agreed without knowing agreed to any session."""
        known = set(shown)
        new = {key for key in self.keys if key not in known}
        return any(key.startswith("lease:") for key in new) if _UNKNOWN in known else bool(new)


def losses(services: Services, target: Target, actor_id: str) -> Losses:
    """What a restore that this person asks for would take from others. Never guesses: cannot look means unknown."""
    lease = services.leases.holder(target.name)
    foreign = lease if lease is not None and lease.holder_id != actor_id else None
    status = target.status
    if status.state == "unknown":
        return Losses(foreign, unknown=status.detail)
    if status.state != "running":
        return Losses(foreign)
    statements = tuple(_who(one) for one in status.sessions if one.busy and not one.in_transaction)
    transactions = tuple(_who(one) for one in status.sessions if one.in_transaction)
    return Losses(foreign, statements, transactions, status.detail)


def _who(session: Session) -> str:
    return f"{session.user}@{session.host.rsplit(':', 1)[0]}"


def _counted(what: str, whose: tuple[str, ...]) -> str:
    """`2 running statements (dev@10.0.0.7, dev@10.0.0.8)`."""
    names = ", ".join(f"{times} of {who}" if times > 1 else who for who, times in sorted(Counter(whose).items()))
    return f"{len(whose)} {what}{'s' if len(whose) > 1 else ''} ({names})"
