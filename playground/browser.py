"""The routes of the page: show it, refresh it, act on it. A token in the address becomes a cookie once."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from playground import page
from playground.acting import People
from playground.forms import Form, form_of
from playground.guard import COOKIE, holds
from playground.model import Channel, User
from playground.page_actions import ACTIONS

STATIC = Path(__file__).parent / "static"
HEADERS = {
    "Content-Security-Policy": page.POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not `no-referrer`: browsers then send `Origin: null` with the page's own forms, which the guard has to refuse.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Browser:
    """The page for whoever holds the control token."""

    def __init__(self, people: People, control_token: str) -> None:
        self._people = people
        self._token = control_token

    def routes(self) -> list[BaseRoute]:
        """All addresses of the page."""
        return [
            Route("/", self.show),
            Route("/fragment", self.refresh),
            Route("/modal", self.modal),
            *(Route(path, self._act(action), methods=["POST"]) for path, action in ACTIONS.items()),
            Mount("/static", StaticFiles(directory=STATIC)),
        ]

    async def show(self, request: Request) -> Response:
        """The page; with `?token=` it sets the cookie and comes back without it."""
        if request.query_params.get("token") == self._token:
            rest = [(name, value) for name, value in request.query_params.multi_items() if name != "token"]
            answer = RedirectResponse(f"/?{urlencode(rest)}" if rest else "/", 303, headers=HEADERS)
            answer.set_cookie(COOKIE, self._token, httponly=True, samesite="strict")
            return answer
        if not holds(request, self._token):
            return PlainTextResponse("Open the address that the playground printed.", 403, headers=HEADERS)
        return HTMLResponse(page.whole(self._people, *self._view(request)), headers=HEADERS)

    async def refresh(self, request: Request) -> Response:
        """The messages alone, for the script."""
        if not holds(request, self._token):
            return PlainTextResponse("No.", 403, headers=HEADERS)
        return HTMLResponse(page.fragment(self._people, *self._view(request)), headers=HEADERS)

    async def modal(self, request: Request) -> Response:
        """The open modal alone, for the script."""
        if not holds(request, self._token):
            return PlainTextResponse("No.", 403, headers=HEADERS)
        user, channel = self._view(request)
        return HTMLResponse(page.modal(self._people, user, channel.id if channel else page.HOME), headers=HEADERS)

    def _act(self, action: Callable[[People, Form], None]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            if not holds(request, self._token):
                return PlainTextResponse("No.", 403, headers=HEADERS)
            form = await form_of(request)
            try:
                await run_in_threadpool(action, self._people, form)
            except (KeyError, ValueError) as problem:
                return PlainTextResponse(f"That does not work: {problem}", 400, headers=HEADERS)
            place = page.address(form["user"], form.get("channel", page.HOME))
            return RedirectResponse(place, 303, headers=HEADERS)

        return endpoint

    def _view(self, request: Request) -> tuple[User, Channel | None]:
        """Who looks at what; the first person and channel when the address does not say. None is the App Home."""
        workspace = self._people.workspace
        user = workspace.users.get(request.query_params.get("user", ""))
        if user is None or user.deleted or user.is_bot:
            user = next(iter(workspace.users.values()))
        workspace.open_dm(user.id)
        wanted = request.query_params.get("channel")
        seen = [channel for channel in workspace.channels.values() if user.id in channel.members]
        return user, None if wanted == page.HOME else next((c for c in seen if c.id == wanted), seen[0])
