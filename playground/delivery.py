"""Handing something to the app: what was sent, and what came back within Slack's three seconds."""

from dataclasses import dataclass
from typing import Literal, Protocol

from playground.model import Json

Kind = Literal["slash_commands", "events_api", "interactive"]

ACK_SECONDS = 3.0


@dataclass(frozen=True)
class Retry:
    """The second and later deliveries of an event: `number` from 1, and why the one before it did not count."""

    number: int
    reason: str


@dataclass(frozen=True)
class SignedRequest:
    """An HTTP request exactly as it went out, so that it can be replayed."""

    body: str
    headers: dict[str, str]


@dataclass(frozen=True)
class Delivery:
    """The outcome: `ok` when acknowledged in time, else `error` says why the person sees a failure.

    `reply` is the body of the acknowledgement (`{"text": …}` for plain text), `seconds` the time it took,
    `request` the signed request in HTTP mode, `no_retry` whether the app asked not to be told again.
    """

    kind: Kind
    payload: Json
    ok: bool
    error: str | None = None
    reply: Json | None = None
    seconds: float = 0.0
    request: SignedRequest | None = None
    no_retry: bool = False


class Transport(Protocol):
    """A way to the app: its sockets, or its request address."""

    def send(self, kind: Kind, payload: Json, retry: Retry | None = None) -> Delivery:
        """Delivers and waits for the acknowledgement, at most `ACK_SECONDS`; `retry` marks a repeated event."""

    def again(self, delivery: Delivery) -> Delivery:
        """Delivers the same thing once more, as a network or a replaying stranger would."""
