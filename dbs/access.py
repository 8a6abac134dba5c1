"""Who may do what: people and groups of the workspace against the lists of the configuration; fail closed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from dbs.errors import DbsError, RefusedError, SettingsError

Role = Literal["anyone", "operator", "approver", "operator or approver", "privacy"]
MEMBERS = "members"
REMEMBER_SECONDS = 60.0
"""How long an answer of the directory counts: a person who was removed from a group is out a minute later."""

_Answer = TypeVar("_Answer")


class DirectoryError(DbsError):
    """The directory cannot say who somebody is or who is in a group; `str(error)` says why, without a full stop."""


@dataclass(frozen=True)
class Person:
    """A user of the workspace. `guest` covers single- and multi-channel guests."""

    id: str
    name: str
    active: bool
    guest: bool
    bot: bool
    team_id: str


class Directory(Protocol):
    """Looks people and groups up. Both raise `DirectoryError` when they cannot tell."""

    def members(self, group_id: str) -> frozenset[str]:
        """The ids of the users in a user group."""

    def person(self, user_id: str) -> Person:
        """The user with an id."""


class Access:
    """Decides by role. `operators`, `approvers` and `privacy` hold group ids (S…) and user ids (U…, W…); `members`
    among the operators is every full member.

    Without a directory or the workspace's `team_id` nobody from Slack can be checked, so all are refused.
    `clock` gives seconds that never run backwards. Raises `SettingsError` for an entry that is none of these.
    """

    def __init__(
        self,
        operators: tuple[str, ...],
        approvers: tuple[str, ...],
        directory: Directory | None,
        team_id: str | None,
        clock: Callable[[], float] = time.monotonic,
        privacy: tuple[str, ...] = (),
    ) -> None:
        _check_entries("operators", operators, or_members=True)
        _check_entries("approvers", approvers, or_members=False)
        _check_entries("privacy", privacy, or_members=False)
        self._allowed = {
            "operator": operators,
            "approver": approvers,
            "operator or approver": tuple(dict.fromkeys(operators + approvers)),
            "privacy": privacy,
        }
        self._team_id = team_id
        self._directory = _Remembering(directory, clock) if directory else None

    def require(self, role: Role, actor_id: str, face: str) -> None:
        """Return when the actor has the role. Raises `RefusedError` with a sentence that says who has it.

        On the command line `os:<login>` is trusted: only its owner can read the state directory. Not with `privacy`:
        whoever runs dbs is not whoever answers for personal data, and a login says nothing of the latter. From Slack,
        only active full members of this workspace count, whatever the role.
        """
        if face == "cli" and re.fullmatch(r"os:.+", actor_id):
            if role == "privacy":
                raise RefusedError(f"This is decided in Slack: {_who_may(self._allowed[role])} may do it.")
            return
        if face != "slack" or not re.fullmatch(r"[UW][A-Z0-9]+", actor_id):
            raise RefusedError(f'I do not know "{actor_id}" from here, so nothing was done.')
        try:
            refusal = self._refusal(role, actor_id)
        except DirectoryError as error:
            raise RefusedError(f"I cannot check who may do this right now ({error}); nothing was done.") from error
        if refusal is not None:
            raise RefusedError(refusal)

    def _refusal(self, role: Role, actor_id: str) -> str | None:
        if self._directory is None or self._team_id is None:
            raise DirectoryError("there is no connection to the workspace yet")
        stranger = _stranger(self._directory.person(actor_id), self._team_id)
        if stranger is not None:
            return f"Sorry, only full members of this workspace may use dbs, and {stranger}. Nothing was done."
        if role == "anyone" or self._listed(role, actor_id, self._directory):
            return None
        return f"Sorry, {_who_may(self._allowed[role])} may do this. Nothing was done."

    def _listed(self, role: Role, actor_id: str, directory: _Remembering) -> bool:
        entries = self._allowed[role]
        if actor_id in entries or MEMBERS in entries:
            return True
        unknown: DirectoryError | None = None
        for group_id in (entry for entry in entries if entry.startswith("S")):
            try:
                if actor_id in directory.members(group_id):
                    return True
            except DirectoryError as error:
                unknown = error
        # A group that could not be asked might hold them: that is "I cannot check", not "you may not".
        if unknown is not None:
            raise unknown
        return False


class _Remembering:
    """A directory whose answers count for a while. Failures are never remembered. Safe for several threads."""

    def __init__(self, directory: Directory, clock: Callable[[], float]) -> None:
        self._directory = directory
        self._clock = clock
        self._groups: dict[str, tuple[float, frozenset[str]]] = {}
        self._people: dict[str, tuple[float, Person]] = {}

    def members(self, group_id: str) -> frozenset[str]:
        return self._remembered(self._groups, group_id, self._directory.members)

    def person(self, user_id: str) -> Person:
        return self._remembered(self._people, user_id, self._directory.person)

    def _remembered(
        self, answers: dict[str, tuple[float, _Answer]], key: str, ask: Callable[[str], _Answer]
    ) -> _Answer:
        # The age counts from before the question: the answer may be as old as that.
        asked_at = self._clock()
        known = answers.get(key)
        if known is not None and asked_at - known[0] < REMEMBER_SECONDS:
            return known[1]
        answer = ask(key)
        answers[key] = (asked_at, answer)
        return answer


def _stranger(person: Person, team_id: str) -> str | None:
    """Why a person is no full member of the workspace, or None."""
    if person.bot:
        return "you are a bot"
    if person.team_id != team_id:
        return "you belong to another one"
    if person.guest:
        return "you are a guest"
    return None if person.active else "your account is not active"


def _who_may(entries: tuple[str, ...]) -> str:
    if not entries:
        return "nobody"
    names = [f"the members of {entry}" if entry.startswith("S") else entry for entry in entries]
    return "only " + " and ".join(names)


def _check_entries(key: str, entries: tuple[str, ...], *, or_members: bool) -> None:
    for entry in entries:
        if not re.fullmatch(r"[SUW][A-Z0-9]+", entry) and not (or_members and entry == MEMBERS):
            belongs = "user-group ids (S…) and user ids (U…, W…)" + (', or "members"' if or_members else "")
            raise SettingsError(f'"slack.{key}" names "{entry}"; here belong {belongs}.')
