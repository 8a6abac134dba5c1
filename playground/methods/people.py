"""`users.*` and `usergroups.*`: who somebody is, and who belongs to which group."""

from playground.methods.api import ApiError, Call, page
from playground.model import Json


def user_info(call: Call) -> Json:
    """`users.info`."""
    return {"user": call.user("user").as_json()}


def user_list(call: Call) -> Json:
    """`users.list`: bots and deactivated accounts included, as in Slack."""
    members, more = page(call, [user.as_json() for user in call.workspace.users.values()], most=1000)
    return {"members": members, "response_metadata": more["response_metadata"]}


def group_list(call: Call) -> Json:
    """`usergroups.list`."""
    groups = [g for g in call.workspace.groups.values() if call.flag("include_disabled") or not g.disabled]
    return {"usergroups": [g.as_json(call.flag("include_users"), call.flag("include_count")) for g in groups]}


def group_users(call: Call) -> Json:
    """`usergroups.users.list`."""
    group = call.workspace.groups.get(call.word("usergroup"))
    if group is None or (group.disabled and not call.flag("include_disabled")):
        raise ApiError("no_such_subteam")
    return {"users": list(group.users)}
