"""Every identifier of Slack stands here: what is not in `register` does not reach dbs."""

from __future__ import annotations

from slack_bolt import App

from chatbot.directory import SlackDirectory
from chatbot.listeners.commands import Commands
from chatbot.listeners.mentions import Mentions
from commands.services import Services


def register(app: App, services: Services) -> None:
    """Connect what people do in Slack to what dbs does."""
    mentions = Mentions(services, SlackDirectory(app.client))
    app.command("/dbs")(Commands(services).run)
    app.event("app_mention", middleware=[mentions.take])(mentions.answer)
