"""`python -m web`: the web server."""

from __future__ import annotations

import sys

import uvicorn

from chatbot.http import Endpoint, slack_endpoint
from chatbot.running import connect, open_app
from commands.bootstrap import build
from commands.services import Services
from dbs.errors import DbsError
from dbs.logs import configure
from dbs.settings import Settings, load_settings
from web.app import create_app
from web.serving import serving_metrics


def main() -> int:
    """Serve until a signal. 1, after a sentence on standard error, when it cannot."""
    configure()
    try:
        settings = load_settings()
        services, slack = parts(settings)
        host, port = settings.web_address
        with serving_metrics(services):
            uvicorn.run(create_app(services, slack), host=host, port=port, log_level="warning", access_log=False)
    except DbsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def parts(settings: Settings) -> tuple[Services, Endpoint | None]:
    """The services, and in HTTP mode the way in for Slack. Raises `DbsError`."""
    if settings.slack.mode == "socket":
        return build(settings), None
    services, client = connect(settings)
    return services, slack_endpoint(open_app(services, client), services)


if __name__ == "__main__":
    sys.exit(main())
