"""`python -m chatbot`: the bot. In HTTP mode it only posts; requests come in through `python -m web`."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import ExitStack

import structlog

from chatbot.running import connect, listening, open_app, sending
from dbs.errors import DbsError
from dbs.logs import configure
from dbs.settings import Settings, load_settings

log = structlog.get_logger()
_NOTICE_SECONDS = 0.2


def main() -> int:
    """Run until SIGTERM or SIGINT. 1, after a sentence on standard error, when it cannot."""
    leaving = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: leaving.set())
    configure()
    try:
        run(load_settings(), leaving)
    except DbsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def run(settings: Settings, leaving: threading.Event) -> None:
    """Listen and post until `leaving` is set. Raises `DbsError` when it cannot start."""
    services, client = connect(settings)
    with ExitStack() as stack:
        if settings.slack.mode == "socket":
            stack.enter_context(listening(open_app(services, client), settings))
        stack.enter_context(sending(services, client))
        log.info("bot ready", mode=settings.slack.mode)
        # Python acts on a signal when the main thread wakes, and the kernel may wake another one.
        while not leaving.wait(_NOTICE_SECONDS):
            pass


if __name__ == "__main__":
    sys.exit(main())
