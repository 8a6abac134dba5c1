"""A policy held against the one that was approved last: what has changed, and whether somebody has to be asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from commands.services import Services
from commands.texts import moment
from dbs.errors import RefusedError
from dbs.jobs import Job
from dbs.masking.diff import Change, compare
from dbs.masking.interface import KEEP, Policy, TablePolicy
from dbs.masking.policy import from_json
from dbs.policies import SYSTEM, Verdict
from dbs.settings import Source

_SHOWN = 3


@dataclass(frozen=True)
class Review:
    """What is new in `policy`. `base` is the approved one; without it this is the first of its source."""

    policy: Policy
    changes: tuple[Change, ...]
    base: Verdict | None

    @cached_property
    def weaker(self) -> tuple[Change, ...]:
        """The changes that let more of production through; never any in a first policy, which nothing was before."""
        return tuple(one for one in self.changes if one.weakens) if self.base else ()

    @property
    def after(self) -> int:
        """The id of `base`, 0 without one."""
        return self.base.id if self.base else 0

    @property
    def same(self) -> bool:
        """Whether exactly this policy is the approved one."""
        return self.base is not None and self.base.digest == self.policy.digest


def review(services: Services, policy: Policy) -> Review:
    """Compare a policy with what was approved for its source."""
    base = services.policies.approved(policy.source)
    if base is None or base.digest == policy.digest:
        return Review(policy, (), base)
    return Review(policy, tuple(compare(_remembered(services, policy, from_json(base.policy)), policy)), base)


def approved_policy(services: Services, source: str) -> Policy | None:
    """The policy that was approved last, for who wants to compare."""
    found = services.policies.approved(source)
    return from_json(found.policy) if found else None


def told(found: Review) -> str:
    """What to say of a policy about which nobody has to be asked; empty when nothing is new."""
    if found.same:
        return ""
    if found.base is None:
        return f"first policy of {found.policy.source}, {counted(found.policy)}"
    number = f"{len(found.changes)} changes" if len(found.changes) != 1 else "1 change"
    return f"{number} since {moment(found.base.at)}, none of them weaker"


def require_approved(services: Services, policy: Policy) -> Review:
    """For the work itself, before anything is read. Raises `RefusedError` when somebody would have to be asked."""
    found = review(services, policy)
    if found.weaker:
        raise RefusedError(
            f"Nothing of {policy.source} was read: its policy was changed since this refresh was queued, and lets more "
            f"through than what was approved. {summary(found.weaker)} To have it looked at: "
            f"/dbs refresh {policy.source}"
        )
    return found


def accept(services: Services, found: Review, job: Job) -> None:
    """Note a policy about which nobody has to be asked, and which covers its source; also the first one.

    Only then: what was approved is what a refresh has read by. Raises `RefusedError` when another one was approved.
    """
    if found.same:
        return
    source = found.policy.source
    sentence = f"Taken without asking anybody: {told(found)}. {summary(found.changes)}".strip()
    asked = services.audit.find(job.request_id or "")

    def write() -> None:
        note(services, found.policy, by=(SYSTEM, job.requester_name), summary=sentence, after=found.after)
        request_id = f"policy:{source}:{found.policy.digest}:{found.after}"
        services.audit.received(
            request_id=request_id,
            actor_id=job.requester_id,
            actor_name=job.requester_name,
            face=asked[0].face if asked else "schedule",
            command="policy",
            target=source,
            arguments={"digest": found.policy.digest},
            job_id=job.id,
        )
        services.audit.ended(request_id, "done", sentence)

    services.together(write)


def note(services: Services, policy: Policy, *, by: tuple[str, str], summary: str, after: int) -> None:
    """Write down that a policy is approved. Raises `RefusedError` when another one was, since they were compared."""
    written = services.policies.approve(
        policy.source, policy.digest, policy.to_json(), by=by, summary=summary, after=after
    )
    if not written:
        raise RefusedError(
            f"Another policy of {policy.source} was approved meanwhile, so this one has to be compared with that. "
            f"Nothing was done; ask again: /dbs refresh {policy.source}"
        )


def work_of(source: Source, policy: Policy, told: str) -> tuple[dict[str, Any], dict[str, str]]:
    """What a refresh from the source is given, and the facts that people see of it."""
    facts = {"Policy": told or counted(policy), "Reads": str(source.host or "the source")}
    return {"database": source.database, "plan": facts}, facts


def counted(policy: Policy) -> str:
    """`120 columns, 30 of them kept as they are`."""
    rules = [rule for table in policy.tables.values() for rule in table.columns.values()]
    return f"{len(rules)} columns, {sum(rule.mask == KEEP for rule in rules)} of them kept as they are"


def summary(changes: Sequence[Change]) -> str:
    """The first few as sentences."""
    more = f" And {len(changes) - _SHOWN} more." if len(changes) > _SHOWN else ""
    return " ".join(one.sentence for one in changes[:_SHOWN]) + more


def _remembered(services: Services, policy: Policy, base: Policy) -> Policy:
    """The approved policy, and for what only the new one lists the rule that was approved for it before, if any.

    Else a rule could be weakened in two steps: taken out, which hides the column, and put back as `keep`.
    """
    missing = _missing(base, policy)
    tables = dict(base.tables)
    for verdict in services.policies.history(policy.source) if missing else ():
        older = from_json(verdict.policy)
        for table, column in list(missing):
            rules = older.tables.get(table)
            if rules is None or (column and column not in rules.columns):
                continue
            there = tables.get(table) or replace(rules, columns={})
            added = {column: rules.columns[column]} if column else {}
            tables[table] = replace(there, columns={**there.columns, **added})
            missing.discard((table, column))
        if not missing:
            break
    return replace(base, tables=tables)


def _missing(base: Policy, policy: Policy) -> set[tuple[str, str]]:
    """The tables (with an empty column) and columns of a policy that another one does not list."""
    found = set()
    for name, rules in policy.tables.items():
        there = base.tables.get(name)
        found |= {(name, "")} if there is None else set()
        known = (there or TablePolicy()).columns
        found |= {(name, column) for column in rules.columns if column not in known}
    return found
