"""Who may do what changes in Slack, where nobody announces it: each change of our groups is told in the channel.

The members that were seen last are kept in the audit table, as requests that dbs made of itself: there they outlive a
restart, nobody can change them, and `/dbs history approvers` shows them. Each has a number, so that of two processes
which see the same change only one tells it.
"""

from __future__ import annotations

import json
import threading

import structlog

from commands.interface import Actor, Request, Result
from commands.recording import recorded
from commands.services import Services
from dbs.access import Directory, DirectoryError, Person

log = structlog.get_logger()

_ROLES = {"approvers": "approvers", "operators": "operators", "privacy": "people who approve weaker masking rules"}
_MOST_NAMES = 20


class WatchedGroups:
    """A `Directory` that tells when a group is not what it was, as soon as it has `services` to tell it with."""

    def __init__(self, directory: Directory, services: Services | None = None) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._services = services
        self._known: dict[str, frozenset[str]] = {}
        self._numbers: dict[str, int] = {}

    def watch(self, services: Services) -> None:
        """Tell from now on, beginning with what changed while nobody looked."""
        self._services = services
        for group_id in sorted(_groups(services)):
            self.look(group_id)

    def look(self, group_id: str) -> None:
        """Tell what has changed in a group, if it is one of ours."""
        services = self._services
        if services is None or group_id not in _groups(services):
            return
        try:
            self._note(services, group_id, self._directory.members(group_id))
        except DirectoryError as error:
            log.warning("a group cannot be looked up", group=group_id, reason=str(error))

    def members(self, group_id: str) -> frozenset[str]:
        """The ids of the users in a user group."""
        members = self._directory.members(group_id)
        services = self._services
        if services is not None and group_id in _groups(services) and self._known.get(group_id) != members:
            # In a thread: names are looked up for it, and a person waits for an acknowledgement behind this.
            threading.Thread(target=self._note, args=(services, group_id, members), name="groups", daemon=True).start()
        return members

    def person(self, user_id: str) -> Person:
        """The user with an id."""
        return self._directory.person(user_id)

    def _note(self, services: Services, group_id: str, members: frozenset[str]) -> None:
        """Write down, and tell, what a look has shown."""
        with self._lock:
            number, known = self._last(services, group_id)
            self._known[group_id] = members
            if known != members:
                self._tell(services, group_id, number + 1, known, members)

    def _tell(
        self,
        services: Services,
        group_id: str,
        number: int,
        known: frozenset[str] | None,
        members: frozenset[str],
    ) -> None:
        request_id, roles = f"group:{group_id}:{number}", " and ".join(_groups(services)[group_id])
        result = Result("groups", "done", self._sentence(roles, known, members))
        if known is not None:
            # Before the row: after a crash in between, the same change is seen and put again, which changes nothing.
            destination = {"channel": services.settings.slack.channel}
            services.outbox.put(request_id, "notice", destination, result.to_json())
        actor = Actor("slack", "the workspace", "schedule")
        request = Request(request_id, actor, ("groups", group_id, *sorted(members)))
        recorded(services, request, roles, group_id, lambda: result)
        log.warning("a group is not as it was", group=group_id, sentence=result.sentence)

    def _last(self, services: Services, group_id: str) -> tuple[int, frozenset[str] | None]:
        """The number and the members of the last look that showed something new; another process may have had it."""
        number, members = self._numbers.get(group_id, 1), None
        while events := services.audit.find(f"group:{group_id}:{number}"):
            members = frozenset(json.loads(events[0].arguments)["words"][2:])
            self._numbers[group_id] = number
            number += 1
        return number - 1, members

    def _sentence(self, roles: str, known: frozenset[str] | None, members: frozenset[str]) -> str:
        if known is None:
            return f"The {roles} are {self._names(members) or 'nobody'}."
        added, removed = self._names(members - known), self._names(known - members)
        changes = [f"+ {added}"] if added else []
        changes += [f"- {removed}"] if removed else []
        return f"The {roles} changed: {'; '.join(changes)}."

    def _names(self, ids: frozenset[str]) -> str:
        shown = [self._name(user_id) for user_id in sorted(ids)[:_MOST_NAMES]]
        more = [f"{len(ids) - _MOST_NAMES} more"] if len(ids) > _MOST_NAMES else []
        return ", ".join([*shown, *more])

    def _name(self, user_id: str) -> str:
        """Names, not references: nobody is to be called by this message."""
        try:
            return self._directory.person(user_id).name
        except DirectoryError:
            return user_id


def _groups(services: Services) -> dict[str, list[str]]:
    """The groups of the configuration, with the roles that they have."""
    found: dict[str, list[str]] = {}
    for role, people in _ROLES.items():
        for entry in getattr(services.settings.slack, role):
            if entry.startswith("S"):
                found.setdefault(entry, []).append(people)
    return found
