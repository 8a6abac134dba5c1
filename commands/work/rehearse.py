"""The work of a rehearsal: look what a change touches, try it on a builds instance, tell of it.

Looking and telling may be done again after a crash; a try that was cut off is done anew on fresh data.
"""

from __future__ import annotations

from typing import Any

from commands import reviewing
from commands.interface import Result
from commands.publishing import publish_one
from commands.services import Services
from commands.showing import thread_of
from commands.work.borrowing import RESTORE, WAIT
from commands.work.bringing import Brought, NewerCommitError, OperatorsWordError, bring
from commands.work.trying import CHECK, CLEAN, MIGRATE, try_out
from dbs.errors import DbsError
from dbs.jobs import Ending, Facts, Job, JobKind, Report
from dbs.rehearsals import Rehearsal, Verdict

LOOK, TELL = "look", "tell"
_OF_A_PROPOSAL = ("author_id", "author_name", "proposal")
NOTHING = "nothing"
"""Of the facts of looking: the sentence why there is nothing to try."""


def kind(services: Services) -> JobKind:
    """How a rehearsal is done with these services."""

    def look(job: Job, facts: Facts, report: Report) -> Facts:
        report(LOOK)
        return _look(services, job)

    def attempt(job: Job, facts: Facts, report: Report) -> Facts:
        if NOTHING in facts["look"]:
            return {}
        return try_out(services, job, Brought(**facts["look"]), report)

    def tell(job: Job, facts: Facts, report: Report) -> Facts:
        if NOTHING not in facts["look"]:
            report(TELL)
            _tell(services, job, facts["try"])
        return {}

    return JobKind(
        queue="rehearsals",
        phases=(LOOK, WAIT, RESTORE, MIGRATE, CHECK, CLEAN, TELL),
        steps=(("look", look), ("try", attempt), ("tell", tell)),
        sentence=_sentence,
        no_return=frozenset({TELL}),
        failure=_failure,
    )


def ended(services: Services, job: Job, ending: Ending) -> None:
    """Nothing is left open when a job ends in another way than by telling: cancelled, or broken off."""
    verdict: Verdict = "superseded" if ending.outcome == "cancelled" else "could not be tested"
    services.rehearsals.end(job.id, verdict, {"verdict": verdict, "sentence": ending.sentence})


def is_silent(services: Services, job: Job, ending: Ending) -> bool:
    """Whether nobody hears of the end: of what GitHub told, and that touches no migration."""
    return bool(job.arguments.get("quiet")) and ending.outcome != "failed" and not _has_parent(services, job)


def _look(services: Services, job: Job) -> Facts:
    try:
        found = bring(services, job.arguments["project"], job.arguments)
    except NewerCommitError as error:
        if not job.arguments.get("quiet"):
            raise
        return {NOTHING: str(error)}
    except DbsError as error:
        _refused(services, job, error)
        raise
    if not found.changed and "ref" not in job.arguments:
        pattern = services.settings.project[job.arguments["project"]].migrations
        return {NOTHING: f"It touches no migration ({pattern})."}
    services.rehearsals.begin(_row(job, found.head, {**found.about, "digest": found.digest}))
    if not _has_parent(services, job):
        result = Result(job.kind, "running", f"{job.target} touches migrations.", job_id=job.id)
        services.outbox.put(job.id, "parent", {"channel": services.settings.slack.channel}, result.to_json())
    _publish(services, job)
    return found.to_json()


def _refused(services: Services, job: Job, error: DbsError) -> None:
    """A pull request whose files are not taken, or not without somebody's word, is told so where it stands."""
    number, head = job.arguments.get("number"), job.arguments.get("head")
    repository = services.settings.project[job.arguments["project"]].repository
    if number is None or head is None or repository is None:
        return
    waits = isinstance(error, OperatorsWordError)
    services.rehearsals.begin(_row(job, head, {"repository": repository, "fork": waits}))
    verdict: Verdict = "could not be tested"
    report = {"verdict": verdict, "sentence": str(error), "operator": waits}
    services.rehearsals.end(job.id, verdict, report)
    _publish(services, job)


def _row(job: Job, head: str, about: dict[str, Any]) -> Rehearsal:
    who = {"asked_by": job.requester_name, "target": job.target}
    proposal: dict[str, Any] = {key: job.arguments[key] for key in _OF_A_PROPOSAL if key in job.arguments}
    about = {**about, **who, **proposal}
    return Rehearsal(job.id, job.arguments["project"], job.arguments.get("number"), head, about)


def _tell(services: Services, job: Job, report: Facts) -> None:
    services.rehearsals.end(job.id, report["verdict"], report)
    _publish(services, job)
    for number, result in enumerate(thread_of(report)):
        services.outbox.put(job.id, f"detail:{number}", {"channel": services.settings.slack.channel}, result.to_json())
    row = services.rehearsals.get(job.id)
    if row is not None:
        reviewing.begin(services, row)


def _publish(services: Services, job: Job) -> None:
    """At once if that works; else the scheduler does it."""
    row = services.rehearsals.get(job.id)
    if row is not None:
        publish_one(services, row)


def _has_parent(services: Services, job: Job) -> bool:
    return services.outbox.holds(job.id, "parent")


def _sentence(_: Job, facts: Facts) -> str:
    return str(facts["look"].get(NOTHING) or facts["try"]["sentence"])


def _failure(job: Job, reason: str) -> str:
    return f"{job.target} could not be tested: {reason}"
