"""What people do in modals and in the App Home: fill in and submit, close, press a button, open the home."""

from collections.abc import Mapping
from typing import Any

from playground import payloads
from playground.acting import People
from playground.controls import action_of, find
from playground.delivery import Delivery
from playground.inputs import state_of
from playground.model import Json, User
from playground.view_rules import check_view
from playground.views import View, ViewError

TROUBLE = "We had some trouble connecting. Try again?"
ACTIONS = ("errors", "update", "push", "clear")

Values = Mapping[str, Any]


def submit(people: People, user: str, values: Values, view_id: str | None = None) -> Delivery:
    """Fills in the person's open modal (the topmost, or `view_id`) and submits it.

    Values by action id or block id; files by id. What Slack's client refuses is shown beside the inputs and not sent:
    error `incomplete`. ValueError when no modal is open, or it has no submit button or no such input.
    """
    person = people.person(user)
    view = _open(people, person, view_id)
    if not view.body.get("submit"):
        raise ValueError("this modal has no submit button")
    state, problems = state_of(view.body["blocks"], _with_files(people, view, values))
    people.workspace.views.fill(view, dict(values))
    if problems:
        people.workspace.views.show(view, problems)
        return Delivery("interactive", {}, ok=False, error="incomplete")
    trigger = people.workspace.new_trigger(person.id, view.id)
    payload = payloads.view_submission(person, view, state, trigger_id=trigger)
    delivery = people.transport().send("interactive", payload)
    if not delivery.ok or not _follow(people, view, delivery.reply or {}):
        people.workspace.views.show(view, {}, TROUBLE)
    return delivery


def close(people: People, user: str, view_id: str | None = None, *, whole_stack: bool = False) -> Delivery | None:
    """Closes the topmost modal, or all; the app hears of it when the view asked for that, else None."""
    person = people.person(user)
    view = _open(people, person, view_id)
    whole_stack = whole_stack or bool(view.body.get("clear_on_close"))
    people.workspace.views.close(view, whole_stack)
    if not view.body.get("notify_on_close"):
        return None
    return people.transport().send("interactive", payloads.view_closed(person, view, whole_stack=whole_stack))


def click(
    people: People,
    user: str,
    action_id: str,
    value: Any = None,
    *,
    view_id: str | None = None,
    values: Values | None = None,
) -> Delivery:
    """Presses a button, or chooses in a menu, on the open modal or (by its id) on the App Home.

    `values` are what is filled in so far. ValueError when there is no such control.
    """
    person = people.person(user)
    view = _open(people, person, view_id)
    control = find(view.body["blocks"], action_id)
    if control is None:
        raise ValueError(f"no button {action_id} on this view")
    state, _ = state_of(view.body["blocks"], _with_files(people, view, values or {}))
    people.workspace.views.fill(view, dict(values or {}))
    trigger = people.workspace.new_trigger(person.id, view.id)
    payload = payloads.clicked_view(person, view, state, action_of(control, value), trigger_id=trigger)
    delivery = people.transport().send("interactive", payload)
    people.workspace.views.show(view, view.errors, None if delivery.ok else TROUBLE)
    return delivery


def open_home(people: People, user: str) -> Delivery:
    """Opens the app's Home tab: the app hears of it, and may publish a view."""
    person = people.person(user)
    channel = people.workspace.open_dm(person.id)
    view = people.workspace.views.home(person.id)
    return people.tell(payloads.app_home_opened(person, channel, view, people.workspace.new_ts()))


def _open(people: People, person: User, view_id: str | None) -> View:
    views = people.workspace.views
    home = views.home(person.id)
    seen = [*([home] if home else []), *views.stack(person.id)]
    found = [view for view in seen if view_id == view.id or (view_id is None and view.is_modal)]
    if not found:
        raise ValueError(f"{person.handle} has no such view open" if view_id else f"{person.handle} has no modal open")
    return found[-1]


def _with_files(people: People, view: View, values: Values) -> Json:
    """File ids become file objects, as the state shows them."""
    fields = [block for block in view.body["blocks"] if block.get("type") == "input"]
    names = {
        name
        for block in fields
        if block["element"]["type"] == "file_input"
        for name in (block["block_id"], block["element"]["action_id"])
    }
    return {
        name: [people.file(each) for each in ([value] if isinstance(value, str) else value)] if name in names else value
        for name, value in values.items()
    }


def _follow(people: People, view: View, reply: Json) -> bool:
    """Does what the acknowledgement says; False when it says something that Slack does not take."""
    views, action = people.workspace.views, reply.get("response_action")
    if not reply:
        views.close(view)
    elif action == "clear":
        views.close(view, whole_stack=True)
    elif action == "errors":
        return _errors(people, view, reply.get("errors"))
    elif action in ACTIONS and not check_view(reply.get("view"), "modal"):
        try:
            views.update(view.id, reply["view"]) if action == "update" else views.push(view.user, reply["view"])
        except ViewError:
            return False
    else:
        return False
    return True


def _errors(people: People, view: View, errors: Any) -> bool:
    """Sentences beside inputs; one for a block that is no input makes Slack say "trouble connecting"."""
    inputs = {block["block_id"] for block in view.body["blocks"] if block.get("type") == "input"}
    if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
        return False
    people.workspace.views.show(view, {name: str(sentence) for name, sentence in errors.items()})
    return True
