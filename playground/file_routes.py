"""The addresses of files: where content is uploaded, and where it is read with a token."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from playground.acting import People
from playground.multipart import parts_of


class Spoiled(Protocol):
    """Does something, unless a fault is set for `name`."""

    async def __call__(self, name: str, act: Callable[[], Awaitable[Response]]) -> Response:
        """The answer."""


class FileRoutes:
    """Uploads go to an address with a secret; downloads want the bot's token and the scope `files:read`."""

    def __init__(self, people: People, spoiled: Spoiled) -> None:
        self._people = people
        self._spoiled = spoiled

    def routes(self) -> list[BaseRoute]:
        """All addresses of files."""
        return [
            Route("/upload/{key}", self.upload, methods=["POST"]),
            Route("/files-pri/{place}/{name}", self.read),
            Route("/files-pri/{place}/download/{name}", self.read),
            Route("/signin", self.sign_in),
        ]

    async def upload(self, request: Request) -> Response:
        """Takes the content, as the body itself or as the first part of a form."""

        async def act() -> Response:
            body, kind = await request.body(), request.headers.get("content-type", "")
            parts = parts_of(body, kind)
            content = next((part.content for part in parts if part.filename), body)
            file = self._people.workspace.files.arrive(request.path_params["key"], content)
            return PlainTextResponse(f"OK - {file.size}") if file else PlainTextResponse("unknown upload", 404)

        return await self._spoiled("upload", act)

    async def read(self, request: Request) -> Response:
        """The content. Whoever may not see it is led to a page to sign in, which says 200: Slack does so, too."""

        async def act() -> Response:
            place, installation = request.path_params["place"], self._people.installation
            file = self._people.workspace.files.find(place.partition("-")[2])
            token = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
            if installation.kind(token) != "bot" or "files:read" not in installation.scopes or file is None:
                return RedirectResponse("/signin", 302)
            return Response(file.content, media_type="application/octet-stream")

        return await self._spoiled("download", act)

    async def sign_in(self, request: Request) -> Response:
        """What a download without a good token ends at."""
        return HTMLResponse("<!doctype html><title>Sign in</title><p>Sign in to see this file.</p>")
