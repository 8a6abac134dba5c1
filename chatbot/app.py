"""The Slack app: what Bolt needs to know, and nothing else. Socket Mode and HTTP mode are two ways into it."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from chatbot.client import web_client
from chatbot.errors import answer_error
from chatbot.listeners import register
from chatbot.waiting import Listeners
from commands.services import Services

# Bolt's default of 5 answers 404 to the sixth person who asks while five are served (measured).
_LISTENERS = 32


def create_app(
    services: Services, *, client: WebClient | None = None, authorize: Callable[..., AuthorizeResult] | None = None
) -> App:
    """The app for these services. With `authorize` nobody asks Slack whose token it is.

    Raises `SettingsError` without a bot token, `slack_bolt.error.BoltError` when Slack refuses it.
    """
    secret = services.settings.environment.slack_signing_secret
    app = App(
        name="dbs",
        client=client or web_client(services.settings),
        # Without a secret no HTTP request is ours: nobody can sign with one that nobody knows.
        signing_secret=secret.get_secret_value() if secret else secrets.token_hex(32),
        authorize=authorize,
        token_verification_enabled=authorize is None,
        listener_executor=Listeners(_LISTENERS),
    )
    app.error(answer_error)
    register(app, services)
    return app
