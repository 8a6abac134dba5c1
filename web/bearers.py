"""Who calls the HTTP API: a token in the `Authorization` header, or nobody who may."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

import structlog
from starlette.requests import Request

from commands.dispatch import dispatch
from commands.interface import Actor
from commands.interface import Request as Asked
from commands.services import Services
from dbs.errors import RefusedError
from dbs.tokens import Token
from web.limits import Limiter

log = structlog.get_logger()

RESTORES_A_MINUTE = 10
READS_A_MINUTE = 120
STRANGERS_A_MINUTE = 10
"""Refusals of one address that are recorded; more are logged only, or a stranger could fill the audit table."""

_NOBODY = Actor("token:unknown", "unknown", "http")
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

    def token(self, request: Request, words: tuple[str, ...]) -> Token:
        """The token of a request. Raises `HttpError` 401, recorded as a refusal of `words`, or 429."""
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        try:
            if scheme.lower() != "bearer":
                raise RefusedError(_SENTENCE)
            token = self._services.tokens.identify(secret.strip())
        except RefusedError:
            self._record(request, words)
            raise HttpError(401, _SENTENCE, {"WWW-Authenticate": "Bearer"}) from None
        limiter = self._reads if request.method == "GET" else self._restores
        seconds = limiter.wait(token.id)
        if seconds:
            log.warning("a token asks too often", token=token.id, label=token.label)
            sentence = f"This token asks too often. Nothing was done; try again in {seconds} seconds."
            raise HttpError(429, sentence, {"Retry-After": str(seconds)})
        return token

    def _record(self, request: Request, words: tuple[str, ...]) -> None:
        address = request.client.host if request.client else "unknown"
        log.warning("a request without a valid token", address=address, asked=words[:2])
        if not self._strangers.wait(address):
            # Without grants it is refused, and recorded like every other refusal.
            dispatch(self._services, Asked(f"http:{uuid.uuid4().hex}", _NOBODY, words))
