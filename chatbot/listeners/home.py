"""Opening the App Home."""

from __future__ import annotations

from typing import Any

from slack_sdk import WebClient

from chatbot.home import Home


class Opened:
    """The listener of `app_home_opened`."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def publish(self, event: dict[str, Any], client: WebClient) -> None:
        """Slack tells of the tab with messages too; only the other one has a page."""
        if event.get("tab") == "home" and event.get("user"):
            self._home.publish(client, event["user"])
