"""The routes of the page: show, refresh, say, click. A token in the address becomes a cookie once."""

from collections.abc import Callable
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from playground import page
from playground.acting import People
from playground.arguments import arguments_of
from playground.guard import COOKIE, holds
from playground.model import BOT_USER_ID, Channel, User

STATIC = Path(__file__).parent / "static"
HEADERS = {
    "Content-Security-Policy": page.POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
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
            Route("/say", self.say, methods=["POST"]),
            Route("/click", self.click, methods=["POST"]),
            Mount("/static", StaticFiles(directory=STATIC)),
        ]

    async def show(self, request: Request) -> Response:
        """The page; with `?token=` it sets the cookie and comes back without it."""
        if request.query_params.get("token") == self._token:
            answer = RedirectResponse("/", 303, headers=HEADERS)
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

    async def say(self, request: Request) -> Response:
        """A line somebody typed: a command, a mention, or just words."""
        return await self._act(request, self._typed)

    async def click(self, request: Request) -> Response:
        """A button somebody pressed."""
        return await self._act(request, self._pressed)

    async def _act(self, request: Request, action: Callable[[dict[str, str]], None]) -> Response:
        if not holds(request, self._token):
            return PlainTextResponse("No.", 403, headers=HEADERS)
        form = {name: str(value) for name, value in (await arguments_of(request)).items()}
        try:
            await run_in_threadpool(action, form)
        except (KeyError, ValueError) as problem:
            return PlainTextResponse(f"That does not work: {problem}", 400, headers=HEADERS)
        return RedirectResponse(page.address(form["user"], form["channel"]), 303, headers=HEADERS)

    def _typed(self, form: dict[str, str]) -> None:
        user, channel, text = form["user"], form["channel"], form["text"].strip()
        thread_ts = form.get("thread_ts")
        handle = self._people.workspace.users[BOT_USER_ID].handle
        if text.startswith("/"):
            command, _, rest = text.partition(" ")
            self._people.slash(user, channel, rest.strip(), thread_ts=thread_ts, command=command)
        elif f"@{handle}" in text:
            self._people.mention(user, channel, text, thread_ts)
        elif text:
            self._people.say(user, channel, text, thread_ts)

    def _pressed(self, form: dict[str, str]) -> None:
        self._people.click(form["user"], form["channel"], form["ts"], form["action_id"])

    def _view(self, request: Request) -> tuple[User, Channel]:
        """Who looks at what; the first person and channel when the address does not say."""
        workspace = self._people.workspace
        user = workspace.users.get(request.query_params.get("user", ""))
        if user is None or user.deleted or user.is_bot:
            user = next(iter(workspace.users.values()))
        seen = [channel for channel in workspace.channels.values() if user.id in channel.members]
        return user, next((c for c in seen if c.id == request.query_params.get("channel")), seen[0])
