"""Every identifier of Slack stands here: what is not in `register` does not reach dbs."""

from __future__ import annotations

import re

from slack_bolt import App

from chatbot.blocks import CLASSIFY, DECIDE
from chatbot.desk import Desk
from chatbot.directory import SlackDirectory
from chatbot.groups import WatchedGroups
from chatbot.home import Home
from chatbot.listeners.actions import Clicks
from chatbot.listeners.classify import ClassifyForm
from chatbot.listeners.commands import Commands
from chatbot.listeners.forms import RestoreForm
from chatbot.listeners.groups import GroupEvents
from chatbot.listeners.home import Opened
from chatbot.listeners.mentions import Mentions
from chatbot.listeners.proposing import ProposeForm
from chatbot.listeners.rejecting import RejectForm
from chatbot.propose_view import PROPOSE
from chatbot.reject_view import REJECT
from chatbot.views import RESTORE
from commands.services import Services


def register(app: App, services: Services) -> None:
    """Connect what people do in Slack to what dbs does."""
    desk = Desk(services)
    home = Home(services, desk.ids)
    form = RestoreForm(services, desk)
    directory = SlackDirectory(app.client)
    groups = GroupEvents(WatchedGroups(directory, services))
    mentions = Mentions(services, desk, directory)
    rejecting, proposing = RejectForm(services, desk), ProposeForm(services, desk)
    app.command("/dbs")(Commands(desk, form, proposing).run)
    app.view(RESTORE)(form.submit)
    app.view(PROPOSE)(proposing.submit)
    app.action(re.compile(f"^{DECIDE}"))(Clicks(services, desk, home, rejecting).decide)
    app.view(REJECT)(rejecting.submit)
    classify = ClassifyForm(services, desk)
    app.action(CLASSIFY)(classify.open)
    app.view(CLASSIFY)(classify.submit)
    app.event("app_home_opened")(Opened(home).publish)
    app.event("subteam_members_changed")(groups.look)
    app.event("subteam_updated")(groups.look)
    app.event("app_mention", middleware=[mentions.take])(mentions.answer)
