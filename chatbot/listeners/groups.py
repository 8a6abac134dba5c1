"""Slack tells that a user group has changed."""

from __future__ import annotations

from typing import Any

from chatbot.groups import WatchedGroups


class GroupEvents:
    """The listener of `subteam_members_changed` and `subteam_updated`. What they say is looked up, not believed."""

    def __init__(self, groups: WatchedGroups) -> None:
        self._groups = groups

    def look(self, event: dict[str, Any]) -> None:
        """Look at the group now, instead of the next time that somebody's right depends on it."""
        group_id = event.get("subteam_id") or (event.get("subteam") or {}).get("id")
        if group_id:
            self._groups.look(str(group_id))
