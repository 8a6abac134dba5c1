"""Worker, bot and web in one process: the embedded default behind `dbs up` and `dbs demo`."""

from __future__ import annotations

from contextlib import ExitStack

import structlog

from chatbot.http import Endpoint, slack_endpoint
from chatbot.running import connect, listening, open_app, sending
from commands.bootstrap import build
from commands.services import Services
from commands.working import working
from dbs.settings import Settings
from web.app import create_app
from web.serving import serving, serving_metrics

log = structlog.get_logger()


def run(settings: Settings, stack: ExitStack) -> Services:
    """Start everything; it ends with `stack`. Without a bot token everything but the bot."""
    services, endpoint = _bot(settings, stack)
    stack.enter_context(working(services))
    stack.enter_context(serving(create_app(services, endpoint), settings.web_address))
    stack.enter_context(serving_metrics(services))
    log.info("dbs is up", web="http://{}:{}".format(*settings.web_address))
    return services


def _bot(settings: Settings, stack: ExitStack) -> tuple[Services, Endpoint | None]:
    if settings.environment.slack_bot_token is None:
        log.warning("no bot runs: SLACK_BOT_TOKEN is not set")
        return build(settings), None
    services, client = connect(settings)
    app = open_app(services, client)
    endpoint = None
    if settings.slack.mode == "socket":
        stack.enter_context(listening(app, settings))
    else:
        endpoint = slack_endpoint(app, services)
    stack.enter_context(sending(services, client))
    return services, endpoint
