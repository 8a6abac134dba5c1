"""`reactions.*`: an emoji of the bot's on a message."""

from playground.methods.api import ApiError, Call
from playground.model import BOT_USER_ID, Json


def add(call: Call) -> Json:
    """`reactions.add`: `name` without colons, on the message at `timestamp`."""
    channel, name = call.channel(), call.word("name")
    message = call.workspace.message(channel.id, call.word("timestamp"))
    if message is None:
        raise ApiError("message_not_found")
    if not name.replace("_", "").replace("-", "").replace("+", "").isalnum():
        raise ApiError("invalid_name")
    users = message.reactions.get(name, [])
    if BOT_USER_ID in users:
        raise ApiError("already_reacted")
    call.workspace.change(message, reactions={**message.reactions, name: [*users, BOT_USER_ID]})
    return {}
