"""Webhooks: whether GitHub sent it, and which of the few things that matter it says.

What an event says of a commit is a hint. Before anything is run, the API is asked for the head.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from pydantic import SecretStr

from dbs.errors import RefusedError, UsageError
from dbs.github.interface import RERUN

_SIGNATURE = re.compile(r"sha256=([0-9a-f]{64})", re.ASCII)
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.ASCII)


class UnknownRepositoryError(RefusedError):
    """The event is about a repository that no `[project.NAME]` names."""


@dataclass(frozen=True)
class _AtPull:
    """`repository` is written as in the configuration; `installation` is None for a repository's own webhook."""

    repository: str
    number: int
    head_sha: str
    installation: int | None


@dataclass(frozen=True)
class PullOpened(_AtPull):
    """A new pull request."""


@dataclass(frozen=True)
class PullPushed(_AtPull):
    """It has another head. Events may come late and out of order, so this one need not be the newest."""


@dataclass(frozen=True)
class PullReopened(_AtPull):
    """It was closed, and is open again."""


@dataclass(frozen=True)
class PullClosed(_AtPull):
    """It was merged, or nobody wants it any more."""


@dataclass(frozen=True)
class RerunAsked:
    """Somebody with the right to write pressed "Re-run". `name` is that of the check; None: all of the commit."""

    repository: str
    head_sha: str
    by: str
    name: str | None
    installation: int | None


Event: TypeAlias = PullOpened | PullPushed | PullReopened | PullClosed | RerunAsked

_PULLS: dict[str, type[_AtPull]] = {
    "opened": PullOpened,
    "synchronize": PullPushed,
    "reopened": PullReopened,
    "closed": PullClosed,
}


def is_signed(raw: bytes, signature: str | None, secrets: Sequence[SecretStr]) -> bool:
    """Whether the header `X-Hub-Signature-256` fits the bytes that came, with one of the secrets.

    All are tried, and compared in a time that does not depend on where they differ.
    """
    found = _SIGNATURE.fullmatch(signature or "")
    given = found[1] if found else ""
    fits = [hmac.compare_digest(_digest(raw, secret), given) for secret in secrets if secret.get_secret_value()]
    return any(fits)


def could_be_signed(signature: str | None) -> bool:
    """Whether that header has the right form, so that reading the body is worth while."""
    return _SIGNATURE.fullmatch(signature or "") is not None


def parse(kind: str, raw: bytes, repositories: Collection[str]) -> Event | None:
    """The event in a webhook that was verified; None for all that does not matter. `kind` is `X-GitHub-Event`.

    Raises `UnknownRepositoryError`, and `UsageError` when it is not what GitHub sends.
    """
    reader = {"pull_request": _pull, "check_run": _check_run, "check_suite": _check_suite}.get(kind)
    if reader is None:
        return None
    try:
        body = json.loads(raw)
        repository = _known(body["repository"]["full_name"], repositories)
        return reader(body, repository)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise UsageError(f"This is not what GitHub sends as {kind}.") from None


def _pull(body: dict[str, Any], repository: str) -> Event | None:
    made = _PULLS.get(body["action"])
    if made is None:
        return None
    sha = _sha(body["pull_request"]["head"]["sha"])
    event: Any = made(repository, _number(body["number"]), sha, _installation(body))
    return event  # type: ignore[no-any-return]


def _check_run(body: dict[str, Any], repository: str) -> Event | None:
    action, run = body["action"], body["check_run"]
    pressed = action == "requested_action" and body["requested_action"]["identifier"] == RERUN
    if action != "rerequested" and not pressed:
        return None
    by, name = str(body["sender"]["login"]), str(run["name"])
    return RerunAsked(repository, _sha(run["head_sha"]), by, name, _installation(body))


def _check_suite(body: dict[str, Any], repository: str) -> Event | None:
    if body["action"] != "rerequested":
        return None
    sha = _sha(body["check_suite"]["head_sha"])
    return RerunAsked(repository, sha, str(body["sender"]["login"]), None, _installation(body))


def _known(name: str, repositories: Collection[str]) -> str:
    """As the configuration writes it; GitHub does not care about the case."""
    for one in repositories:
        if one.lower() == name.lower():
            return one
    raise UnknownRepositoryError(f"No [project.NAME] of dbs has repository = {json.dumps(name[:140])}.")


def _installation(body: dict[str, Any]) -> int | None:
    found = body.get("installation")
    return _number(found["id"]) if found else None


def _number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("no number")
    return value


def _sha(value: str) -> str:
    if not _SHA.fullmatch(value):
        raise ValueError("no hash")
    return value


def _digest(raw: bytes, secret: SecretStr) -> str:
    return hmac.new(secret.get_secret_value().encode(), raw, hashlib.sha256).hexdigest()
