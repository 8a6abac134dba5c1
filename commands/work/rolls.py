"""How instances move onto a new snapshot by themselves, and what people are told of it."""

from __future__ import annotations

from typing import Any

from commands.lagging import held_back
from commands.services import Services
from commands.targets import Target, instances_of
from commands.work.changes import changes
from commands.work.restore import request_for
from dbs.jobs import Facts, Job, JobRequest
from dbs.snapshots.interface import Manifest


def rolling(services: Services, job: Job, made: dict[str, Any]) -> list[JobRequest]:
    """The restores that belong to a refresh; they are done one after the other, so never all servers are busy.

    `made` is the manifest of the new snapshot at each provider.
    """
    targets = [target for target in instances_of(services, job.target) if _rolls(services, target)]
    return [request_for(Manifest(**made[one.settings.provider]), one.name, job) for one in targets]


def told(services: Services, job: Job, children: Facts) -> str:
    """Who is on the new snapshot, who had changes, who failed, and who stays where they were and why."""
    on_it, said = [], []
    for one in children.values():
        restored = one.get("facts", {}).get("restore", {})
        if one["outcome"] != "done":
            said.append(f"{one['target']} failed ({one['sentence']})")
        elif "stays" not in restored:
            on_it.append(one["target"])
            said.append(changes(one["target"], restored))
    sentences = [f"On it now: {', '.join(on_it)}."] if on_it else []
    tried = {one["target"] for one in children.values() if "stays" not in one.get("facts", {}).get("restore", {})}
    staying = [_stays(services, one) for one in instances_of(services, job.target) if one.name not in tried]
    return " ".join([*sentences, *filter(None, said), *staying])


def _rolls(services: Services, target: Target) -> bool:
    """An instance that was never restored is; then `roll` decides, and a lease keeps what it holds."""
    if target.provider.inspect(target.name).state == "empty":
        return True
    return target.settings.roll == "nightly" and not held_back(services, target)


def _stays(services: Services, target: Target) -> str:
    if target.settings.roll != "nightly":
        return f'{target.name} stays as it is (roll = "{target.settings.roll}").'
    return f"{target.name} follows when it is free ({held_back(services, target) or 'nobody holds it any more'})."
