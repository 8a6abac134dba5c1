"""`POST /github/webhook`: what GitHub tells about pull requests, signed. Nothing is worked out here, only handed on."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Collection

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from commands.interface import Actor
from commands.services import Services
from dbs.errors import UsageError
from dbs.github import webhook_secrets
from dbs.github.webhook import Event, UnknownRepositoryError, could_be_signed, is_signed, parse
from web import bodies
from web.bearers import Bearers, HttpError, answered

log = structlog.get_logger()

PATH = "/github/webhook"
MOST_BYTES = 25_000_000
"""GitHub sends no more: https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap (25 MB)."""

_READ_SECONDS = 10.0
"""So long GitHub waits for an answer; whoever takes longer to send is somebody else."""

_AT_ONCE = 8
"""Bodies in memory; most have 30 kB, but who does not know the secret may send long ones too."""

_TURNS = 64
_DELIVERY = re.compile(r"[A-Za-z0-9-]{1,100}", re.ASCII)
_TAKEN = "taken"
_NOBODY = Actor("github:unknown", "unknown", "http")
_UNSIGNED = "The signature does not fit: the secret of the webhook at GitHub is not GITHUB_WEBHOOK_SECRET here."


class GithubWebhook:
    """The handler. Events of other repositories than `repositories` (`owner/name`) are refused.

    `act` is given each event once, in a thread. It enqueues and returns; an event for which it raised may come again.
    Raises `SettingsError` when there is no secret.
    """

    def __init__(
        self, services: Services, bearers: Bearers, repositories: Collection[str], act: Callable[[Event], None]
    ) -> None:
        self._services = services
        self._bearers = bearers
        self._repositories = repositories
        self._act = act
        self._secrets = webhook_secrets(services.settings)
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._turns = [threading.Lock() for _ in range(_TURNS)]

    def routes(self) -> list[Route]:
        """Path → handler."""
        return [Route(PATH, answered(self.receive), methods=["POST"])]

    async def receive(self, request: Request) -> Response:
        """401 for what is not signed, 202 for what is, also when it was received before or does not matter."""
        if not could_be_signed(request.headers.get("x-hub-signature-256")):
            raise await run_in_threadpool(self._recorded, request)
        async with self._places:
            raw = await self._read(request)
            return await run_in_threadpool(self._take, request, raw)

    async def _read(self, request: Request) -> bytes:
        try:
            async with asyncio.timeout(_READ_SECONDS):
                raw = await bodies.read(request, MOST_BYTES)
        except (TimeoutError, ClientDisconnect):
            raise HttpError(408, "The body did not come in time.") from None
        if raw is None:
            raise HttpError(413, f"A body has at most {MOST_BYTES} bytes.")
        return raw

    def _take(self, request: Request, raw: bytes) -> Response:
        headers = request.headers
        if not is_signed(raw, headers.get("x-hub-signature-256"), self._secrets):
            raise self._recorded(request)
        delivery, kind = headers.get("x-github-delivery", ""), headers.get("x-github-event", "")
        if not _DELIVERY.fullmatch(delivery):
            raise HttpError(400, "X-GitHub-Delivery is missing; this is not what GitHub sends.")
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise HttpError(415, "Set the content type of the webhook to application/json.")
        # The same delivery twice at once: the second waits for the first.
        with self._turns[hash(delivery) % _TURNS]:
            return self._once(delivery, kind, raw)

    def _once(self, delivery: str, kind: str, raw: bytes) -> Response:
        key = f"github:{delivery}"
        if self._services.seen.answer(key) == _TAKEN:
            return _accepted("received before")
        event = self._event(kind, raw)
        if event is not None:
            self._act(event)
            log.info("github event", delivery=delivery, github_event=type(event).__name__, repository=event.repository)
        # Only now: what failed on the way is done when GitHub, or somebody there, delivers it again.
        self._services.seen.remember(key, _TAKEN)
        return _accepted("received" if event is not None else "nothing to do")

    def _event(self, kind: str, raw: bytes) -> Event | None:
        try:
            return parse(kind, raw, self._repositories)
        except UnknownRepositoryError as error:
            log.info("github event of a repository without a project", reason=str(error))
            raise HttpError(404, str(error)) from None
        except UsageError as error:
            raise HttpError(400, str(error)) from None

    def _recorded(self, request: Request) -> HttpError:
        """A 401; in the audit table too, though not all of a flood of them."""
        log.warning("a webhook without a valid signature", address=request.client.host if request.client else "unknown")
        self._bearers.record_refusal(request, _NOBODY, ("github", "webhook"), _UNSIGNED)
        return HttpError(401, _UNSIGNED)


def _accepted(what: str) -> Response:
    return JSONResponse({"outcome": "done", "sentence": what}, 202)
