"""All of the playground's HTTP in one application: the Web API, response addresses, the socket, control, the page."""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute

from playground import control
from playground.acting import People
from playground.arguments import arguments_of, from_json, token_of
from playground.browser import Browser
from playground.guard import LocalOnly
from playground.methods import METHODS
from playground.methods.api import answer
from playground.model import APP_ID
from playground.replies import respond
from playground.sockets import SocketHub


def create_site(people: People, hub: SocketHub, port: int, control_token: str) -> Starlette:
    """The ASGI application for this port."""

    async def api(request: Request) -> Response:
        arguments = await arguments_of(request)
        body = answer(
            METHODS,
            request.path_params["method"],
            token_of(request, arguments),
            arguments,
            people.workspace,
            people.installation,
            lambda: f"ws://127.0.0.1:{port}/link/?ticket={hub.ticket()}&app_id={APP_ID}",
        )
        return JSONResponse(body, headers={"x-oauth-scopes": ",".join(sorted(people.installation.scopes))})

    async def hook(request: Request) -> Response:
        body = from_json((await request.body()).decode("utf-8", "replace"))
        status, text = respond(people.workspace, request.path_params["key"], body)
        return PlainTextResponse(text, status)

    return Starlette(
        routes=[
            Route("/api/{method}", api, methods=["GET", "POST"]),
            Route("/hooks/{key}", hook, methods=["POST"]),
            WebSocketRoute("/link/", hub.serve),
            *control.routes(people, control_token),
            *Browser(people, control_token).routes(),
        ],
        middleware=[Middleware(LocalOnly, port=port)],
    )
