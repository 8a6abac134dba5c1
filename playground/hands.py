"""What people do in the playground and what they see of it, as one object: the part of `Playground` that needs no
server. Users are named by id or handle, channels by id or name.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from playground import control, groups, modals
from playground.acting import People
from playground.delivery import Delivery
from playground.files import File
from playground.model import Json, Message, UserGroup
from playground.workspace import Workspace

Found = TypeVar("Found")


class Hands:
    """Acts through `people`."""

    people: People

    @property
    def workspace(self) -> Workspace:
        """The workspace of now; `reset` puts another in its place."""
        return self.people.workspace

    def names(self) -> dict[str, str]:
        """User and group ids → handles, as `as_text` takes them."""
        handles = {user.id: user.handle for user in self.workspace.users.values()}
        return handles | {group.id: group.handle for group in self.workspace.groups.values()}

    # in channels

    def slash(
        self, user: str, channel: str, text: str, *, thread_ts: str | None = None, command: str = "/dbs"
    ) -> Delivery:
        """Types a command."""
        return self.people.slash(user, channel, text, thread_ts=thread_ts, command=command)

    def mention(
        self, user: str, channel: str, text: str, thread_ts: str | None = None, files: Sequence[str] = ()
    ) -> Delivery:
        """Writes `@dbs text` in a channel or a thread, with files (by id) attached."""
        return self.people.mention(user, channel, text, thread_ts, files)

    def say(
        self, user: str, channel: str, text: str, thread_ts: str | None = None, files: Sequence[str] = ()
    ) -> Message:
        """Writes a message that is not for the bot."""
        return self.people.say(user, channel, text, thread_ts, files)

    def upload(self, user: str, name: str, content: bytes, title: str = "") -> File:
        """A file to attach (by its id) to a message, or to give to a modal."""
        return self.people.upload(user, name, content, title)

    def click(
        self, user: str, channel: str, ts: str, action_id: str, value: Any = None, block_id: str | None = None
    ) -> Delivery:
        """Presses a button, or chooses `value` in a menu, on a message (an ephemeral one, too)."""
        return self.people.click(user, channel, ts, action_id, value, block_id)

    def press_again(self, delivery: Delivery) -> Delivery:
        """The same person clicks the same thing again, whatever the message shows by now."""
        return self.people.press_again(delivery)

    def again(self, delivery: Delivery) -> Delivery:
        """Delivers the same once more, a replay; in HTTP mode the identical signed request."""
        return self.people.transport().again(delivery)

    # in modals and in the App Home

    def submit(self, user: str, values: modals.Values | None = None, view_id: str | None = None) -> Delivery:
        """Fills in the open modal and submits it; values by action id or block id, files by id."""
        return modals.submit(self.people, user, values or {}, view_id)

    def close_modal(self, user: str, view_id: str | None = None, *, whole_stack: bool = False) -> Delivery | None:
        """Closes the open modal without submitting it."""
        return modals.close(self.people, user, view_id, whole_stack=whole_stack)

    def click_view(
        self,
        user: str,
        action_id: str,
        value: Any = None,
        *,
        view_id: str | None = None,
        values: modals.Values | None = None,
    ) -> Delivery:
        """Presses a button, or chooses in a menu, on the open modal or on the App Home (by its view id)."""
        return modals.click(self.people, user, action_id, value, view_id=view_id, values=values)

    def open_home(self, user: str) -> Delivery:
        """Opens the app's Home tab."""
        return modals.open_home(self.people, user)

    # as an administrator

    def set_group(self, group: str, members: Iterable[str]) -> UserGroup:
        """Gives a user group exactly these members; the app is told."""
        return groups.set_members(self.people, group, members)

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

    def dms(self, user: str) -> list[Json]:
        """The bot's direct messages with this person, oldest first."""
        return control.dms(self.people, user)

    def modal(self, user: str) -> Json | None:
        """The modal this person has open (the topmost), with `errors` by block id and `trouble` as they are shown."""
        return control.modal(self.people, user)

    def home(self, user: str) -> Json | None:
        """The App Home published for this person."""
        return control.home(self.people, user)

    def wait_for(self, predicate: Callable[[], Found | None], seconds: float = 5.0) -> Found:
        """The first truthy value of `predicate`; TimeoutError otherwise."""
        return self.workspace.wait_for(predicate, seconds)
