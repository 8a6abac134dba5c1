"""Check runs: one for each key, with all their annotations once, however often an answer is lost."""

from __future__ import annotations

from typing import Any

from github.CheckRun import CheckRun
from github.Repository import Repository

from dbs.github.interface import Annotation, CheckResult, CheckStart, DoubtfulError
from dbs.github.limits import LONGEST_TITLE, MOST_ANNOTATIONS, cut, cut_message, one_line
from dbs.github.trouble import not_carried_out, told

_DOUBTS = 3


class Checks:
    """The check runs of one repository."""

    def __init__(self, there: Repository, name: str) -> None:
        self._there = there
        self._name = name

    def start(self, start: CheckStart) -> None:
        """Make the run of that key, as running. Nothing happens when there is one."""
        if self._find(start.head_sha, start.name, start.key) is None:
            self._create(start)

    def finish(self, key: str, result: CheckResult) -> None:
        """Complete the run of that key; without one, make it first."""
        run = self._find(result.head_sha, result.name, key)
        if run is None:
            run = self._create(CheckStart(result.name, result.head_sha, key, result.title))
        self._annotate(run, result)
        what = self._what("complete", result.name, result.head_sha)
        fields: dict[str, Any] = {"conclusion": result.conclusion, "status": "completed", "output": _output(result)}
        if result.details_url:
            fields["details_url"] = result.details_url
        if result.actions:
            fields["actions"] = [vars(action) for action in result.actions]
        with told(what):
            run.edit(**fields)  # the same again changes nothing, so whoever calls us may call again
            done = run.conclusion == result.conclusion
        if not done:
            raise not_carried_out(what)

    def _find(self, sha: str, name: str, key: str) -> CheckRun | None:
        """The oldest run of that key. Another App can have one with our name, but it could not know our keys first."""
        with told(self._what("list", name, sha)):
            runs = self._there.get_commit(sha).get_check_runs(check_name=name, filter="all")
            ours = [run for run in runs if run.external_id == key]
            return min(ours, key=lambda run: run.id, default=None)

    def _create(self, start: CheckStart) -> CheckRun:
        fields: dict[str, Any] = {
            "external_id": start.key,
            "status": "in_progress",
            "output": {"title": one_line(start.title, LONGEST_TITLE), "summary": cut(start.summary)},
        }
        if start.details_url:
            fields["details_url"] = start.details_url
        what = self._what("make", start.name, start.head_sha)
        try:
            with told(what, creates=True):
                made = self._there.create_check_run(start.name, start.head_sha, **fields)
                identifier = made.id
        except DoubtfulError:
            found = self._find(start.head_sha, start.name, start.key)
            if found is None:
                raise
            return found
        if not identifier:
            raise not_carried_out(what)
        return made

    def _annotate(self, run: CheckRun, result: CheckResult) -> None:
        """Send the annotations in portions. Each request adds to those that are there, so they are counted first."""
        doubts, before = 0, -1
        while (sent := self._sent(run)) < len(result.annotations):
            portion = result.annotations[sent : sent + MOST_ANNOTATIONS]
            what = self._what("take the annotations of", result.name, result.head_sha)
            if sent == before:
                raise not_carried_out(what)
            try:
                with told(what, creates=True):
                    run.edit(output={**_output(result), "annotations": [_annotation(one) for one in portion]})
                before = sent
            except DoubtfulError:
                doubts += 1
                if doubts == _DOUBTS:
                    raise

    def _sent(self, run: CheckRun) -> int:
        with told("show a check run"):
            now = self._there.get_check_run(run.id)
            return int(now.output.annotations_count or 0)

    def _what(self, verb: str, name: str, sha: str) -> str:
        return f'{verb} the check "{name}" of {self._name}@{sha[:12]}'


def _output(result: CheckResult) -> dict[str, Any]:
    output = {"title": one_line(result.title, LONGEST_TITLE), "summary": cut(result.summary)}
    return {**output, "text": cut(result.text)} if result.text else output


def _annotation(one: Annotation) -> dict[str, Any]:
    return {
        "path": one.path,
        "start_line": one.line,
        "end_line": one.line,
        "annotation_level": one.level,
        "message": cut_message(one.message),
        "title": one_line(one.title, LONGEST_TITLE),
    }
