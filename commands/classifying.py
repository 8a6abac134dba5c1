"""Classifying: rules that somebody chose for columns without one become a change of the policy, to be approved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from commands import approved
from commands.approving import Proposal, hold
from commands.gaps import KIND
from commands.interface import Actor, Request, Result, Table
from commands.policies import read_policy
from commands.services import Services
from commands.targets import find_source
from dbs.decisions import Decision
from dbs.errors import RefusedError
from dbs.masking.editing import rule_lines, with_rules
from dbs.masking.interface import KEEP


@dataclass(frozen=True)
class Chosen:
    """A masker for one column, and why it is kept where that is a question."""

    mask: str
    reason: str = ""


class LackingError(RefusedError):
    """Something is missing: `at` is the number of the column, from 0."""

    def __init__(self, sentence: str, at: int) -> None:
        super().__init__(sentence)
        self.at = at


def to_classify(services: Services, offer_id: str, actor: Actor) -> Decision:
    """The columns that somebody wants to classify. Raises `RefusedError` when they may not, or it is too late."""
    services.access.require("operator", actor.id, actor.face)
    offer = services.decisions.get(offer_id)
    if offer is None or offer.kind != KIND or services.decisions.over(offer) or not offer.intact:
        raise RefusedError("I do not know any more what there was to classify; a refresh says it again.")
    return offer


def check(offer: Decision, chosen: Sequence[Chosen]) -> None:
    """Raise `LackingError` for the first column whose rule is no rule yet."""
    columns = offer.work["columns"]
    if len(chosen) != len(columns):
        raise RefusedError("That is not an answer to what was asked. Nothing was done.")
    for at, (column, one) in enumerate(zip(columns, chosen, strict=True)):
        if one.mask not in column["masks"]:
            raise LackingError(f"Choose what becomes of {column['name']}.", at)
        if one.mask == KEEP and column["personal"] and not one.reason.strip():
            raise LackingError(f"{column['name']} looks like {column['personal']}. Say why it may be kept.", at)


def propose(services: Services, request: Request, offer_id: str, chosen: Sequence[Chosen]) -> Result:
    """Ask for the approval of these rules. To be called inside of `recorded`; raises `RefusedError`, `PolicyError`.

    Where nobody could approve it the lines are for somebody who may write the file.
    """
    offer = to_classify(services, offer_id, request.actor)
    check(offer, chosen)
    source = find_source(services, offer.target)
    policy = read_policy(services, offer.target, source)
    if policy.digest != offer.work["file"]:
        raise RefusedError(
            f"The policy of {offer.target} was changed since that refresh failed. See what is left with: "
            f"/dbs refresh {offer.target}"
        )
    rules: dict[str, dict[str, Any]] = {}
    for column, one in zip(offer.work["columns"], chosen, strict=True):
        rules.setdefault(column["table"], {})[column["column"]] = _rule(column, one)
    lines = rule_lines(policy, rules)
    if not services.settings.slack.privacy:
        sentence = (
            f"Nobody is there to approve it ([slack] privacy is empty in dbs.toml). Put these lines into "
            f"{source.policy}, then: /dbs refresh {offer.target}"
        )
        return Result(KIND, "refused", sentence, tables=(Table("Lines", ("policy",), tuple((one,) for one in lines)),))
    found = approved.review(services, with_rules(policy, rules))
    return hold(services, request, found, Proposal(policy.digest, rules, lines, offer.work["thread"]))


def _rule(column: dict[str, Any], one: Chosen) -> dict[str, Any]:
    """As in the file; what was suggested comes with its options."""
    rule = dict(column["rule"]) if one.mask == column["rule"]["mask"] else {"mask": one.mask}
    if one.mask == KEEP and one.reason.strip():
        rule["reason"] = " ".join(one.reason.split())
    return rule
