"""`conversations.*`: read a channel, read a thread, look a channel up, open direct messages."""

from decimal import Decimal, InvalidOperation

from playground.methods.api import ApiError, Call, page
from playground.model import Json, Message


def history(call: Call) -> Json:
    """`conversations.history`: top-level messages, newest first, between `oldest` and `latest`."""
    channel = call.channel()
    top = [m for m in call.workspace.messages(channel.id) if m.thread_ts is None and _within(call, m)]
    messages, more = page(call, [_shape(call, message) for message in reversed(top)], most=999)
    return {"messages": messages, **more}


def replies(call: Call) -> Json:
    """`conversations.replies`: the parent and its replies, oldest first."""
    channel = call.channel()
    thread = call.workspace.thread(channel.id, call.word("ts"))
    if not thread:
        raise ApiError("thread_not_found")
    messages, more = page(call, [_shape(call, m) for m in thread if _within(call, m)], most=1000)
    return {"messages": messages, **more}


def info(call: Call) -> Json:
    """`conversations.info`: also of public channels the bot is not in."""
    return {"channel": call.channel(member=False).as_json()}


def open_dm(call: Call) -> Json:
    """`conversations.open` with one person; group conversations are not part of the playground."""
    users = [user for user in call.word("users").split(",") if user]
    if not users:
        raise ApiError("users_list_not_supplied")
    if len(users) > 1:
        raise ApiError("playground_has_no_group_conversations")
    channel = call.workspace.open_dm(call.user("users").id)
    return {"channel": channel.as_json() if call.flag("return_im") else {"id": channel.id}}


def _within(call: Call, message: Message) -> bool:
    oldest, latest = _ts(call, "oldest", "0"), _ts(call, "latest", "9999999999")
    if call.flag("inclusive"):
        return oldest <= Decimal(message.ts) <= latest
    return oldest < Decimal(message.ts) < latest


def _ts(call: Call, name: str, default: str) -> Decimal:
    try:
        return Decimal(call.word(name) or default)
    except InvalidOperation as problem:
        raise ApiError(f"invalid_ts_{name}") from problem


def _shape(call: Call, message: Message) -> Json:
    """The message with what depends on the asking: thread facts for a parent, metadata where wanted."""
    shape = message.as_json()
    answers = [m for m in call.workspace.thread(message.channel, message.ts) if m is not message]
    if answers:
        shape |= {"thread_ts": message.ts, "reply_count": len(answers), "latest_reply": answers[-1].ts}
    if message.metadata and call.flag("include_all_metadata"):
        shape["metadata"] = message.metadata
    return shape
