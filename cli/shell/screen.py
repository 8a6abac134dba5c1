"""What one person sees of a channel, as numbered lines on a terminal; only what is new or has changed is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.markup import escape

from playground import as_text

Json = dict[str, Any]


@dataclass(frozen=True)
class Button:
    """A button that can be pressed, and the message it stands on."""

    channel: str
    ts: str
    action_id: str
    value: str | None
    block_id: str | None


class Screen:
    """Prints messages once, and again when they change. Messages and buttons have numbers to refer to them by."""

    def __init__(self, console: Console, names: Mapping[str, str], where: Callable[[str], str]) -> None:
        self._console = console
        self._names = names
        self._where = where
        self._shown: dict[tuple[str, str], str] = {}
        self.messages: list[Json] = []
        self.buttons: list[Button] = []

    def show(self, kind: str, messages: list[Json], channel: str) -> bool:
        """Print what is new of these messages; whether there was anything. `kind` is channel, ephemeral or dm."""
        changed = False
        for message in messages:
            text = as_text(message, self._names)
            key = (kind, message["ts"])
            if self._shown.get(key) != text:
                self._shown[key] = text
                self._print(kind, message, text, message.get("channel", channel))
                changed = True
        return changed

    def _print(self, kind: str, message: Json, text: str, channel: str) -> None:
        self.messages.append(message)
        in_thread = message.get("thread_ts", message["ts"]) != message["ts"]
        place = "in a thread" if kind == "channel" and in_thread else self._where(kind)
        self._console.print(f"[dim]{len(self.messages):>3} {escape(place)}[/dim]", highlight=False)
        for line in text.splitlines():
            self._console.print(f"    {escape(line)}", highlight=False)
        for label, button in _buttons(message, channel):
            self.buttons.append(button)
            self._console.print(
                f"    [bold cyan]click {len(self.buttons)}[/bold cyan]  {escape(label)}", highlight=False
            )


def _buttons(message: Json, channel: str) -> list[tuple[str, Button]]:
    found = []
    for block in message.get("blocks") or []:
        if block.get("type") == "actions":
            for element in block.get("elements", []):
                if element.get("type") == "button" and "action_id" in element:
                    button = Button(
                        channel, message["ts"], element["action_id"], element.get("value"), block.get("block_id")
                    )
                    found.append((str(element.get("text", {}).get("text", "")), button))
    return found
