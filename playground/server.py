"""`Playground`: the stand-in for Slack as one object, in a thread of this process, on 127.0.0.1 only."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from playground import knobs
from playground.acting import People
from playground.cast import default_workspace
from playground.delivery import ACK_SECONDS, Transport
from playground.events import Events
from playground.faults import Fault, Faults
from playground.hands import Hands
from playground.homes import refuse_foreign_home
from playground.http_mode import HttpTransport
from playground.installation import ALL_EVENTS, Installation, refuse_real_tokens
from playground.limits import Limits
from playground.methods import ALL_SCOPES, TIERS
from playground.site import Site
from playground.sockets import SocketHub
from playground.web_server import WebServer
from playground.workspace import Workspace


class Playground(Hands):
    """A running workspace with one app installed. Use it as a context manager, or `start()` and `stop()`.

    `port=0` takes a free one. `scopes` are those the app was granted. `request_url` switches to HTTP mode; it may be
    set later, and None means Socket Mode. `ack_seconds` shortens Slack's three seconds in tests, `hurry` divides the
    minutes between two deliveries of an event. `events` are those the app is subscribed to.
    RealTokensError when the environment holds tokens that look real, ForeignHomeError when `DBS_HOME` or
    `DBS_STATE_URL` in it name a state database that is not a playground's.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        workspace: Workspace | None = None,
        scopes: frozenset[str] = ALL_SCOPES,
        commands: frozenset[str] = frozenset({"/dbs"}),
        events: frozenset[str] = ALL_EVENTS,
        request_url: str | None = None,
        control_token: str | None = None,
        ack_seconds: float = ACK_SECONDS,
        hurry: float = 1.0,
    ) -> None:
        refuse_real_tokens()
        refuse_foreign_home()
        self.control_token = control_token or secrets.token_urlsafe(16)
        self._ack_seconds = ack_seconds
        self.sockets = SocketHub(ack_seconds)
        self.request_url = request_url
        self.events = Events(self.transport, hurry)
        self._web = WebServer(port)
        self.port = self._web.port
        self.people = People(
            workspace or default_workspace(),
            Installation(scopes, commands, events),
            self.transport,
            self.events,
            origin=self.url,
        )
        self.faults = Faults()
        self.limits = Limits(TIERS, lambda: self.workspace.clock())
        self._site = Site(
            self.people,
            self.sockets,
            self.faults,
            self.limits,
            self._web.connections,
            self.control_token,
            self.port,
            knobs.actions(self),
        ).application()

    # where and with what

    @property
    def installation(self) -> Installation:
        """The installed app: tokens, secret, scopes."""
        return self.people.installation

    @property
    def url(self) -> str:
        """The address without a path."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def api_url(self) -> str:
        """`base_url` for a `slack_sdk.WebClient`, `SLACK_API_URL` for dbs."""
        return f"{self.url}/api/"

    @property
    def page_url(self) -> str:
        """The page, with the control token: whoever opens it can act as anybody."""
        return f"{self.url}/?token={self.control_token}"

    @property
    def bot_token(self) -> str:
        """`SLACK_BOT_TOKEN`."""
        return self.installation.bot_token

    @property
    def app_token(self) -> str:
        """`SLACK_APP_TOKEN`."""
        return self.installation.app_token

    @property
    def signing_secret(self) -> str:
        """`SLACK_SIGNING_SECRET`."""
        return self.installation.signing_secret

    def environment(self) -> dict[str, str]:
        """What a bot needs to connect here instead of to Slack."""
        return {
            "SLACK_API_URL": self.api_url,
            "SLACK_BOT_TOKEN": self.bot_token,
            "SLACK_APP_TOKEN": self.app_token,
            "SLACK_SIGNING_SECRET": self.signing_secret,
        }

    def transport(self) -> Transport:
        """How the app is reached now."""
        return self.sockets if self.request_url is None else self._http(self.request_url)

    def enter_request_url(self, url: str) -> None:
        """Switches to HTTP mode as Slack's settings page does: only when the app there echoes a signed challenge.

        UnverifiedError otherwise, and nothing changes.
        """
        self._http(url).verify()
        self.request_url = url

    # what goes wrong

    def fault(self, method: str, kind: str, *, times: int | None = None, seconds: float | None = None) -> Fault:
        """Lets calls of a method (`chat.*` means several) fail, so many times or until `faults.clear()`.

        Kinds: `ratelimited` (`seconds` is its Retry-After), `http_500`, `http_502`, `http_503`, `reset_after_store`,
        `reset_before_store`, `hang` and `hang_after_store` (for `seconds`), or one of Slack's error codes.
        """
        return self.faults.add(method, kind, times=times, seconds=seconds)

    @contextmanager
    def offline(self) -> Iterator[None]:
        """Slack is away: connections end and new ones are refused, then everything is there again as it was."""
        self.go_offline()
        try:
            yield
        finally:
            self.go_online()

    def go_offline(self) -> None:
        """Refuses connections until `go_online`; harmless when it does so already."""
        if self._web.running:
            self.sockets.drop()
            self._web.pause()
            self.sockets.closed()

    def go_online(self) -> None:
        """Answers again, on the same port."""
        if not self._web.running:
            self._web.start(self._site)

    # running

    def start(self) -> Self:
        """Returns when the server answers."""
        self._web.start(self._site)
        return self

    def reset(self, workspace: Workspace | None = None) -> None:
        """Starts over without a new server: another workspace, new tokens, Socket Mode, every connection dropped.

        A bot of before is refused from now on, so it cannot write into the new workspace. Faults are switched off.
        """
        granted = self.installation
        self.request_url = None
        self.events.forget()
        self.faults.clear()
        self.limits.strict = False
        self.limits.forget()
        self.people.installation = Installation(granted.scopes, granted.commands, granted.events)
        self.people.workspace = workspace or default_workspace()
        self.sockets.drop()

    def stop(self) -> None:
        """Closes sockets and the port; a second call does nothing."""
        self.events.forget()
        self._web.stop()
        self.sockets.closed()

    def __enter__(self) -> Self:
        """Starts."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops."""
        self.stop()

    def _http(self, url: str) -> HttpTransport:
        return HttpTransport(url, self.signing_secret, self._ack_seconds)
