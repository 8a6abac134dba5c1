"""How a rehearsal appears at a pull request: as a check run where we are an App, else as a status and one comment."""

from __future__ import annotations

import re

from dbs.github.interface import CheckResult, CheckStart, Conclusion, Github, Pull, Reporter, State, Status
from dbs.github.limits import LONGEST_TEXT, cut

_STATES: dict[Conclusion, State] = {
    "success": "success",
    "failure": "failure",
    "action_required": "pending",
    "cancelled": "error",
}
"""A status knows neither of the last two; both keep a required status from being met."""

_MOST_EARLIER = 10
_ROOM_FOR_EARLIER = 6_000
_EARLIER = "\n\n<details><summary>Earlier results</summary>\n\n"
_END = "\n\n</details>"
_CURRENT = re.compile(r"<!-- dbs:result ([0-9a-f]{7,64}) ([a-z_]+) -->")


def reporter(github: Github, *, is_app: bool) -> Reporter:
    """Check runs can be made by Apps only (https://docs.github.com/en/rest/checks/runs)."""
    return CheckReporter(github) if is_app else StatusReporter(github)


class CheckReporter:
    """A check run for each try, with annotations and buttons."""

    def __init__(self, github: Github) -> None:
        self._github = github

    def started(self, pull: Pull, start: CheckStart) -> None:
        """Shows a running check."""
        self._github.start_check(pull.repository, start)

    def finished(self, pull: Pull, key: str, result: CheckResult) -> None:
        """Completes it."""
        self._github.finish_check(pull.repository, key, result)


class StatusReporter:
    """A commit status, and one comment that always shows the newest commit's result."""

    def __init__(self, github: Github) -> None:
        self._github = github

    def started(self, pull: Pull, start: CheckStart) -> None:
        """Shows a pending status."""
        shown = Status(start.head_sha, context(start.name), "pending", start.title, start.details_url)
        self._github.status(pull.repository, shown)

    def finished(self, pull: Pull, key: str, result: CheckResult) -> None:
        """Sets the status; edits the comment, unless the pull request has a newer commit or is not looked at any more.

        Who comes late must not write over the result of a newer commit, so GitHub is asked for the head.
        """
        state = _STATES[result.conclusion]
        shown = Status(result.head_sha, context(result.name), state, result.title, result.details_url)
        self._github.status(pull.repository, shown)
        now = self._github.pull(pull.repository, pull.number)
        if result.conclusion != "cancelled" and now.head_sha == result.head_sha:
            self._github.comment(
                pull.repository, pull.number, marker(result.name), lambda before: comment_text(before, result)
            )


def context(name: str) -> str:
    """The context of a status out of the name of a check: `dbs / migrate-test` → `dbs/migrate-test`."""
    return name.replace(" / ", "/")


def marker(name: str) -> str:
    """The first line of our comment; nobody sees it."""
    return f"<!-- {context(name).replace('/', ':', 1)} -->"


def comment_text(before: str, result: CheckResult) -> str:
    """The comment with a result. What it said before about another commit becomes a line at its end."""
    summary = f"{result.summary}\n\n{result.text}".strip()
    head = f"<!-- dbs:result {result.head_sha} {result.conclusion} -->\n**{result.title}** ({result.head_sha[:10]})\n\n"
    link = f"\n\n[Details]({result.details_url})" if result.details_url else ""
    room = LONGEST_TEXT - _ROOM_FOR_EARLIER - len((head + link).encode())
    earlier = _earlier(before, result.head_sha)
    tail = _EARLIER + "\n".join(earlier) + _END if earlier else ""
    return f"{head}{cut(summary, room)}{link}{tail}"


def _earlier(before: str, sha: str) -> list[str]:
    """Lines about earlier commits, the newest first: what the comment held of them, and what it was itself about."""
    current, _, rest = before.partition(_EARLIER)
    lines = [line for line in rest.removesuffix(_END).splitlines() if line.startswith("- ")]
    found = _CURRENT.match(current)
    if found and found[1] != sha:
        title = current.splitlines()[1:2]
        lines.insert(0, f"- {title[0] if title else found[1][:10]}")
    kept = [line for line in lines if f"({sha[:10]})" not in line]
    return [line for line in kept if len(line.encode()) <= _ROOM_FOR_EARLIER // (_MOST_EARLIER + 1)][:_MOST_EARLIER]
