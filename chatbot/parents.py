"""The parent message of a job: at most four lines, updated in place from queued to its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

from chatbot.blocks import Block, Rendered, mrkdwn
from chatbot.texts import clean, clip, escape, one_line
from commands.interface import TERMINAL
from dbs.jobs import Job, Phase

_TITLES = {
    "queued": "Waiting",
    "running": "Working",
    "done": "Done",
    "failed": "Failed",
    "cancelled": "Cancelled",
}
# Slack's word is `complete`, not `completed`.
_CARDS = {"pending": "pending", "running": "in_progress", "done": "complete", "failed": "error"}
_MARKS = {"pending": "○", "running": "…", "done": "✓", "failed": "✗"}
_LINE = 600
_AFTER_THE_END = {"done": "done", "failed": "failed", "cancelled": "failed"}


def parent(job: Job, phases: Sequence[Phase], facts: Mapping[str, str], *, plan: bool = True) -> Rendered:
    """What, who asked, how far it is, how it ended. `facts` are the plan of the job; the first is shown.

    With `plan` the phase of now is Slack's plan block while the job goes on, else the phases are a line of text: for
    workspaces that do not know the block, and at the end. A card for each phase would be a message of ten lines.
    """
    states = [(_named(phase, job), _state(phase, job)) for phase in phases]
    head = [f"*{_escaped(_what(job))}*", _escaped(_who(job, facts))]
    steps = [_escaped(", ".join(f"{_MARKS[state]} {step}" for step, state in states))] if states else []
    end = [_escaped(job.sentence)] if job.state in TERMINAL and job.sentence else []
    text = "\n".join([_escaped(_what(job)), head[1], *_spoken(states, job), *end])
    if not plan or not steps or job.state in TERMINAL:
        return Rendered(text, [mrkdwn("\n".join([*head, *steps, *end]))])
    return Rendered(text, [mrkdwn("\n".join(head)), _plan(job, states)])


def _what(job: Job) -> str:
    return f"{job.kind.capitalize()} {job.target}, job {job.number}"


def _who(job: Job, facts: Mapping[str, str]) -> str:
    first = "".join(f" · {label}: {value}" for label, value in islice(facts.items(), 1))
    return f"Asked by {job.requester_name}{first}"


def _named(phase: Phase, job: Job) -> str:
    """With how far it is, while it runs."""
    return f"{phase.step} ({phase.detail})" if phase.detail and _state(phase, job) == "running" else phase.step


def _state(phase: Phase, job: Job) -> str:
    """When the job has ended no phase is running any more, though its row may say so for another moment."""
    return _AFTER_THE_END.get(job.state, phase.state) if phase.state == "running" else phase.state


def _spoken(states: list[tuple[str, str]], job: Job) -> list[str]:
    """The phases in words: a screen reader has no ticks."""
    words = ", ".join(f"{step} {'waiting' if state == 'pending' else state}" for step, state in states)
    title = _TITLES.get(job.state, job.state)
    return [_escaped(f"{title}: {words}" if words else title)]


def _plan(job: Job, states: list[tuple[str, str]]) -> Block:
    """The phase that runs, or the first that waits, and how many there are. Titles are plain text: not escaped."""
    at = next((at for wanted in ("running", "pending") for at, (_, state) in enumerate(states) if state == wanted), -1)
    step, state = states[at]
    number = at + 1 if at >= 0 else len(states)
    card = {
        "type": "task_card",
        "task_id": f"step-{number}",
        "title": clip(one_line(clean(step)), _LINE),
        "status": _CARDS[state],
    }
    title = f"{_TITLES.get(job.state, clean(job.state))}: step {number} of {len(states)}"
    return {"type": "plan", "title": clip(one_line(title), _LINE), "tasks": [card]}


def _escaped(text: str) -> str:
    return clip(escape(one_line(text)), _LINE)
