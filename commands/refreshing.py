"""The one way in for a refresh from production, whoever wants it: a person, or the schedule."""

from __future__ import annotations

from commands.interface import Actor, Result
from commands.services import Services
from commands.targets import find_source
from dbs.errors import RefusedError


def start(services: Services, source_name: str, actor: Actor, job_id: str) -> Result:
    """Queue a refresh under a job id, which is also the id of the request that it answers.

    Raises `UsageError` for an unknown source, `RefusedError` when it cannot be refreshed so.
    """
    source = find_source(services, source_name)
    if source.policy is None:
        raise RefusedError(f"{source_name} has no masking policy, so nothing of it may be read.")
    raise RefusedError(
        "This version cannot read production itself yet, because it cannot mask. On the command line, where a "
        f'masked dump is: dbs refresh {source_name} --from-dump FILE --already-masked "reason"'
    )
