"""The parts of the bot that run: the socket that listens and the thread that posts."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.error import BoltError
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.builtin import SocketModeClient

from chatbot.app import create_app
from chatbot.client import reason, web_client
from chatbot.directory import SlackDirectory
from chatbot.groups import WatchedGroups
from chatbot.handles import with_ids
from chatbot.sender import Sender
from commands.bootstrap import build
from commands.services import Services
from dbs.access import DirectoryError
from dbs.errors import FailedError, SettingsError
from dbs.settings import Settings

_LOCK_SECONDS = 1.0
_JOIN_SECONDS = 15.0


def connect(settings: Settings) -> tuple[Services, WebClient]:
    """Services that can look people up in Slack, and the client for it.

    Raises `SettingsError` when a token is missing, `FailedError` when Slack does not answer or refuses the token.
    """
    client = web_client(settings)
    directory = SlackDirectory(client)
    try:
        team_id = directory.team_id()
    except DirectoryError as error:
        raise FailedError(f"The bot cannot start: {error}.") from error
    watched = WatchedGroups(directory)
    services = build(with_ids(settings, client), watched, team_id)
    watched.watch(services)
    return services, client


def open_app(services: Services, client: WebClient) -> App:
    """The app, its token checked. Raises `FailedError` when Slack refuses it."""
    try:
        return create_app(services, client=client)
    except BoltError as error:
        raise FailedError(f"The bot cannot start: {error}.") from error


@contextmanager
def listening(app: App, settings: Settings) -> Iterator[None]:
    """Socket Mode until the block ends. Raises `SettingsError` without an app token."""
    token = settings.environment.slack_app_token
    if token is None:
        raise SettingsError('SLACK_APP_TOKEN is not set; Socket Mode needs one with "connections:write".')
    handler = SocketModeHandler(app, token.get_secret_value(), web_client=app.client)
    handler.client.proxy = app.client.proxy  # slack_sdk would take one of the environment even for this machine
    try:
        handler.client.connect()
    except (SlackApiError, OSError, HTTPException) as error:
        handler.client.close()
        raise FailedError(f"The bot cannot open its socket at Slack: {reason(error)}.") from error
    try:
        yield
    finally:
        _hang_up(handler.client)


def _hang_up(client: SocketModeClient) -> None:
    try:
        client.close()
    except AttributeError:
        # slack_sdk 3.47: its reading thread may take the socket away between the check and the use of it.
        client.close()


@contextmanager
def sending(services: Services, client: WebClient) -> Iterator[None]:
    """Post what the outbox holds until the block ends. Of several processes one posts, the others stand by."""
    stop = threading.Event()
    thread = threading.Thread(target=_send, args=(services, client, stop), name="sender")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(_JOIN_SECONDS)


def _send(services: Services, client: WebClient, stop: threading.Event) -> None:
    with _alone(services.settings.home / "sender.lock", stop) as alone:
        if alone:
            Sender(services, client).run(stop)


@contextmanager
def _alone(path: Path, stop: threading.Event) -> Iterator[bool]:
    """Hold a lock file; waits for it, and yields False when told to stop first."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield _locked(descriptor, stop)
    finally:
        os.close(descriptor)


def _locked(descriptor: int, stop: threading.Event) -> bool:
    while not stop.is_set():
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stop.wait(_LOCK_SECONDS)
        else:
            return True
    return False
