"""Modals and App Homes as people have them open: a stack of modals per person, one home tab per person."""

import itertools
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from playground.content import with_ids
from playground.model import APP_ID, BOT_ID, TEAM_ID, Json

STACK = 3
NAMES = ("callback_id", "external_id", "private_metadata")


class ViewError(Exception):
    """Slack's error code: `not_found`, `hash_conflict`, `duplicate_external_id`, `push_limit_reached`."""


@dataclass
class View:
    """One view. `body` is what the app gave, with ids filled in; `errors` (by block id) and `trouble` are what its
    person is shown beside it after a submission that did not go through; `filled` what was in its inputs then.
    """

    id: str
    user: str
    body: Json
    hash: str
    root: str
    previous: str | None = None
    errors: dict[str, str] = field(default_factory=dict)
    trouble: str | None = None
    filled: Json = field(default_factory=dict)

    @property
    def is_modal(self) -> bool:
        """A modal, or else an App Home."""
        return bool(self.body["type"] == "modal")

    def as_json(self, values: Json | None = None) -> Json:
        """The view object of `views.open`; `values` is the state of its inputs."""
        body = self.body
        return {
            "id": self.id,
            "team_id": TEAM_ID,
            "type": body["type"],
            **{part: body.get(part) for part in ("title", "submit", "close") if self.is_modal},
            "blocks": body["blocks"],
            **{name: body.get(name) or "" for name in NAMES},
            "state": {"values": values or {}},
            "hash": self.hash,
            "clear_on_close": body.get("clear_on_close", False),
            "notify_on_close": body.get("notify_on_close", False),
            "root_view_id": self.root,
            "previous_view_id": self.previous,
            "app_id": APP_ID,
            "app_installed_team_id": TEAM_ID,
            "bot_id": BOT_ID,
        }


class Views:
    """All views of a workspace. `changed` is told of every change; bodies were checked before they come here."""

    def __init__(self, clock: Callable[[], float], changed: threading.Condition) -> None:
        self._clock = clock
        self._changed = changed
        self._stacks: dict[str, list[View]] = {}
        self._homes: dict[str, View] = {}
        self._numbers = itertools.count(1)

    def stack(self, user: str) -> list[View]:
        """The open modals of a person, the visible one last."""
        with self._changed:
            return list(self._stacks.get(user, []))

    def home(self, user: str) -> View | None:
        """The published App Home of a person."""
        return self._homes.get(user)

    def find(self, view_id: str) -> View | None:
        """An open modal or a home, by its id."""
        with self._changed:
            return next((view for view in self._all() if view.id == view_id), None)

    def open(self, user: str, body: Json) -> View:
        """A new stack with one modal, in place of any other that this person had open."""
        with self._changed:
            view = self._new(user, body)
            self._stacks[user] = [view]
            self._changed.notify_all()
            return view

    def push(self, user: str, body: Json) -> View:
        """Another modal on top of the person's stack, which holds at most three."""
        with self._changed:
            stack = self._stacks.get(user, [])
            if not stack:
                raise ViewError("not_found")
            if len(stack) >= STACK:
                raise ViewError("push_limit_reached")
            view = self._new(user, body)
            view.root, view.previous = stack[0].id, stack[-1].id
            stack.append(view)
            self._changed.notify_all()
            return view

    def publish(self, user: str, body: Json, expected: str = "") -> View:
        """The person's App Home; it keeps its id."""
        with self._changed:
            view = self._homes.get(user)
            if view is None:
                view = self._homes[user] = self._new(user, body)
            else:
                self._replace(view, body, expected)
            self._changed.notify_all()
            return view

    def update(self, name: str, body: Json, expected: str = "", external: bool = False) -> View:
        """Replaces what a view (by id, or by its external id) shows; `expected` is the hash it must have, if any."""
        with self._changed:
            known = [view for view in self._all() if name == (view.body.get("external_id") if external else view.id)]
            if not name or not known:
                raise ViewError("not_found")
            self._replace(known[0], body, expected)
            self._changed.notify_all()
            return known[0]

    def show(self, view: View, errors: dict[str, str], trouble: str | None = None) -> None:
        """What the person sees beside the inputs and on top of the view."""
        with self._changed:
            view.errors, view.trouble = errors, trouble
            self._changed.notify_all()

    def fill(self, view: View, values: Json) -> None:
        """What is in the inputs now, by block id or action id; it stays there while the view is the same."""
        with self._changed:
            view.filled = {**view.filled, **values}
            self._changed.notify_all()

    def close(self, view: View, whole_stack: bool = False) -> None:
        """Takes the view away, or all of its person's."""
        with self._changed:
            stack = self._stacks.get(view.user, [])
            self._stacks[view.user] = [] if whole_stack else [each for each in stack if each is not view]
            self._changed.notify_all()

    def _all(self) -> list[View]:
        return [*itertools.chain(*self._stacks.values()), *self._homes.values()]

    def _new(self, user: str, body: Json) -> View:
        self._unique(body, None)
        key = f"V{next(self._numbers):07d}"
        return View(key, user, _whole(body), self._hash(), root=key)

    def _replace(self, view: View, body: Json, expected: str) -> None:
        if expected and expected != view.hash:
            raise ViewError("hash_conflict")
        self._unique(body, view)
        view.body, view.hash = _whole(body), self._hash()
        view.errors, view.trouble = {}, None

    def _unique(self, body: Json, own: View | None) -> None:
        name = body.get("external_id")
        if name and any(view.body.get("external_id") == name for view in self._all() if view is not own):
            raise ViewError("duplicate_external_id")

    def _hash(self) -> str:
        return f"{int(self._clock())}.{secrets.token_hex(4)}"


def _whole(body: Json) -> Json:
    return {**body, "blocks": [with_ids(block) for block in body["blocks"]]}
