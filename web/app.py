"""The web server: is dbs alive, the API for CI, and the way in for Slack's HTTP mode."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chatbot.http import Endpoint
from commands.pulls import react, repositories
from commands.services import Services
from web import bodies
from web.api import Api
from web.bearers import Bearers
from web.dumps import Downloads
from web.github import GithubWebhook
from web.metrics import Metrics

log = structlog.get_logger()

_Handler = Callable[[Request], Awaitable[Response]]


def create_app(services: Services, slack: Endpoint | None) -> Starlette:
    """The app. `slack` answers `POST /slack/events`; without it (Socket Mode) there is no such address."""
    bearers = Bearers(services)
    routes = [Route("/healthz", _health(services), methods=["GET"]), *Api(services, bearers).routes()]
    routes += Downloads(services, bearers).routes()
    routes += Metrics(services, bearers).routes()
    routes += _github(services, bearers)
    if slack is not None:
        routes.append(Route("/slack/events", _slack(slack), methods=["POST"]))
    return Starlette(routes=routes)


def _github(services: Services, bearers: Bearers) -> list[Route]:
    """The way in for GitHub's webhook, where there is a secret to know it by and a repository to hear of."""
    known = repositories(services)
    if not known or services.settings.environment.github_webhook_secret is None:
        return []
    return GithubWebhook(services, bearers, known, partial(react, services)).routes()


def _health(services: Services) -> _Handler:
    def look() -> JSONResponse:
        try:
            waiting = len(services.job_rows.open())
        except SQLAlchemyError as error:
            log.error("state database does not answer", reason=str(error))
            return JSONResponse({"ok": False, "problem": "the state database does not answer"}, 503)
        return JSONResponse({"ok": True, "worker": services.jobs.worker_is_running(), "open_jobs": waiting})

    async def health(request: Request) -> Response:
        return await run_in_threadpool(look)

    return health


def _slack(endpoint: Endpoint) -> _Handler:
    async def events(request: Request) -> Response:
        raw = await bodies.read(request)
        if raw is None:
            return JSONResponse({"error": bodies.TOO_LONG}, 413)
        try:
            body = raw.decode()
        except UnicodeDecodeError:
            return JSONResponse({"error": "a body is UTF-8"}, 400)
        # In a thread: Bolt is synchronous, and inside the event loop one slow listener would freeze /healthz.
        answer = await run_in_threadpool(endpoint, body, dict(request.headers))
        return Response(answer.body, answer.status, answer.headers)

    return events
