"""`python -m playground [--port N]`: a Slack of your own on this machine."""

import argparse
import signal
import sys
import threading

from playground.homes import ForeignHomeError
from playground.installation import RealTokensError
from playground.server import Playground


def main(arguments: list[str] | None = None) -> int:
    """Runs until interrupted; 1 when it refuses to start, with the reason."""
    parser = argparse.ArgumentParser(prog="python -m playground", description=__doc__)
    parser.add_argument("--port", type=int, default=8065, help="0 takes a free one (default: %(default)s)")
    parser.add_argument("--request-url", help="the app's address for HTTP mode; without it, Socket Mode")
    options = parser.parse_args(arguments)
    try:
        playground = Playground(options.port, request_url=options.request_url)
    except (RealTokensError, ForeignHomeError, OSError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with playground:
        sys.stdout.write(f"The workspace is at {playground.page_url}\n\nFor the bot:\n")
        sys.stdout.writelines(f"export {name}={value}\n" for name, value in playground.environment().items())
        sys.stdout.flush()
        stopped.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
