"""`views.*`: open and push modals by a trigger, update them, publish App Homes."""

from collections.abc import Callable

from playground.methods.api import ApiError, Call
from playground.model import Json
from playground.triggers import Trigger, TriggerError
from playground.view_rules import ViewKind, check_view, too_large
from playground.views import View, ViewError


def open_view(call: Call) -> Json:
    """`views.open`: a modal for whoever did something less than three seconds ago."""
    body, user = _body(call, "modal"), _trigger(call).user
    return _shown(lambda: call.workspace.views.open(user, body))


def push(call: Call) -> Json:
    """`views.push`: a modal on top of the one that the trigger comes from."""
    body, trigger = _body(call, "modal"), _trigger(call)
    if trigger.view is None or not call.workspace.views.stack(trigger.user):
        raise ApiError("invalid_trigger_id")
    return _shown(lambda: call.workspace.views.push(trigger.user, body))


def update(call: Call) -> Json:
    """`views.update`: by `view_id` or `external_id`; with `hash` only if nobody changed it since."""
    view_id, external = call.word("view_id"), call.word("external_id")
    known = call.workspace.views.find(view_id)
    body = _body(call, "home" if known and not known.is_modal else "modal")
    expected = call.word("hash")
    return _shown(lambda: call.workspace.views.update(view_id or external, body, expected, external=not view_id))


def publish(call: Call) -> Json:
    """`views.publish`: the App Home of one person."""
    user, body = call.user("user_id").id, _body(call, "home")
    return _shown(lambda: call.workspace.views.publish(user, body, call.word("hash")))


def _shown(act: Callable[[], View]) -> Json:
    try:
        return {"view": act().as_json()}
    except ViewError as refusal:
        raise ApiError(str(refusal)) from refusal


def _trigger(call: Call) -> Trigger:
    try:
        return call.workspace.triggers.take(call.word("trigger_id"))
    except TriggerError as refusal:
        raise ApiError(str(refusal)) from refusal


def _body(call: Call, kind: ViewKind) -> Json:
    """The argument `view`, which comes as an object or as JSON in a string."""
    body = call.decoded("view", "invalid_arguments")
    if problems := check_view(body, kind):
        messages = [f"[ERROR] {problem}" for problem in problems]
        raise ApiError("invalid_arguments", response_metadata={"messages": messages})
    if too_large(body):
        raise ApiError("view_too_large")
    found: Json = body
    return found
