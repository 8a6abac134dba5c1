"""Reading lines and doing what they say, as one of the people of a playground."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from rich.console import Console

from cli.shell.screen import Screen
from dbs.errors import DbsError

PEOPLE = {"rita": "may restore", "adam": "may restore and approve", "otto": "may do nothing"}
_QUIET_SECONDS, _LONGEST_SECONDS, _POLL_SECONDS = 1.5, 60.0, 0.1
_IN_THREAD = re.compile(r"in (\d+) @dbs\b(.*)", re.DOTALL)
_HELP = """Type, for example:
  /dbs help, /dbs status, /dbs restore shared, /dbs history
  @dbs status                 the same words in the channel; in 3 @dbs status: in the thread of message 3
  click 1                     press button 1
  as adam                     be somebody else: {people}
  {extra}quit"""


class Failure(Protocol):
    """What came of a delivery."""

    @property
    def ok(self) -> bool: ...
    @property
    def error(self) -> str | None: ...


class Talk(Protocol):
    """A workspace to talk in: `playground.Playground` in this process, or `Remote` in another."""

    def slash(self, user: str, channel: str, text: str) -> Failure:
        """Type `/dbs text`."""

    def mention(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> Failure:
        """Write `@dbs text`."""

    def click(
        self, user: str, channel: str, ts: str, action_id: str, *, value: str | None = None, block_id: str | None = None
    ) -> Failure:
        """Press a button."""

    def messages(self, channel: str) -> list[dict[str, Any]]:
        """All messages of a channel."""

    def ephemerals(self, user: str) -> list[dict[str, Any]]:
        """What this person alone was shown."""

    def dms(self, user: str) -> list[dict[str, Any]]:
        """The bot's direct messages to this person."""

    def names(self) -> dict[str, str]:
        """User and group ids → handles."""


class Shell:
    """One person at a terminal. `extra` adds words: name → (help line, what to do with the rest of the line)."""

    def __init__(
        self,
        talk: Talk,
        console: Console,
        user: str,
        channel: str,
        extra: Mapping[str, tuple[str, Callable[[str], None]]] | None = None,
    ) -> None:
        self._talk = talk
        self._console = console
        self._channel = channel
        self._extra = extra or {}
        self._user = user
        self._screens: dict[str, Screen] = {}

    def run(self) -> None:
        """Read lines until `quit` or the end of input."""
        self._explain()
        self._refresh()
        while True:
            try:
                line = self._console.input(f"\n{self._user}> ").strip()
            except (EOFError, KeyboardInterrupt):
                return
            if line in ("quit", "exit"):
                return
            try:
                self._act(line)
            except DbsError as error:
                self._console.print(str(error), markup=False)

    def _act(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        threaded = _IN_THREAD.fullmatch(line)
        if word == "/dbs":
            self._sent(self._talk.slash(self._user, self._channel, rest.strip()))
        elif word == "@dbs":
            self._sent(self._talk.mention(self._user, self._channel, rest.strip()))
        elif threaded:
            self._in_thread(int(threaded[1]), threaded[2].strip())
        elif word == "click" and rest.strip().isdigit():
            self._click(int(rest))
        elif word == "as" and rest.strip() in PEOPLE:
            self._user = rest.strip()
            self._refresh()
        elif word in self._extra:
            self._extra[word][1](rest.strip())
        else:
            self._explain() if line else self._refresh()

    def _sent(self, failure: Failure) -> None:
        if not failure.ok:
            self._console.print(f"It did not arrive: {failure.error}", markup=False)
        self._settle()

    def _in_thread(self, number: int, text: str) -> None:
        messages = self._screen().messages
        if not 1 <= number <= len(messages):
            self._console.print(f"There is no message {number} here.")
            return
        message = messages[number - 1]
        thread = str(message.get("thread_ts", message["ts"]))
        self._sent(self._talk.mention(self._user, self._channel, text, thread))

    def _click(self, number: int) -> None:
        buttons = self._screen().buttons
        if not 1 <= number <= len(buttons):
            self._console.print(f"There is no button {number} here.")
            return
        one = buttons[number - 1]
        self._sent(
            self._talk.click(self._user, one.channel, one.ts, one.action_id, value=one.value, block_id=one.block_id)
        )

    def _settle(self) -> None:
        """Show what comes until nothing has come for a moment."""
        end, quiet = time.monotonic() + _LONGEST_SECONDS, time.monotonic() + _QUIET_SECONDS
        while time.monotonic() < min(end, quiet):
            if self._refresh():
                quiet = time.monotonic() + _QUIET_SECONDS
            time.sleep(_POLL_SECONDS)

    def _refresh(self) -> bool:
        screen = self._screen()
        shown = [
            screen.show("channel", self._talk.messages(self._channel), self._channel),
            screen.show("ephemeral", self._talk.ephemerals(self._user), self._channel),
            screen.show("dm", self._talk.dms(self._user), self._channel),
        ]
        return any(shown)

    def _screen(self) -> Screen:
        """Each person has seen other things, so each has a screen of their own."""
        if self._user not in self._screens:
            places = {"channel": f"in #{self._channel}", "ephemeral": f"only to {self._user}", "dm": "direct message"}
            self._screens[self._user] = Screen(self._console, self._talk.names(), places.__getitem__)
        return self._screens[self._user]

    def _explain(self) -> None:
        people = ", ".join(f"{name} ({what})" for name, what in PEOPLE.items())
        extra = "".join(f"{line}\n  " for line, _ in self._extra.values())
        self._console.print(_HELP.format(people=people, extra=extra), markup=False, highlight=False)
