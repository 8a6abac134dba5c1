"""The workspace in memory: who is there, what was said, which triggers and response addresses are still good.

Every public method takes the lock and tells the waiting that something changed. Nothing here knows HTTP, sockets
or the shapes of Web API arguments.
"""

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from playground.files import Files
from playground.model import (
    BOT_USER_ID,
    ApiCall,
    Channel,
    Ephemeral,
    Json,
    Message,
    User,
    UserGroup,
)
from playground.response_urls import ResponseUrls
from playground.triggers import Triggers
from playground.views import Views

Found = TypeVar("Found")


class Workspace:
    """People, groups and channels by id; messages by channel. `clock` gives epoch seconds."""

    def __init__(
        self,
        users: Iterable[User],
        groups: Iterable[UserGroup],
        channels: Iterable[Channel],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.clock = clock
        self.users = {user.id: user for user in users}
        self.groups = {group.id: group for group in groups}
        self.channels = {channel.id: channel for channel in channels}
        self.calls: list[ApiCall] = []
        self.response_urls = ResponseUrls(clock)
        self._messages: dict[str, list[Message]] = {}
        self._ephemerals: list[Ephemeral] = []
        self._last_ts = 0
        self._changed = threading.Condition(threading.RLock())
        self.triggers = Triggers(clock)
        self.views = Views(clock, self._changed)
        self.files = Files(clock)

    # people and places

    def find_user(self, name: str) -> User | None:
        """By id or handle (`rita`, `@rita`)."""
        by_handle = {user.handle: user for user in self.users.values()}
        return self.users.get(name) or by_handle.get(name.removeprefix("@"))

    def find_channel(self, name: str) -> Channel | None:
        """By id or name (`databases`, `#databases`)."""
        by_name = {channel.name: channel for channel in self.channels.values() if not channel.is_im}
        return self.channels.get(name) or by_name.get(name.removeprefix("#"))

    def open_dm(self, user_id: str) -> Channel:
        """The direct message channel of the bot and this person; made the first time."""
        with self._changed:
            channel = Channel(f"D{user_id[1:]}", "", {user_id, BOT_USER_ID}, is_im=True)
            return self.channels.setdefault(channel.id, channel)

    # messages

    def new_ts(self) -> str:
        """A message time stamp: seconds with six decimals, unique and increasing over the whole workspace."""
        with self._changed:
            self._last_ts = max(self._last_ts + 1, int(self.clock() * 1_000_000))
            return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def add(self, message: Message) -> Message:
        """Keeps a message; its channel must exist."""
        with self._changed:
            self._messages.setdefault(message.channel, []).append(message)
            self._changed.notify_all()
            return message

    def change(self, message: Message | Ephemeral, **fields: Any) -> None:
        """Overwrites the named fields of a message and notes the time of the edit."""
        with self._changed:
            for name, value in fields.items():
                setattr(message, name, value)
            message.edits.append(self.clock())
            self._changed.notify_all()

    def remove(self, message: Message | Ephemeral) -> None:
        """Takes a message away again (`delete_original`)."""
        with self._changed:
            if isinstance(message, Ephemeral):
                self._ephemerals.remove(message)
            else:
                self._messages[message.channel].remove(message)
            self._changed.notify_all()

    def seen(self, user_id: str, channel_id: str, ts: str) -> Message | Ephemeral | None:
        """The message with this ts as this person sees the channel: their ephemeral ones included."""
        notes = (note for note in self.ephemerals(user_id) if (note.channel, note.ts) == (channel_id, ts))
        return self.message(channel_id, ts) or next(notes, None)

    def message(self, channel_id: str, ts: str) -> Message | None:
        """The message with this ts, top level or in a thread."""
        return next((m for m in self.messages(channel_id) if m.ts == ts), None)

    def messages(self, channel_id: str) -> list[Message]:
        """All messages of a channel, oldest first, replies included."""
        with self._changed:
            return list(self._messages.get(channel_id, []))

    def thread(self, channel_id: str, ts: str) -> list[Message]:
        """The parent and its replies, oldest first."""
        return [m for m in self.messages(channel_id) if ts in (m.ts, m.thread_ts)]

    def whisper(
        self,
        channel_id: str,
        user_id: str,
        text: str,
        *,
        blocks: list[Json] | None = None,
        thread_ts: str | None = None,
        by_app: bool = True,
    ) -> Ephemeral:
        """Shows something to one person only; `by_app=False` is Slack itself speaking."""
        note = Ephemeral(self.new_ts(), channel_id, user_id, text, blocks or [], thread_ts, by_app)
        with self._changed:
            self._ephemerals.append(note)
            self._changed.notify_all()
        return note

    def ephemerals(self, user_id: str) -> list[Ephemeral]:
        """What this person alone was shown, oldest first."""
        with self._changed:
            return [note for note in self._ephemerals if note.user == user_id]

    # triggers, records, waiting

    def new_trigger(self, user: str = "", view: str | None = None) -> str:
        """A trigger id of this person's action, good for opening one view within three seconds."""
        return self.triggers.new(user, view)

    def trigger_age(self, trigger: str) -> float | None:
        """Seconds since the trigger was given out; None when there is no such trigger."""
        return self.triggers.age(trigger)

    def record(self, call: ApiCall) -> None:
        """Notes a Web API call, so that a test can count them and see their spacing."""
        with self._changed:
            self.calls.append(call)
            self._changed.notify_all()

    def wait_for(self, predicate: Callable[[], Found | None], seconds: float = 5.0) -> Found:
        """The first truthy value of `predicate`; TimeoutError after so many seconds.

        Asked anew on every change of the workspace, and every 50 ms because the predicate may look at other things.
        """
        end = time.monotonic() + seconds
        while not (found := predicate()):
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"what was waited for did not happen within {seconds:g} s")
            with self._changed:
                self._changed.wait(min(left, 0.05))
        return found
