"""Changes of user groups, by the hand of an administrator of the workspace."""

from collections.abc import Iterable

from playground import payloads
from playground.acting import People
from playground.model import UserGroup


def set_members(people: People, group: str, members: Iterable[str]) -> UserGroup:
    """Gives a group (id or handle) exactly these members (ids or handles), and tells the app; ValueError otherwise."""
    found, now = _group(people, group), people.workspace.clock()
    wanted = [_member(people, name) for name in members]
    before, made = set(found.users), found.updated
    added = [user for user in wanted if user not in before]
    removed = sorted(before - set(wanted))
    found.users, found.updated = wanted, now
    people.tell(payloads.group_changed(found, added, removed, made, now))
    people.tell(payloads.group_updated(found))
    return found


def set_disabled(people: People, group: str, disabled: bool) -> UserGroup:
    """Disables a group, or enables it again, and tells the app."""
    found = _group(people, group)
    found.disabled, found.updated = disabled, people.workspace.clock()
    people.tell(payloads.group_updated(found))
    return found


def _group(people: People, name: str) -> UserGroup:
    groups = people.workspace.groups
    by_handle = {group.handle: group for group in groups.values()}
    found = groups.get(name) or by_handle.get(name.removeprefix("@"))
    if found is None:
        raise ValueError(f"no user group {name}")
    return found


def _member(people: People, name: str) -> str:
    found = people.workspace.find_user(name)
    if found is None:
        raise ValueError(f"no user {name}")
    return found.id
