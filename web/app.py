"""The web server: is dbs alive, and the way in for Slack's HTTP mode."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chatbot.http import Endpoint
from commands.services import Services

log = structlog.get_logger()

MOST_BYTES = 1_000_000
"""Slack's requests have some kilobytes; a longer body is refused without being read to its end."""

_Handler = Callable[[Request], Awaitable[Response]]


def create_app(services: Services, slack: Endpoint | None) -> Starlette:
    """The app. `slack` answers `POST /slack/events`; without it (Socket Mode) there is no such address."""
    routes = [Route("/healthz", _health(services), methods=["GET"])]
    if slack is not None:
        routes.append(Route("/slack/events", _slack(slack), methods=["POST"]))
    return Starlette(routes=routes)


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
        raw = await _body(request)
        if raw is None:
            return JSONResponse({"error": f"a body has at most {MOST_BYTES} bytes"}, 413)
        try:
            body = raw.decode()
        except UnicodeDecodeError:
            return JSONResponse({"error": "a body is UTF-8"}, 400)
        # In a thread: Bolt is synchronous, and inside the event loop one slow listener would freeze /healthz.
        answer = await run_in_threadpool(endpoint, body, dict(request.headers))
        return Response(answer.body, answer.status, answer.headers)

    return events


async def _body(request: Request) -> bytes | None:
    """The body; None when it is too long. It is counted as it comes, because the length in the header may lie."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            return None
    return bytes(body)
