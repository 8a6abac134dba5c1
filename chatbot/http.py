"""HTTP mode: a signed request in, an answer out. Knows Bolt, knows no web framework."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from slack_bolt import App, BoltRequest
from slack_sdk.signature import SignatureVerifier

from chatbot.replays import Answer, Replays
from chatbot.waiting import telling
from commands.services import Services
from dbs.errors import SettingsError

Endpoint = Callable[[str, Mapping[str, str]], Answer]
"""(body, headers with names in lower case) → answer."""


def slack_endpoint(app: App, services: Services) -> Endpoint:
    """The function behind `POST /slack/events`. Raises `SettingsError` without a signing secret."""
    secret = services.settings.environment.slack_signing_secret
    if secret is None:
        raise SettingsError("SLACK_SIGNING_SECRET is not set; HTTP mode cannot tell who sends requests without it.")
    verifier = SignatureVerifier(secret.get_secret_value())
    replays = Replays()

    def endpoint(body: str, headers: Mapping[str, str]) -> Answer:
        signature = headers.get("x-slack-signature", "")
        stamp = headers.get("x-slack-request-timestamp", "")
        # Only what Slack signed is looked up: a stranger must not get, or set, the answer to a signature. Rubbish ends
        # here too, because Bolt raises on it.
        well_formed = stamp.isascii() and stamp.isdecimal() and signature.isascii()
        if not well_formed or not verifier.is_valid(body, stamp, signature):
            return Answer(401, {"content-type": "application/json"}, '{"error": "invalid request"}')
        return replays.once(signature, lambda: _dispatch(app, body, headers))

    return endpoint


def _dispatch(app: App, body: str, headers: Mapping[str, str]) -> Answer:
    request = BoltRequest(body=body, headers=dict(headers))
    with telling(request):
        response = app.dispatch(request)
    first = {name: values[0] for name, values in response.headers.items() if values}
    return Answer(response.status, first, response.body)
