"""The Web API methods the playground answers, in one table: method → function, scopes, whose token."""

from playground.methods import apps, chat, conversations, files, people, reactions, views
from playground.methods.api import Method

READ = ("channels:read", "groups:read", "im:read")
HISTORY = ("channels:history", "groups:history", "im:history")

METHODS: dict[str, Method] = {
    "apps.connections.open": Method(apps.connections_open, tokens=("app",), tier=1),
    "auth.test": Method(apps.auth_test, tokens=("bot", "app")),
    "chat.getPermalink": Method(chat.permalink),
    "chat.postEphemeral": Method(chat.post_ephemeral, ("chat:write",), tier=4),
    "chat.postMessage": Method(chat.post_message, ("chat:write",)),
    "chat.update": Method(chat.update, ("chat:write",), tier=3),
    "conversations.history": Method(conversations.history, HISTORY, tier=3),
    "conversations.info": Method(conversations.info, READ, tier=3),
    "conversations.open": Method(conversations.open_dm, ("im:write",), tier=3),
    "conversations.replies": Method(conversations.replies, HISTORY, tier=3),
    "files.completeUploadExternal": Method(files.complete_upload, ("files:write",), tier=4),
    "files.getUploadURLExternal": Method(files.upload_url, ("files:write",), tier=4),
    "files.info": Method(files.info, ("files:read",), tier=4),
    "reactions.add": Method(reactions.add, ("reactions:write",), tier=3),
    "usergroups.list": Method(people.group_list, ("usergroups:read",), tier=2),
    "usergroups.users.list": Method(people.group_users, ("usergroups:read",), tier=2),
    "users.info": Method(people.user_info, ("users:read",), tier=4),
    "users.list": Method(people.user_list, ("users:read",), tier=2),
    "views.open": Method(views.open_view, tier=4),
    "views.publish": Method(views.publish, tier=4),
    "views.push": Method(views.push, tier=4),
    "views.update": Method(views.update, tier=4),
}
TIERS = {name: method.tier for name, method in METHODS.items() if method.tier is not None}

# `chat:write.public` is left out on purpose: with it no channel would ever answer `not_in_channel`.
ALL_SCOPES = frozenset({"commands", "app_mentions:read"}.union(*(method.scopes for method in METHODS.values())))
