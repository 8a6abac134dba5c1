"""What the page's forms do: say, click, submit a modal, close it, press something in it, open the App Home."""

from collections.abc import Callable
from typing import Any

from playground import modals
from playground.acting import People
from playground.forms import Form
from playground.html.elements import CHOICE, INPUT
from playground.model import BOT_USER_ID, Json

SEVERAL = ("checkboxes", "multi_static_select")


def say(people: People, form: Form) -> None:
    """A line somebody typed: a command, a mention, or just words; with files, if any were chosen."""
    user, channel, text = form["user"], form["channel"], form["text"].strip()
    thread_ts = form.get("thread_ts")
    files = [people.upload(user, part.filename, part.content).id for part in form.files.get("files", [])]
    handle = people.workspace.users[BOT_USER_ID].handle
    if text.startswith("/"):
        command, _, rest = text.partition(" ")
        people.slash(user, channel, rest.strip(), thread_ts=thread_ts, command=command)
    elif f"@{handle}" in text:
        people.mention(user, channel, text, thread_ts, files)
    elif text or files:
        people.say(user, channel, text, thread_ts, files)


def click(people: People, form: Form) -> None:
    """A button or a menu on a message."""
    action_id = form["action_id"]
    people.click(form["user"], form["channel"], form["ts"], action_id, _choice(form, action_id), form.get("block_id"))


def submit(people: People, form: Form) -> None:
    """The modal's form."""
    modals.submit(people, form["user"], _values(people, form), form["view_id"])


def close(people: People, form: Form) -> None:
    """The modal's other button."""
    modals.close(people, form["user"], form["view_id"])


def press(people: People, form: Form) -> None:
    """A button or a menu on a modal or on the App Home."""
    action_id, values = form["pressed"], _values(people, form)
    modals.click(people, form["user"], action_id, _choice(form, action_id), view_id=form["view_id"], values=values)


def home(people: People, form: Form) -> None:
    """The Home tab."""
    modals.open_home(people, form["user"])


def _choice(form: Form, action_id: str) -> Any:
    """What was chosen in a control, None for a button; several values for a control that offers several."""
    chosen = form.all(CHOICE + action_id)
    if len(chosen) > 1:
        return chosen
    return chosen[0] if chosen else None


def _values(people: People, form: Form) -> Json:
    """What is filled in, by block id. A form says nothing of a box that is not ticked: that clears it here."""
    view = people.workspace.views.find(form["view_id"])
    blocks = view.body["blocks"] if view else []
    values: Json = {}
    for block in blocks:
        if block["type"] != "input":
            continue
        name, kind = block["block_id"], block["element"]["type"]
        if kind == "file_input":
            parts = form.files.get(INPUT + name, [])
            values[name] = [people.upload(form["user"], part.filename, part.content).id for part in parts]
        else:
            given = form.all(INPUT + name)
            values[name] = given if kind in SEVERAL else (given or [""])[-1]
    return values


ACTIONS: dict[str, Callable[[People, Form], None]] = {
    "/say": say,
    "/click": click,
    "/submit": submit,
    "/close": close,
    "/press": press,
    "/home": home,
}
