"""The page at `/`: one channel with its threads as the chosen person sees it, ephemeral messages included, or their
App Home; and the modal they have open. No script and no style inside the page, so the policy forbids both.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import urlencode

from playground.acting import People
from playground.html.blocks import blocks_html
from playground.html.elements import Surface, hidden
from playground.html.words import e, mrkdwn
from playground.model import BOT_USER_ID, Channel, Ephemeral, Json, Message, User
from playground.views import View

HOME = "home"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title} - playground</title><link rel="stylesheet" href="/static/page.css"></head>
<body><nav>{nav}</nav>
<main><h1>{title}</h1><div id="messages" aria-live="polite">{messages}</div>{say}</main>
<div id="modal">{modal}</div>
<script src="/static/page.js" defer></script></body></html>"""


def whole(people: People, user: User, channel: Channel | None) -> str:
    """The page as this person sees this channel; without one, their App Home."""
    place = {"user": user.id, "channel": channel.id if channel else HOME}
    return PAGE.format(
        title=e(_title(channel)),
        nav=_nav(people, user, channel),
        messages=fragment(people, user, channel),
        say=_say(place, "Message", "/dbs help") if channel else "",
        modal=modal(people, user, place["channel"]),
    )


def fragment(people: People, user: User, channel: Channel | None) -> str:
    """The middle of the page alone: the messages, or the App Home."""
    if channel is None:
        return _home(people, user)
    messages: list[Message | Ephemeral] = [*people.workspace.messages(channel.id)]
    notes = [note for note in people.workspace.ephemerals(user.id) if note.channel == channel.id]
    ordered = sorted([*messages, *notes], key=lambda each: (each.thread_ts or each.ts, each.ts))
    if not ordered:
        return '<p class="empty">Nothing was said here yet. Type <code>/dbs help</code> below.</p>'
    names = names_of(people)
    return "\n".join(_message(people, names, user, each) for each in ordered)


def modal(people: People, user: User, place: str) -> str:
    """The modal that this person has open, as a form; nothing when there is none."""
    stack = people.workspace.views.stack(user.id)
    if not stack:
        return ""
    view = stack[-1]
    body = view.body
    submit = f'<button class="primary">{e(body["submit"]["text"])}</button>' if body.get("submit") else ""
    close = e((body.get("close") or {"text": "Cancel"})["text"])
    trouble = f'<p class="error">{e(view.trouble)}</p>' if view.trouble else ""
    return (
        f'<dialog open aria-label="{e(body["title"]["text"])}"><h2>{e(body["title"]["text"])}</h2>{trouble}'
        f'{_view_form(people, user, view, place)}<footer><button formaction="/close" formnovalidate>{close}</button>'
        f"{submit}</footer></form></dialog>"
    )


def names_of(people: People) -> dict[str, str]:
    """How users and groups are called, by id."""
    workspace = people.workspace
    handles = {user.id: user.handle for user in workspace.users.values()}
    return handles | {group.id: group.handle for group in workspace.groups.values()}


def address(user: str, channel: str) -> str:
    """Where this person sees this channel."""
    return "/?" + urlencode({"user": user, "channel": channel})


def _view_form(people: People, user: User, view: View, place: str) -> str:
    """The form of a view, left open for what belongs at its foot."""
    fields = {"user": user.id, "channel": place, "view_id": view.id}
    surface = Surface(names_of(people), whole_form=True, values=view.filled, errors=view.errors)
    return (
        f'<form method="post" action="/submit" enctype="multipart/form-data" data-hash="{e(view.hash)}">'
        # The return key presses a form's first button: this one, not the first that the blocks show.
        f"<button hidden{'' if view.body.get('submit') else ' disabled'}></button>"
        f"{hidden(fields)}{blocks_html(view.body['blocks'], surface)}"
    )


def _home(people: People, user: User) -> str:
    view = people.workspace.views.home(user.id)
    if view is None:
        return '<p class="empty">The app has published nothing here for you.</p>'
    return f'<div class="home">{_view_form(people, user, view, HOME)}</form></div>'


def _title(channel: Channel | None) -> str:
    if channel is None:
        return "dbs: Home"
    return "dbs: direct messages" if channel.is_im else f"#{channel.name}"


def _nav(people: People, user: User, channel: Channel | None) -> str:
    workspace = people.workspace
    actors = [each for each in workspace.users.values() if not each.deleted and not each.is_bot]
    places = [each for each in workspace.channels.values() if user.id in each.members]
    links = "".join(_link(user, each.id, _title(each), each is channel) for each in places)
    here = {"user": user.id, "channel": channel.id if channel else HOME}
    current = ' class="here"' if channel is None else ""
    return (
        f'<b>Playground</b><form class="switch" method="get" action="/"><label>You are <select name="user">'
        f"{_options(((each.id, each.real_name) for each in actors), user.id)}</select></label>"
        f"{hidden({'channel': here['channel']})}<button>Switch</button></form>"
        f'<ul>{links}<li{current}><form method="post" action="/home">{hidden({"user": user.id})}'
        f"<button>dbs: Home</button></form></li></ul>"
    )


def _link(user: User, channel: str, title: str, here: bool) -> str:
    return f'<li{" class=here" if here else ""}><a href="{e(address(user.id, channel))}">{e(title)}</a></li>'


def _say(place: dict[str, str], label: str, placeholder: str) -> str:
    return (
        f'<form class="say" method="post" action="/say" enctype="multipart/form-data">{hidden(place)}'
        f'<input name="text" autofocus autocomplete="off" aria-label="{label}" placeholder="{placeholder}">'
        f'<input type="file" name="files" multiple aria-label="Files"><button class="primary">Send</button></form>'
    )


def _message(people: People, names: dict[str, str], user: User, message: Message | Ephemeral) -> str:
    reply = bool(message.thread_ts) and message.thread_ts != message.ts
    ephemeral = isinstance(message, Ephemeral)
    kinds = ["message", *(["reply"] if reply else []), *(["ephemeral"] if ephemeral else [])]
    shape = message.as_json()
    author = names.get(str(shape["user"]), "Slack")
    app = ' <span class="badge">APP</span>' if str(shape["user"]) == BOT_USER_ID else ""
    notes = " · ".join(_notes(message))
    place = {"user": user.id, "channel": message.channel, "ts": message.ts}
    if message.blocks:
        body = blocks_html(message.blocks, Surface(names, place))
    else:
        body = f'<div class="text">{mrkdwn(message.text, names)}</div>'
    return (
        f'<article class="{" ".join(kinds)}" data-ts="{e(message.ts)}"><header><span class="who">{e(author)}</span>'
        f'{app} <span class="note">{notes}</span></header>{body}{_beside(shape)}'
        f"{'' if reply or ephemeral else _reply(user, message)}</article>"
    )


def _notes(message: Message | Ephemeral) -> Iterable[str]:
    yield datetime.fromtimestamp(float(message.ts), UTC).strftime("%H:%M:%S")
    if message.edits:
        yield "edited"
    if isinstance(message, Ephemeral):
        yield "only visible to you"


def _beside(shape: Json) -> str:
    """Files and reactions."""
    files = "".join(f'<span class="file">File: {e(file["name"])}</span>' for file in shape.get("files", []))
    return files + "".join(
        f'<span class="file">:{e(each["name"])}: {e(each["count"])}</span>' for each in shape.get("reactions", [])
    )


def _reply(user: User, message: Message | Ephemeral) -> str:
    place = {"user": user.id, "channel": message.channel, "thread_ts": message.ts}
    return (
        f'<details class="answer"><summary class="note">Reply in thread</summary><form method="post" action="/say">'
        f'{hidden(place)}<input name="text" aria-label="Reply" autocomplete="off" placeholder="@dbs status">'
        f"<button>Reply</button></form></details>"
    )


def _options(choices: Iterable[tuple[str, str]], chosen: str) -> str:
    return "".join(
        f'<option value="{e(value)}"{" selected" if value == chosen else ""}>{e(label)}</option>'
        for value, label in choices
    )
