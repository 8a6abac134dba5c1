"""`chat.*`: post, update, whisper."""

from typing import Any

from playground.content import Content, ContentError, checked
from playground.methods.api import ApiError, Call
from playground.model import BOT_USER_ID, Channel, Json, Message


def post_message(call: Call) -> Json:
    """`chat.postMessage`: to a channel id or name, or to a person's id (their direct messages)."""
    channel = _destination(call)
    content = _content(call)
    message = Message(
        ts=call.workspace.new_ts(),
        channel=channel.id,
        user=BOT_USER_ID,
        text=content.text,
        blocks=content.blocks,
        attachments=content.attachments,
        thread_ts=call.thread(channel),
        metadata=_metadata(call),
        by_app=True,
    )
    call.workspace.add(message)
    return {"channel": channel.id, "ts": message.ts, "message": message.as_json()}


def update(call: Call) -> Json:
    """`chat.update`: of the app's own messages. Text without blocks takes the old blocks away, as in Slack."""
    channel = call.channel()
    message = call.workspace.message(channel.id, call.word("ts"))
    if message is None:
        raise ApiError("message_not_found")
    if not message.by_app:
        raise ApiError("cant_update_message")
    content = _content(call)
    fields: dict[str, Any] = {"text": content.text, "blocks": content.blocks, "attachments": content.attachments}
    if "metadata" in call.arguments:
        fields["metadata"] = _metadata(call)
    call.workspace.change(message, **fields)
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": message.as_json()}


def post_ephemeral(call: Call) -> Json:
    """`chat.postEphemeral`: to one person who is in the channel."""
    channel = _destination(call)
    user = call.word("user")
    if user not in channel.members:
        raise ApiError("user_not_in_channel")
    content = _content(call)
    note = call.workspace.whisper(channel.id, user, content.text, blocks=content.blocks, thread_ts=call.thread(channel))
    return {"message_ts": note.ts}


def permalink(call: Call) -> Json:
    """`chat.getPermalink`: a link to a message; it leads nowhere, as the workspace is on this machine only."""
    channel = call.channel(member=False)
    message = call.workspace.message(channel.id, call.word("message_ts"))
    if message is None:
        raise ApiError("message_not_found")
    link = f"https://playground.slack.invalid/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.thread_ts:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def _destination(call: Call) -> Channel:
    """A channel that can be written to; `chat:write.public` opens public channels without the bot."""
    person = call.workspace.users.get(call.word("channel"))
    if person is not None:
        return call.workspace.open_dm(person.id)
    public = "chat:write.public" in call.installation.scopes
    channel = call.channel(member=not public, by_name=True)
    if channel.is_archived:
        raise ApiError("is_archived")
    return channel


def _content(call: Call) -> Content:
    try:
        return checked(
            call.word("text"),
            call.decoded("blocks", "invalid_blocks_format"),
            call.decoded("attachments", "invalid_attachments"),
        )
    except ContentError as problem:
        if not problem.messages:
            raise ApiError(problem.error) from problem
        messages = [f"[ERROR] {each}" for each in problem.messages]
        raise ApiError(problem.error, errors=problem.messages, response_metadata={"messages": messages}) from problem


def _metadata(call: Call) -> Json | None:
    value = call.decoded("metadata", "invalid_metadata_format")
    if value is None:
        return None
    if not isinstance(value, dict) or not {"event_type", "event_payload"} <= value.keys():
        raise ApiError("invalid_metadata_format")
    return value
