"""The Web API methods the playground answers, in one table: method → function, scopes, whose token."""

from playground.methods import apps, chat, conversations, people
from playground.methods.api import Method

READ = ("channels:read", "groups:read", "im:read")
HISTORY = ("channels:history", "groups:history", "im:history")

METHODS: dict[str, Method] = {
    "apps.connections.open": Method(apps.connections_open, tokens=("app",)),
    "auth.test": Method(apps.auth_test, tokens=("bot", "app")),
    "chat.postEphemeral": Method(chat.post_ephemeral, ("chat:write",)),
    "chat.postMessage": Method(chat.post_message, ("chat:write",)),
    "chat.update": Method(chat.update, ("chat:write",)),
    "conversations.history": Method(conversations.history, HISTORY),
    "conversations.info": Method(conversations.info, READ),
    "conversations.open": Method(conversations.open_dm, ("im:write",)),
    "conversations.replies": Method(conversations.replies, HISTORY),
    "usergroups.list": Method(people.group_list, ("usergroups:read",)),
    "usergroups.users.list": Method(people.group_users, ("usergroups:read",)),
    "users.info": Method(people.user_info, ("users:read",)),
    "users.list": Method(people.user_list, ("users:read",)),
}

# `chat:write.public` is left out on purpose: with it no channel would ever answer `not_in_channel`.
ALL_SCOPES = frozenset({"commands", "app_mentions:read"}.union(*(method.scopes for method in METHODS.values())))
