"""What the tests of the sender share: jobs that end, a clock, and Slack's refusals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from commands.services import Services
from commands.work import jobs
from dbs.jobs import Ending, Job
from tests.chatbot.parts import WebApi


@dataclass
class Clock:
    """Seconds that pass when told."""

    now: float = 100.0

    def __call__(self) -> float:
        """The time."""
        return self.now


def finish(services: Services, job: Job, outcome: Any = "done") -> None:
    """The end of a job, as the worker leaves it: the message first, the row second."""
    ending = Ending(outcome, "shared is back.", {"restore": {"seconds": {"copy": 0.01, "total": 0.2}}})
    jobs.end(services, job, ending)
    services.job_rows.end(job.id, outcome, "shared is back.")


def refusal(code: str, status: int = 200, **headers: str) -> SlackApiError:
    """How slack_sdk tells that Slack said no."""
    response = SlackResponse(
        client=None,
        http_verb="POST",
        api_url="",
        req_args={},
        data={"ok": False, "error": code},
        headers={key.replace("_", "-"): value for key, value in headers.items()},
        status_code=status,
    )
    return SlackApiError("no", response)  # type: ignore[no-untyped-call]


def fail(
    web_api: WebApi, error: Exception, wanted: Callable[[str, dict[str, Any]], bool] = lambda *_: True
) -> list[str]:
    """From now on Slack fails where `wanted`; returns the list of the methods that failed."""
    failed: list[str] = []

    def trouble(method: str, arguments: dict[str, Any]) -> None:
        if wanted(method, arguments):
            failed.append(method)
            raise error

    web_api.trouble = trouble
    return failed
