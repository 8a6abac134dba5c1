"""The page at `/`: one channel, its threads, what the chosen person alone sees, and a line to type in.

Built from strings with every foreign word escaped; no script and no style inside the page, so the policy forbids both.
"""

import html
from collections.abc import Iterable
from urllib.parse import urlencode

from playground.acting import People, buttons
from playground.model import Channel, Ephemeral, Message, User
from playground.render import as_text

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>#{channel} - playground</title>
<link rel="stylesheet" href="/static/page.css"></head>
<body><h1>#{channel}</h1>
<form class="switch" method="get" action="/">
<label>You are <select name="user">{users}</select></label>
<label>in <select name="channel">{channels}</select></label>
<button>Switch</button></form>
<main id="messages" aria-live="polite">{messages}</main>
<form class="say" method="post" action="/say">{hidden}
<input name="text" autofocus autocomplete="off" aria-label="Message" placeholder="/dbs help">
<button>Send</button></form>
<script src="/static/page.js" defer></script></body></html>"""


def e(value: object) -> str:
    """Escaped for text and for attribute values."""
    return html.escape(str(value), quote=True)


def whole(people: People, user: User, channel: Channel) -> str:
    """The page as this person sees this channel."""
    workspace = people.workspace
    actors = [each for each in workspace.users.values() if not each.deleted and not each.is_bot]
    places = [each for each in workspace.channels.values() if user.id in each.members]
    return PAGE.format(
        channel=e(channel.name or "direct message"),
        users=_options(((each.id, each.real_name) for each in actors), user.id),
        channels=_options(((each.id, each.name or "direct message") for each in places), channel.id),
        messages=fragment(people, user, channel),
        hidden=_hidden(user=user.id, channel=channel.id),
    )


def fragment(people: People, user: User, channel: Channel) -> str:
    """The messages alone: parents in order, each with its replies, ephemerals where they appeared."""
    messages: list[Message | Ephemeral] = [*people.workspace.messages(channel.id)]
    notes = [note for note in people.workspace.ephemerals(user.id) if note.channel == channel.id]
    ordered = sorted([*messages, *notes], key=lambda each: (each.thread_ts or each.ts, each.ts))
    return "\n".join(_message(people, user, each) for each in ordered)


def _message(people: People, user: User, message: Message | Ephemeral) -> str:
    names = {each.id: each.handle for each in people.workspace.users.values()}
    reply = bool(message.thread_ts) and message.thread_ts != message.ts
    ephemeral = isinstance(message, Ephemeral)
    kinds = ["message", *(["reply"] if reply else []), *(["ephemeral"] if ephemeral else [])]
    author = names.get(str(message.as_json()["user"]), "Slack")
    return (
        f'<article class="{" ".join(kinds)}" data-ts="{e(message.ts)}"><span class="who">{e(author)}</span> '
        f'<span class="note">{"only visible to you" if ephemeral else ""}</span>'
        f"<pre>{e(as_text(message.as_json(), names))}</pre>{_below(user, message)}</article>"
    )


def _below(user: User, message: Message | Ephemeral) -> str:
    """The message's buttons, and a way to answer in its thread."""
    if isinstance(message, Ephemeral):
        return ""
    pressed = "".join(
        f'<form method="post" action="/click">'
        f"{_hidden(user=user.id, channel=message.channel, ts=message.ts, action_id=button['action_id'])}"
        f"<button>{e(button['text']['text'])}</button></form> "
        for button in buttons(message)
    )
    if message.thread_ts:
        return pressed
    return pressed + (
        f'<details><summary class="note">Reply in thread</summary><form method="post" action="/say">'
        f"{_hidden(user=user.id, channel=message.channel, thread_ts=message.ts)}"
        f'<input name="text" aria-label="Reply" autocomplete="off"><button>Reply</button></form></details>'
    )


def address(user: str, channel: str) -> str:
    """Where this person sees this channel."""
    return "/?" + urlencode({"user": user, "channel": channel})


def _options(choices: Iterable[tuple[str, str]], chosen: str) -> str:
    return "".join(
        f'<option value="{e(value)}"{" selected" if value == chosen else ""}>{e(label)}</option>'
        for value, label in choices
    )


def _hidden(**values: str) -> str:
    return "".join(f'<input type="hidden" name="{e(name)}" value="{e(value)}">' for name, value in values.items())
