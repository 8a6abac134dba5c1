"""Posts through a response address, and texts in an acknowledgement: ephemeral unless `in_channel` is asked for."""

from playground.content import ContentError, checked
from playground.model import BOT_USER_ID, Json, Message
from playground.workspace import Workspace


def post_reply(workspace: Workspace, channel: str, user: str, body: Json) -> None:
    """Shows the reply; ContentError when Slack would refuse what it says."""
    content = checked(str(body.get("text") or ""), body.get("blocks"), body.get("attachments"))
    thread_ts = body.get("thread_ts")
    if body.get("response_type") == "in_channel":
        workspace.add(
            Message(
                workspace.new_ts(),
                channel,
                BOT_USER_ID,
                content.text,
                content.blocks,
                content.attachments,
                thread_ts,
                by_app=True,
            )
        )
    else:
        workspace.whisper(channel, user, content.text, blocks=content.blocks, thread_ts=thread_ts)


def respond(workspace: Workspace, key: str, body: object) -> tuple[int, str]:
    """One use of a response address: the status and body that Slack answers with."""
    if not isinstance(body, dict):
        return 400, "invalid_payload"
    url = workspace.response_urls.use(key)
    if isinstance(url, str):
        return 404, url
    original = workspace.seen(url.user, url.channel, url.message_ts) if url.message_ts else None
    try:
        if original and body.get("delete_original"):
            workspace.remove(original)
        elif original and body.get("replace_original"):
            content = checked(str(body.get("text") or ""), body.get("blocks"), body.get("attachments"))
            workspace.change(original, text=content.text, blocks=content.blocks)
        else:
            post_reply(workspace, url.channel, url.user, body)
    except ContentError as problem:
        return 400, problem.error
    return 200, "ok"
