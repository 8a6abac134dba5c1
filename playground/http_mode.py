"""HTTP mode: really signed requests to the app's request address."""

import http.client
import json
import secrets
import time
from typing import NamedTuple
from urllib.parse import SplitResult, urlencode, urlsplit

from slack_sdk.signature import SignatureVerifier

from playground.delivery import ACK_SECONDS, Delivery, Kind, Retry, SignedRequest
from playground.model import Json
from playground.payloads import url_verification

LOCAL = ("127.0.0.1", "localhost", "::1")
FORM = "application/x-www-form-urlencoded"


class UnverifiedError(ValueError):
    """The app did not echo the challenge, so Slack would not take its request URL."""


class Answer(NamedTuple):
    """What the app answered."""

    status: int
    body: str
    no_retry: bool


class HttpTransport:
    """Signs with the secret and posts to `request_url`, which must be on this machine."""

    def __init__(self, request_url: str, signing_secret: str, ack_seconds: float = ACK_SECONDS) -> None:
        url = urlsplit(request_url)
        if url.scheme != "http" or url.hostname not in LOCAL:
            raise ValueError(f"the playground only talks to http:// on this machine, not to {request_url}")
        self._url: SplitResult = url
        self._ack_seconds = ack_seconds
        self._verifier = SignatureVerifier(signing_secret)

    def sign(self, body: str, content_type: str = FORM, at: float | None = None) -> SignedRequest:
        """The request with Slack's two headers; `at` (epoch seconds) allows a stale one."""
        stamp = str(int(time.time() if at is None else at))
        signature = self._verifier.generate_signature(timestamp=stamp, body=body) or ""
        headers = {
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": signature,
            "User-Agent": "Slackbot 1.0 (playground)",
        }
        return SignedRequest(body, headers)

    def verify(self) -> None:
        """Sends a challenge as Slack does when a request URL is entered; UnverifiedError with what came instead."""
        challenge = secrets.token_urlsafe(24)
        body = json.dumps(url_verification(challenge))
        try:
            answer = self.post(self.sign(body, "application/json"))
        except (OSError, http.client.HTTPException) as problem:
            raise UnverifiedError(f"the request URL did not answer the challenge: {problem}") from problem
        reply = as_reply(answer.body) or {}
        if answer.status != http.client.OK or challenge not in (reply.get("challenge"), reply.get("text")):
            raise UnverifiedError(f"the request URL did not echo the challenge; it answered {answer.status}")

    def send(self, kind: Kind, payload: Json, retry: Retry | None = None) -> Delivery:
        """Slash commands as form fields, interactions as a form field `payload`, events as JSON."""
        if kind == "events_api":
            request = self.sign(json.dumps(payload), "application/json")
            if retry:
                marks = {"X-Slack-Retry-Num": str(retry.number), "X-Slack-Retry-Reason": retry.reason}
                request = SignedRequest(request.body, request.headers | marks)
            return self._deliver(kind, payload, request)
        fields = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
        return self._deliver(kind, payload, self.sign(urlencode(fields)))

    def again(self, delivery: Delivery) -> Delivery:
        """The identical request: same body, same time stamp, same signature."""
        if delivery.request is None:
            return self.send(delivery.kind, delivery.payload)
        return self._deliver(delivery.kind, delivery.payload, delivery.request)

    def _deliver(self, kind: Kind, payload: Json, request: SignedRequest) -> Delivery:
        started = time.monotonic()
        answer = Answer(0, "", no_retry=False)
        try:
            answer = self.post(request)
            error = None if answer.status == http.client.OK else f"http_{answer.status}"
        except TimeoutError:
            error = "timeout"
        except (OSError, http.client.HTTPException):
            error = "unreachable"
        seconds = time.monotonic() - started
        reply = None if error else as_reply(answer.body)
        return Delivery(kind, payload, error is None, error, reply, seconds, request, answer.no_retry)

    def post(self, request: SignedRequest) -> Answer:
        """Status and body; OSError when the app cannot be reached, TimeoutError when it is too slow."""
        connection = http.client.HTTPConnection(self._url.hostname or "", self._url.port, timeout=self._ack_seconds)
        try:
            connection.request("POST", self._url.path or "/", request.body.encode(), request.headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read().decode(), answer.getheader("X-Slack-No-Retry") == "1")
        finally:
            connection.close()


def as_reply(body: str) -> Json | None:
    """The acknowledgement's JSON, or its plain text as `{"text": …}`; None when empty."""
    if not body:
        return None
    try:
        value = json.loads(body)
    except json.JSONDecodeError:
        return {"text": body}
    return value if isinstance(value, dict) else {"text": body}
