"""What people do in the playground: type a command, mention the bot, say something, press a button.

Slack's own answers (dispatch failures, commands in threads) come from here, and only the person sees them.
"""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass

from playground import payloads
from playground.content import ContentError
from playground.delivery import Delivery, Transport
from playground.installation import Installation
from playground.model import BOT_USER_ID, Channel, Json, Message, User
from playground.replies import post_reply
from playground.workspace import Workspace

FAILED = '{command} failed with the error "{code}"'
IN_THREAD = "{command} is not supported in threads. Sorry!"
NO_COMMAND = "{command} is not a valid command."
NOT_HERE = "You mentioned @dbs, but they are not in this channel."


@dataclass
class People:
    """Everybody's hands. `transport` says how the app is reached just now; `hooks` starts every response address."""

    workspace: Workspace
    installation: Installation
    transport: Callable[[], Transport]
    hooks: str

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
            self.escaped(text, names=True),
            trigger_id=self.workspace.new_trigger(),
            response_url=self._response_url(place, person),
        )
        delivery = self.transport().send("slash_commands", payload)
        if not delivery.ok:
            code = "operation_timeout" if delivery.error == "timeout" else "dispatch_failed"
            self._slack_says(place, person, FAILED.format(command=command, code=code))
        elif delivery.reply:
            self._show(delivery.reply, place, person, command)
        return delivery

    def say(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> Message:
        """Writes a message into a channel or a thread; nobody is told."""
        person = self.person(user)
        place = self.place(channel, person)
        if thread_ts and self.workspace.message(place.id, thread_ts) is None:
            raise ValueError(f"no message {thread_ts} in {channel} to answer")
        ts = self.workspace.new_ts()
        return self.workspace.add(Message(ts, place.id, person.id, self.escaped(text), thread_ts=thread_ts))

    def mention(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> Delivery:
        """Writes `@dbs text`; the app hears of it when it is in the channel and has `app_mentions:read`."""
        bot = self.workspace.users[BOT_USER_ID]
        called = text if f"@{bot.handle}" in text or f"<@{bot.id}" in text else f"@{bot.handle} {text}"
        message = self.say(user, channel, called, thread_ts)
        place = self.workspace.channels[message.channel]
        if BOT_USER_ID not in place.members:
            self._slack_says(place, self.person(user), NOT_HERE, thread_ts)
            return Delivery("events_api", {}, ok=False, error="not_in_channel")
        if "app_mentions:read" not in self.installation.scopes:
            return Delivery("events_api", {}, ok=False, error="missing_scope")
        return self.transport().send("events_api", payloads.app_mention(self.person(user), message))

    def click(self, user: str, channel: str, ts: str, action_id: str) -> Delivery:
        """Presses the button with this action id on a message that shows it; ValueError when there is none."""
        person = self.person(user)
        place = self.place(channel, person)
        message = self.workspace.message(place.id, ts)
        action = next((a for a in buttons(message) if a["action_id"] == action_id), None) if message else None
        if message is None or action is None:
            raise ValueError(f"no button {action_id} on message {ts} in {channel}")
        payload = payloads.block_action(
            person,
            place,
            message,
            action,
            trigger_id=self.workspace.new_trigger(),
            response_url=self._response_url(place, person, ts),
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

    def escaped(self, text: str, names: bool = False) -> str:
        """As Slack sends it: `&`, `<`, `>` escaped, `@handle` as `<@U…>`, `#channel` as `<#C…|channel>`.

        With `names` (slash commands under `should_escape`) a user comes as `<@U…|handle>`.
        """
        parts = re.split(r"(<[@#!][^<>\s]+>)", text)  # references that are written out already stay as they are
        parts[::2] = [self._references(html.escape(part, quote=False), names) for part in parts[::2]]
        return "".join(parts)

    def _references(self, text: str, names: bool) -> str:
        def user(match: re.Match[str]) -> str:
            found = self.workspace.find_user(match[1])
            return f"<@{found.id}{'|' + found.handle if names else ''}>" if found else match[0]

        def channel(match: re.Match[str]) -> str:
            found = self.workspace.find_channel(match[1])
            return f"<#{found.id}|{found.name}>" if found else match[0]

        return re.sub(r"(?<![\w#])#([\w-]+)", channel, re.sub(r"(?<![\w@])@([\w-]+)", user, text))

    def _response_url(self, channel: Channel, user: User, ts: str | None = None) -> str:
        return self.hooks + self.workspace.response_urls.new(channel.id, user.id, ts)

    def _slack_says(self, channel: Channel, user: User, text: str, thread_ts: str | None = None) -> None:
        self.workspace.whisper(channel.id, user.id, text, thread_ts=thread_ts, by_app=False)


def buttons(message: Message) -> list[Json]:
    """The buttons a message shows, each with the `block_id` of its block."""
    found = []
    for block in message.blocks:
        elements = [*block.get("elements", []), *filter(None, [block.get("accessory")])]
        found += [{**each, "block_id": block["block_id"]} for each in elements if each.get("type") == "button"]
    return found
