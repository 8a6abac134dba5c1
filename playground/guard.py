"""Who may talk to the playground: only this machine under its own name, no foreign page, and a token for people.

The server binds 127.0.0.1, which alone does not keep a page in the developer's browser away: a foreign name can be made
to point here (so the Host is checked), and any page can send requests here (so the Origin is checked).
"""

import secrets

from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

NAMES = ("127.0.0.1", "localhost")
COOKIE = "playground"
HEADER = "X-Playground-Token"


class LocalOnly:
    """ASGI middleware: a foreign Host or Origin is refused with 403, for sockets too."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        # Slack's own socket client sends the Host without a port.
        self._hosts = {name for host in NAMES for name in (host, f"{host}:{port}")}
        self._origins = {f"http://{host}:{port}" for host in NAMES}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on what comes from here."""
        if scope["type"] not in ("http", "websocket") or self._local(HTTPConnection(scope)):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose(code=1008)(scope, receive, send)
        else:
            await PlainTextResponse("Only this machine, under its own name.", 403)(scope, receive, send)

    def _local(self, connection: HTTPConnection) -> bool:
        origin = connection.headers.get("origin")
        return connection.headers.get("host") in self._hosts and (origin is None or origin in self._origins)


def holds(connection: HTTPConnection, control_token: str) -> bool:
    """Whether a request carries the control token, in the header or in the page's cookie."""
    given = connection.headers.get(HEADER) or connection.cookies.get(COOKIE, "")
    return secrets.compare_digest(given.encode(), control_token.encode())
