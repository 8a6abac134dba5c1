"""All of the playground's HTTP in one application: the Web API, response addresses, files, the socket, control, the
page. Faults and rate limits happen here, before and after a call takes effect.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute

from playground import control
from playground.acting import People
from playground.arguments import arguments_of, from_json, token_of
from playground.browser import Browser
from playground.connections import Connections, Hangup
from playground.faults import STATUS, Fault, Faults
from playground.file_routes import FileRoutes
from playground.guard import LocalOnly
from playground.limits import Limits
from playground.methods import METHODS
from playground.methods.api import Setting, answer, record
from playground.model import APP_ID
from playground.replies import respond
from playground.sockets import SocketHub


@dataclass(frozen=True)
class Site:
    """The parts that the routes use."""

    people: People
    hub: SocketHub
    faults: Faults
    limits: Limits
    connections: Connections
    control_token: str
    port: int
    knobs: Mapping[str, control.Action]

    def application(self) -> Starlette:
        """The ASGI application."""
        return Starlette(
            routes=[
                Route("/api/{method}", self.api, methods=["GET", "POST"]),
                Route("/hooks/{key}", self.hook, methods=["POST"]),
                WebSocketRoute("/link/", self.hub.serve),
                *FileRoutes(self.people, self.spoiled).routes(),
                *control.routes(self.people, self.control_token, self.knobs),
                *Browser(self.people, self.control_token).routes(),
            ],
            middleware=[Middleware(LocalOnly, port=self.port)],
        )

    async def api(self, request: Request) -> Response:
        """A Web API method."""
        name, arguments = request.path_params["method"], await arguments_of(request)
        workspace = self.people.workspace
        if wait := self.limits.wait(name, arguments):
            record(workspace, name, arguments, "ratelimited")
            return _ratelimited(wait)

        async def act() -> Response:
            setting = Setting(workspace, self.people.installation, self._socket_address, self.people.origin)
            body = answer(METHODS, name, token_of(request, arguments), arguments, setting)
            scopes = ",".join(sorted(self.people.installation.scopes))
            return JSONResponse(body, headers={"x-oauth-scopes": scopes})

        return await self.spoiled(name, act, arguments)

    async def hook(self, request: Request) -> Response:
        """A response address."""

        async def act() -> Response:
            body = from_json((await request.body()).decode("utf-8", "replace"))
            status, text = respond(self.people.workspace, request.path_params["key"], body)
            return PlainTextResponse(text, status)

        return await self.spoiled("response_url", act)

    async def spoiled(
        self, name: str, act: Callable[[], Awaitable[Response]], arguments: Mapping[str, Any] | None = None
    ) -> Response:
        """What `act` answers, unless a fault is set for `name`: then that, with or without the effect of `act`."""
        fault = self.faults.take(name)
        if fault is None:
            return await act()
        if fault.stores:
            await act()
        else:
            record(self.people.workspace, name, arguments or {}, fault.kind)
        return self._faulty(fault)

    def _faulty(self, fault: Fault) -> Response:
        if fault.breaks:
            return Hangup(self.connections, fault.seconds)
        if fault.kind == "ratelimited":
            return _ratelimited(max(1, round(fault.seconds)))
        if fault.kind in STATUS:
            return PlainTextResponse("The playground was told to fail here.", STATUS[fault.kind])
        return JSONResponse({"ok": False, "error": fault.kind})

    def _socket_address(self) -> str:
        return f"ws://127.0.0.1:{self.port}/link/?ticket={self.hub.ticket()}&app_id={APP_ID}"


def _ratelimited(seconds: int) -> Response:
    return JSONResponse({"ok": False, "error": "ratelimited"}, 429, headers={"Retry-After": str(seconds)})
