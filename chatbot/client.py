"""Web API clients, one for each use: what may be repeated, and how long it may take."""

from __future__ import annotations

from urllib.parse import urlsplit

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from dbs.errors import SettingsError
from dbs.settings import Settings

ANSWER_SECONDS = 10
# A person waits for the acknowledgement, 3 s at most: the directory answers within that, or counts as failing.
DIRECTORY_SECONDS = 2


def web_client(settings: Settings) -> WebClient:
    """The client of the app. Raises `SettingsError` without a bot token.

    Never a retry handler for connection errors: it would double a message whose answer was lost.
    """
    token = settings.environment.slack_bot_token
    if token is None:
        raise SettingsError("SLACK_BOT_TOKEN is not set; it is on the app's page at Slack under OAuth & Permissions.")
    network = settings.network
    client = WebClient(
        token=token.get_secret_value(),
        base_url=settings.environment.slack_api_url,
        timeout=ANSWER_SECONDS,
        ssl=settings.way_out.context() if network.ca_file else None,
        proxy=network.proxy,
        retry_handlers=[RateLimitErrorRetryHandler(max_retry_count=1)],
    )
    if urlsplit(client.base_url).hostname in ("127.0.0.1", "localhost", "::1"):
        client.proxy = None  # slack_sdk would send even this through a proxy of the environment
    return client


def without_retries(client: WebClient, seconds: int = ANSWER_SECONDS) -> WebClient:
    """The same client for a caller that decides itself what is tried again, and when."""
    other = WebClient(token=client.token, base_url=client.base_url, timeout=seconds, ssl=client.ssl, retry_handlers=[])
    other.proxy = client.proxy
    return other


def reason(error: Exception) -> str:
    """Why a call failed, for a sentence, without a full stop."""
    if isinstance(error, SlackApiError):
        return f"Slack says {error.response.get('error') or 'no'}"
    return f"Slack cannot be reached: {getattr(error, 'reason', None) or error or type(error).__name__}"
