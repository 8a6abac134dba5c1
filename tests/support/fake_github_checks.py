"""Check runs as GitHub takes them: https://docs.github.com/en/rest/checks/runs."""

from __future__ import annotations

from typing import Any

from tests.support.fake_github_model import App, Json, Refusal, Repository, Run

LONGEST = 65_535
_CONCLUSIONS = ("action_required", "cancelled", "failure", "success", "timed_out")
"""GitHub takes `neutral` and `skipped` too. A required check passes with those, so this one refuses them."""

_STATUSES = ("queued", "in_progress", "completed")
_LEVELS = ("notice", "warning", "failure")
_ACTION = {"label": 20, "description": 40, "identifier": 20}
_NEEDED = ("path", "start_line", "end_line", "annotation_level", "message")


def create(repository: Repository, app: App | None, body: Json, number: int) -> Run:
    """A new run."""
    app = _app(app)
    if not isinstance(body.get("name"), str) or not isinstance(body.get("head_sha"), str):
        raise Refusal(422, "Invalid request.\n\nFor 'properties/name', nil is not a string.")
    repository.commit(body["head_sha"])
    fields = _checked(body)
    annotations = fields.get("output", {}).pop("annotations", [])
    run = Run(number, body["head_sha"], app, {"status": "queued", **fields}, list(annotations))
    repository.runs.append(run)
    return run


def update(repository: Repository, app: App | None, identifier: int, body: Json) -> Run:
    """Change a run; annotations are added to those that it has."""
    app, run = _app(app), find(repository, identifier)
    if run.app.id != app.id:
        raise Refusal(403, "Invalid app_id `check_run` can only be modified by the GitHub App that created it.")
    fields = _checked({key: value for key, value in body.items() if key != "head_sha"})
    run.annotations += fields.get("output", {}).pop("annotations", [])
    if fields.get("status") in ("queued", "in_progress"):
        run.fields.pop("conclusion", None)
    run.fields.update(fields)
    return run


def find(repository: Repository, identifier: int) -> Run:
    """`Refusal` 404 for an unknown one."""
    for run in repository.runs:
        if run.id == identifier:
            return run
    raise Refusal(404, "Not Found")


def shown(run: Run, url: str) -> Json:
    """As GitHub answers."""
    output = {"title": None, "summary": None, "text": None, **run.fields.get("output", {})}
    address = f"{url}/check-runs/{run.id}"
    return {
        "id": run.id,
        "name": run.fields["name"],
        "head_sha": run.head_sha,
        "external_id": run.fields.get("external_id", ""),
        "status": run.fields["status"],
        "conclusion": run.fields.get("conclusion"),
        "details_url": run.fields.get("details_url"),
        "url": address,
        "output": {
            **output,
            "annotations_count": len(run.annotations),
            "annotations_url": f"{address}/annotations",
        },
        "app": {"id": run.app.id, "slug": run.app.slug},
        "pull_requests": [],
    }


def _app(app: App | None) -> App:
    if app is None:
        raise Refusal(403, "You must authenticate via a GitHub App.")
    return app


def _checked(body: Json) -> Json:
    fields = dict(body)
    if fields.get("conclusion") is not None:
        _one_of("conclusion", fields["conclusion"], _CONCLUSIONS)
        fields["status"] = "completed"
    elif fields.get("status") == "completed":
        raise Refusal(422, "Invalid request.\n\nconclusion is needed when status is completed.")
    if "status" in fields:
        _one_of("status", fields["status"], _STATUSES)
    _actions(fields.get("actions", []))
    if "output" in fields:
        fields["output"] = dict(fields["output"])
        _output(fields["output"])
    return fields


def _output(output: Json) -> None:
    for name in ("title", "summary"):
        if not isinstance(output.get(name), str):
            raise Refusal(422, f'Invalid request.\n\n"{name}" wasn\'t supplied.')
    for name in ("summary", "text"):
        if len(output.get(name) or "") > LONGEST:
            raise Refusal(422, f"Invalid request.\n\nOnly {LONGEST} characters are allowed; {name} has more.")
    annotations = output.get("annotations", [])
    if len(annotations) > 50:
        raise Refusal(422, f"Invalid request.\n\nNo more than 50 items are allowed; {len(annotations)} were supplied.")
    for one in annotations:
        _annotation(one)


def _annotation(one: Json) -> None:
    missing = [name for name in _NEEDED if not one.get(name)]
    if missing:
        raise Refusal(422, f"Invalid request.\n\n{', '.join(missing)} wasn't supplied.")
    _one_of("annotation_level", one["annotation_level"], _LEVELS)
    if len(one["message"].encode()) > 64 * 1024 or len(one.get("title") or "") > 255:
        raise Refusal(422, "Invalid request.\n\nAn annotation is too long.")


def _actions(actions: list[Json]) -> None:
    if len(actions) > 3:
        raise Refusal(422, f"Invalid request.\n\nNo more than 3 items are allowed; {len(actions)} were supplied.")
    for action in actions:
        for name, most in _ACTION.items():
            if not 0 < len(action.get(name) or "") <= most:
                raise Refusal(422, f"Invalid request.\n\n{name} of an action has 1 to {most} characters.")


def _one_of(name: str, value: Any, known: tuple[str, ...]) -> None:
    if value not in known:
        raise Refusal(422, f"Invalid request.\n\n{value} is not a member of {list(known)}, for {name}.")
