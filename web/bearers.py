"""Who calls the HTTP API: a token in the `Authorization` header, or nobody who may."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from commands.interface import Actor, Result
from commands.interface import Request as Asked
from commands.recording import recorded
from commands.services import Services
from dbs.errors import RefusedError
from dbs.tokens import Token
from web.limits import Limiter

log = structlog.get_logger()

RESTORES_A_MINUTE = 10
READS_A_MINUTE = 120
STRANGERS_A_MINUTE = 10
"""Refusals of one address that are recorded; more are logged only, or a stranger could fill the audit table."""

NOBODY = Actor("token:unknown", "unknown", "http")
_SENTENCE = "This needs a valid token, as in: Authorization: Bearer dbs_… An operator makes one with: dbs token create"


class HttpError(RefusedError):
    """A refusal with its HTTP status and headers; `str(error)` is the sentence."""

    def __init__(self, status: int, sentence: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.headers = dict(headers or {})


class Bearers:
    """Tells tokens from strangers, and how often each of them may ask."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._restores = Limiter(RESTORES_A_MINUTE, 60)
        self._reads = Limiter(READS_A_MINUTE, 60)
        self._strangers = Limiter(STRANGERS_A_MINUTE, 60)

    def token(self, request: Request, words: tuple[str, str]) -> Token:
        """The token of a request. Raises `HttpError` 401, recorded as a refusal of `words`, or 429."""
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        try:
            if scheme.lower() != "bearer":
                raise RefusedError(_SENTENCE)
            token = self._services.tokens.identify(secret.strip())
        except RefusedError:
            log.warning("a request without a valid token", address=_address(request), asked=words[:2])
            self.record_refusal(request, NOBODY, words, _SENTENCE)
            raise HttpError(401, _SENTENCE, {"WWW-Authenticate": "Bearer"}) from None
        limiter = self._reads if request.method in ("GET", "HEAD") else self._restores
        seconds = limiter.wait(token.id)
        if seconds:
            log.warning("a token asks too often", token=token.id, label=token.label)
            sentence = f"This token asks too often. Nothing was done; try again in {seconds} seconds."
            raise HttpError(429, sentence, {"Retry-After": str(seconds)})
        return token

    def record_refusal(self, request: Request, actor: Actor, words: tuple[str, str], sentence: str) -> None:
        """Put a refusal into the audit table: `words` are the command and its target."""
        if not self._strangers.wait(_address(request)):
            asked, refused = Asked(f"http:{uuid.uuid4().hex}", actor, words), Result(words[0], "refused", sentence)
            recorded(self._services, asked, *words, lambda: refused)


Handler = Callable[[Request], Awaitable[Response]]


def answered(handler: Handler) -> Handler:
    """A handler whose `HttpError` becomes an answer."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except HttpError as error:
            return JSONResponse({"outcome": "refused", "sentence": str(error)}, error.status, error.headers)

    return answer


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"
