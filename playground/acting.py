"""What people do in the playground: type a command, mention the bot, say something, attach a file, press a button.

Slack's own answers (dispatch failures, commands in threads) come from here, and only the person sees them.
What people do in modals and in the App Home is in `modals`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from playground import payloads
from playground.content import ContentError
from playground.controls import action_of, controls, find
from playground.delivery import Delivery, Transport
from playground.events import Events
from playground.files import File
from playground.installation import Installation
from playground.mentions import escaped
from playground.model import BOT_USER_ID, Channel, Ephemeral, Json, Message, User
from playground.replies import post_reply
from playground.workspace import Workspace

FAILED = '{command} failed with the error "{code}"'
IN_THREAD = "{command} is not supported in threads. Sorry!"
NO_COMMAND = "{command} is not a valid command."
NOT_HERE = "You mentioned @dbs, but they are not in this channel."


@dataclass
class People:
    """Everybody's hands. `transport` says how the app is reached just now; `origin` starts every address."""

    workspace: Workspace
    installation: Installation
    transport: Callable[[], Transport]
    events: Events
    origin: str

    def slash(
        self, user: str, channel: str, text: str, *, thread_ts: str | None = None, command: str = "/dbs"
    ) -> Delivery:
        """Types `/dbs text`. Refused in a thread, for unknown commands, and where the `commands` scope is missing."""
        person = self.person(user)
        place = self.place(channel, person)
        known = command in self.installation.commands and "commands" in self.installation.scopes
        refusal = NO_COMMAND if not known else IN_THREAD if thread_ts else None
        if refusal:
            self._slack_says(place, person, refusal.format(command=command), thread_ts)
            return Delivery("slash_commands", {}, ok=False, error="not_delivered")
        payload = payloads.slash_command(
            person,
            place,
            command,
            escaped(self.workspace, text, names=True),
            trigger_id=self.workspace.new_trigger(person.id),
            response_url=self._response_url(place, person),
        )
        delivery = self.transport().send("slash_commands", payload)
        if not delivery.ok:
            code = "operation_timeout" if delivery.error == "timeout" else "dispatch_failed"
            self._slack_says(place, person, FAILED.format(command=command, code=code))
        elif delivery.reply:
            self._show(delivery.reply, place, person, command)
        return delivery

    def upload(self, user: str, name: str, content: bytes, title: str = "") -> File:
        """A file of this person's, to be attached to a message or given to a modal."""
        return self.workspace.files.add(self.person(user).id, name, content, title)

    def say(
        self, user: str, channel: str, text: str, thread_ts: str | None = None, files: Sequence[str] = ()
    ) -> Message:
        """Writes a message into a channel or a thread, with files (by id) attached; nobody is told."""
        person = self.person(user)
        place = self.place(channel, person)
        if thread_ts and self.workspace.message(place.id, thread_ts) is None:
            raise ValueError(f"no message {thread_ts} in {channel} to answer")
        message = Message(
            self.workspace.new_ts(),
            place.id,
            person.id,
            escaped(self.workspace, text),
            thread_ts=thread_ts,
            files=[self.file(each) for each in files],
        )
        return self.workspace.add(message)

    def mention(
        self, user: str, channel: str, text: str, thread_ts: str | None = None, files: Sequence[str] = ()
    ) -> Delivery:
        """Writes `@dbs text`; the app hears of it when it is in the channel and has `app_mentions:read`."""
        bot = self.workspace.users[BOT_USER_ID]
        called = text if f"@{bot.handle}" in text or f"<@{bot.id}" in text else f"@{bot.handle} {text}"
        message = self.say(user, channel, called, thread_ts, files)
        place = self.workspace.channels[message.channel]
        if BOT_USER_ID not in place.members:
            self._slack_says(place, self.person(user), NOT_HERE, thread_ts)
            return Delivery("events_api", {}, ok=False, error="not_in_channel")
        if place.is_im:  # Slack sends a mention in direct messages as a message only
            return Delivery("events_api", {}, ok=False, error="not_subscribed")
        return self.tell(payloads.app_mention(self.person(user), message))

    def click(
        self, user: str, channel: str, ts: str, action_id: str, value: Any = None, block_id: str | None = None
    ) -> Delivery:
        """Presses the button, or chooses `value` in the menu, with this action id on a message that shows it.

        Works on what the person alone sees, too. ValueError when there is no such control or choice.
        """
        person = self.person(user)
        place = self.place(channel, person)
        message = self.workspace.seen(person.id, place.id, ts)
        control = find(message.blocks, action_id, block_id) if message else None
        if message is None or control is None:
            raise ValueError(f"no button {action_id} on message {ts} in {channel}")
        return self._press(person, place, message, action_of(control, value))

    def press_again(self, delivery: Delivery) -> Delivery:
        """The same person clicks the same thing once more, whatever the message shows by now: a double click, or a
        click on a version that is gone. A new trigger and a new response address, unlike a replay.
        """
        person, place = self.person(delivery.payload["user"]["id"]), delivery.payload["channel"]["id"]
        fresh = {
            "trigger_id": self.workspace.new_trigger(person.id),
            "response_url": self._response_url(
                self.workspace.channels[place], person, delivery.payload["container"]["message_ts"]
            ),
        }
        return self.transport().send("interactive", delivery.payload | fresh)

    def tell(self, payload: Json) -> Delivery:
        """An event, if the app is subscribed to it and has the scope: else errors `not_subscribed`, `missing_scope`."""
        kind = payload["event"]["type"]
        if problem := self.installation.deaf_to(kind):
            return Delivery("events_api", {}, ok=False, error=problem)
        return self.events.send(payload)

    def _press(self, person: User, place: Channel, message: Message | Ephemeral, action: Json) -> Delivery:
        payload = payloads.clicked_message(
            person,
            place,
            message,
            action,
            trigger_id=self.workspace.new_trigger(person.id),
            response_url=self._response_url(place, person, message.ts),
        )
        delivery = self.transport().send("interactive", payload)
        if not delivery.ok:
            self._slack_says(place, person, "This app responded with an error. Try again.", message.thread_ts)
        return delivery

    def _show(self, reply: Json, place: Channel, person: User, command: str) -> None:
        """The text of an acknowledgement; one that Slack would not show is a failure of the command."""
        try:
            post_reply(self.workspace, place.id, person.id, reply)
        except ContentError:
            self._slack_says(place, person, FAILED.format(command=command, code="dispatch_failed"))

    def person(self, name: str) -> User:
        """By id or handle; ValueError for somebody who could not type here: unknown, deactivated, a bot."""
        user = self.workspace.find_user(name)
        if user is None or user.deleted or user.is_bot:
            raise ValueError(f"nobody called {name} can act in this workspace")
        return user

    def place(self, name: str, person: User) -> Channel:
        """By id or name; ValueError when there is no such channel, or this person is not in it."""
        channel = self.workspace.find_channel(name)
        if channel is None or person.id not in channel.members:
            raise ValueError(f"{person.handle} sees no channel {name}")
        return channel

    def file(self, file_id: str) -> Json:
        """The file object of a file; ValueError when there is none."""
        found = self.workspace.files.find(file_id)
        if found is None:
            raise ValueError(f"there is no file {file_id}")
        return found.as_json(self.origin)

    def _response_url(self, channel: Channel, user: User, ts: str | None = None) -> str:
        return f"{self.origin}/hooks/{self.workspace.response_urls.new(channel.id, user.id, ts)}"

    def _slack_says(self, channel: Channel, user: User, text: str, thread_ts: str | None = None) -> None:
        self.workspace.whisper(channel.id, user.id, text, thread_ts=thread_ts, by_app=False)


def buttons(message: Message) -> list[Json]:
    """The buttons a message shows, each with the `block_id` of its block."""
    return [each for each in controls(message.blocks) if each["type"] == "button"]
