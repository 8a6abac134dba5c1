"""The fixtures of the bot's tests serve here too."""

from __future__ import annotations

from tests.chatbot.conftest import app, directory, no_surprises, services, slack, web_api

__all__ = ["app", "directory", "no_surprises", "services", "slack", "web_api"]
