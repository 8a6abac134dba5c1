"""The one way in for a refresh from production, whoever wants it: a person, or the schedule."""

from __future__ import annotations

from commands import approved, approving
from commands.interface import Actor, Request, Result
from commands.policies import mask_key, read_policy
from commands.services import Services
from commands.submitting import submit
from commands.targets import find_source, instances_of
from dbs.errors import RefusedError


def start(services: Services, source_name: str, actor: Actor, request_id: str, job_id: str | None = None) -> Result:
    """Queue a refresh as the answer to a request; `job_id` is given where it carries a date.

    It waits when the policy lets more through than the approved one. Raises `UsageError` for an unknown source,
    `RefusedError` when it cannot be refreshed so, `SettingsError`.
    """
    source = find_source(services, source_name)
    if source.policy is None:
        raise RefusedError(
            f"{source_name} has no masking policy, so nothing of it may be read. Write one with: dbs policy suggest "
            f"{source_name}, and name it in dbs.toml. Or give a dump that is masked already, on the command line: "
            f'dbs refresh {source_name} --from-dump FILE --already-masked "reason"'
        )
    refuse_without_instances(services, source_name)
    policy = read_policy(services, source_name, source)
    mask_key(services, source_name, source)
    request = Request(request_id, actor, ("refresh", source_name))
    found = approved.review(services, policy)
    if found.weaker:
        return approving.hold(services, request, found)
    work, facts = approved.work_of(source, policy, approved.told(found))
    return submit(services, request, "refresh", source_name, work, facts, job_id)


def refuse_without_instances(services: Services, source_name: str) -> None:
    """Raise `RefusedError` when no instance would show the new snapshot."""
    if not instances_of(services, source_name):
        raise RefusedError(f"No instance in the configuration has source = {source_name!r}, so nobody would see it.")
