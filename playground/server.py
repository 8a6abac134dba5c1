"""`Playground`: the stand-in for Slack as one object, in a thread of this process, on 127.0.0.1 only."""

import secrets
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

import uvicorn

from playground import control
from playground.acting import People
from playground.cast import default_workspace
from playground.delivery import ACK_SECONDS, Delivery, Transport
from playground.http_mode import HttpTransport
from playground.installation import Installation, refuse_real_tokens
from playground.methods import ALL_SCOPES
from playground.model import Json, Message
from playground.site import create_site
from playground.sockets import SocketHub
from playground.workspace import Workspace

Found = TypeVar("Found")

START_SECONDS = 10.0


class Playground:
    """A running workspace with one app installed. Use it as a context manager, or `start()` and `stop()`.

    `port=0` takes a free one. `scopes` are those the app was granted. `request_url` switches to HTTP mode; it may be
    set later, and None means Socket Mode. `ack_seconds` shortens Slack's three seconds in tests.
    RealTokensError when the environment holds tokens that look real.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        workspace: Workspace | None = None,
        scopes: frozenset[str] = ALL_SCOPES,
        commands: frozenset[str] = frozenset({"/dbs"}),
        request_url: str | None = None,
        control_token: str | None = None,
        ack_seconds: float = ACK_SECONDS,
    ) -> None:
        refuse_real_tokens()
        self.control_token = control_token or secrets.token_urlsafe(16)
        self._ack_seconds = ack_seconds
        self.sockets = SocketHub(ack_seconds)
        self.request_url = request_url
        self._listener = _listen(port)
        self.port: int = self._listener.getsockname()[1]
        self.people = People(
            workspace or default_workspace(),
            Installation(scopes, commands),
            self.transport,
            hooks=f"{self.url}/hooks/",
        )
        site = create_site(self.people, self.sockets, self.port, self.control_token)
        self._server = uvicorn.Server(
            uvicorn.Config(
                site,
                log_level="warning",
                log_config=None,  # logging belongs to the program that starts us
                access_log=False,
                lifespan="off",
                ws_ping_interval=5.0,
                timeout_graceful_shutdown=1,
            )
        )
        self._thread = threading.Thread(
            target=self._server.run, args=([self._listener],), name="playground", daemon=True
        )

    # where and with what

    @property
    def workspace(self) -> Workspace:
        """The workspace of now; `reset` puts another in its place."""
        return self.people.workspace

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

    # what people do

    def slash(
        self, user: str, channel: str, text: str, *, thread_ts: str | None = None, command: str = "/dbs"
    ) -> Delivery:
        """Types a command; users by id or handle, channels by id or name."""
        return self.people.slash(user, channel, text, thread_ts=thread_ts, command=command)

    def mention(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> Delivery:
        """Writes `@dbs text` in a channel or a thread."""
        return self.people.mention(user, channel, text, thread_ts)

    def say(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> Message:
        """Writes a message that is not for the bot."""
        return self.people.say(user, channel, text, thread_ts)

    def click(self, user: str, channel: str, ts: str, action_id: str) -> Delivery:
        """Presses a button on a message."""
        return self.people.click(user, channel, ts, action_id)

    def again(self, delivery: Delivery) -> Delivery:
        """Delivers the same once more; in HTTP mode the identical signed request."""
        return self.transport().again(delivery)

    def transport(self) -> Transport:
        """How the app is reached now."""
        if self.request_url is None:
            return self.sockets
        return HttpTransport(self.request_url, self.signing_secret, self._ack_seconds)

    # what there is to see

    def messages(self, channel: str) -> list[Json]:
        """All messages of a channel, oldest first, replies included, as the Web API shows them."""
        return control.messages(self.people, channel)

    def thread(self, channel: str, ts: str) -> list[Json]:
        """A parent and its replies, oldest first."""
        return control.thread(self.people, channel, ts)

    def ephemerals(self, user: str) -> list[Json]:
        """What this person alone was shown, oldest first."""
        return control.ephemerals(self.people, user)

    def wait_for(self, predicate: Callable[[], Found], seconds: float = 5.0) -> Found:
        """The first truthy value of `predicate`; TimeoutError otherwise."""
        return self.workspace.wait_for(predicate, seconds)

    # running

    def start(self) -> Self:
        """Returns when the server answers."""
        self._thread.start()
        self.wait_for(lambda: self._server.started or not self._thread.is_alive(), START_SECONDS)
        if not self._server.started:
            raise RuntimeError("the playground's server did not start")
        return self

    def reset(self, workspace: Workspace | None = None) -> None:
        """Starts over without a new server: another workspace, new tokens, Socket Mode, every connection dropped.

        A bot of before is refused from now on, so it cannot write into the new workspace.
        """
        granted = self.installation
        self.request_url = None
        self.people.installation = Installation(granted.scopes, granted.commands)
        self.people.workspace = workspace or default_workspace()
        self.sockets.drop()

    def stop(self) -> None:
        """Closes sockets and the port; a second call does nothing."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(START_SECONDS)
        self._listener.close()

    def __enter__(self) -> Self:
        """Starts."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops."""
        self.stop()


def _listen(port: int) -> socket.socket:
    """A socket on the loopback address, bound now so that the port is known before the server runs."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.close()
        raise
    return listener
