"""The form of a restore: opened by the bare word, filled while it stands there, and dispatched like typed words."""

from __future__ import annotations

from typing import Any

import structlog
from slack_bolt import Ack
from slack_sdk import WebClient

from chatbot.desk import Desk
from chatbot.views import INSTANCE, RESTORE, SNAPSHOT, Choice, chosen, loading, outcome, restore_form
from chatbot.windows import actor_of, open_window, request_id_of
from commands.interface import Actor, Request, Result
from commands.services import Services
from commands.targets import Target, instances_of
from commands.texts import age, moment
from dbs.errors import RefusedError
from dbs.snapshots.interface import Manifest, SnapshotError

log = structlog.get_logger()
_FAILURES = ("refused", "failed")
_SENTENCE = 1_000


class RestoreForm:
    """`/dbs restore` without an instance, and what is submitted."""

    def __init__(self, services: Services, desk: Desk) -> None:
        self._services = services
        self._desk = desk

    def opened(self, request: Request, trigger_id: str, client: WebClient) -> str | None:
        """The id of the window that opened, or None: then the words are dispatched, which says what is missing.

        Slack takes a trigger for three seconds only, so the window opens before anything is looked up for it.
        """
        if request.words != (RESTORE,) or not self._may(request.actor):
            return None
        return open_window(client, trigger_id, loading(request.channel or ""))

    def fill(self, view_id: str, request: Request, client: WebClient) -> None:
        """Put the form into the window."""
        targets = [
            target for source in self._services.settings.source for target in instances_of(self._services, source)
        ]
        instances = [Choice(target.name, self._described(target)) for target in targets]
        view = restore_form(instances, self._snapshots(targets), request.channel or "")
        client.views_update(view_id=view_id, view=view)

    def submit(self, ack: Ack, body: dict[str, Any], view: dict[str, Any]) -> None:
        """Dispatch; what is refused stands beside the field, everything else takes the form's place."""
        words = chosen(view)
        request = Request(
            id=request_id_of(body, view),
            actor=actor_of(body),
            words=words,
            channel=view.get("private_metadata") or None,
        )
        result = self._desk.take(request)
        if result.outcome in _FAILURES:
            ack(response_action="errors", errors={_field(words, result): result.sentence[:_SENTENCE]})
        else:
            shown = self._desk.show(result, tables=False)
            ack(response_action="update", view=outcome(shown, request.channel or ""))

    def _may(self, actor: Actor) -> bool:
        """Nobody fills in a form that will be refused; the refusal itself, with its audit row, is dispatch's."""
        try:
            self._services.access.require("operator", actor.id, actor.face)
        except RefusedError:
            return False
        return True

    def _described(self, target: Target) -> str:
        state = self._services.instances.get(target.name)
        manifest = self._services.catalog.get(state.snapshot_id) if state and state.snapshot_id else None
        return f"{target.name}: data from {_dated(manifest)}" if manifest else f"{target.name}: not restored yet"

    def _snapshots(self, targets: list[Target]) -> list[Choice]:
        """Newest first within each source; what a provider that does not answer had when it last did."""
        for name, provider in {target.settings.provider: target.provider for target in targets}.items():
            try:
                self._services.catalog.sync(name, provider)
            except SnapshotError as error:
                log.warning("the form lists the snapshots of before", provider=name, reason=str(error))
        places = dict.fromkeys((target.settings.source, target.settings.provider) for target in targets)
        found = [(source, each) for source, name in places for each in self._services.catalog.list(source, name)]
        return [Choice(manifest.id, f"{source}: {_dated(manifest)}") for source, manifest in found]


def _dated(manifest: Manifest) -> str:
    return f"{moment(manifest.data_state_at)} ({age(manifest.data_state_at)})"


def _field(words: tuple[str, ...], result: Result) -> str:
    """The field that a sentence is about: that of the snapshot when it names the one that was chosen."""
    return SNAPSHOT if len(words) > 2 and words[3] in result.sentence else INSTANCE
