"""The table of all kinds of job, and what happens at the end of each."""

from __future__ import annotations

from commands.gaps import offered
from commands.interface import Result
from commands.services import Services
from commands.telling import tell
from commands.texts import moment, took
from commands.work import personal, refresh, rehearse, restore
from commands.work.figures import of_refresh, seconds_of
from dbs.jobs import Ending, Job, JobKind
from dbs.snapshots.interface import Manifest


def kinds(services: Services) -> dict[str, JobKind]:
    """Kind → how it is done."""
    return {
        "restore": restore.kind(services),
        "refresh": refresh.kind(services),
        "rehearse": rehearse.kind(services),
        "new": personal.make_kind(services),
        "remove": personal.remove_kind(services),
    }


def end(services: Services, job: Job, ending: Ending) -> None:
    """Record the end of a job and put its last message into the outbox; a child's end is its parent's to tell."""
    if job.parent_id is not None:
        return
    if job.kind == "rehearse":
        rehearse.ended(services, job, ending)
    actions = offered(services, job, ending.facts.get("gaps"))
    facts = _facts(services, job, ending)
    result = Result(job.kind, ending.outcome, ending.sentence, facts, actions=actions, job_id=job.id)
    if ending.facts.get("transient"):
        services.seen.once(_transient(job.id))
    if not (job.kind == "rehearse" and rehearse.is_silent(services, job, ending)):
        destination = {"channel": services.settings.slack.channel, "requester": job.requester_id}
        services.outbox.put(job.id, "final", destination, result.to_json())
    if job.kind == "new" and ending.outcome == "cancelled":
        services.personal.forget(job.target)  # it was never begun: all there is of it is its name and port
    if ending.outcome == "done":
        _tell_holders(services, job)
    if job.request_id is not None:
        services.audit.ended(job.request_id, ending.outcome, ending.sentence, job.id)


def failed_in_passing(services: Services, job_id: str) -> bool:
    """Whether what stopped a job in the last day passes by itself, so that the same again may well work."""
    return services.seen.answer(_transient(job_id)) is not None


def _transient(job_id: str) -> str:
    return f"transient:{job_id}"


def _tell_holders(services: Services, job: Job) -> None:
    """Whoever held what was restored hears of it from us, not from their failing query."""
    for holder_id in job.arguments.get("tell", ()):
        sentence = f"{job.requester_name} restored {job.target}, which you hold: what you had changed in it is gone."
        result = Result(job.kind, "done", sentence, {"Asked by": job.requester_name, "Job": str(job.number)})
        tell(services, job.id, f"holder:{holder_id}", holder_id, result)


def _facts(services: Services, job: Job, ending: Ending) -> dict[str, str]:
    """What the thread shows: who asked, what each part took, and what a refresh made."""
    facts = {"Asked by": job.requester_name, "Job": str(job.number)}
    if job.arguments.get("data_state_at"):
        facts["Data from"] = moment(job.arguments["data_state_at"])
    for phase, seconds in ending.facts.get("restore", {}).get("seconds", {}).items():
        facts[phase] = took(seconds)
    if job.kind == "refresh":
        facts |= {phase: took(each) for phase, each in seconds_of(job, services.job_rows.phases(job.id)).items()}
        made = ending.facts.get("make", {})
        facts |= of_refresh(services, {provider: Manifest(**one) for provider, one in made.items()})
    return facts
